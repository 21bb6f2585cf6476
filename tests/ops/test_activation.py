"""Activation functions: values, kinks, extreme values, axes and plain numbers."""

import numpy as np
import pytest
from helpers.logits import HUGE, SATURATED, softmax
from helpers.op_table import OPS, draws
from helpers.parameters import gradient, leaf, parameter, parameter64, tensors
from helpers.refusals import refused

import minigen
from minigen import ops

FORMULAS = {
    "relu": lambda x: np.where(x > 0, x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "softmax": softmax,
    "softmax_axis0": lambda x: softmax(x, axis=0),
    "log_softmax": lambda x: np.log(softmax(x)),
}


# ---- the value, in plain NumPy


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


# ---- ties and kinks: what is chosen where the derivative does not exist


def test_relu_at_zero_has_gradient_zero(xp):
    np.testing.assert_array_equal(gradient(ops.relu, parameter([-1, 0, 2])), [0, 0, 1])


def test_leaky_relu_and_elu_at_zero_take_the_left_slope(xp):
    np.testing.assert_allclose(gradient(ops.leaky_relu, parameter([-1, 0, 2])), [0.2, 0.2, 1])
    np.testing.assert_allclose(gradient(lambda x: ops.elu(x, 0.5), parameter([0, 2])), [0.5, 1])


# ---- extreme values


def test_sigmoid_saturates(xp):
    x = parameter(HUGE)
    np.testing.assert_allclose(ops.sigmoid(x).numpy(), SATURATED, atol=1e-12)
    np.testing.assert_allclose(gradient(ops.sigmoid, x), [0, 0, 0, 0.25, 0, 0, 0], atol=1e-12)


def test_softplus_is_zero_on_the_left_and_linear_on_the_right(xp):
    x = parameter(HUGE)
    np.testing.assert_allclose(ops.softplus(x).numpy(), [0, 0, 0, np.log(2), 30, 100, 1e4], rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(gradient(ops.softplus, x), SATURATED, atol=1e-12)


def test_silu_is_zero_on_the_left_and_linear_on_the_right(xp):
    x = parameter(HUGE)
    np.testing.assert_allclose(ops.silu(x).numpy(), [0, 0, 0, 0, 30, 100, 1e4], rtol=1e-6, atol=1e-10)
    np.testing.assert_allclose(gradient(ops.silu, x), [0, 0, 0, 0.5, 1, 1, 1], atol=1e-10)


def test_elu_and_tanh_saturate(xp):
    x = parameter(HUGE)
    np.testing.assert_allclose(ops.elu(x).numpy(), [-1, -1, -1, 0, 30, 100, 1e4], rtol=1e-6)
    np.testing.assert_allclose(gradient(ops.elu, x), [0, 0, 0, 1, 1, 1, 1], atol=1e-6)
    np.testing.assert_allclose(gradient(ops.tanh, x), [0, 0, 0, 1, 0, 0, 0], atol=1e-6)


def test_softmax_of_huge_logits(xp):
    x, half = parameter([[1e4, -1e4, 0], [1e4, 1e4, -1e4]]), np.log(2)
    p = np.array([[1, 0, 0], [0.5, 0.5, 0]])
    np.testing.assert_allclose(ops.softmax(x).numpy(), p, atol=1e-12)
    np.testing.assert_allclose(ops.log_softmax(x).numpy(), [[0, -2e4, -1e4], [-half, -half, -2e4 - half]], rtol=1e-6)
    np.testing.assert_allclose(ops.logsumexp(x, axis=1).numpy(), [1e4, 1e4 + half], rtol=1e-6)
    dx = gradient(lambda x: ops.logsumexp(x, axis=1), x)
    np.testing.assert_allclose(dx, p, rtol=1e-3)  # e^(x - y), and float32 knows a y of 10,000 to 0.001
    dx = gradient(lambda x: ops.log_softmax(x)[:, 2], x)
    np.testing.assert_allclose(dx, [[-1, 0, 1], [-0.5, -0.5, 1]], atol=1e-6)


def test_a_slope_of_zero_keeps_infinity():
    assert minigen.leaky_relu(parameter64([np.inf, -1.0]), 0.0).numpy().tolist() == [np.inf, 0]


# ---- axes and plain numbers


@pytest.mark.parametrize(
    ("where", "call", "error"),
    [
        ("softmax", lambda x: minigen.softmax(x, axis=2), ValueError),
        ("log_softmax", lambda x: minigen.log_softmax(x, axis=-3), ValueError),
    ],
)
def test_an_axis_that_is_not_there_is_refused(where, call, error):
    with refused(error, where):
        call(parameter64(np.ones((2, 3))))


ONE_NUMBER = {
    minigen.softplus: lambda x: np.log1p(np.exp(x)),
    minigen.relu: lambda x: x,
    minigen.tanh: np.tanh,
}


@pytest.mark.parametrize("function", ONE_NUMBER, ids=lambda f: f.__name__)
def test_functions_of_a_plain_number(function, xp):
    y = function(2.0)
    assert isinstance(y, minigen.backend.xp.ndarray)
    np.testing.assert_allclose(minigen.to_numpy(y), ONE_NUMBER[function](2.0), rtol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        minigen.softmax,
        minigen.log_softmax,
    ],
)
def test_functions_over_an_axis_of_a_plain_number_are_refused(function):
    with refused(TypeError, function.__name__):
        function(2.0)
    with refused(ValueError, f"{function.__name__}: axis", fix="(n, classes)"):
        function(leaf(), axis=2)
    with refused(ValueError, f"{function.__name__}: axis", fix="(n, classes)"):
        function(minigen.Tensor(1.0))


def test_softmax_over_several_axes_is_that_of_all_of_them():
    x = leaf()
    np.testing.assert_allclose(minigen.softmax(x, axis=(0, 1)).numpy().sum(), 1)
    np.testing.assert_allclose(minigen.softmax(x, axis=(0, 1)).numpy().ravel(), minigen.softmax(x.reshape(-1)).numpy())


def test_functions_of_one_number_of_numpy():
    for number in (np.float64(2.0), np.float32(2.0), np.int64(2)):
        np.testing.assert_allclose(minigen.softplus(number), np.log1p(np.exp(2.0)), rtol=1e-6)
        assert minigen.sum(number).shape == ()


# ---- numbers of other types


OPTIONS = {
    "elu": ops.elu,
    "leaky_relu": ops.leaky_relu,
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_numpy_scalar_as_option_keeps_float32(name):
    """Such as a noise level out of np.linspace."""
    y = OPTIONS[name](parameter([-1.0, 4.0]), np.linspace(0, 1, 3)[1])
    assert y.dtype == np.float32


# ---- numbers that must not be learned


@pytest.mark.parametrize(
    "action, problem",
    [
        (lambda x, a: minigen.elu(x, a), "elu: alpha"),
        (lambda x, a: minigen.leaky_relu(x, a), "leaky_relu: negative_slope"),
    ],
)
def test_a_number_that_must_not_be_learned_is_refused_as_a_tensor(action, problem):
    with refused(ValueError, problem):
        action(parameter64([-1.0, 2.0]), parameter64(0.5))
