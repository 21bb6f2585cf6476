"""MaskedDense and MaskedConv2D: what the mask leaves out stays out, and what is no mask."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Adam, MaskedConv2D, MaskedDense

# ---- the masks


@pytest.mark.parametrize(("mask", "live"), [("A", 4), ("B", 5)])
def test_dead_taps_are_zeros_that_do_not_move(mask, live):
    layer = MaskedConv2D(4, 3, mask)
    model = minigen.Sequential([minigen.Input((5, 5, 2)), layer, minigen.Conv2D(2, 1)])
    model.compile(Adam(0.1), "mse")
    x = np.random.default_rng(0).random((8, 5, 5, 2)).astype("float32")
    before = layer.kernel.numpy().copy()
    model.fit(x, x, epochs=3, verbose=0)
    kernel = layer.kernel.numpy().reshape(9, 2, 4)
    assert (kernel[live:] == 0).all() and (kernel[:live] != before.reshape(9, 2, 4)[:live]).all()


def test_a_masked_dense_layer_multiplies_by_its_mask(xp):
    mask = np.array([[1, 0], [1, 1], [0, 1]])
    layer = MaskedDense(2, mask, "tanh")
    x = np.random.default_rng(0).random((4, 3)).astype("float32")
    y = layer(x).numpy()
    np.testing.assert_allclose(y, np.tanh(x @ (layer.kernel.numpy() * mask)), rtol=1e-5)
    layer.mask = 1 - mask
    np.testing.assert_allclose(layer(x).numpy(), np.tanh(x @ (layer.kernel.numpy() * (1 - mask))), rtol=1e-5)


# ---- what is no mask


@pytest.mark.parametrize(
    ("mask", "problem"),
    [
        (np.ones((3, 3)), "mask"),
        (np.full((3, 2), 0.5), "mask"),
        (np.ones(3), "mask"),
        (np.full((3, 2), np.nan), "mask"),
    ],
)
def test_bad_masks_are_refused(mask, problem):
    with refused(ValueError, problem):
        MaskedDense(2, mask)
    layer = MaskedDense(2, np.ones((3, 2)))
    layer(np.ones((1, 3), "float32"))
    with refused(ValueError, problem):
        layer.mask = mask
    with refused(ValueError, problem):
        layer.mask = np.ones((4, 2))
    with refused(ValueError, problem):
        MaskedDense(2, np.ones((4, 2)))(np.ones((1, 3), "float32"))


def test_bad_masked_convolutions_are_refused():
    with refused(ValueError, "mask"):
        MaskedConv2D(4, 3, "C")
    with refused(ValueError, "mask"):
        MaskedConv2D(4, 3, None)
    with refused(ValueError, "kernel_size"):
        MaskedConv2D(4, 2, "A")
    with refused(ValueError, "kernel_size"):
        MaskedConv2D(4, (3, 4), "B")
    with refused(ValueError, "kernel_size"):
        MaskedConv2D(4, 1, "A")
    x, w = np.ones((1, 4, 4, 2), "float32"), np.ones((2, 3, 2, 2), "float32")
    with refused(ValueError, "masked_conv2d: kernel"):
        minigen.ops.masked_conv2d(x, w)
    with refused(ValueError, "masked_conv2d: kernel"):
        minigen.ops.masked_conv2d(x, w[:1, :1])
    with refused(ValueError, "masked_conv2d"):
        minigen.ops.masked_conv2d(x[..., :1], w[:1])
