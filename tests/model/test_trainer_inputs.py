"""What a model is called with: types, shapes, several inputs, and what is no data."""

import numpy as np
import pytest
from helpers.draws import uniform as draw
from helpers.images import IMAGES
from helpers.refusals import refused
from helpers.small_model import ONES, X, autoencoder, compiled

import minigen
from minigen import Concatenate, Dense, Flatten, Input, Model, Sequential, Tensor, models

BAD_SHAPES = {  # what: (data, the shape shown, what to write)
    "one sample": (X[0], "(4,)", "x[None]"),
    "too many axes": (X[None], "(1, 8, 4)", "(4,)"),
    "too few features": (X[:, :3], "(8, 3)", "(4,)"),
    "images": (X.reshape(8, 2, 2), "(8, 2, 2)", "x.reshape(-1, 4)"),
    "a number": (np.float32(3), "()", "(4,)"),
}


@pytest.fixture
def images():
    model = Sequential([Input((28, 28, 1)), Flatten(), Dense(1, "sigmoid")])
    model.compile("adam", "mse")
    return model


# ---- types


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_floats_of_any_precision_are_data(xp, dtype):
    """float64 is what NumPy gives by default; a model computes in float32 whatever comes in."""
    x = draw(10, 6, dtype=dtype)
    model = autoencoder(seed=0)
    model.compile("adam", "binary_crossentropy")
    assert str(model(x).dtype) == "float32"
    assert model.predict(x).dtype == np.float32
    assert model.evaluate(x, x) > 0 and model.train_on_batch(x, x) > 0
    model.fit(x, x, validation_data=(x, x), verbose=0)
    assert {str(w.dtype) for w in model.weights()} == {"float32"}


def test_float64_and_float32_data_train_alike(xp):
    def trained(dtype):
        model = autoencoder(seed=0)
        model.compile("adam", "binary_crossentropy")
        x = draw(10, 6).astype(dtype)
        return model.fit(x, x, batch_size=4, epochs=2, verbose=0).history

    assert trained("float64") == trained("float32")


def test_lists_of_numbers_are_data(xp):
    model = autoencoder()
    model.compile("adam", "mse")
    x = draw(4, 6)
    np.testing.assert_array_equal(model.predict(x.tolist()), model.predict(x))
    assert model.evaluate(x.tolist(), x.tolist()) == model.evaluate(x, x)


def test_arrays_and_tensors_give_the_same(xp):
    model = autoencoder()
    x = draw(4, 6)
    np.testing.assert_array_equal(model(x).numpy(), model(Tensor(x)).numpy())
    np.testing.assert_array_equal(model.predict(Tensor(x)), model.predict(x))


def test_a_float64_model():
    """astype("float64") holds for what comes in too."""
    model = autoencoder().astype("float64")
    model.compile("adam", "mse")
    assert model.predict(draw(4, 6)).dtype == np.float64
    model.fit(draw(4, 6), draw(4, 6), verbose=0)


# ---- shapes


@pytest.mark.parametrize("what", BAD_SHAPES)
@pytest.mark.parametrize("verb", ["call", "predict", "evaluate", "fit", "train_on_batch"])
def test_wrong_shape(model, what, verb):
    x, shown, fix = BAD_SHAPES[what]
    if np.ndim(x) == 0 and verb != "call":  # a number is no data at all
        shown, fix = "()", ""
    call = {
        "call": lambda: model(x),
        "predict": lambda: model.predict(x),
        "evaluate": lambda: model.evaluate(x, x),
        "fit": lambda: model.fit(x, x, verbose=0),
        "train_on_batch": lambda: model.train_on_batch(x, x),
    }
    with refused(ValueError, where="Sequential", got=shown, fix=fix):
        call[verb]()


def test_channels_first_images(images):
    with refused(
        ValueError,
        expected="(batch, 28, 28, 1)",
        got="(8, 1, 28, 28)",
        fix="x.transpose(0, 2, 3, 1): channels come last",
    ):
        images.predict(IMAGES.transpose(0, 3, 1, 2))


def test_images_without_channels(images):
    with refused(ValueError, got="(8, 28, 28)", fix="x.reshape(-1, 28, 28, 1)"):
        images.predict(IMAGES[..., 0])


# ---- several inputs


def test_several_inputs():
    a, b = Input((4,)), Input((2,))
    model = Model([a, b], Dense(1)(Concatenate()([a, b])))
    with refused(ValueError, where="number of inputs", expected="2", got="1", fix="model([a, b])"):
        model.predict(X)
    with refused(ValueError, expected="(batch, 2)", got="(8, 3)"):
        model.predict([X, X[:, :3]])


def test_lone_samples_of_two_inputs():
    a, b = Input(shape=(4,)), Input(shape=(4,))
    two = Model([a, b], minigen.Concatenate()([a, b]))
    with refused(ValueError, "part[None]"):
        two.predict([X[0], X[1]])
    assert two.predict([part[None] for part in [X[0], X[1]]]).shape == (1, 8)


class TwoArguments(Model):
    def __init__(self):
        super().__init__()
        self.inner = Dense(2)

    def call(self, a, b=None):
        return self.inner(a)


ADVICE = {
    "a list of samples": (lambda: models.fc_autoencoder()([np.zeros(784), np.zeros(784)]), "np.stack(samples)"),
    "a list for two arguments": (lambda: TwoArguments().predict([ONES, ONES]), "def call(self, xs): a, b = xs"),
}


@pytest.mark.parametrize("mistake", ADVICE)
def test_a_list_that_is_no_list_of_inputs_is_answered_with_the_call_to_write(mistake):
    call, fix = ADVICE[mistake]
    with refused((ValueError, TypeError, FloatingPointError), fix=fix):
        call()


def test_a_dictionary_of_inputs_is_answered_with_its_keys():
    with pytest.raises(TypeError) as error:
        compiled().predict({"b": ONES, "a": ONES})
    assert "[x[key] for key in ['b', 'a']]" in str(error.value)


def test_a_dictionary_for_a_model_with_one_input():
    with refused(TypeError, "an input that is no array"):
        compiled()({"x": ONES})
