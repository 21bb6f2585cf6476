"""The recipe of the image GPT: three models of the same images, in nats."""

import numpy as np
import pytest
from helpers.recipe_runs import digits, figures, values

from minigen.datasets.binary import binarize
from minigen.recipes.autoregressive.pixels import independent_nll
from minigen.recipes.beyond.image_gpt import halved


def test_half_the_resolution_is_the_mean_of_four_pixels():
    x = np.arange(2 * 5 * 7, dtype="float32").reshape(2, 5, 7, 1)
    assert halved(x).shape == (2, 2, 3, 1)
    assert halved(x)[1, 0, 2, 0] == x[1, :2, 4:6].mean()


def test_three_models_are_compared_in_nats(cook):
    run = cook("image-gpt")
    x, _, x_test, _ = digits()
    x, x_test = (
        binarize(halved(a[:256].reshape(-1, 28, 28, 1).astype("float32")), "sample", seed=i)
        for i, a in enumerate((x, x_test))
    )
    independent = independent_nll(x.reshape(256, -1), x_test.reshape(256, -1))
    assert values(run, "each pixel by itself, nats, 14 x 14")[-1] == pytest.approx(independent, abs=0.01)
    (table,) = run.tables
    assert [row[0] for row in table.rows] == ["MADE", "PixelCNN", "ImageGPT"] and "256 test digits" in table.caption
    for name, _, nats in table.rows:
        assert values(run, f"{name}: -log p(x) of test digits of 14 x 14, nats")[-1] == float(nats)
        assert 0 < float(nats) < 196 * np.log(2)  # better than tossing a coin for each pixel
    assert figures(run) == ["losses", "inpainting", "film", "samples"] and (run.folder / "model.minigen").exists()
