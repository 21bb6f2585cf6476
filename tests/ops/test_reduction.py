"""Sums, means, maxima and their kin: values, axes, ties, empty arrays, and sums that are exact in float32."""

import numpy as np
import pytest
from helpers.op_table import OPS, draws
from helpers.parameters import gradient, leaf, parameter, parameter64, tensors
from helpers.refusals import refused

import minigen
from minigen import Tensor, grad, ops

FORMULAS = {
    "sum": np.sum,
    "sum_axis": lambda x: np.sum(x, axis=1),
    "sum_axes_kept": lambda x: np.sum(x, axis=(0, 2), keepdims=True),
    "mean": lambda x: np.mean(x, axis=1),
    "max": lambda x: np.max(x, axis=1),
    "max_axes": lambda x: np.max(x, axis=(0, 2)),
    "max_all": np.max,
    "min": lambda x: np.min(x, axis=0, keepdims=True),
    "var": lambda x: np.var(x, axis=0),
    "std": lambda x: np.std(x, axis=0),
    "std_all": np.std,
    "std_axes_kept": lambda x: np.std(x, axis=(0, 2), keepdims=True),
    "logsumexp": lambda x: np.log(np.exp(x).sum(axis=1)),
    "logsumexp_axes": lambda x: np.log(np.exp(x).sum(axis=(0, 2))),
    "logsumexp_kept": lambda x: np.log(np.exp(x).sum(keepdims=True)),
}

A = np.arange(24.0).reshape(4, 3, 2)


# ---- the value, in plain NumPy


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


# ---- axes


AXES = {"list": [0, 1], "numpy integer": np.int64(1), "negative": (-1, 0), "tuple of numpy": (np.int8(0),), "none": ()}


@pytest.mark.parametrize("axis", AXES.values(), ids=AXES)
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "var", "std"])
def test_an_axis_may_be_spelled_in_every_way(name, axis):
    right = getattr(np, name)(A, axis=tuple(axis) if isinstance(axis, list) else axis)
    x = parameter64(A)
    y = getattr(x, name)(axis)
    assert np.allclose(y.numpy(), right)
    y.sum().backward()
    assert x.grad.shape == A.shape


@pytest.mark.parametrize("axis", [3, -4, (0, 0), 0.5, "rows", (0, 5), [None]])
@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "var", "std", "logsumexp"])
def test_an_axis_that_is_not_there_is_refused(name, axis):
    with refused(ValueError, "axis"):
        getattr(minigen, name)(parameter64(A), axis)


@pytest.mark.parametrize(
    "function",
    [
        minigen.sum,
        minigen.logsumexp,
    ],
)
def test_functions_over_an_axis_of_a_plain_number_are_refused(function):
    with refused(TypeError, function.__name__):
        function(2.0)
    with refused(ValueError, f"{function.__name__}: axis", fix=f"{function.__name__}(x, axis=0)"):
        function(leaf(), axis=2)


def test_a_number_has_no_axis():
    for axis in (0, -1, 10**30):
        with refused(ValueError, "mean: axis"):
            Tensor(2.0).mean(axis=axis)
    assert Tensor(2.0).mean().item() == Tensor(2.0).mean(axis=()).item() == 2


# ---- ties and extremes


def test_max_and_min_share_a_tie_among_all(xp):
    x, third = parameter([[3, 1, 3, 3], [0, 5, 0, 0]]), 1 / 3
    dx = gradient(lambda x: ops.max(x, axis=1), x)
    np.testing.assert_allclose(dx, [[third, 0, third, third], [0, 1, 0, 0]])
    dx = gradient(lambda x: ops.min(-x, axis=1), x)
    np.testing.assert_allclose(dx, [[-third, 0, -third, -third], [0, -1, 0, 0]])


def test_the_gradient_of_a_deviation_of_zero_is_zero(xp):
    """√ has an infinite slope there; PyTorch has 0 as well. The second column has deviation √(2/3)."""
    x = parameter([[2, 1], [2, 2], [2, 3]])
    np.testing.assert_array_equal(x.std(axis=0).numpy(), np.sqrt([0, 2 / 3]).astype("float32"))
    np.testing.assert_allclose(gradient(lambda x: x.std(axis=0), x), np.array([[0, -1], [0, 0], [0, 1]]) / 6**0.5)
    (g,) = grad(x.std(axis=0).sum(), [x], create_graph=True)
    (second,) = grad((g * g).sum(), [x])
    assert np.isfinite(second.numpy()).all() and (second.numpy()[:, 0] == 0).all()


