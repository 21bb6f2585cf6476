"""Every error says where, what was expected, what came and what to write."""

import math

import numpy as np
import pytest
from helpers.digit_models import IMAGES, LABELS, vae
from helpers.digit_models import X as PIXELS
from helpers.parameters import leaf
from helpers.refusals import refused
from helpers.small_model import ONES, X, compiled
from helpers.small_model import uncompiled as model

import minigen
from minigen import (
    GRU,
    SGD,
    Conv2D,
    Dense,
    Layer,
    Model,
    Reshape,
    Sequential,
    Tensor,
    initializers,
    losses,
    metrics,
    models,
    optimizers,
)
from minigen.checks import (
    check_each_once,
    check_is_callable,
    check_is_list,
    check_name,
    mapping,
    named,
    number,
    positive_integer,
    positive_number,
)
from minigen.errors import described, message, unknown_name
from minigen.training.loop import alternate

TABLE = {"relu": 1, "tanh": 2, "sigmoid": 3, "leaky_relu": 4}


# ---- messages and names


@pytest.mark.parametrize(
    "kind, call, nearest",
    [
        ("optimizer", lambda: Model().compile("adamm"), "adam"),
        ("optimizer", lambda: optimizers.get("ada_delta"), "adadelta"),
        ("loss", lambda: Model().compile("adam", "binary_cross_entropy"), "binary_crossentropy"),
        ("loss", lambda: Model().compile("adam", ["mse", "mean_square_error"]), "mean_squared_error"),
        ("metric", lambda: Model().compile("adam", "mse", metrics=["accurracy"]), "accuracy"),
        ("activation", lambda: Dense(3, "rellu"), "relu"),
        ("activation", lambda: minigen.Activation("Sigmoidd"), "sigmoid"),
        ("initializer", lambda: initializers.get("glorot_unifrom"), "glorot_uniform"),
        ("initializer", lambda: Dense(3, kernel_initializer="he_normall")(X), "he_normal"),
        ("backend", lambda: minigen.use("cuppy"), "cupy"),
        ("backend", lambda: minigen.use("nmupy"), "numpy"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(kind, call, nearest):
    with refused(ValueError, where=f"unknown {kind}", expected=nearest, fix=f"'{nearest}'"):
        call()
    assert minigen.backend.active() == "numpy"


def test_the_four_lines_of_a_message():
    text = message("Dense 'code': wrong rank", expected="(batch, features)", got=(3,), fix="x.reshape(1, -1)")
    assert text.splitlines() == [
        "Dense 'code': wrong rank",
        "  expected: (batch, features)",
        "  got:      (3,)",
        "  fix:      x.reshape(1, -1)",
    ]


@pytest.mark.parametrize(
    "wrong, right",
    [
        ("rellu", "relu"),
        ("Tanhh", "tanh"),
        ("sigmiod", "sigmoid"),
        ("leakyrelu", "leaky_relu"),
        ("LEAKY-RELU", "leaky_relu"),
    ],
)
def test_an_unknown_name_gets_the_nearest_one(wrong, right):
    text = unknown_name("activation", wrong, TABLE)
    assert text.startswith(f"unknown activation '{wrong}'")
    assert "one of leaky_relu, relu, sigmoid, tanh" in text
    assert text.endswith(f"fix:      '{right}'")


def test_an_unknown_name_of_an_empty_table():
    assert "fix:      a layer from the list" in unknown_name("layer", "Dense", [])


@pytest.mark.parametrize("name", [None, 3, ""])
def test_an_unknown_name_of_any_type(name):
    assert f"got:      {name!r}" in unknown_name("loss", name, TABLE)


def test_named_looks_up_names_in_any_case():
    assert named("activation", "relu", TABLE) == named("activation", "ReLU", TABLE) == 1
    with pytest.raises(ValueError, match="unknown activation 'rellu'(.|\n)*fix: +'relu'"):
        named("activation", "rellu", TABLE)


@pytest.mark.parametrize("name", ["ReLU", "rellu", ["relu"], None])
def test_check_name_takes_a_name_as_it_stands(name):
    check_name("activation", "relu", TABLE)
    with refused(ValueError, where="unknown activation", expected="one of leaky_relu, relu", got=repr(name)):
        check_name("activation", name, TABLE)


def test_names_that_stand_twice():
    check_each_once("Model: layers", ["code", "image"], "name='{}_2'")
    with refused(ValueError, where="Model: layers", expected="every name once", got="code, image", fix="name='code_2'"):
        check_each_once("Model: layers", ["image", "code", "x", "code", "image"], "name='{}_2'")


# ---- lists, dicts and functions


@pytest.mark.parametrize("check, right", [(check_is_list, (1, 2)), (mapping, {"a": 1}), (check_is_callable, len)])
@pytest.mark.parametrize("wrong", ["accuracy", 3, None, np.zeros((2, 3))], ids=["text", "number", "None", "array"])
def test_what_is_no_list_no_dict_or_no_function(check, right, wrong):
    assert check("fit: x", right, "fit(x)") in (None, right)
    with refused(TypeError, where="fit: x", expected="a", got=described(wrong), fix="fit(x)"):
        check("fit: x", wrong, "fit(x)")


def test_a_given_value_is_described_on_one_line():
    assert described(np.zeros((2, 3))) == "a ndarray of shape (2, 3)"
    assert described(None) == "None" and described([[1, 2]]) == "a list, [[1, 2]]"
    assert "\n" not in described([np.zeros((9, 9))]) and len(described("x" * 1000)) < 80


# ---- numbers


@pytest.mark.parametrize("value", [0, 0.0, -1.0, math.inf, math.nan, True, "1", None])
def test_numbers_that_are_not_above_0(value):
    assert positive_number("Adam: epsilon", 5e-324, "1e-7") > 0
    with refused(ValueError, expected="a number above 0", got=repr(value)):
        positive_number("Adam: epsilon", value, "1e-7")


@pytest.mark.parametrize("value", [1, 32, np.int64(3)])
def test_positive_integers_pass_as_python_integers(value):
    found = positive_integer("Dense: units", value, "Dense(32)")
    assert found == value and type(found) is int


@pytest.mark.parametrize("value", [0, -1, 2.0, True, "32", None])
def test_what_is_no_positive_integer_is_refused(value):
    with pytest.raises(ValueError, match=r"Dense: units\n(.|\n)*a positive integer(.|\n)*fix: +Dense\(32\)"):
        positive_integer("Dense: units", value, "Dense(32)")


@pytest.mark.parametrize("value", [0, 0.5, np.float32(0.5), np.float64(0.999)])
def test_numbers_inside_pass_as_python_floats(value):
    found = number("Dropout: rate", value, "0 <= rate < 1", "Dropout(0.5)", below=1.0)
    assert found == value and type(found) is float


@pytest.mark.parametrize("value", [-0.1, 1, float("nan"), float("inf"), "0.5", None, [0.5]])
def test_numbers_outside_are_refused(value):
    with pytest.raises(ValueError, match=r"Dropout: rate\n(.|\n)*0 <= rate < 1(.|\n)*fix: +Dropout\(0.5\)"):
        number("Dropout: rate", value, "0 <= rate < 1", "Dropout(0.5)", below=1.0)


# ---- arguments


WRONG_NUMBER = {
    "Dense": lambda: Dense(),
    "Conv2D": lambda: Conv2D(3),
    "GRU": lambda: GRU(),
    "Reshape": lambda: Reshape(1, 2, 3),
    "Sequential.fit": lambda: model().fit(),
    "Sequential.predict": lambda: model().predict(),
    "Sequential.add": lambda: model().add(Dense(1), "name"),
    "mean_squared_error": lambda: losses.mean_squared_error(X),
    "generator_loss": lambda: losses.generator_loss(),
    "accuracy": lambda: metrics.accuracy([1], [1], [1]),
    "glorot_uniform": lambda: initializers.get("glorot_uniform")(),
    "where": lambda: minigen.where(X > 0),
    "SGD": lambda: SGD(0.1, 0.9, False, None, 5),
}


@pytest.mark.parametrize("where", WRONG_NUMBER)
def test_a_wrong_number_of_arguments_is_answered(where):
    with refused(TypeError, f"{where}: wrong arguments"):
        WRONG_NUMBER[where]()


def test_a_type_error_from_inside_of_a_call_is_left_alone():
    class Broken(Layer):
        def __init__(self, n):
            super().__init__()
            self.n = len(n)

    with pytest.raises(TypeError, match="has no len"):
        Broken(3)


def test_calls_that_do_not_fit_in_other_ways():
    with refused(TypeError, "transpose: unknown argument 'axis'"):
        leaf().transpose(axis=1)
    with pytest.raises(TypeError, match=r"expected: \*axes"):
        leaf().transpose(axis=1)
    with refused(TypeError, "Dense: wrong arguments"):
        Dense.__init__()

    class Plain(SGD):
        pass

    with refused(TypeError, "Plain: unknown argument 'lr'"):
        Plain(lr=0.1)

    class Static(Model):
        @staticmethod
        def sample(n):
            return n

    assert Static().sample(3) == 3


UNKNOWN = {
    "vae": lambda: models.vae(2, latent=3),
    "gan": lambda: models.gan(latent_dim=3),
    "VAE.sample": lambda: vae().sample(3, seed=1),
    "VAE.encode": lambda: vae().encode(PIXELS, batch_size=1),
    "Sequential.summary": lambda: compiled().summary(expand_nested=True),
    "Sequential.save_weights": lambda: compiled().save_weights("x", overwrite=True),
    "Sequential.get_layer": lambda: compiled().get_layer(index=0),
    "grid": lambda: minigen.plot.grid(IMAGES, cmap="gray"),
    "linear_probe": lambda: models.linear_probe(PIXELS, LABELS, PIXELS, LABELS, epochs=3),
    "alternate": lambda: alternate([], callbacks=[]),
    "seed": lambda: minigen.seed(seed=1),
}


@pytest.mark.parametrize("where", UNKNOWN)
def test_an_unknown_argument_of_a_method_or_function_is_answered(where):
    with refused(TypeError, f"{where}: unknown argument"):
        UNKNOWN[where]()


# ---- switches


SWITCHES = {
    "Dense: use_bias": lambda: Dense(2, use_bias="False"),
    "Conv2D: use_bias": lambda: minigen.Conv2D(2, 3, use_bias="no"),
    "LSTM: return_sequences": lambda: minigen.LSTM(2, return_sequences="False"),
    "GRU: return_state": lambda: minigen.GRU(2, return_state=2),
    "GlobalAveragePooling2D: keepdims": lambda: minigen.GlobalAveragePooling2D(keepdims="no"),
    "Sum: keepdims": lambda: Tensor(ONES).sum(keepdims="no"),
    "Sequential: fuse": lambda: Sequential([], fuse="no"),
    "Sequential.fit: shuffle": lambda: compiled().fit(ONES, ONES[:, :2], shuffle="no"),
    "Sequential.fit: resume": lambda: compiled().fit(ONES, ONES[:, :2], resume="no"),
    "binary_crossentropy: from_logits": lambda: losses.binary_crossentropy(ONES, ONES, "no"),
    "categorical_crossentropy: from_logits": lambda: losses.categorical_crossentropy(ONES / 4, ONES, "no"),
    "backward: retain_graph": lambda: Tensor(ONES, requires_grad=True).sum().backward(retain_graph="no"),
    "grad: create_graph": lambda: minigen.grad(Tensor(ONES, requires_grad=True).sum(), [], create_graph="no"),
}


@pytest.mark.parametrize("where", SWITCHES)
def test_a_word_is_no_switch(where):
    with refused(TypeError, where):
        SWITCHES[where]()


def test_what_is_a_switch():
    for yes in (True, np.True_, 1, np.int64(1)):
        assert Dense(2, use_bias=yes).use_bias is True
    for no in (False, np.False_, 0):
        assert Dense(2, use_bias=no).use_bias is False


# ---- warnings


def test_a_warning_points_at_the_line_outside_of_minigen():
    import warnings

    from minigen.errors import warn_caller

    namespace = {"__name__": "minigen.inner", "warn_caller": warn_caller}
    exec("def inner(w):\n    warn_caller(w)\ndef outer(w):\n    inner(w)", namespace)  # noqa: S102
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        namespace["outer"](UserWarning("deep inside"))
    assert caught[0].filename == __file__ and str(caught[0].message) == "deep inside"


def test_a_warning_may_be_called_for_by_code_without_a_name():
    import warnings

    from minigen.errors import warn_caller

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec("warn(UserWarning('here'))", {"warn": warn_caller})
    assert len(caught) == 1
