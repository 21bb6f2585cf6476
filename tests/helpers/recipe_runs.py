"""What a run of a recipe has reported."""

import json
import re

import pytest

from minigen import models
from minigen.datasets import mnist
from minigen.recipes import Run, Settings, registry


def prepared(name, folder, **flags):
    """A run with 1,000 digits and a tenth of the epochs, before it is executed."""
    settings = Settings(out=str(folder), data="sample", quick=True, verbose=0, **flags)
    return Run(registry.recipes[name], settings, registry.recipes[name].chapter_epochs)


def runs_with_models(folder, hidden):
    """The runs of the autoencoder and of the VAE with two latent variables, untrained, and one that saves nothing."""
    made = {"pca": None, "latent2d": models.latent_autoencoder(2, hidden), "vae": models.vae(2, hidden)}
    runs = [Run(registry.recipes[name], Settings(out=str(folder), data="sample", verbose=0), 1) for name in made]
    for run, model in zip(runs, made.values(), strict=True):
        if model is not None:
            run.folder.mkdir()
            run.save(model)
    return runs


def digits():
    """The 1,000 training and 500 test digits of such a run, (n, 784) in float64, with their labels."""
    (x, y), (x_test, y_test) = mnist.load_data("sample")
    return x[:1000].reshape(1000, -1) / 255, y[:1000], x_test[:500].reshape(500, -1) / 255, y_test[:500]


@pytest.fixture(scope="session")
def scorer_weights(tmp_path_factory):
    """The file in which models.trained_scorer() of these 1,000 digits finds its weights."""
    folder, (x, y, _, _) = tmp_path_factory.mktemp("scorer"), digits()
    models.trained_scorer(x.astype("float32"), y, cache=folder)
    (file,) = folder.iterdir()
    return file


def texts(run):
    """{name: value} of the numbers that the run has reported."""
    return {name: value for name, value, _ in run.numbers}


def floats(text):
    """The numbers in a text."""
    return [float(v.replace(",", "")) for v in re.findall(r"[-+]?\d[\d,]*\.?\d*(?:e[-+]\d+)?", text)]


def values(run, name):
    """The numbers in the value that is reported under this name."""
    return floats(texts(run)[name])


def history(run, name=""):
    """The history that the run has written."""
    return json.loads((run.folder / f"{name}history.json").read_text())


def figures(run):
    return [path.stem for path, _ in run.figures]
