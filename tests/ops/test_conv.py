"""Convolutions: values, batches of none, one gradient alone, and what is refused."""

import numpy as np
import pytest
from helpers import loops
from helpers.images import IMAGES, KERNEL, TURNED
from helpers.op_table import OPS, draws
from helpers.parameters import tensors
from helpers.refusals import refused
from helpers.slides import assert_equal, draw, results

import minigen
from minigen import Tensor, gradcheck, ops
from minigen.ops.conv import Convolution

FORMULAS = {
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
    "conv2d_relu": lambda x, w, b: np.maximum(loops.conv2d(x, w, padding="same") + b, 0),
    "conv2d_transpose_relu": lambda x, w: np.maximum(loops.conv2d_transpose(x, w, (2, 2), "same"), 0),
    "conv2d_kernel_gradient": lambda x, h: loops.conv2d_kernel_gradient(
        x, np.zeros((2, 3, 2, 4)), h, (2, 1), "same", (2, 1)
    ),
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


@pytest.mark.parametrize("f", [ops.conv2d, ops.conv2d_transpose, ops.up_sampling_conv2d, ops.masked_conv2d])
def test_relu_is_true_or_false(f):
    for relu in ("no", 2, None):
        with refused(TypeError, where="relu", expected="True or False"):
            f(np.ones((1, 4, 4, 2), "float32"), np.ones((3, 3, 2, 2), "float32"), relu=relu)


# ---- batches of none, constants, and one gradient alone


@pytest.mark.parametrize("f", [ops.conv2d, ops.conv2d_transpose, ops.conv_max_pool2d, ops.up_sampling_conv2d])
@pytest.mark.parametrize("o", [1, 4])
def test_no_images(f, o):
    """A batch of none gives none, and a kernel that they do not change."""
    y, dx, dw = results(f, draw(0, 5, 4, 4), draw(2, 2, *((o, 4) if f is ops.conv2d_transpose else (4, o))))
    assert (len(y), dx.shape) == (0, (0, 5, 4, 4))
    assert (dw == 0).all()


@pytest.mark.parametrize("wanted", ["x", "w"])
def test_a_gradient_alone_is_the_one_of_both(wanted):
    """backward(wrt=[...]) leaves out half of the work: another way through the kernels."""
    for f in (ops.conv2d, ops.conv2d_transpose, ops.conv_max_pool2d, ops.up_sampling_conv2d):
        xs = {"x": Tensor(draw(3, 6, 5, 4), requires_grad=True), "w": Tensor(draw(3, 2, 4, 4), requires_grad=True)}
        y = f(xs["x"], xs["w"])
        (y * draw(*y.shape, seed=9)).sum().backward(wrt=[xs[wanted]])
        _, dx, dw = results(f, xs["x"].data, xs["w"].data)
        assert_equal([xs[wanted].grad], [dx if wanted == "x" else dw])


@pytest.mark.parametrize("f", [ops.conv2d, ops.conv2d_transpose, ops.conv_max_pool2d, ops.up_sampling_conv2d])
@pytest.mark.parametrize("constant", ["x", "w"])
def test_one_side_may_be_a_plain_array(f, constant):
    x, w = draw(2, 4, 3, 4), draw(2, 2, 4, 4)
    if constant == "x":
        gradcheck(lambda w: f(x, w), [w], order=2)
    else:
        gradcheck(lambda x: f(x, w), [x], order=2)


# ---- what is refused


@pytest.mark.parametrize("length", [1, 3])
@pytest.mark.parametrize(
    "function, kernel",
    [
        (minigen.conv2d, KERNEL),
        (minigen.conv2d_transpose, TURNED),
        (minigen.ops.conv_max_pool2d, KERNEL),
        (minigen.ops.up_sampling_conv2d, KERNEL),
    ],
)
def test_a_bias_of_another_length(function, kernel, length):
    """One number would broadcast, and its gradient would have the wrong shape."""
    where = f"{function.__name__}: bias"
    with refused(ValueError, where=where, expected="(2,)", got=f"({length},)", fix="one for each output"):
        function(IMAGES, kernel, np.ones(length, "float32"))


@pytest.mark.parametrize("kernel", [KERNEL[0], KERNEL[None], KERNEL[:0]])
def test_a_kernel_of_another_rank_or_empty(kernel):
    for function in (minigen.conv2d, minigen.conv2d_transpose):
        with refused(ValueError, where="kernel", expected="(kh, kw, ", got=str(kernel.shape)):
            function(IMAGES, kernel)


@pytest.mark.parametrize("method", ["on_arrays", "on_tensors"])
def test_a_convolution_without_its_gradients(method):
    with refused(NotImplementedError, where=f"Convolution has no {method}()", fix=f"def {method}(self, g, x, w)"):
        getattr(Convolution(()), method)(IMAGES, IMAGES, KERNEL)
