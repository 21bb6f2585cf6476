"""What every autoencoder of images reports: its test loss, and how far this is above the entropy of the pixels."""

import numpy as np
import pytest
from helpers.recipe_runs import figures, history, prepared, texts, values

from minigen import Dense, Input, Sequential
from minigen.recipes.autoencoders.reconstruction import train


def test_the_floor_is_the_entropy_of_the_pixels(tmp_path):
    run = prepared("fc-autoencoder", tmp_path)
    run.folder.mkdir()
    model = Sequential([Input((784,)), Dense(784, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    x = np.tile(np.array([[0.0, 0.5, 1.0, 0.25]], "float32"), (10, 196))
    train(run, model, x, x, "loss after {epochs} epochs, {optimizer}")
    loss = history(run)["val_loss"][-1]
    assert texts(run)[f"loss after {run.epochs} epochs, adam"] == f"{loss:.4f}"
    floor = (np.log(2) - 0.25 * np.log(0.25) - 0.75 * np.log(0.75)) / 4
    assert values(run, "excess over the floor") == [pytest.approx(loss - floor, abs=1e-4)]
    assert f"the floor is {floor:.4f}" in run.numbers[1][2] and figures(run) == ["reconstructions", "loss"]
