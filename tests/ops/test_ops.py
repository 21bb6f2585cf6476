"""Every op of the table: value, gradients to second order, precision, side effects, on every backend."""

import numpy as np
import pytest
from helpers import loops
from helpers.fakecupy import counting
from helpers.op_table import MASK, OPS, ROWS, SYMBOLS, TAPS, all_op_classes, draws, ops_behind
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

import minigen
from minigen import Tensor, backend, gradcheck, ops
from minigen.autograd import grad


def tensors(arrays, requires_grad=True):
    return [Tensor(a, requires_grad=requires_grad) for a in arrays]


def parameter(data, dtype="float32"):
    return Tensor(np.array(data, dtype), requires_grad=True)


def gradient(f, *xs):
    """[dL/dx for x in xs] for L = Σ f(*xs), as NumPy arrays; for one x not in a list."""
    f(*xs).sum().backward(wrt=xs)
    grads = [minigen.to_numpy(x.grad) for x in xs]
    return grads if len(xs) > 1 else grads[0]


# ---- the value: each row against plain NumPy


def softmax(x, axis=-1):
    e = np.exp(x)
    return e / e.sum(axis=axis, keepdims=True)


def normalised(x, gamma, beta, axis=0):
    return gamma * (x - x.mean(axis=axis)) / np.sqrt(x.var(axis=axis) + 1e-3) + beta


def binary_crossentropy(x, t):
    p = 1 / (1 + np.exp(-x))
    return np.mean(-t * np.log(p) - (1 - t) * np.log(1 - p))


def put_rows_twice(x):
    y = np.zeros((5, 4))
    for row, place in zip(x, ROWS, strict=True):
        y[place] += row
    return y


def put_symbols(x):
    y = np.zeros((3, 2))
    for symbol, row in zip(SYMBOLS.reshape(-1), x.reshape(-1, 2), strict=True):
        y[symbol] += row
    return y


def window_sum_where(x):
    """Of each window of 2 x 2, what its tap of TAPS sees."""
    y = np.zeros(TAPS.shape)
    for i, j, r, q, a, b in loops.sights((4, 5), (2, 2), (2, 2), "same"):
        y[:, i, j] += x[:, a, b] * (TAPS[:, i, j] == 2 * r + q)
    return y


def window_spread_where(g):
    """Each number at the pixel that its tap of TAPS sees."""
    dx = np.zeros((2, 4, 5, 2))
    for i, j, r, q, a, b in loops.sights((4, 5), (2, 2), (2, 2), "same"):
        dx[:, a, b] += g[:, i, j] * (TAPS[:, i, j] == 2 * r + q)
    return dx


def conv_max_pool(x, w, b):
    return loops.max_pool2d(loops.conv2d(x, w, padding="same") + b, (2, 2), (2, 2), "same")[0]


def conv_max_pool_overlap(x, w):
    return loops.max_pool2d(loops.conv2d(x, w, (1, 2)), (3, 3), (1, 1))[0]


def masked(x, w, b=0.0, sees_itself=False):
    """A convolution whose kernel has zeros at the pixels that come later."""
    kh, kw = w.shape[:2]
    keep = np.arange(kh * kw).reshape(kh, kw, 1, 1) < kh * kw // 2 + sees_itself
    return loops.conv2d(x, w * keep, padding="same") + b


# The rows that draw random numbers are repeated with NumPy's generator and the seed of the test.
RANDOM = ("dropout", "gaussian_noise", "reparameterise")


def dropout(x):
    return x * (np.random.default_rng(5).random(x.shape, x.dtype) >= 0.4) / 0.6


def gaussian_noise(x):
    return x + 0.3 * np.random.default_rng(5).standard_normal(x.shape, x.dtype)


def reparameterise(mu, logvar):
    return mu + np.sqrt(np.exp(logvar)) * np.random.default_rng(5).standard_normal(mu.shape, mu.dtype)


