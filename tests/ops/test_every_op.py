"""Every op of the table: gradients to second order, precision, side effects, on every backend."""

import ast
from pathlib import Path

import numpy as np
import pytest
from helpers.fakecupy import counting
from helpers.op_table import OPS, all_op_classes, draws, ops_behind
from helpers.parameters import gradient, parameter, tensors

import minigen
from minigen import Tensor, backend, gradcheck, ops
from minigen.autograd import grad

# The rows that draw random numbers are repeated with NumPy's generator and the seed of the test.
RANDOM = ("dropout", "gaussian_noise", "reparameterise")


def test_every_op_class_is_in_the_table():
    """Whoever writes a new op adds a row: then all tests here, and the mutants of test_gradcheck.py, run over it."""
    reached = {type(op) for name in OPS for op in ops_behind(OPS[name][0](*tensors(draws(name))))}
    missing = [c.__name__ for c in all_op_classes() if c not in reached]
    assert not missing, f"no row of op_table.OPS reaches {', '.join(missing)}"


def formulas_in(file):
    """The names of the rows whose values a test file compares with plain NumPy."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FORMULAS":
            yield from (ast.literal_eval(key) for key in node.value.keys)


def test_every_row_of_the_table_has_a_formula():
    """In the test file of its module: FORMULAS = {name of the row: the same in plain NumPy}."""
    found = [name for file in Path(__file__).parent.glob("test_*.py") for name in formulas_in(file)]
    assert sorted(found) == sorted(OPS)


# ---- the gradient


@pytest.mark.parametrize("name", OPS)
def test_gradients_to_second_order(name, xp):
    """Where NumPy is not, fewer elements are moved alone: the gradients are compared with NumPy's below."""
    gradcheck(OPS[name][0], draws(name), order=2, max_elements=200 if xp == "numpy" else 16)


@pytest.mark.parametrize("name", OPS)
def test_float32_stays_float32(name, xp):
    xs = tensors(draws(name, "float32"))
    y = OPS[name][0](*xs)
    assert y.dtype == np.float32
    gxs = grad(y.sum(), xs, create_graph=True)
    assert [g.dtype for g in gxs] == [np.float32] * len(xs), "the rule on Tensors"
    y.sum().backward()
    assert [x.grad.dtype for x in xs] == [np.float32] * len(xs), "the rule on arrays"


@pytest.mark.parametrize("name", [name for name in OPS if name not in RANDOM])
def test_float32_agrees_with_float64(name):
    """gradcheck sees float64 only: a constant too small for float32, or a lost digit, shows here."""
    grads = {}
    for dtype in ("float32", "float64"):
        xs = tensors(draws(name, dtype))
        y = OPS[name][0](*xs)
        grads[dtype] = [g.numpy() for g in grad((y * y).sum(), xs)]
    for single, double in zip(grads["float32"], grads["float64"], strict=True):
        np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", OPS)
def test_inputs_and_saved_arrays_are_not_modified(name, xp):
    xs = tensors(draws(name))
    y = OPS[name][0](*xs)
    saved = [a for op in ops_behind(y) for a in op.arrays if hasattr(a, "copy")] + [x.data for x in xs] + [y.data]
    before = [a.copy() for a in saved]
    loss = (y * y).sum()
    grad(loss, xs, create_graph=True)
    loss.backward()
    for a, b in zip(saved, before, strict=True):
        np.testing.assert_array_equal(minigen.to_numpy(a), minigen.to_numpy(b))


@pytest.mark.parametrize("name", OPS)
def test_plain_arrays_give_a_plain_array(name, xp):
    f, arrays = OPS[name][0], draws(name)
    minigen.seed(5)
    plain = f(*[backend.asarray(a) for a in arrays])
    minigen.seed(5)
    recorded = f(*tensors(arrays))
    assert not isinstance(plain, Tensor)
    np.testing.assert_allclose(minigen.to_numpy(plain), recorded.numpy(), rtol=1e-14)


