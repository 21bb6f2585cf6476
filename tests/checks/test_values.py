"""Numbers, lists, functions and switches among the arguments: what passes, and how the rest is refused."""

import math

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_model import ONES, compiled

import minigen
from minigen import (
    Dense,
    Sequential,
    Tensor,
    callbacks,
    losses,
)
from minigen.checks.values import check_is_callable, check_is_list, mapping, number, positive_integer, positive_number
from minigen.errors import described
from minigen.training.history import History


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


@pytest.mark.parametrize("value", [-0.1, 1, float("nan"), float("inf"), "0.5", None, [0.5], 10**400, -(10**400)])
def test_numbers_outside_are_refused(value):
    with pytest.raises(ValueError, match=r"Dropout: rate\n(.|\n)*0 <= rate < 1(.|\n)*fix: +Dropout\(0.5\)"):
        number("Dropout: rate", value, "0 <= rate < 1", "Dropout(0.5)", below=1.0)


BEYOND = 10**400  # more than any float
TAKE_NUMBERS = {
    "SGD: learning_rate": lambda: minigen.SGD(BEYOND),
    "loss_weights": lambda: compiled().compile("sgd", "mse", loss_weights=[BEYOND]),
    "label_smoothing": lambda: losses.BinaryCrossentropy(label_smoothing=BEYOND),
    "clip: a bound": lambda: minigen.clip(Tensor(ONES), 0, BEYOND),
    "Dropout: impossible rate": lambda: minigen.Dropout(BEYOND),
    "fit": lambda: compiled().fit(ONES, [BEYOND] * 6, verbose=0),
}


@pytest.mark.parametrize("where", TAKE_NUMBERS)
def test_integers_beyond_all_floats(where):
    with refused((ValueError, TypeError), where=where, got="1000000"):
        TAKE_NUMBERS[where]()


TWO = np.array([1, 2])
TAKE_NO_ARRAYS = {
    "EarlyStopping: mode": lambda: callbacks.EarlyStopping("loss", mode=TWO),
    "TensorBoard: update_freq": lambda: callbacks.TensorBoard("logs", update_freq=TWO),
    "fit: callbacks": lambda: compiled().fit(ONES, ONES, callbacks=TWO[:0], verbose=0),
    "fit: validation_split": lambda: compiled().fit(ONES, ONES, validation_split=TWO, verbose=0),
    "MeanSquaredError: reduction": lambda: losses.MeanSquaredError(reduction=TWO),
    "mean_squared_error: reduction": lambda: losses.mse(ONES, ONES, reduction=TWO),
    "history[": lambda: History({"loss": [1.0]})[TWO],
    "history[['loss']]": lambda: History({"loss": [1.0]})[["loss"]],
}


@pytest.mark.parametrize("where", TAKE_NO_ARRAYS)
def test_arrays_in_the_place_of_single_values(where):
    with refused((ValueError, TypeError, KeyError), where=where):
        TAKE_NO_ARRAYS[where]()
    assert ["loss"] not in History({"loss": [1.0]})


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