def kl(mu, logvar):
    """By the log-densities: E[log N(z; mu, var) - log N(z; 0, 1)], exact with two points mu ± std (Gauss-Hermite)."""
    std = np.sqrt(np.exp(logvar))
    z = np.stack([mu - std, mu + std])
    log_q = -0.5 * (np.log(2 * np.pi) + logvar + ((z - mu) / std) ** 2)
    log_p = -0.5 * (np.log(2 * np.pi) + z**2)
    return (log_q - log_p).mean(axis=(0, 1))


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
    "relu": lambda x: np.where(x > 0, x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "softmax": softmax,
    "softmax_axis0": lambda x: softmax(x, axis=0),
    "log_softmax": lambda x: np.log(softmax(x)),
    "sum": np.sum,
    "sum_axis": lambda x: np.sum(x, axis=1),
    "sum_axes_kept": lambda x: np.sum(x, axis=(0, 2), keepdims=True),
    "mean": lambda x: np.mean(x, axis=1),
    "max": lambda x: np.max(x, axis=1),
    "max_axes": lambda x: np.max(x, axis=(0, 2)),
    "max_all": np.max,
    "min": lambda x: np.min(x, axis=0, keepdims=True),
    "var": lambda x: np.var(x, axis=0),
    "logsumexp": lambda x: np.log(np.exp(x).sum(axis=1)),
    "logsumexp_axes": lambda x: np.log(np.exp(x).sum(axis=(0, 2))),
    "logsumexp_kept": lambda x: np.log(np.exp(x).sum(keepdims=True)),
    "reshape": lambda x: np.reshape(x, (4, 6)),
    "transpose": lambda x: np.einsum("ijk->kij", x),
    "transpose_all": lambda x: np.einsum("ijk->kji", x),
    "transpose_negative": lambda x: np.einsum("ijk->ikj", x),
    "broadcast_to": lambda x: np.tile(x, (2, 1, 4)),
    "getitem_slice": lambda x: np.stack([x[1:, 3], x[1:, 1]], axis=1),
    "getitem_int": lambda x: x[1].reshape(1, 4),
    "getitem_array": lambda x: np.stack([x[0], x[2], x[2]]),
    "getitem_list": lambda x: np.stack([x[0], x[2], x[2]]),
    "getitem_pair": lambda x: np.stack([x[0, 0], x[2, 2], x[2, 2]]),
    "getitem_mixed": lambda x: np.stack([x[1:, 0], x[1:, 2], x[1:, 2]], axis=1).reshape(2, 1, 3),
    "getitem_mask": lambda x: np.extract(MASK, x),
    "put_item": lambda x: np.concatenate([np.zeros((1, 4)), x, np.zeros((1, 4))]),
    "getitem_symbols": lambda x: x[SYMBOLS],
    "put_item_symbols": put_symbols,
    "put_item_twice": put_rows_twice,
    "concatenate": lambda a, b: np.hstack([a, b]),
    "concatenate_three": lambda *xs: np.hstack(xs),
    "stack": lambda a, b: np.dstack([a, b]),
    "stack_three": lambda *xs: np.stack(xs),
    "split": lambda x: x[:, 1:4],
    "pad": lambda x: np.pad(x, [(1, 0), (2, 1)]),
    "matmul": lambda a, b: np.einsum("ij,jk->ik", a, b),
    "matmul_batched": lambda a, b: np.einsum("nij,njk->nik", a, b),
    "matmul_broadcast": lambda a, b: np.einsum("mij,njk->mnik", a[:, 0], b),
    "matmul_stack_by_matrix": lambda a, b: np.einsum("nij,jk->nik", a, b),
    "matmul_matrix_by_stack": lambda a, b: np.einsum("ij,njk->nik", a, b),
    "matmul_stack_by_vector": lambda a, b: np.einsum("nij,j->ni", a, b),
    "matmul_vectors": lambda a, b: np.sum(a * b),
    "matmul_vector_stack": lambda a, b: np.einsum("j,njk->nk", a, b),
    "matmul_matrix_vector": lambda a, b: np.einsum("ij,j->i", a, b),
    "dense": lambda x, w, b: np.einsum("ni,io->no", x, w) + b,
    "dense_1d": lambda x, w, b: np.einsum("i,io->o", x, w) + b,
    "dense_3d": lambda x, w, b: np.einsum("tni,io->tno", x, w) + b,
    "dense_beside_convolutions": lambda x, w, b: np.einsum("ni,io->no", x, w) + b,
    "dropout": dropout,
    "gaussian_noise": gaussian_noise,
    "reparameterise": reparameterise,
    "kl_per_dimension": kl,
    "mean_squared_error": lambda y, y_hat: ((y_hat - y) ** 2).mean(),
    "half_squared_error": lambda x, x_hat: sum(np.linalg.norm(d) ** 2 / 2 for d in x_hat - x) / 3,
    "batch_norm": normalised,
    "batch_norm_4d": lambda x, gamma, beta: normalised(x, gamma, beta, axis=(0, 1, 2)),
    "binary_crossentropy": binary_crossentropy,
    "binary_crossentropy_of_p": binary_crossentropy,
    "softmax_crossentropy": lambda x, t: -np.sum(t * np.log(softmax(x))) / 3,
    "softmax_crossentropy_one_hot": lambda x: -np.log(softmax(x)[[0, 1, 2], [1, 3, 0]]).mean(),
    "softmax_crossentropy_3d": lambda x, t: -np.sum(t * np.log(softmax(x))) / 6,
    "label_crossentropy_real": lambda a: -np.log(1 / (1 + np.exp(-a))).mean(),
    "label_crossentropy_fake": lambda a: -np.log(1 - 1 / (1 + np.exp(-a))).mean(),
    "label_squared_error_real": lambda a: np.mean((a - 1) ** 2) / 2,
    "label_squared_error_fake": lambda a: np.mean(a**2) / 2,
    "label_hinge_real": lambda a: np.where(a < 1, 1 - a, 0).mean(),
    "label_hinge_fake": lambda a: np.where(a > -1, 1 + a, 0).mean(),
    "unit_norm": lambda v: np.mean([(np.linalg.norm(row) - 1) ** 2 for row in v]),
    "conv2d": lambda x, w, b: loops.conv2d(x, w, padding="same") + b,
    "conv2d_strides": lambda x, w: loops.conv2d(x, w, (2, 1)),
    "conv2d_wide_strides": lambda x, w: loops.conv2d(x, w, (3, 3), "same"),
    "conv2d_dilation": lambda x, w: loops.conv2d(x, w, (2, 1), "same", (2, 1)),
    "conv2d_of_one_channel": lambda x, w, b: loops.conv2d(x, w) + b,
    "conv2d_to_one_channel": lambda x, w, b: loops.conv2d(x, w) + b,
    "conv2d_few_channels": lambda x, w: loops.conv2d(x, w, (2, 2), "same"),
    "conv2d_transpose": lambda x, w, b: loops.conv2d_transpose(x, w, (2, 2), "same") + b,
    "conv2d_transpose_wide_strides": lambda x, w: loops.conv2d_transpose(x, w, (3, 3)),
    "conv2d_transpose_to_one_channel": lambda x, w, b: loops.conv2d_transpose(x, w, (1, 1), "same", (2, 2)) + b,
    "simple_recurrence": loops.simple_recurrence,
    "gated_recurrence": loops.gated_recurrence,
    "long_short_term_memory": loops.long_short_term_memory,
    "masked_conv2d": masked,
    "masked_conv2d_of_one_channel": masked,
    "masked_conv2d_with_itself": lambda x, w, b: masked(x, w, b, sees_itself=True),
    "masked_conv2d_of_one_row": masked,
    "masked_conv2d_relu": lambda x, w, b: np.maximum(masked(x, w, b, sees_itself=True), 0),
    "conv2d_kernel_gradient": lambda x, h: loops.conv2d_kernel_gradient(
        x, np.zeros((2, 3, 2, 4)), h, (2, 1), "same", (2, 1)
    ),
    "max_pool2d": lambda x: loops.max_pool2d(x, (2, 2), (2, 2))[0],
    "max_pool2d_overlap": lambda x: loops.max_pool2d(x, (3, 3), (2, 1), "same")[0],
    "average_pool2d": lambda x: loops.average_pool2d(x, (2, 2), (2, 2)),
    "average_pool2d_overlap": lambda x: loops.average_pool2d(x, (3, 3), (2, 1), "same"),
    "window_sum": lambda x: loops.window_sum(x, (2, 2), (2, 2), "same"),
    "window_sum_where": window_sum_where,
    "window_spread": lambda g: loops.window_spread(g, (4, 5), (2, 2), (2, 2), "same"),
    "window_spread_where": window_spread_where,
    "up_sampling2d": lambda x: loops.up_sampling2d(x, (2, 3)),
    "up_sampling2d_bilinear": lambda x: loops.up_sampling2d_bilinear(x, (2, 3)),
    "zero_insertion2d": lambda x: loops.zero_insertion2d(x, (2, 3)),
    "conv_max_pool2d": conv_max_pool,
    "conv_max_pool2d_overlap": conv_max_pool_overlap,
    "up_sampling_conv2d": lambda x, w, b: loops.conv2d(loops.up_sampling2d(x, (2, 2)), w, padding="same") + b,
    "up_sampling_conv2d_to_one_channel": lambda x, w: loops.conv2d(loops.up_sampling2d(x, (3, 2)), w),
}


