"""Windows on images: sizes, padding and images that every op and layer with windows refuses, and where windows lie."""

import numpy as np
import pytest
from helpers import loops
from helpers.images import IMAGES, KERNEL, TURNED
from helpers.refusals import refused

import minigen
from minigen import AveragePooling2D, Conv2D, Conv2DTranspose, GlobalAveragePooling2D, Input, MaxPooling2D, UpSampling2D
from minigen.kernels import conv
from minigen.kernels.windows import WindowAxis, lay

# ---- where windows lie


@pytest.mark.parametrize("channels", [(4, 4), (1, 4), (4, 1), (2, 2)])
def test_windows_that_begin_behind_the_first_pixel(channels):
    """before = -1: the first row and column are seen by no window. Both ways through the kernels, and their adjoint."""
    rng = np.random.default_rng(0)
    axes = WindowAxis(5, 2, 1, 1, before=-1, count=3), WindowAxis(6, 3, 1, 1, before=-2, count=2)
    x, w = rng.standard_normal((2, 5, 6, channels[0])), rng.standard_normal((2, 3, *channels))
    want = loops.conv2d(x[:, 1:, 2:], w)[:, :3, :2]
    np.testing.assert_allclose(conv.conv2d(x, w, axes), want, atol=1e-12)
    g = rng.standard_normal(want.shape)
    dx, dw = conv.input_gradient(g, w, axes), conv.kernel_gradient(x, g, axes)
    assert (dx * x).sum() == pytest.approx((want * g).sum()) == pytest.approx((dw * w).sum())
    assert (dx[:, 0] == 0).all() and (dx[:, :, :2] == 0).all()


# ---- sizes


SIZES = {  # where: (a call with this size, what stands in `write`)
    "conv2d: strides": (lambda n: minigen.conv2d(IMAGES, KERNEL, strides=n), "strides=2"),
    "conv2d: dilation_rate": (lambda n: minigen.conv2d(IMAGES, KERNEL, dilation_rate=n), "dilation_rate=1"),
    "conv2d_transpose: strides": (lambda n: minigen.conv2d_transpose(IMAGES, TURNED, strides=n), "strides=2"),
    "max_pool2d: pool_size": (lambda n: minigen.max_pool2d(IMAGES, n), "pool_size=2"),
    "max_pool2d: strides": (lambda n: minigen.max_pool2d(IMAGES, 2, n), "strides=2"),
    "average_pool2d: pool_size": (lambda n: minigen.average_pool2d(IMAGES, n), "pool_size=2"),
    "up_sampling2d: size": (lambda n: minigen.up_sampling2d(IMAGES, n), "size=2"),
    "zero_insertion2d: size": (lambda n: minigen.zero_insertion2d(IMAGES, n), "size=2"),
    "conv_max_pool2d: pool_size": (lambda n: minigen.ops.conv_max_pool2d(IMAGES, KERNEL, pool_size=n), "pool_size=2"),
    "up_sampling_conv2d: size": (lambda n: minigen.ops.up_sampling_conv2d(IMAGES, KERNEL, size=n), "size=2"),
    "Conv2D: kernel_size": (lambda n: Conv2D(32, n), "Conv2D(32, (3, 3)"),
    "Conv2D: strides": (lambda n: Conv2D(32, 3, n), "strides=2"),
    "Conv2D: dilation_rate": (lambda n: Conv2D(32, 3, dilation_rate=n), "dilation_rate=1"),
    "Conv2DTranspose: kernel_size": (lambda n: Conv2DTranspose(32, n), "Conv2DTranspose(32, (3, 3)"),
    "MaxPooling2D: pool_size": (lambda n: MaxPooling2D(n), "pool_size=2"),
    "MaxPooling2D: strides": (lambda n: MaxPooling2D(2, n), "strides=2"),
    "AveragePooling2D: pool_size": (lambda n: AveragePooling2D(n), "pool_size=2"),
    "UpSampling2D: size": (lambda n: UpSampling2D(n), "size=2"),
}


