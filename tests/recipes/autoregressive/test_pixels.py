"""The recipes of digits pixel by pixel: their likelihoods and their film."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, values

from minigen.datasets.binary import binarize
from minigen.models import PixelCNN
from minigen.recipes.autoregressive.pixels import film


def test_the_film_of_a_recipe_ends_with_the_last_pixel():
    """With a large bias every pixel that is drawn is white: half of them in the middle, all at the end."""
    model = PixelCNN((28, 28), filters=2, blocks=1)
    model.logits.last.bias.assign(np.array([50.0], "float32"))
    assert [picture.sum() for picture in film(model, 2, every=392)] == [2 * 392, 2 * 784]


def independent(x, x_test):
    """-log p of black-and-white pixels that are drawn independently."""
    p = (x.sum(axis=0) + 0.5) / (len(x) + 1)
    return -(x_test * np.log(p) + (1 - x_test) * np.log(1 - p)).sum() / len(x_test)


def black_and_white(n):
    x, _, x_test, _ = digits(n)
    return binarize(x.astype("float32"), "sample", seed=0), binarize(x_test.astype("float32"), "sample", seed=1)


@pytest.mark.parametrize(
    ("name", "n", "weights"), [("made", 1000, 784 * 500 * 2 + 500 + 784), ("pixelcnn", 200, 79_297)]
)
def test_the_likelihood_stands_beside_that_of_independent_pixels(cook, name, n, weights):
    run = cook(name, n)
    (nats,) = [number for number in run.numbers if number[0].startswith("-log p(x) of test digits")]
    assert values(run, "weights") == [weights]
    assert f"each pixel by itself: {independent(*black_and_white(n)):.2f}" in nats[2]
    assert float(nats[1].split()[0]) < 0.75 * 784 * np.log(2)  # much better than tossing a coin for each pixel
    first = {"made": "losses", "pixelcnn": "inpainting"}[name]
    assert figures(run) == [first, "film", "samples"] and (run.folder / "model.minigen").exists()
