"""Every error says where, what was expected, what came and what to write."""

import pytest
from helpers.refusals import refused
from helpers.small_model import X

import minigen
from minigen import (
    Dense,
    Model,
    initializers,
    optimizers,
)
from minigen.checks.values import check_each_once, check_name, named
from minigen.errors import message, unknown_name

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
