"""Pooling and up-sampling layers against the loops, and what they refuse."""

import numpy as np
import pytest
from helpers import loops
from helpers.draws import normal as draw
from helpers.refusals import refused

import minigen
from minigen import AveragePooling2D, GlobalAveragePooling2D, MaxPooling2D, UpSampling2D

# ---- pooling and up-sampling


def test_pooling_and_up_sampling_are_the_loops(xp):
    x = draw(2, 6, 5, 3)
    expected = {
        MaxPooling2D(): loops.max_pool2d(x, (2, 2), (2, 2))[0],
        MaxPooling2D((3, 2), 1, "same"): loops.max_pool2d(x, (3, 2), (1, 1), "same")[0],
        AveragePooling2D((3, 2)): loops.average_pool2d(x, (3, 2), (3, 2)),
        AveragePooling2D(3, (1, 2), "same"): loops.average_pool2d(x, (3, 3), (1, 2), "same"),
        GlobalAveragePooling2D(): loops.average_pool2d(x, (6, 5), (1, 1))[:, 0, 0],
        UpSampling2D((3, 1)): loops.up_sampling2d(x, (3, 1)),
        UpSampling2D(2, interpolation="bilinear"): loops.up_sampling2d_bilinear(x, (2, 2)),
    }
    for layer, y in expected.items():
        np.testing.assert_allclose(layer(x).numpy(), y, rtol=1e-5, atol=1e-6)


def test_the_short_names_are_the_same_layers():
    assert minigen.MaxPool2D is MaxPooling2D and minigen.AveragePool2D is AveragePooling2D


# ---- what they refuse


CHOICES = {
    "interpolation": lambda value: minigen.UpSampling2D(2, interpolation=value),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("value", [np.zeros(3), [1, 2], None, "somehow", int], ids=repr)
def test_what_is_none_of_the_choices(choice, value):
    with refused(ValueError, choice):
        CHOICES[choice](value)
