"""Losses by name, and what a model asks about one. Objects: test_objects.py."""

from functools import partial

import pytest
from helpers.refusals import refused

from minigen import losses


@pytest.mark.parametrize("name", losses.LOSSES)
def test_every_name_gives_its_function(name):
    for written in (name, name.upper(), name.title().replace("_", "")):
        assert losses.get(written) is losses.LOSSES[name]
    short = {"bce": "binary_crossentropy", "mae": "mean_absolute_error", "mse": "mean_squared_error"}
    assert losses.LOSSES[name].__name__ == short.get(name, name)


def test_functions_objects_and_none_stay_what_they_are():
    for loss in (len, partial(losses.mse), losses.MeanSquaredError(), None):
        assert losses.get(loss) is loss


def test_what_is_no_loss():
    with refused(ValueError, "unknown loss 'binary_crossentrpy'", fix="'binary_crossentropy'"):
        losses.get("binary_crossentrpy")
    for loss in (3, ["mse"], {"out": "mse"}):
        with refused(TypeError, "loss", fix="'mean_squared_error'"):
            losses.get(loss)


def test_which_losses_take_logits_of_yes_or_no():
    for function in (losses.binary_crossentropy, losses.binary_crossentropy_per_image):
        assert losses.is_binary_of_logits(partial(function, from_logits=True))
        assert not losses.is_binary_of_logits(partial(function, label_smoothing=0.1))
        assert not losses.is_binary_of_logits(function)
    assert losses.is_binary_of_logits(losses.BinaryCrossentropy(from_logits=True))
    for loss in (losses.CategoricalCrossentropy(from_logits=True), losses.BinaryCrossentropy(), None, "bce"):
        assert not losses.is_binary_of_logits(loss)
