"""Every error says where, what was expected, what came and what to write."""

import numpy as np
import pytest

from minigen.checks import number, positive_integer
from minigen.errors import message, named, unknown_name

TABLE = {"relu": 1, "tanh": 2, "sigmoid": 3, "leaky_relu": 4}


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


def test_named_looks_up_names_in_any_case_and_passes_the_rest():
    assert named("activation", "relu", TABLE) == named("activation", "ReLU", TABLE) == 1
    assert named("activation", len, TABLE) is len
    with pytest.raises(ValueError, match="unknown activation 'rellu'(.|\n)*fix: +'relu'"):
        named("activation", "rellu", TABLE)


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
