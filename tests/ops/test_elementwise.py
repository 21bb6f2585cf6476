"""Arithmetic and elementary functions: values, broadcasting, ties, powers, bounds, and shapes that do not fit."""

import numpy as np
import pytest
from helpers.op_table import MASK, OPS, draws
from helpers.parameters import gradient, leaf, parameter, parameter64, tensors
from helpers.refusals import refused
from helpers.small_model import X
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import minigen
from minigen import Tensor, gradcheck, ops
from minigen.autograd import grad, unwrap

FORMULAS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "negative": lambda x: -x,
    "power_number": lambda x: x * x * x,
    "power_tensor": lambda x, k: np.exp(k * np.log(x)),
    "power_of_number": lambda k: np.exp(k * np.log(2.5)),
    "power_zero": lambda x: x,
    "square": lambda x: x * x,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": lambda x: np.where(x < 0, -x, x),
    "maximum": lambda a, b: np.where(a > b, a, b),
    "minimum": lambda a, b: np.where(a < b, a, b),
    "where": lambda a, b: np.where(MASK, a, b),
    "clip": lambda x: np.clip(x, -0.5, 0.7),
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


# ---- broadcasting


def summed_to(g, x):
    """The gradient of an input that was broadcast, found element by element: where each output element came from."""
    source = np.broadcast_to(np.arange(x.size).reshape(x.shape), g.shape)
    return np.bincount(source.ravel(), weights=g.ravel(), minlength=x.size).reshape(x.shape)


BROADCASTING = {  # op: (function, its value, its two gradients for dL/dy = v)
    "add": (ops.add, lambda a, b: a + b, lambda v, a, b: (v, v)),
    "multiply": (ops.multiply, lambda a, b: a * b, lambda v, a, b: (v * b, v * a)),
    "maximum": (ops.maximum, np.maximum, lambda v, a, b: (v * (a > b), v * (a < b))),
    "where": (
        lambda a, b: ops.where(a.data > b.data, a, b),
        np.maximum,
        lambda v, a, b: (v * (a > b), v * (a < b)),
    ),
}


@pytest.mark.parametrize("name", BROADCASTING)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=3), seed=st.integers(0, 99))
def test_broadcasting(name, shapes, seed):
    function, value, gradients = BROADCASTING[name]
    rng = np.random.default_rng(seed)
    a, b = (rng.standard_normal(s) for s in shapes.input_shapes)
    v = rng.standard_normal(shapes.result_shape)
    x, z = tensors([a, b])
    y = function(x, z)
    (y * v).sum().backward()
    np.testing.assert_allclose(y.numpy(), value(a, b))
    for tensor, g in zip((x, z), gradients(v, a, b), strict=True):
        np.testing.assert_allclose(tensor.grad, summed_to(g, tensor.data), atol=1e-12)


# ---- numbers of other types


NUMBERS = [2, 2.0, True, np.float64(2), np.float32(2), np.int64(2), np.bool_(True)]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: type(number).__name__)
def test_a_scalar_takes_the_precision_of_the_tensor(number, xp):
    x = parameter([1.0, 4.0])
    for y in (x + number, number - x, x * number, number / x, x**number, number**x, ops.maximum(x, number)):
        assert y.dtype == np.float32
        y.sum().backward()
        assert x.grad.dtype == np.float32