@pytest.mark.parametrize("size", [0, -1, 2.5, True, "3", (2, 2, 2), (2,), (2, 0), (2, 2.0), (True, 2)])
@pytest.mark.parametrize("where", SIZES)
def test_sizes_of_windows(where, size):
    call, fix = SIZES[where]
    with refused(ValueError, where=where, expected="positive integer", got=repr(size), fix=fix):
        call(size)


# ---- what is refused


SMALL = IMAGES[:, :2, :4]  # rows 2, columns 4

LARGER = {  # where: (a call with this padding, what stands in `got`)
    "conv2d": (lambda p: minigen.conv2d(SMALL, KERNEL, padding=p), "3 x 3"),
    "conv_max_pool2d": (lambda p: minigen.ops.conv_max_pool2d(SMALL, KERNEL, padding=p, pool_padding="same"), "3 x 3"),
    "up_sampling_conv2d": (lambda p: minigen.ops.up_sampling_conv2d(SMALL[:, :1], KERNEL, padding=p), "3 x 3"),
    "max_pool2d": (lambda p: minigen.max_pool2d(SMALL, 3, 1, p), "3 x 3"),
    "average_pool2d": (lambda p: minigen.average_pool2d(SMALL, (1, 5), 1, p), "1 x 5"),
    "Conv2D 'see'": (lambda p: Conv2D(2, 2, padding=p, dilation_rate=2, name="see")(SMALL), "2 x 2, spread by"),
    "MaxPooling2D": (lambda p: MaxPooling2D(3, padding=p)(Input((2, 4, 1))), "3 x 3"),
    "AveragePooling2D": (lambda p: AveragePooling2D(3, padding=p)(SMALL), "3 x 3"),
}


@pytest.mark.parametrize("where", LARGER)
def test_a_window_larger_than_the_image(where):
    """The error is cured by what it says: padding='same'."""
    call, shown = LARGER[where]
    with refused(ValueError, where=f"{where}: the window is larger", got=shown, fix="padding='same'"):
        call("valid")
    call("same")


@pytest.mark.parametrize("padding", ["full", "causal", 1, None])
@pytest.mark.parametrize(
    "call",
    [
        lambda p: minigen.conv2d(IMAGES, KERNEL, padding=p),
        lambda p: minigen.conv2d_transpose(IMAGES, TURNED, padding=p),
        lambda p: minigen.max_pool2d(IMAGES, padding=p),
        lambda p: minigen.average_pool2d(IMAGES, padding=p),
        lambda p: Conv2D(2, 3, padding=p),
        lambda p: Conv2DTranspose(2, 3, padding=p),
        lambda p: MaxPooling2D(padding=p),
        lambda p: AveragePooling2D(padding=p),
    ],
)
def test_unknown_padding(call, padding):
    with refused(ValueError, where="padding", expected="'valid' or 'same'", got=repr(padding), fix="'same'"):
        call(padding)


def test_unknown_interpolation():
    for call in (lambda: UpSampling2D(2, "cubic"), lambda: minigen.up_sampling2d(IMAGES, 2, "cubic")):
        with refused(ValueError, where="interpolation", expected="'nearest' or 'bilinear'", got="'cubic'"):
            call()


def built(layer):
    layer(IMAGES)
    return layer


TAKE_IMAGES = {  # where: something that has seen, or expects, images of one channel
    "conv2d": lambda x: minigen.conv2d(x, KERNEL),
    "conv2d_transpose": lambda x: minigen.conv2d_transpose(x, TURNED),
    "conv_max_pool2d": lambda x: minigen.ops.conv_max_pool2d(x, KERNEL),
    "up_sampling_conv2d": lambda x: minigen.ops.up_sampling_conv2d(x, KERNEL),
    "Conv2D": lambda x: built(Conv2D(2, 3))(x),
    "Conv2DTranspose": lambda x: built(Conv2DTranspose(2, 3))(x),
}


@pytest.mark.parametrize("where", TAKE_IMAGES)
def test_another_number_of_channels(where):
    x = np.ones((8, 28, 28, 3), "float32")
    with refused(ValueError, where=where, expected="(images, rows, columns, 1)", got="(8, 28, 28, 3)", fix="channel"):
        TAKE_IMAGES[where](x)


