"""Data at the entrance of fit, evaluate and predict: what is refused before anything is trained."""

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_model import X

from minigen import Concatenate, Dense, Input, Model, Sequential

# ---- the data


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("verb", ["fit", "evaluate", "predict", "train_on_batch"])
def test_nan_and_infinity_are_named_with_their_place(model, bad, verb):
    x = X.copy()
    x[5, 2] = x[6, 0] = bad
    with refused(ValueError, where="NaN or infinity", got="2 bad, the first at (5, 2)"):
        getattr(model, verb)(*([x] if verb == "predict" else [x, X]))
    if verb != "predict":
        with refused(ValueError, where="NaN or infinity", got="(5, 2)"):
            getattr(model, verb)(X, x)


def test_nan_in_the_validation_data_is_refused_before_the_training(model):
    with refused(ValueError, where="validation_data", got="(0, 0)"):
        model.fit(X, X, validation_data=(X * np.nan, X), verbose=0)


@pytest.mark.parametrize("verb", ["fit", "evaluate", "predict", "train_on_batch"])
def test_an_empty_array_is_refused(model, verb):
    with refused(ValueError, expected="at least one sample", got="(0, 4)"):
        getattr(model, verb)(*([X[:0]] if verb == "predict" else [X[:0], X[:0]]))


@pytest.mark.parametrize("verb", ["fit", "evaluate"])
def test_x_and_y_of_different_length_are_refused(model, verb):
    with refused(ValueError, where="x and y differ in length", got="[(8, 4), (7, 4)]", fix="y[:n]"):
        getattr(model, verb)(X, X[:7])


def test_inputs_of_different_length_are_refused():
    a, b = Input((4,)), Input((4,))
    model = Model([a, b], Concatenate()([a, b]))
    with refused(ValueError, got="[(8, 4), (7, 4)]"):
        model.predict([X, X[:7]])


NO_ARRAYS = {
    "nothing": lambda: None,
    "a dictionary": lambda: {"x": X},
    "rows of different length": lambda: [[1.0, 2.0], [3.0]],
}


@pytest.mark.parametrize("what", NO_ARRAYS)
@pytest.mark.parametrize("verb", ["predict", "evaluate", "fit", "train_on_batch"])
def test_data_that_is_no_array_is_refused(model, verb, what):
    """Not "no data": there is some, but minigen cannot cut it into batches."""
    x = NO_ARRAYS[what]()
    with refused((TypeError, ValueError), expected="array"):
        getattr(model, verb)(*([x] if verb == "predict" else [x, X]))


BAD_VALIDATION = {  # what: (x, y, the shape shown)
    "samples": (X[:, :3], X, "(8, 3)"),
    "targets": (X, X[:, :3], "(8, 3)"),
}


@pytest.mark.parametrize("what", BAD_VALIDATION)
def test_validation_data_of_another_shape_are_refused(model, what):
    """Noticed before training, not after an epoch of it."""
    x, y, shown = BAD_VALIDATION[what]
    with refused(ValueError, expected="(8, 4)" if what == "targets" else "(batch, 4)", got=shown):
        model.fit(X, X, validation_data=(x, y), verbose=0)


@pytest.mark.parametrize("given", [5, True, (1, 2), (X, X, 5), [], X[:0], (X[:0], X[:0]), (X[:0], X[:0], X[:0, 0])])
def test_validation_data_without_a_sample_are_refused(model, given):
    with refused(ValueError, where="fit, validation_data", got="shape ("):
        model.fit(X, X, validation_data=given, verbose=0)


@pytest.mark.parametrize("weights", [{"sample_weight": [1.0]}, {"class_weight": {0: 1.0}}])
def test_weights_of_a_single_number_are_refused(model, weights):
    with refused(ValueError, where="fit: no data", got="shape ()"):
        model.fit(5, 5, verbose=0, **weights)


def test_validation_data_of_other_parts_are_refused(model):
    with refused(ValueError, where="validation_data: sample_weight", expected="a number for each sample"):
        model.fit(X, X, validation_data=(X, X, X), verbose=0)
    with refused((TypeError, ValueError), where="validation_data", expected="(x, y)"):
        model.fit(X, X, validation_data=(X, X, X, X), verbose=0)


@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch"])
def test_a_loss_without_targets_is_refused(model, verb):
    """The natural slip with an autoencoder: fit(x) instead of fit(x, x)."""
    with refused((TypeError, ValueError), fix="(x, "):
        getattr(model, verb)(X)


def test_validation_data_without_targets_are_refused(model):
    with refused((TypeError, ValueError), where="validation_data", fix="(x, "):
        model.fit(X, X, validation_data=X, verbose=0)


@pytest.mark.parametrize("verb", ["call", "predict", "evaluate", "fit", "train_on_batch"])
def test_images_of_uint8_are_answered_with_the_division(model, verb):
    x = (X * 255).astype("uint8")
    call = {"call": lambda: model(x), "predict": lambda: model.predict(x)}
    with refused(TypeError, where="integer", expected="float32", got="uint8", fix='x.astype("float32") / 255'):
        call.get(verb, lambda: getattr(model, verb)(x, X))()


@pytest.mark.parametrize("x", [np.array([["a"] * 4] * 8), np.array([[None] * 4] * 8)], ids=["text", "objects"])
@pytest.mark.parametrize("verb", ["call", "predict", "evaluate", "fit", "train_on_batch"])
def test_text_and_objects_are_no_data(model, verb, x):
    call = {"call": lambda: model(x), "predict": lambda: model.predict(x)}
    with refused(TypeError, expected="numbers"):
        call.get(verb, lambda: getattr(model, verb)(x, X))()


# ---- sizes


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "32", None])
@pytest.mark.parametrize("verb", ["fit", "evaluate", "predict"])
def test_a_batch_size_is_a_positive_integer(model, verb, batch_size):
    with refused(ValueError, where="batch_size", expected="positive integer", got=repr(batch_size)):
        getattr(model, verb)(*([X] if verb == "predict" else [X, X]), batch_size=batch_size)


@pytest.mark.parametrize("epochs", [0, -1, 2.5, "3"])
def test_the_number_of_epochs_is_a_positive_integer(model, epochs):
    with refused(ValueError, where="epochs", expected="positive integer", got=repr(epochs)):
        model.fit(X, X, epochs=epochs, verbose=0)


def test_numpy_integers_are_integers():
    """Sizes often come out of NumPy: len(np.unique(labels)), x.max() + 1."""
    model = Sequential([Input((np.int64(4),)), Dense(np.int64(4))])
    model.compile("adam", "mse")
    history = model.fit(X, X, batch_size=np.int64(4), epochs=np.int64(2), verbose=0).history
    assert len(history["loss"]) == 2 and model.optimizer.iterations == 2 * len(X) // 4