OPTIONS = {
    "clip": lambda x, number: ops.clip(x, -number, number),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_numpy_scalar_as_option_keeps_float32(name):
    """Such as a noise level out of np.linspace."""
    y = OPTIONS[name](parameter([-1.0, 4.0]), np.linspace(0, 1, 3)[1])
    assert y.dtype == np.float32


def test_the_smaller_of_unsigned_integers_and_a_number():
    assert minigen.minimum(np.array([0, 200], "uint8"), 10).tolist() == [0, 10]


def test_numbers_that_bytes_cannot_hold():
    for function in (minigen.minimum, minigen.maximum):
        for number in (300, -1):
            with refused(TypeError, "of uint8"):
                function(np.array([5], "uint8"), number)


def test_maximum_and_minimum_of_numbers():
    assert (minigen.minimum(2.0, 3.0), minigen.maximum(2.0, 3.0)) == (2.0, 3.0)


# ---- ties and kinks: what is chosen where the derivative does not exist


def test_abs_at_zero_has_gradient_zero(xp):
    np.testing.assert_array_equal(gradient(ops.abs, parameter([-1, 0, 2])), [-1, 0, 1])


def test_maximum_and_minimum_share_a_tie(xp):
    for f, first in ((ops.maximum, [0, 0.5, 1]), (ops.minimum, [1, 0.5, 0])):
        da, db = gradient(f, parameter([1, 2, 3]), parameter([2, 2, 2]))
        np.testing.assert_array_equal(da, first)
        np.testing.assert_array_equal(db, 1 - np.array(first))


def test_clip_has_gradient_zero_outside_and_one_at_the_bounds(xp):
    dx = gradient(lambda x: ops.clip(x, 0.0, 1.0), parameter([-2, 0, 0.5, 1, 3]))
    np.testing.assert_array_equal(dx, [0, 1, 1, 1, 0])


def test_square_has_a_gradient_and_a_curvature_at_zero(xp):
    x = parameter([0.0, 2.0])
    (g,) = grad((x**2).sum(), [x], create_graph=True)
    (h,) = grad(g.sum(), [x])
    np.testing.assert_array_equal(g.numpy(), [0, 4])
    np.testing.assert_array_equal(h.numpy(), [2, 2])


# ---- powers


def test_powers_at_zero_have_the_gradients_of_their_limits():
    x, k = parameter64(0.0), parameter64([2.0, 1.0, 0.0])
    gx, gk = grad((x**k).sum(), [x, k])
    assert gk.numpy().tolist() == [0, 0, 0] and gx.numpy() == 1
    gx, gk = grad((0.0**k).sum(), [k])[0], grad((parameter64([0.0, 0.0, 0.0]) ** 0.0).sum(), [k])[0]
    assert gx.numpy().tolist() == [0, 0, 0]


def test_anything_to_the_power_of_zero_is_one():
    for zero in (0, 0.0, np.float32(0), parameter64(0.0)):
        y = parameter64([np.inf, np.nan, 0.0, -2.0]) ** zero
        assert y.numpy().tolist() == [1, 1, 1, 1]
    x = parameter64([0.0, 3.0])
    (x**0).sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_the_slope_of_a_power_of_zero_still_depends_on_the_exponent():
    x, k = parameter64(2.0), parameter64(0.0)
    (gx,) = grad(x**k, [x], create_graph=True)
    assert gx.item() == 0 and grad(gx, [k])[0].item() == 0.5  # d/dk k xᵏ⁻¹ = 1/x
    x = parameter64([np.inf, np.nan, 0.0])
    for zero in (0, parameter64(0.0)):
        assert grad((x**zero).sum(), [x])[0].numpy().tolist() == [0, 0, 0]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_negative_base_has_no_gradient_to_its_exponent():
    k = parameter64([1.0, 2.0])
    y = (-2.0) ** k
    assert y.numpy().tolist() == [-2, 4]
    assert np.isnan(grad(y.sum(), [k])[0].numpy()).all()


def test_powers_pass_the_gradient_check_for_base_and_exponent():
    gradcheck(lambda x, k: x**k, [np.array([0.5, 1.5, 2.0]), np.array([2.0, -1.0, 0.5])], order=2)
    gradcheck(lambda k: 2.0**k, [np.array([0.3, -1.0])], order=2)


# ---- bounds of clip


def test_a_bound_that_is_learned_gets_its_gradient():
    x, low, high = parameter64([-1.0, 0.5, 5.0]), parameter64(0.0), parameter64(2.0)
    y = minigen.clip(x, low, high)
    assert y.numpy().tolist() == [0, 0.5, 2]
    gx, glow, ghigh = grad(y.sum(), [x, low, high])
    assert gx.numpy().tolist() == [0, 1, 0] and glow.numpy() == 1 and ghigh.numpy() == 1


def test_clip_takes_arrays_and_one_bound_as_numpy_does():
    x = parameter64([-1.0, 0.5, 5.0])
    assert minigen.clip(x, 0, None).numpy().tolist() == [0, 0.5, 5]
    assert minigen.clip(x, None, [0.0, 0.0, 6.0] @ np.eye(3)).numpy().tolist() == [-1, 0, 5]
    with refused(ValueError, "clip"):
        minigen.clip(x, 2, 1)


def test_arrays_as_bounds_of_clip_are_compared():
    with refused(ValueError, "clip"):
        minigen.clip(leaf(), np.array([1.0, 5.0]), np.array([2.0, 3.0]))
    y = minigen.clip(leaf(), np.array([1.5, 0.0]), Tensor(np.array([2.0, 3.0])))
    np.testing.assert_array_equal(y.numpy(), [[1.5, 2], [2, 3]])


def test_bounds_of_clip_that_do_not_broadcast():
    with refused(ValueError, "clip: shapes do not fit"):
        minigen.clip(leaf(), np.zeros(3), np.ones(3))
    with refused(ValueError, "gaussian_noise: stddev"):
        minigen.gaussian_noise(X, "loud")


def test_bounds_of_clip_in_lists():
    np.testing.assert_array_equal(minigen.clip(leaf(), [1.5, 0.0], [2.0, 3.0]).numpy(), [[1.5, 2], [2, 3]])
    with refused(ValueError, "clip"):
        minigen.clip(leaf(), [3.0, 3.0], [2.0, 4.0])


# ---- shapes that do not fit


def test_shapes_that_do_not_broadcast():
    with refused(ValueError, where="Add", expected="or 1", got="(8, 4) and (3,)", fix="reshape"):
        Tensor(X) + np.ones(3, "float32")
    with refused(ValueError, where="Multiply", got="(2,) and (3,)"):
        Tensor([1.0, 2.0]) * Tensor([1.0, 2.0, 3.0])


def test_shapes_that_where_cannot_bring_together():
    with refused(ValueError, "where: shapes do not fit"):
        minigen.where(np.array([True, False, True]), leaf(), leaf())
    with refused(ValueError, "where: shapes do not fit"):
        minigen.where(leaf() > 1, leaf(), np.ones(3))


# ---- plain numbers


ONE_NUMBER = {
    minigen.exp: np.exp,
    minigen.log: np.log,
    minigen.square: np.square,
    minigen.sqrt: np.sqrt,
}


@pytest.mark.parametrize("function", ONE_NUMBER, ids=lambda f: f.__name__)
def test_functions_of_a_plain_number(function, xp):
    y = function(2.0)
    assert isinstance(y, minigen.backend.xp.ndarray)
    np.testing.assert_allclose(minigen.to_numpy(y), ONE_NUMBER[function](2.0), rtol=1e-6)


@pytest.mark.parametrize("bound", ["abc", {}, np.array(["a"]), object()])
def test_bounds_of_clip_are_numbers(bound):
    with refused(TypeError, "clip: a bound"):
        minigen.clip(np.ones(3), bound, 1)


@pytest.mark.parametrize(
    ("low", "high"), [(np.zeros(3), 1), (0, np.ones(3)), (Tensor(np.zeros(3)), 1.0), (np.zeros(3, int), True)]
)
def test_one_bound_of_clip_may_be_an_array_and_the_other_a_number(low, high):
    np.testing.assert_array_equal(unwrap(minigen.clip(np.array([-2.0, 0.5, 2.0]), low, high)), [0, 0.5, 1])
