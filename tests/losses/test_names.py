"""Losses by name, and what a model asks about one. Objects: test_objects.py."""

from functools import partial

import numpy as np
import pytest
from helpers.advice import expression, typed
from helpers.refusals import refused

from minigen import Dense, Input, Sequential, Tensor, elsewhere, losses, metrics


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


# What Keras 3.15.1 computes for targets and predictions of these two rows.
T, P = np.array([[0.2, 0.3, 0.5], [0.7, 0.1, 0.2]]), np.array([[0.1, 0.6, 0.3], [0.5, 0.25, 0.25]])
ONE_HOT = np.eye(3)[[2, 0]]
OF_KERAS = {
    "binary_focal_crossentropy": (ONE_HOT, 0.188352),
    "categorical_focal_crossentropy": (ONE_HOT, 0.09540418),
    "cosine_similarity": (T, -0.8907915),
    "hinge": (2 * ONE_HOT - 1, 1.066667),
    "huber": (9 * T, 2.176875),
    "kl_divergence": (T, 0.1426854),
    "log_cosh": (9 * T, 2.029023),
    "mean_absolute_percentage_error": (T, 65.59524),
    "mean_squared_logarithmic_error": (T, 0.01747277),
    "poisson": (T, 0.6861403),
}


@pytest.mark.parametrize("name", elsewhere.KERAS_LOSSES)
def test_what_is_said_of_another_loss_of_keras_gives_its_number(name):
    fix, (t, number) = elsewhere.KERAS_LOSSES[name], OF_KERAS[name]
    loss = typed(expression(fix))
    assert loss(t, Tensor(P)).item() == pytest.approx(number, rel=1e-6)
    assert float(loss(t, P)) == pytest.approx(number, rel=1e-6)
    of_class = "KLDivergence" if name == "kl_divergence" else name.title().replace("_", "")
    for call in (lambda: losses.get(name), lambda: losses.get(of_class)):
        with refused(ValueError, f"expected: one of {min(losses.LOSSES)}", fix=fix):
            call()
    for one in (name, of_class):
        with refused(AttributeError, f"minigen.losses.{one}", fix=fix):
            getattr(losses, one)
    if name not in metrics.METRICS:
        with refused(ValueError, f"unknown metric '{name}'", fix=fix):
            metrics.get(name)


def test_such_a_loss_trains_a_model():
    model = Sequential([Input((3,)), Dense(3, "softmax")])
    model.compile("sgd", typed(elsewhere.KERAS_LOSSES["kl_divergence"]))
    history = model.fit(P.astype("float32"), T.astype("float32"), epochs=3, verbose=0)
    assert history["loss"][2] < history["loss"][0]


def test_a_loss_without_an_equivalent_is_a_formula_of_ones_own():
    with refused(AttributeError, fix="def Dice(y_true, y_pred): return ..."):
        losses.Dice  # noqa: B018
    with refused(ValueError, fix="a loss from the list"):
        losses.get("dice")
