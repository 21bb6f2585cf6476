"""Every differentiable function of minigen, once: (function, input shapes, draws). The op tests run over this table."""

import importlib
import math
import pkgutil

import numpy as np

import minigen
from minigen import backend, ops
from minigen.autograd import Op, unwrap
from minigen.kernels.windows import lay
from minigen.ops.normalization import OverRanks
from minigen.ops.shape import PutItem

rng = np.random.default_rng(0)
MASK = rng.random((3, 4)) > 0.5
ONE_HOT = np.eye(4)[[1, 3, 0]]
LABELS, LABELS_OF_STEPS = np.array([1, 3, 0]), np.array([[1, 3, 0], [2, 2, 1]])
ROWS = np.array([0, 2, 2])
SYMBOLS = np.array([[0, 2, 2, 0], [-1, 2, 0, 0]])  # more than there are rows, and row 1 is not among them
TAPS = rng.integers(0, 4, (2, 2, 3, 2))  # which of the four taps, for windows of 2 x 2 on an image of 4 x 5
MAY_LOOK = rng.random((2, 1, 3, 4)) > 0.4
MAY_LOOK[0, 0, 1] = False  # a query that may look at nothing
WINDOWS = lay("windows", (4, 5), (2, 2), (2, 2), "same")
DILATED = lay("windows", (5, 4), (2, 3), (2, 1), "same", (2, 1))


def like(x, constant):
    """The constant in the precision of x, on the active backend."""
    return backend.asarray(constant.astype(x.dtype))


def bce_of_known_p(x, t):
    """As losses.binary_crossentropy calls it behind a sigmoid layer, whose output it has already."""
    return ops.BinaryCrossentropy(p=ops.sigmoid(unwrap(x)))(x, t)


def sigmoid_crossentropy_of_known_p(x, t):
    """The same for each element."""
    return ops.SigmoidCrossentropy(p=ops.sigmoid(unwrap(x)))(x, t)


