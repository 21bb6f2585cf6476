"""Each recipe is run by one test, on 1,000 digits; those that use the scorer share its weights."""

import shutil

import numpy as np
import pytest
from helpers.recipe_runs import prepared


@pytest.fixture
def cook(tmp_path, request):
    """cook(name) runs a recipe and returns its run, with all that every recipe has to leave behind checked."""

    def cook(name, **flags):
        run = prepared(name, tmp_path, **flags)
        if run.recipe.uses_scorer:
            shutil.copy(request.getfixturevalue("scorer_weights"), tmp_path)
        run.execute()
        assert run.figures and all(path.read_bytes().startswith(b"\x89PNG") for path, _ in run.figures)
        assert bool(list(run.folder.glob("*checkpoint.npz"))) == bool(run.recipe.resume)
        assert len(dict(map(lambda n: n[:2], run.numbers))) == len(run.numbers)  # no name twice
        assert not any("nan" in value for _, value, _ in run.numbers)
        return run

    with np.errstate(all="raise", under="ignore"):
        yield cook