@pytest.mark.parametrize("name", OPS)
def test_the_rule_says_the_same_on_arrays_and_on_tensors(name, xp):
    xs = tensors(draws(name))
    y = OPS[name][0](*xs)
    loss = (y * y).sum()
    on_arrays, on_tensors = grad(loss, xs), grad(loss, xs, create_graph=True)
    for a, t in zip(on_arrays, on_tensors, strict=True):
        np.testing.assert_allclose(a.numpy(), t.numpy(), rtol=1e-12, atol=1e-12)


def value_and_gradients(name):
    minigen.seed(5)
    xs = tensors(draws(name))
    y = OPS[name][0](*xs)
    (y * y).sum().backward()
    return [y.numpy(), *(minigen.to_numpy(x.grad) for x in xs)]


@pytest.mark.parametrize("name", OPS)
def test_every_backend_gives_what_numpy_gives(name, xp):
    here = value_and_gradients(name)
    with minigen.using("numpy"):
        there = value_and_gradients(name)
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


WAITS = {"getitem_mask": 1}  # a mask selects as many elements as it holds True: the host has to ask the device


@pytest.mark.parametrize("name", OPS)
def test_nothing_comes_back_from_the_device(name, stand_in):
    """A value read on the host in the middle of a step would make the GPU wait: fetch it afterwards."""
    with minigen.using("cupy"):
        xs = tensors(draws(name, "float32"))
        with counting() as moved:
            y = OPS[name][0](*xs)
            (y * y).sum().backward()
    assert (moved["to_host"], moved["sync"]) == (0, WAITS.get(name, 0))


# ---- no axes, no elements


ONE_NUMBER = {
    "abs": ops.abs,
    "add": lambda x: x + 1.5,
    "clip": lambda x: ops.clip(x, 0.0, 1.0),
    "divide": lambda x: 1.5 / x,
    "dropout": lambda x: ops.dropout(x, 0.4),
    "elu": ops.elu,
    "exp": ops.exp,
    "gaussian_noise": lambda x: ops.gaussian_noise(x, 0.1),
    "gelu": ops.gelu,
    "gelu_by_tanh": lambda x: ops.gelu(x, True),
    "leaky_relu": ops.leaky_relu,
    "log": ops.log,
    "logsumexp": ops.logsumexp,
    "max": ops.max,
    "maximum": lambda x: ops.maximum(x, 0.1),
    "mean": ops.mean,
    "min": ops.min,
    "multiply": lambda x: 1.5 * x,
    "normal_cdf": ops.normal_cdf,
    "power": lambda x: x**1.5,
    "power_of_number": lambda x: 1.5**x,
    "relu": ops.relu,
    "reparameterise": lambda x: ops.reparameterise(x, x),
    "sigmoid": ops.sigmoid,
    "silu": ops.silu,
    "softplus": ops.softplus,
    "sqrt": ops.sqrt,
    "std": ops.std,
    "sum": ops.sum,
    "tanh": ops.tanh,
    "var": ops.var,
    "where": lambda x: ops.where(True, x, 0.1),
}


@pytest.mark.parametrize("name", ONE_NUMBER)
def test_a_single_number_has_a_gradient_in_its_own_precision(name, xp):
    """Shape (): NumPy turns such arrays into scalars at every step, and a scalar that slips through ends as float64."""
    f = ONE_NUMBER[name]
    gradcheck(f, [np.array(0.7)], order=2)
    x = parameter(0.7)
    y = f(x)
    y.backward()
    assert (y.shape, y.dtype) == ((), np.float32)
    assert (x.grad.shape, x.grad.dtype) == ((), np.float32)


def test_empty_arrays_pass():
    x = Tensor(np.zeros((0, 3), "float32"), requires_grad=True)
    assert gradient(lambda x: ops.relu(x @ np.ones((3, 2), "float32")), x).shape == (0, 3)