# name: (function, shapes, draws): "any" stays off every kink, "positive" is for log and roots, "small" within -1 and 1
OPS = {
    "add": (ops.add, [(3, 4), (4,)], "any"),
    "subtract": (ops.subtract, [(3, 1), (1, 4)], "any"),
    "multiply": (ops.multiply, [(2, 3, 4), (3, 1)], "any"),
    "divide": (ops.divide, [(3, 4), (3, 4)], "positive"),
    "negative": (ops.negative, [(3, 4)], "any"),
    "power_number": (lambda x: x**3, [(3, 4)], "any"),
    "power_tensor": (ops.power, [(3, 4), (4,)], "positive"),
    "power_of_number": (lambda k: 2.5**k, [(3, 4)], "any"),
    "power_zero": (lambda x: x**0 * x, [(3, 4)], "any"),
    "square": (ops.square, [(3, 4)], "any"),
    "exp": (ops.exp, [(3, 4)], "any"),
    "log": (ops.log, [(3, 4)], "positive"),
    "sqrt": (ops.sqrt, [(3, 4)], "positive"),
    "abs": (ops.abs, [(3, 4)], "any"),
    "maximum": (ops.maximum, [(3, 4), (4,)], "any"),
    "minimum": (ops.minimum, [(3, 4), (3, 1)], "any"),
    "where": (lambda a, b: ops.where(MASK, a, b), [(3, 4), (4,)], "any"),
    "clip": (lambda x: ops.clip(x, -0.5, 0.7), [(3, 4)], "any"),
    "relu": (ops.relu, [(3, 4)], "any"),
    "leaky_relu": (ops.leaky_relu, [(3, 4)], "any"),
    "elu": (ops.elu, [(3, 4)], "any"),
    "sigmoid": (ops.sigmoid, [(3, 4)], "any"),
    "tanh": (ops.tanh, [(3, 4)], "any"),
    "softplus": (ops.softplus, [(3, 4)], "any"),
    "silu": (ops.silu, [(3, 4)], "any"),
    "gelu": (ops.gelu, [(3, 4)], "any"),
    "gelu_by_tanh": (lambda x: ops.gelu(x, approximate=True), [(3, 4)], "any"),
    "normal_cdf": (ops.normal_cdf, [(3, 4)], "any"),
    "softmax": (ops.softmax, [(3, 4)], "any"),
    "softmax_axis0": (lambda x: ops.softmax(x, axis=0), [(3, 4)], "any"),
    "log_softmax": (ops.log_softmax, [(3, 4)], "any"),
    "sum": (ops.sum, [(3, 4)], "any"),
    "sum_axis": (lambda x: ops.sum(x, axis=1), [(2, 3, 4)], "any"),
    "sum_axes_kept": (lambda x: ops.sum(x, axis=(0, -1), keepdims=True), [(2, 3, 4)], "any"),
    "mean": (lambda x: ops.mean(x, axis=-1), [(3, 4)], "any"),
    "max": (lambda x: ops.max(x, axis=1), [(3, 4)], "any"),
    "max_axes": (lambda x: ops.max(x, axis=(0, -1)), [(2, 3, 4)], "any"),
    "max_all": (ops.max, [(3, 4)], "any"),
    "min": (lambda x: ops.min(x, axis=0, keepdims=True), [(3, 4)], "any"),
    "var": (lambda x: ops.var(x, axis=0), [(5, 3)], "any"),
    "std": (lambda x: ops.std(x, axis=0), [(5, 3)], "any"),
    "std_all": (ops.std, [(3, 4)], "any"),
    "std_axes_kept": (lambda x: ops.std(x, axis=(0, -1), keepdims=True), [(2, 3, 4)], "any"),
    "logsumexp": (lambda x: ops.logsumexp(x, axis=-1), [(3, 4)], "any"),
    "logsumexp_axes": (lambda x: ops.logsumexp(x, axis=(0, -1)), [(2, 3, 4)], "any"),
    "logsumexp_kept": (lambda x: ops.logsumexp(x, keepdims=True), [(3, 4)], "any"),
    "reshape": (lambda x: ops.reshape(x, (4, -1)), [(2, 3, 4)], "any"),
    "squeeze": (lambda x: ops.squeeze(x, axis=-2), [(1, 3, 1, 4)], "any"),
    "squeeze_all": (ops.squeeze, [(1, 3, 1, 4)], "any"),
    "transpose": (lambda x: ops.transpose(x, (2, 0, 1)), [(2, 3, 4)], "any"),
    "transpose_all": (ops.transpose, [(2, 3, 4)], "any"),
    "transpose_negative": (lambda x: ops.transpose(x, (0, -1, -2)), [(2, 3, 4)], "any"),
    "broadcast_to": (lambda x: ops.broadcast_to(x, (2, 3, 4)), [(3, 1)], "any"),
    "getitem_slice": (lambda x: x[1:, ::-2], [(3, 4)], "any"),
    "getitem_int": (lambda x: x[1, None], [(3, 4)], "any"),
    "getitem_array": (lambda x: x[like(ROWS, ROWS)], [(3, 4)], "any"),
    "getitem_list": (lambda x: ops.getitem(x, [0, 2, 2]), [(3, 4)], "any"),
    "getitem_pair": (lambda x: x[like(ROWS, ROWS), like(ROWS, ROWS)], [(3, 4)], "any"),
    "getitem_mixed": (lambda x: x[1:, None, like(ROWS, ROWS)], [(3, 4)], "any"),
    "getitem_mask": (lambda x: x[like(MASK, MASK)], [(3, 4)], "any"),
    "put_item": (lambda x: PutItem((slice(1, 4),), (5, 4))(x), [(3, 4)], "any"),
    "getitem_symbols": (lambda x: x[like(SYMBOLS, SYMBOLS)], [(3, 2)], "any"),
    "put_item_symbols": (lambda x: PutItem((like(SYMBOLS, SYMBOLS),), (3, 2))(x), [(2, 4, 2)], "any"),
    "put_item_twice": (lambda x: PutItem((like(ROWS, ROWS),), (5, 4))(x), [(3, 4)], "any"),
    "concatenate": (lambda a, b: ops.concatenate([a, b], axis=1), [(3, 2), (3, 4)], "any"),
    "concatenate_three": (lambda *xs: ops.concatenate(xs, axis=-1), [(3, 2), (3, 1), (3, 4)], "any"),
    "stack": (lambda a, b: ops.stack([a, b], axis=-1), [(3, 4), (3, 4)], "any"),
    "stack_three": (lambda *xs: ops.stack(xs), [(3, 4), (3, 4), (3, 4)], "any"),
    "split": (lambda x: ops.split(x, [1, 3], axis=1)[1], [(3, 4)], "any"),
    "pad": (lambda x: ops.pad(x, [(1, 0), (2, 1)]), [(3, 4)], "any"),
    "matmul": (ops.matmul, [(3, 4), (4, 2)], "any"),
    "matmul_batched": (ops.matmul, [(5, 3, 4), (5, 4, 2)], "any"),
    "matmul_broadcast": (ops.matmul, [(2, 1, 3, 4), (5, 4, 2)], "any"),
    "matmul_stack_by_matrix": (ops.matmul, [(5, 3, 4), (4, 2)], "any"),
    "matmul_matrix_by_stack": (ops.matmul, [(3, 4), (5, 4, 2)], "any"),
    "matmul_stack_by_vector": (ops.matmul, [(5, 3, 4), (4,)], "any"),
    "matmul_vectors": (ops.matmul, [(4,), (4,)], "any"),
    "matmul_vector_stack": (ops.matmul, [(4,), (5, 4, 2)], "any"),
    "matmul_matrix_vector": (ops.matmul, [(3, 4), (4,)], "any"),
    "dense": (ops.dense, [(3, 4), (4, 2), (2,)], "any"),
    "dense_1d": (ops.dense, [(4,), (4, 2), (2,)], "any"),
    "dense_3d": (ops.dense, [(2, 3, 4), (4, 2), (2,)], "any"),
    "dropout": (lambda x: ops.dropout(x, 0.4), [(3, 4)], "any"),
    "gaussian_noise": (lambda x: ops.gaussian_noise(x, 0.3), [(3, 4)], "any"),
    "reparameterise": (ops.reparameterise, [(3, 4), (3, 4)], "any"),
    "kl_per_dimension": (ops.kl_per_dimension, [(3, 4), (3, 4)], "any"),
    "mean_squared_error": (lambda y, y_hat: ops.MeanSquaredError()(y, y_hat), [(3, 2, 4), (3, 2, 4)], "any"),
    "half_squared_error": (lambda x, x_hat: ops.HalfSquaredError()(x, x_hat), [(3, 2, 4), (3, 2, 4)], "any"),
    "batch_norm": (ops.batch_norm, [(6, 3), (3,), (3,)], "any"),
    "batch_norm_4d": (ops.batch_norm, [(2, 3, 2, 3), (3,), (3,)], "any"),
    "layer_norm": (ops.layer_norm, [(6, 3), (3,), (3,)], "any"),
    "layer_norm_3d": (lambda *xs: ops.layer_norm(*xs, 0.1), [(2, 3, 4), (4,), (4,)], "any"),
    "group_norm": (lambda *xs: ops.group_norm(*xs, 2), [(3, 2, 3, 4), (4,), (4,)], "any"),
    "group_norm_of_one_group": (lambda *xs: ops.group_norm(*xs, 1), [(2, 5, 3), (3,), (3,)], "any"),
    "group_norm_of_each_channel": (lambda *xs: ops.group_norm(*xs, 3), [(2, 5, 3), (3,), (3,)], "any"),
    "group_norm_2d": (lambda *xs: ops.group_norm(*xs, 2), [(3, 6), (6,), (6,)], "any"),
    "binary_crossentropy": (lambda x, t: ops.BinaryCrossentropy()(x, t), [(3, 4), (3, 4)], "any"),
    "binary_crossentropy_of_p": (bce_of_known_p, [(3, 4), (3, 4)], "any"),
    "sigmoid_crossentropy": (lambda x, t: ops.SigmoidCrossentropy()(x, t), [(3, 4), (3, 4)], "any"),
    "sigmoid_crossentropy_of_p": (sigmoid_crossentropy_of_known_p, [(3, 4), (3, 4)], "any"),
    "softmax_crossentropy": (lambda x, t: ops.SoftmaxCrossentropy()(x, t), [(3, 4), (3, 4)], "any"),
    "softmax_crossentropy_one_hot": (lambda x: ops.SoftmaxCrossentropy()(x, like(x, ONE_HOT)), [(3, 4)], "any"),
    "softmax_crossentropy_3d": (lambda x, t: ops.SoftmaxCrossentropy()(x, t), [(2, 3, 4), (2, 3, 4)], "any"),
    "sparse_softmax_crossentropy": (lambda x: ops.SparseSoftmaxCrossentropy(LABELS)(x), [(3, 4)], "any"),
    "sparse_softmax_crossentropy_3d": (
        lambda x: ops.SparseSoftmaxCrossentropy(LABELS_OF_STEPS)(x),
        [(2, 3, 4)],
        "any",
    ),
    "label_crossentropy_real": (lambda a: ops.LabelCrossentropy(1.0)(a), [(4, 1)], "any"),
    "label_crossentropy_fake": (lambda a: ops.LabelCrossentropy(0.0)(a), [(3, 4)], "any"),
    "label_squared_error_real": (lambda a: ops.LabelSquaredError(1.0)(a), [(3, 4)], "any"),
    "label_squared_error_fake": (lambda a: ops.LabelSquaredError(0.0)(a), [(4, 1)], "any"),
    "label_hinge_real": (lambda a: ops.LabelHinge(1.0)(a), [(3, 4)], "any"),
    "label_hinge_fake": (lambda a: ops.LabelHinge(0.0)(a), [(3, 4)], "any"),
    "unit_norm": (lambda v: ops.UnitNormPenalty()(v), [(3, 4)], "any"),
    # Sequences, time first: (steps, batch, features).
    "simple_recurrence": (lambda *xs: ops.SimpleRecurrence()(*xs), [(3, 2, 2), (2, 2), (2, 2)], "any"),
    "gated_recurrence": (lambda *xs: ops.GatedRecurrence()(*xs), [(3, 2, 6), (2, 6), (6,), (2, 2)], "small"),
    "long_short_term_memory": (
        lambda *xs: ops.LongShortTermMemory()(*xs),
        [(3, 2, 8), (2, 8), (2, 2), (2, 2)],
        "any",
    ),
    # Queries, keys and values of several heads: (batch, heads, n, d).
    "attention": (ops.attention, [(2, 2, 3, 4), (2, 2, 4, 4), (2, 2, 4, 2)], "small"),
    "attention_causal": (
        lambda q, k, v: ops.attention(q, k, v, "causal", scale=1.5),
        [(1, 2, 4, 3), (1, 2, 4, 3), (1, 2, 4, 3)],
        "small",
    ),
    "attention_causal_few_keys": (
        lambda q, k, v: ops.attention(q, k, v, "causal"),
        [(2, 1, 5, 3), (2, 1, 3, 3), (2, 1, 3, 2)],
        "small",
    ),
    "attention_masked": (
        lambda q, k, v: ops.attention(q, k, v, like(MAY_LOOK, MAY_LOOK)),
        [(2, 2, 3, 4), (2, 2, 4, 4), (2, 2, 4, 2)],
        "small",
    ),
    "attention_weights": (
        lambda q, k: ops.attention_weights(q, k, like(MAY_LOOK, MAY_LOOK)),
        [(2, 2, 3, 4), (2, 2, 4, 4)],
        "small",
    ),
    # Images. Fewer than four channels on one side take another way through the kernels, each in its own direction.
    "conv2d": (lambda x, w, b: ops.conv2d(x, w, b, padding="same"), [(2, 3, 2, 4), (2, 3, 4, 4), (4,)], "small"),
    "conv2d_strides": (lambda x, w: ops.conv2d(x, w, strides=(2, 1)), [(1, 5, 3, 4), (3, 2, 4, 4)], "small"),
    "conv2d_wide_strides": (lambda x, w: ops.conv2d(x, w, None, 3, "same"), [(1, 5, 4, 4), (2, 1, 4, 4)], "small"),
    "conv2d_dilation": (
        lambda x, w: ops.conv2d(x, w, None, (2, 1), "same", dilation_rate=(2, 1)),
        [(1, 5, 4, 4), (2, 3, 4, 4)],
        "small",
    ),
    "conv2d_of_one_channel": (ops.conv2d, [(2, 4, 3, 1), (3, 2, 1, 4), (4,)], "small"),
    "conv2d_to_one_channel": (ops.conv2d, [(2, 4, 3, 4), (3, 2, 4, 1), (1,)], "small"),
    "conv2d_few_channels": (lambda x, w: ops.conv2d(x, w, None, 2, "same"), [(2, 4, 3, 2), (3, 3, 2, 3)], "small"),
    "conv2d_transpose": (
        lambda x, w, b: ops.conv2d_transpose(x, w, b, 2, "same"),
        [(2, 2, 2, 4), (3, 2, 4, 4), (4,)],
        "small",
    ),
    "conv2d_transpose_wide_strides": (
        lambda x, w: ops.conv2d_transpose(x, w, strides=3),
        [(1, 2, 2, 4), (2, 4, 4, 4)],
        "small",
    ),
    "conv2d_transpose_to_one_channel": (
        lambda x, w, b: ops.conv2d_transpose(x, w, b, padding="same", dilation_rate=2),
        [(2, 3, 2, 2), (2, 3, 1, 2), (1,)],
        "small",
    ),
    "conv2d_relu": (
        lambda x, w, b: ops.conv2d(x, w, b, padding="same", relu=True),
        [(2, 3, 2, 4), (2, 3, 4, 4), (4,)],
        "small",
    ),
    "conv2d_transpose_relu": (
        lambda x, w: ops.conv2d_transpose(x, w, None, 2, "same", relu=True),
        [(2, 2, 2, 4), (3, 2, 4, 4)],
        "small",
    ),
    "conv2d_kernel_gradient": (
        lambda x, h: ops.ConvKernelGradient(DILATED)(x, h),
        [(2, 5, 4, 2), (2, 3, 4, 4)],
        "small",
    ),
    "masked_conv2d": (ops.masked_conv2d, [(2, 4, 3, 4), (3, 3, 4, 4), (4,)], "small"),
    "masked_conv2d_of_one_channel": (ops.masked_conv2d, [(2, 3, 4, 1), (3, 5, 1, 4)], "small"),
    "masked_conv2d_with_itself": (
        lambda x, w, b: ops.masked_conv2d(x, w, b, sees_itself=True),
        [(1, 3, 4, 2), (5, 3, 2, 3), (3,)],
        "small",
    ),
    "masked_conv2d_of_one_row": (lambda x, w: ops.masked_conv2d(x, w), [(2, 1, 5, 1), (1, 5, 1, 4)], "small"),
    "masked_conv2d_relu": (
        lambda x, w, b: ops.masked_conv2d(x, w, b, sees_itself=True, relu=True),
        [(2, 3, 2, 4), (3, 3, 4, 4), (4,)],
        "small",
    ),
    "max_pool2d": (ops.max_pool2d, [(2, 4, 5, 2)], "small"),
    "max_pool2d_overlap": (lambda x: ops.max_pool2d(x, 3, (2, 1), "same"), [(1, 4, 5, 2)], "small"),
    "average_pool2d": (ops.average_pool2d, [(2, 4, 5, 2)], "small"),
    "average_pool2d_overlap": (lambda x: ops.average_pool2d(x, 3, (2, 1), "same"), [(1, 4, 5, 2)], "small"),
    "window_sum": (lambda x: ops.WindowSum(WINDOWS)(x), [(2, 4, 5, 2)], "small"),
    "window_sum_where": (lambda x: ops.WindowSum(WINDOWS, backend.asarray(TAPS))(x), [(2, 4, 5, 2)], "small"),
    "window_spread": (lambda x: ops.WindowSpread(WINDOWS)(x), [(2, 2, 3, 2)], "small"),
    "window_spread_where": (lambda x: ops.WindowSpread(WINDOWS, backend.asarray(TAPS))(x), [(2, 2, 3, 2)], "small"),
    "up_sampling2d": (lambda x: ops.up_sampling2d(x, (2, 3)), [(2, 3, 2, 2)], "small"),
    "up_sampling2d_bilinear": (lambda x: ops.up_sampling2d(x, (2, 3), "bilinear"), [(2, 3, 2, 2)], "small"),
    "zero_insertion2d": (lambda x: ops.zero_insertion2d(x, (2, 3)), [(2, 3, 2, 2)], "small"),
    "conv_max_pool2d": (
        lambda x, w, b: ops.conv_max_pool2d(x, w, b, padding="same", pool_padding="same"),
        [(2, 3, 4, 4), (2, 2, 4, 4), (4,)],
        "small",
    ),
    "conv_max_pool2d_overlap": (
        lambda x, w: ops.conv_max_pool2d(x, w, strides=(1, 2), pool_size=3, pool_strides=1),
        [(1, 5, 7, 1), (2, 2, 1, 3)],
        "small",
    ),
    "up_sampling_conv2d": (
        lambda x, w, b: ops.up_sampling_conv2d(x, w, b, padding="same"),
        [(2, 2, 2, 4), (3, 2, 4, 4), (4,)],
        "small",
    ),
    "up_sampling_conv2d_relu": (
        lambda x, w, b: ops.up_sampling_conv2d(x, w, b, padding="same", relu=True),
        [(2, 2, 2, 4), (3, 2, 4, 4), (4,)],
        "small",
    ),
    "up_sampling_conv2d_to_one_channel": (
        lambda x, w: ops.up_sampling_conv2d(x, w, size=(3, 2)),
        [(2, 2, 2, 4), (3, 2, 4, 1)],
        "small",
    ),
}


