"""What every autoencoder of images reports: the loss above the entropy of the pixels."""

import numpy as np
import pytest
from helpers.recipe_runs import figures, prepared, values

from minigen import Dense, Input, Sequential
from minigen.recipes.autoencoders.reconstruction import report


def test_the_floor_is_the_entropy_of_the_pixels(tmp_path):
    run = prepared("fc-autoencoder", tmp_path)
    model = Sequential([Input((4,)), Dense(4, "sigmoid")])
    x = np.tile(np.array([[0.0, 0.5, 1.0, 0.25]], "float32"), (10, 1))
    report(run, model, x, x, {"loss_end": [0.9, 0.8], "val_loss": [0.9, 0.75]})
    floor = (np.log(2) - 0.25 * np.log(0.25) - 0.75 * np.log(0.75)) / 4
    assert values(run, "excess over the floor") == [pytest.approx(0.75 - floor, abs=1e-4)]
    assert f"the floor is {floor:.4f}" in run.numbers[0][2] and figures(run) == ["reconstructions", "loss"]