@pytest.mark.parametrize("name", OPS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_every_op_class_is_in_the_table():
    """Whoever writes a new op adds a row: then all tests here, and the mutants of test_gradcheck.py, run over it."""
    reached = {type(op) for name in OPS for op in ops_behind(OPS[name][0](*tensors(draws(name))))}
    missing = [c.__name__ for c in all_op_classes() if c not in reached]
    assert not missing, f"no row of op_table.OPS reaches {', '.join(missing)}"


# ---- the gradient


@pytest.mark.parametrize("name", OPS)
def test_gradients_to_second_order(name, xp):
    gradcheck(OPS[name][0], draws(name), order=2)


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


# ---- shapes: broadcasting with every pair of shapes, and no axes at all


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


ONE_NUMBER = {
    "abs": ops.abs,
    "add": lambda x: x + 1.5,
    "clip": lambda x: ops.clip(x, 0.0, 1.0),
    "divide": lambda x: 1.5 / x,
    "dropout": lambda x: ops.dropout(x, 0.4),
    "elu": ops.elu,
    "exp": ops.exp,
    "gaussian_noise": lambda x: ops.gaussian_noise(x, 0.1),
    "leaky_relu": ops.leaky_relu,
    "log": ops.log,
    "logsumexp": ops.logsumexp,
    "max": ops.max,
    "maximum": lambda x: ops.maximum(x, 0.1),
    "mean": ops.mean,
    "min": ops.min,
    "multiply": lambda x: 1.5 * x,
    "power": lambda x: x**1.5,
    "power_of_number": lambda x: 1.5**x,
    "relu": ops.relu,
    "reparameterise": lambda x: ops.reparameterise(x, x),
    "sigmoid": ops.sigmoid,
    "softplus": ops.softplus,
    "sqrt": ops.sqrt,
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
    "dropout": ops.dropout,
    "elu": ops.elu,
    "gaussian_noise": ops.gaussian_noise,
    "leaky_relu": ops.leaky_relu,
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_numpy_scalar_as_option_keeps_float32(name):
    """Such as a noise level out of np.linspace."""
    y = OPTIONS[name](parameter([-1.0, 4.0]), np.linspace(0, 1, 3)[1])
    assert y.dtype == np.float32


# ---- ties and kinks: what is chosen where the derivative does not exist


def test_relu_at_zero_has_gradient_zero(xp):
    np.testing.assert_array_equal(gradient(ops.relu, parameter([-1, 0, 2])), [0, 0, 1])


def test_abs_at_zero_has_gradient_zero(xp):
    np.testing.assert_array_equal(gradient(ops.abs, parameter([-1, 0, 2])), [-1, 0, 1])


def test_leaky_relu_and_elu_at_zero_take_the_left_slope(xp):
    np.testing.assert_allclose(gradient(ops.leaky_relu, parameter([-1, 0, 2])), [0.2, 0.2, 1])
    np.testing.assert_allclose(gradient(lambda x: ops.elu(x, 0.5), parameter([0, 2])), [0.5, 1])


def test_maximum_and_minimum_share_a_tie(xp):
    for f, first in ((ops.maximum, [0, 0.5, 1]), (ops.minimum, [1, 0.5, 0])):
        da, db = gradient(f, parameter([1, 2, 3]), parameter([2, 2, 2]))
        np.testing.assert_array_equal(da, first)
        np.testing.assert_array_equal(db, 1 - np.array(first))


def test_max_and_min_share_a_tie_among_all(xp):
    x, third = parameter([[3, 1, 3, 3], [0, 5, 0, 0]]), 1 / 3
    dx = gradient(lambda x: ops.max(x, axis=1), x)
    np.testing.assert_allclose(dx, [[third, 0, third, third], [0, 1, 0, 0]])
    dx = gradient(lambda x: ops.min(-x, axis=1), x)
    np.testing.assert_allclose(dx, [[-third, 0, -third, -third], [0, -1, 0, 0]])


def test_clip_has_gradient_zero_outside_and_one_at_the_bounds(xp):
    dx = gradient(lambda x: ops.clip(x, 0.0, 1.0), parameter([-2, 0, 0.5, 1, 3]))
    np.testing.assert_array_equal(dx, [0, 1, 1, 1, 0])


def test_a_place_read_twice_gets_both_gradients(xp):
    x = parameter([[1, 2], [3, 4], [5, 6]])
    np.testing.assert_array_equal(gradient(lambda x: x[[0, 0, 0, 2]], x), [[3, 3], [0, 0], [1, 1]])
    np.testing.assert_array_equal(gradient(lambda x: x[[1, 1], [0, 0]], x), [[0, 0], [2, 0], [0, 0]])
    np.testing.assert_array_equal(gradient(lambda x: x[[True, False, True]], x), [[1, 1], [0, 0], [1, 1]])
    np.testing.assert_array_equal(gradient(lambda x: x[[-1, 2]], x), [[0, 0], [0, 0], [2, 2]])


def test_a_tensor_as_index_gets_no_gradient(xp):
    x = parameter([[1, 2], [3, 4]])
    rows = Tensor(np.array([1, 1]))
    np.testing.assert_array_equal(gradient(lambda x: x[rows], x), [[0, 0], [2, 2]])


def test_square_has_a_gradient_and_a_curvature_at_zero(xp):
    x = parameter([0.0, 2.0])
    (g,) = grad((x**2).sum(), [x], create_graph=True)
    (h,) = grad(g.sum(), [x])
    np.testing.assert_array_equal(g.numpy(), [0, 4])
    np.testing.assert_array_equal(h.numpy(), [2, 2])


# ---- extreme values: finite, right and without a warning (a warning is an error in this suite)

HUGE = [-1e4, -100, -30, 0, 30, 100, 1e4]
SATURATED = np.array([0, 0, 0, 0.5, 1, 1, 1])


def test_sigmoid_saturates(xp):
    x = parameter(HUGE)
    np.testing.assert_allclose(ops.sigmoid(x).numpy(), SATURATED, atol=1e-12)
    np.testing.assert_allclose(gradient(ops.sigmoid, x), [0, 0, 0, 0.25, 0, 0, 0], atol=1e-12)


def test_softplus_is_zero_on_the_left_and_linear_on_the_right(xp):
    x = parameter(HUGE)
    np.testing.assert_allclose(ops.softplus(x).numpy(), [0, 0, 0, np.log(2), 30, 100, 1e4], rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(gradient(ops.softplus, x), SATURATED, atol=1e-12)


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


@pytest.mark.parametrize("t, nats", [(0, [0, 0, 0, np.log(2), 30, 100, 1e4]), (1, [1e4, 100, 30, np.log(2), 0, 0, 0])])
def test_binary_crossentropy_of_huge_logits(t, nats, xp):
    for x, expected in zip(HUGE, nats, strict=True):
        logit = parameter([x])
        loss = ops.BinaryCrossentropy()(logit, parameter([t]))
        np.testing.assert_allclose(loss.numpy(), expected, rtol=1e-6, atol=1e-7)
    dx = gradient(lambda x: ops.BinaryCrossentropy()(x, parameter([t] * 7)), parameter(HUGE))
    np.testing.assert_allclose(dx, (SATURATED - t) / 7, atol=1e-7)


def test_softmax_crossentropy_of_huge_logits(xp):
    x, t = parameter([[1e4, -1e4], [1e4, -1e4]]), backend.asarray(np.eye(2, dtype="float32"))
    np.testing.assert_allclose(ops.SoftmaxCrossentropy()(x, t).numpy(), 1e4, rtol=1e-6)
    np.testing.assert_allclose(gradient(lambda x: ops.SoftmaxCrossentropy()(x, t), x), [[0, 0], [0.5, -0.5]])


# ---- what the functions refuse


def test_matmul_names_the_sizes_that_differ():
    with pytest.raises(ValueError, match=r"inner sizes differ(.|\n)*\(3, 4\)(.|\n)*\(3, 2\)"):
        ops.matmul(parameter(np.ones((3, 4))), parameter(np.ones((3, 2))))


def test_split_wants_sizes_that_add_up():
    with pytest.raises(ValueError, match="add up to 4"):
        ops.split(parameter(np.ones((3, 4))), [1, 2], axis=1)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5])
def test_dropout_refuses_an_impossible_rate(rate):
    with pytest.raises(ValueError, match="0 <= rate < 1"):
        ops.dropout(parameter([1.0]), rate)


def test_dropout_keeps_the_mean_and_rate_zero_changes_nothing():
    x = parameter(np.ones(100_000))
    y = ops.dropout(x, 0.4)
    assert set(np.round(np.unique(y.numpy()), 4)) == {0.0, np.float32(1.6667)}
    assert float(y.mean()) == pytest.approx(1, abs=0.02)
    assert ops.dropout(x, 0.0) is x


def test_logsumexp_of_nothing_likely_is_minus_infinity(xp):
    x = Tensor(np.array([[-np.inf, -np.inf], [0.0, -np.inf]], "float32"))
    np.testing.assert_array_equal(ops.logsumexp(x, axis=1).numpy(), [-np.inf, 0.0])


def test_sums_of_repeated_numbers_are_exact_in_float32():
    """A gradient that was broadcast has strides of 0: NumPy adds it up naively, and was 2e-3 off."""
    g = np.broadcast_to(np.float32(0.1), (16, 112, 112, 4))
    for axis in ((0, 1, 2), (0, 1), 0, (0, 3)):
        np.testing.assert_allclose(
            minigen.kernels.sums.add_up(g, axis), g.astype("float64").sum(axis=axis), rtol=1e-6, err_msg=str(axis)
        )
        assert minigen.kernels.sums.add_up(g, axis, True).shape == g.sum(axis=axis, keepdims=True).shape
    mixed = np.broadcast_to(np.arange(4, dtype="float32")[:, None], (1000, 4, 5))
    np.testing.assert_array_equal(minigen.kernels.sums.add_up(mixed, (0, 1)), np.full(5, 6000.0))
