"""The recipes of a diffusion model and of flow matching."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, floats, history, texts, values


@pytest.mark.parametrize("name", ["diffusion", "flow"])
def test_digits_are_drawn_scored_guided_and_completed(cook, name):
    run = cook(name)
    for row in run.numbers:
        print(row)
    for row in run.tables:
        print(row)
    print(figures(run))