def draws(name, dtype="float64", seed=1):
    """NumPy inputs for one row: at least 0.1 away from every kink (0, ties, the clip bounds), or positive, or small.

    The small ones are all different; with the sums of many products that a convolution makes, larger ones lose digits.
    """
    _, shapes, kind = OPS[name]
    g = np.random.default_rng(seed)
    if kind == "positive":
        return [g.uniform(0.5, 2.0, s).astype(dtype) for s in shapes]
    total = sum(math.prod(s) for s in shapes)
    grid = (np.arange(total) - total / 2 + 0.5) * 0.21  # all different, none within 0.1 of 0
    grid = g.permutation(grid / grid.max() if kind == "small" else grid)
    out = []
    for s in shapes:
        n = math.prod(s)
        out.append(grid[:n].reshape(s).astype(dtype))
        grid = grid[n:]
    return out


def ops_behind(y):
    """The Op objects that made y, in the order in which they ran."""
    found, stack = {}, [y.op]
    while stack:
        op = stack.pop()
        if op is not None and id(op) not in found:
            found[id(op)] = op
            stack += [getattr(x, "op", None) for x in op.inputs]
    return sorted(found.values(), key=lambda op: op.order)


def all_op_classes():
    """Every Op subclass that minigen defines, wherever, and that computes something in one process.

    Exercises have tests of their own, and so has the sum over the ranks of a parallel training: tests/parallel/.
    """
    for module in pkgutil.walk_packages(minigen.__path__, "minigen."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    todo, found = [Op], set()
    while todo:
        for c in todo.pop().__subclasses__():
            todo.append(c)
            if (
                c.__module__.startswith("minigen.")
                and "forward" in vars(c)
                and ".coursework." not in c.__module__
                and c is not OverRanks
            ):
                found.add(c)
    return sorted(found, key=lambda c: c.__name__)
