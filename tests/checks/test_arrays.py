"""The values in an array: the range that a model declares, roundings above it, and numbers beyond float32."""

import numpy as np
import pytest
from helpers.digit_models import autoencoder, vae
from helpers.refusals import refused, text_of
from helpers.small_model import ONES, compiled

from minigen import Tensor, backend, losses, metrics, models
from minigen.checks.arrays import check_range
from minigen.datasets import attributes, binarize

# ---- the range that a model declares


def test_the_ends_of_the_range_belong_to_it(xp):
    x = backend.asarray(np.array([[0.0, 1.0]], "float32"))
    check_range(x, (0, 1), "fit")
    check_range([x, 2 * x - 1], (-1, 1), "fit")
    for bad, fix in ((2 * x, "x / 255"), (x - 1e-3, "(x + 1) / 2"), ([2 * x, x], "x / 255")):
        with refused(ValueError, where="fit: data outside the range", expected="[0, 1]", got="]", fix=fix):
            check_range(bad, (0, 1), "fit")


def test_what_the_range_check_advises_passes_it():
    pixels = np.arange(256).astype("float32")
    with refused(ValueError, expected="[0, 1]", got="[0, 255]", fix="x / 255 for pixels"):
        check_range(pixels, (0, 1), "fit")
    check_range(pixels / 255, (0, 1), "fit")
    with refused(ValueError, expected="[-1, 1]", got="[0, 255]", fix="x / 127.5 - 1 for pixels"):
        check_range(pixels, (-1, 1), "fit")
    check_range(pixels / 127.5 - 1, (-1, 1), "fit")


def test_nan_is_in_no_range():
    with refused(ValueError, where="range", got="nan"):
        check_range(np.array([0.5, np.nan]), (0, 1), "fit")


def test_integers_have_no_range():
    """Labels go in beside images; integer images are refused elsewhere, by their type."""
    check_range([np.zeros((3, 2)), np.array([0, 5, 9])], (0, 1), "fit")


# ---- a rounding above 1


RANGES = {
    "vae": lambda x: vae().fit(x, verbose=0),
    "targets": lambda x: autoencoder().fit(x, x, verbose=0),
    "loss": lambda x: losses.binary_crossentropy(x, Tensor(np.full((4, 784), 0.5, "float32"))),
    "add_noise": models.add_noise,
    "binarize": lambda x: binarize(x, how=0.5),
    "attributes": attributes.thickness,
    "scorer": lambda x: models.Scorer(models.digit_classifier()).labels(x),
    "entropy": metrics.binary_entropy,
}


@pytest.mark.parametrize("what", RANGES)
def test_only_what_is_outside_after_rounding_is_refused(what):
    RANGES[what](np.full((4, 784), 1 + 2**-52))  # 1.0 in float32
    RANGES[what](np.full((4, 784), 1 + 2**-25))
    above = np.full((4, 784), 1 + 2**-23, "float32")
    text = text_of(lambda: RANGES[what](above), ValueError)
    assert "1.0000001" in text and "np.clip(x, 0, 1)" in text
    RANGES[what](eval("np.clip(x, 0, 1)", {"np": np, "x": above}))


def test_a_model_of_float64_sees_more():
    model = vae().astype("float64")
    model.compile()
    assert "1.0000000000000002" in text_of(lambda: model.fit(np.full((4, 784), 1 + 2**-52), verbose=0), ValueError)


# ---- numbers beyond float32


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("numbers beyond float32", lambda: compiled().predict(ONES.astype("float64") * 1e300), ValueError),
        ("numbers beyond float32", lambda: compiled().fit(ONES, ONES[:, :2].astype("float64") * 1e300), ValueError),
    ],
)
def test_numbers_beyond_float32_are_refused(problem, call, error):
    with refused(error, problem):
        call()


def test_numbers_beyond_float32_are_fine_in_float64():
    model = compiled().astype("float64")
    assert np.isfinite(model.predict(ONES.astype("float64") * 1e300)).all()
