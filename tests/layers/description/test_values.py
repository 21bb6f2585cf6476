"""Arguments as what JSON can hold, and back."""

import functools
import json
import math

import numpy as np
import pytest

import minigen
from minigen import initializers, losses, metrics, ops
from minigen.layers.description.values import decoded, encoded, function_of_name, is_array, name_of_function


def own(y_true, y_pred):
    return 0


def form(value, where):
    name = name_of_function(value)
    assert name is not None, (value, where)
    return {"function": name}


def back(value):
    text = json.dumps(encoded(value, "it", form))
    return decoded(json.loads(text), {"function": lambda name: function_of_name(name, {"own": own})})


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**70),
        0.1,
        math.inf,
        "ü\0\ud800",
        [],
        (),
        [1, (2, [3.5, ("a",)])],
        {},
        {"a": (1, 2), 3: {"b": [None]}},
        {"tuple": [1]},
        {"ref": 0},
        ops.relu,
        own,
        [losses.mse, metrics.accuracy, initializers.he_normal],
    ],
    ids=lambda value: repr(value).partition(" at 0x")[0],
)
def test_a_value_comes_back_in_its_type(value):
    found = back(value)
    assert found == value and type(found) is type(value) and repr(found) == repr(value)


def test_numbers_of_numpy_become_pythons():
    assert encoded([np.float32(0.5), np.int64(3), np.bool_(True)], "it", form) == [0.5, 3, True]


def test_a_partial_comes_back():
    found = back(functools.partial(losses.binary_crossentropy, from_logits=True))
    assert found.func is losses.binary_crossentropy and found.keywords == {"from_logits": True} and found.args == ()


def test_names_of_functions():
    assert name_of_function(minigen.relu) == "minigen.ops.relu"
    assert name_of_function(losses.mean_squared_error) != name_of_function(metrics.mean_squared_error)
    assert name_of_function(own) == "own"
    for nameless in (lambda x: x, 3, dict, ops.Relu, ops.Relu(), minigen.models.add_noise):
        assert name_of_function(nameless) is None


@pytest.mark.parametrize(
    "name",
    ["minigen.ops.nothing", "minigen.os.system", "minigen.ops", "minigen.ops.xp", "minigen.", "minigen.ops.__import__"],
)
def test_only_functions_of_the_four_modules_have_names(name):
    with pytest.raises(ValueError):
        function_of_name(name, {})


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"a": 1, "b": 2},
        {"other": 1},
        {"tuple": 3},
        {"dict": [[1]]},
        {"dict": [[[], 1]]},
        {"partial": [1, 2]},
        {"partial": [3, {"tuple": []}, {"dict": []}]},
    ],
    ids=lambda value: repr(value).partition(" at 0x")[0],
)
def test_wrong_forms_are_refused(wrong):
    with pytest.raises((ValueError, TypeError)):
        decoded(wrong, {})


def test_arrays():
    assert is_array(np.zeros(2)) and is_array(np.array("text"))
    assert not is_array(np.array([None])) and not is_array([1, 2])
