"""The recipes of a diffusion model and of flow matching."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, floats, history, texts, values


@pytest.mark.parametrize("name", ["diffusion", "flow"])
def test_digits_are_drawn_scored_guided_and_completed(cook, name):
    run = cook(name)
    print(run.numbers, run.tables, figures(run))
