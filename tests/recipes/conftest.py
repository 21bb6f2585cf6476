"""Each recipe is run by one test, on 1,000 digits or fewer; those that use the scorer share its weights."""

import shutil

import numpy as np
import pytest
from helpers.recipe_runs import prepared

from minigen.recipes import Run


def shapes(n, size=8, seed=0):
    """Bars, one in each image, and their directions: (n, size, size) uint8 and labels 0, 1."""
    rng = np.random.default_rng(seed)
    x, y = np.zeros((n, size, size), "uint8"), rng.integers(0, 2, n)
    for image, label, place in zip(x, y, rng.integers(0, size, n), strict=True):
        (image if label else image.T)[place] = 200
    return x, y


@pytest.fixture(scope="session")
def bars(tmp_path_factory):
    """An .npz file of 160 + 60 images of 8 x 8."""
    (x, y), (x_test, y_test) = shapes(160), shapes(60, seed=1)
    path = tmp_path_factory.mktemp("bars") / "bars.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    return path


@pytest.fixture
def kitchen(tmp_path, scorer_weights, monkeypatch):
    """The folder for a run of the command line, with the weights of the scorer; a tenth as many images are scored."""
    shutil.copy(scorer_weights, tmp_path)
    monkeypatch.setattr(Run, "n_samples", 200)
    return tmp_path


@pytest.fixture
def cook(tmp_path, request, monkeypatch):
    """cook(name) runs a recipe and returns its run, with all that every recipe has to leave behind checked.

    cook(name, n) has n digits, and scores so many images.
    """

    def cook(name, n=1000, n_samples=200, **flags):
        monkeypatch.setattr(Run, "n_samples", n_samples)
        run = prepared(name, tmp_path, n, **flags)
        if run.recipe.uses_scorer and n == 1000:
            shutil.copy(request.getfixturevalue("scorer_weights"), tmp_path)
        run.execute()
        assert run.figures and all(path.read_bytes().startswith(b"\x89PNG") for path, _ in run.figures)
        assert bool(list(run.folder.glob("*checkpoint.npz"))) == bool(run.recipe.resume)
        assert len(dict(map(lambda n: n[:2], run.numbers))) == len(run.numbers)  # no name twice
        assert not any("nan" in value for _, value, _ in run.numbers)
        return run

    with np.errstate(all="raise", under="ignore"):
        yield cook