@pytest.mark.parametrize("where", TAKE_IMAGES)
def test_channels_first_images_where_the_channels_are_known(where):
    x = IMAGES.transpose(0, 3, 1, 2)
    with refused(ValueError, where=where, got="(8, 1, 28, 28)", fix="x.transpose(0, 2, 3, 1)"):
        TAKE_IMAGES[where](x)


FRESH = {  # where: something that has seen nothing
    "Conv2D": lambda x: Conv2D(2, 3)(x),
    "Conv2DTranspose": lambda x: Conv2DTranspose(2, 3)(x),
    "MaxPooling2D": lambda x: MaxPooling2D()(x),
    "AveragePooling2D": lambda x: AveragePooling2D()(x),
    "GlobalAveragePooling2D": lambda x: GlobalAveragePooling2D()(x),
    "UpSampling2D": lambda x: UpSampling2D()(x),
    "max_pool2d": minigen.max_pool2d,
    "average_pool2d": minigen.average_pool2d,
    "up_sampling2d": minigen.up_sampling2d,
    "zero_insertion2d": minigen.zero_insertion2d,
}

BAD_IMAGES = {  # what: (data, the shape shown, what to write)
    "no channels": (IMAGES[..., 0], "(8, 28, 28)", "x[..., None]"),
    "one image": (IMAGES[0], "(28, 28, 1)", "x[None]"),
    "rows of pixels": (IMAGES.reshape(8, 784), "(8, 784)", "x.reshape(-1, 28, 28, 1)"),
    "a number": (np.float32(3), "()", "channel"),
    "too many axes": (IMAGES[None], "(1, 8, 28, 28, 1)", "channel"),
}


@pytest.mark.parametrize("what", BAD_IMAGES)
@pytest.mark.parametrize("where, call", [*TAKE_IMAGES.items(), *FRESH.items()])
def test_images_of_another_rank(what, where, call):
    x, shown, fix = BAD_IMAGES[what]
    with refused(ValueError, where=f"{where}: wrong shape", expected="(images, rows, columns, ", got=shown, fix=fix):
        call(x)


@pytest.mark.parametrize("shape, fix", [((28, 28), "x[..., None]"), ((784,), "x.reshape(-1, 28, 28, 1)")])
@pytest.mark.parametrize("layer", [lambda: Conv2D(2, 3), lambda: MaxPooling2D(), lambda: UpSampling2D()])
def test_an_input_of_another_rank(layer, shape, fix):
    with refused(ValueError, where="2D: wrong shape", fix=fix):
        layer()(Input(shape=shape))


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool"])
@pytest.mark.parametrize("where, call", [*TAKE_IMAGES.items(), *FRESH.items()])
def test_images_of_integers(where, call, dtype):
    x = (IMAGES * 255).astype(dtype)
    with refused(TypeError, where=where, expected="float32", got=dtype, fix='x.astype("float32") / 255'):
        call(x)


def test_a_dilated_window_on_the_whole_image_reaches_over_its_edge():
    """2 x 2 taps with dilation 2 on 2 x 2 pixels: one window, and only its first tap covers a pixel."""
    x, w = np.arange(8.0).reshape(1, 2, 2, 2), np.ones((2, 2, 2, 4))
    axes = lay("test", (2, 2), (2, 2), (2, 2), "same", (2, 2))
    assert not axes[0].is_tiled and not axes[1].is_tiled
    g = np.ones((1, 1, 1, 4))
    expected = np.zeros_like(x)
    expected[0, 0, 0] = 4
    np.testing.assert_array_equal(conv.input_gradient(g, w, axes), expected)
    np.testing.assert_array_equal(conv.conv2d_gradients(x, w, g, axes, [True, True])[0], expected)


def test_a_window_that_is_shifted_does_not_tile_the_image():
    shifted = WindowAxis(size=3, taps=3, stride=1, dilation=1, before=1, count=1)
    assert not shifted.is_tiled and WindowAxis(3, 3, 1, 1, before=0, count=1).is_tiled