def test_logsumexp_of_nothing_likely_is_minus_infinity(xp):
    x = Tensor(np.array([[-np.inf, -np.inf], [0.0, -np.inf]], "float32"))
    np.testing.assert_array_equal(ops.logsumexp(x, axis=1).numpy(), [-np.inf, 0.0])


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "bool"])
def test_the_smallest_of_integers_is_right(dtype):
    numbers = np.array([0, 1] if dtype == "bool" else [np.iinfo(dtype).min, 5, np.iinfo(dtype).max], dtype)
    assert Tensor(numbers).min().item() == numbers.min() and minigen.min(numbers) == numbers.min()
    assert np.array_equal(minigen.minimum(numbers, numbers[::-1]), np.minimum(numbers, numbers[::-1]))


def test_ties_of_the_smallest_share_the_gradient():
    x = parameter64([1.0, 3.0, 1.0])
    x.min().backward()
    assert x.grad.tolist() == [0.5, 0, 0.5]
    a, b = parameter64([1.0, 2.0]), parameter64([1.0, 3.0])
    minigen.minimum(a, b).sum().backward()
    assert a.grad.tolist() == [0.5, 1] and b.grad.tolist() == [0.5, 0]


# ---- empty arrays


def test_reductions_of_nothing_give_what_numpy_and_torch_give():
    x = parameter64(np.zeros((0, 3)))
    assert x.mean(axis=1).shape == x.var(axis=1).shape == (0,)
    assert x.std(axis=1).shape == (0,) and np.isnan(x.std(axis=0).numpy()).all()
    assert np.isnan(x.mean(axis=0).numpy()).all() and np.isnan(parameter64(np.zeros((2, 0))).var(axis=1).numpy()).all()
    assert x.sum(axis=0).numpy().tolist() == [0, 0, 0]
    assert minigen.logsumexp(x, axis=0).numpy().tolist() == [-np.inf] * 3
    assert minigen.logsumexp(parameter64([])).numpy() == -np.inf
    assert minigen.softmax(parameter64(np.zeros((3, 0)))).shape == minigen.log_softmax(x, axis=0).shape[::-1]
    assert x.max(axis=1).shape == (0,)
    for y in (x.mean(axis=1), minigen.logsumexp(x, axis=0), minigen.softmax(x), x.max(axis=1), x.std(axis=1)):
        (g,) = grad(y.sum(), [x])
        assert g.shape == (0, 3)


@pytest.mark.parametrize("name", ["max", "min"])
def test_the_largest_of_nothing_is_refused(name):
    with refused(ValueError, "no numbers"):
        getattr(minigen, name)(parameter64(np.zeros((0, 3))), 0)


# ---- sums


@pytest.mark.parametrize("rows, columns", [(200_704, 32), (60_000, 2), (1280, 60), (33, 1)])
def test_sums_over_rows_are_exact_to_1e_6_in_float32(rows, columns):
    x = np.full((rows, columns), 0.1, "float32")
    exact = x.sum(axis=0, dtype="float64")
    t = Tensor(x)
    for y, right in (
        (t.sum(axis=0), exact),
        (t.mean(axis=0), exact / rows),
        (t.reshape(1, rows, columns).sum(1)[0], exact),
    ):
        assert abs(y.numpy() / right - 1).max() < 1e-6
    w = Tensor(np.zeros(columns, "float32"), requires_grad=True)
    (t * 0.1 + w).sum().backward()  # the gradient is summed over the rows
    assert abs(w.grad / rows - 1).max() < 1e-6
    assert (
        abs(
            Tensor(np.tile([[0.1], [0.3]], (rows // 2, columns)).astype("float32")).var(axis=0).numpy() / 0.01 - 1
        ).max()
        < 2e-6
    )


def test_the_mean_of_float16_does_not_overflow():
    assert Tensor(np.ones(70_000, "float16")).mean().item() == 1
    assert Tensor(np.tile([0, 600], 35_000).astype("float16")).std().item() == 300


def test_an_axis_of_a_loss_that_is_one_number_is_answered_with_the_axis_of_the_loss():
    """ops.sum(losses.binary_crossentropy(t, p), axis=(1, 2)) of Keras' VAE; the advice, typed, gives its number."""
    t, p = np.ones((2, 4, 4, 1), "float32"), Tensor(np.full((2, 4, 4, 1), 0.5, "float32"))
    for axis in ((1, 2), 0, 1, -1):
        with refused(ValueError, "sum: axis", expected="None: this is one number", fix="axis=-1 in the loss"):
            ops.sum(minigen.losses.binary_crossentropy(t, p), axis=axis)
    nats = ops.mean(ops.sum(minigen.losses.binary_crossentropy(t, p, axis=-1), axis=(1, 2)))
    assert nats.item() == pytest.approx(16 * np.log(2))
