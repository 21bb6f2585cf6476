"""Conv2D and Conv2DTranspose: sizes, kernels, the loops, and the images that they refuse."""

import numpy as np
import pytest
from helpers import loops
from helpers.draws import normal as draw
from helpers.images import IMAGES
from helpers.refusals import refused

import minigen
from minigen import (
    AveragePooling2D,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Flatten,
    Input,
    MaxPooling2D,
    Sequential,
    UpSampling2D,
)

# ---- sizes and kernels


def sizes(layer, *image):
    """The rows and columns that the layer makes of an image."""
    return layer(Input((*image, 3))).shape[1:3]


def test_output_sizes_are_keras(xp):
    assert sizes(Conv2D(1, 3), 28, 27) == (26, 25)
    assert sizes(Conv2D(1, 3, padding="same"), 28, 27) == (28, 27)
    assert sizes(Conv2D(1, (5, 4), strides=(2, 3)), 28, 27) == (12, 8)
    assert sizes(Conv2D(1, (5, 4), strides=(2, 3), padding="same"), 28, 27) == (14, 9)
    assert sizes(Conv2D(1, 3, dilation_rate=2), 28, 27) == (24, 23)
    assert sizes(Conv2DTranspose(1, 3), 28, 27) == (30, 29)
    assert sizes(Conv2DTranspose(1, 3, strides=2), 7, 6) == (15, 13)
    assert sizes(Conv2DTranspose(1, 3, strides=2, padding="same"), 7, 6) == (14, 12)
    assert sizes(Conv2DTranspose(1, 2, strides=3), 7, 6) == (21, 18)
    assert sizes(MaxPooling2D(), 7, 6) == (3, 3)
    assert sizes(MaxPooling2D(padding="same"), 7, 6) == (4, 3)
    assert sizes(MaxPooling2D(3, strides=1), 7, 6) == (5, 4)
    assert sizes(AveragePooling2D((7, 1)), 7, 6) == (1, 6)
    assert sizes(UpSampling2D((2, 3)), 7, 6) == (14, 18)


@pytest.mark.parametrize(
    "layer, channels, kernel, weights",
    [
        (Conv2D(32, (3, 3)), 1, (3, 3, 1, 32), 320),
        (Conv2D(32, 3), 32, (3, 3, 32, 32), 9_248),
        (Conv2D(16, (3, 5)), 8, (3, 5, 8, 16), 1_936),
        (Conv2DTranspose(16, (3, 5)), 8, (3, 5, 16, 8), 1_936),
        (Conv2DTranspose(16, (3, 5), use_bias=False), 8, (3, 5, 16, 8), 1_920),
    ],
)
def test_kernels_are_shaped_as_in_keras(layer, channels, kernel, weights):
    layer(Input((8, 8, channels)))
    assert layer.kernel.shape == kernel and layer.count_params() == weights
    assert layer.bias is None or (layer.bias.numpy() == np.zeros(layer.filters)).all()


@pytest.mark.parametrize("layer", [Conv2D, Conv2DTranspose])
@pytest.mark.parametrize("channels, limit", [(1, 0.1421), (32, 0.1021)])
def test_kernels_start_with_glorot_uniform(layer, channels, limit):
    """√(6 / (9 in + 9 out))"""
    layer = layer(32, 3)
    layer(Input((8, 8, channels)))
    kernel = np.abs(layer.kernel.numpy())
    assert 0.98 * limit < kernel.max() < limit + 1e-4
    assert kernel.mean() == pytest.approx(limit / 2, rel=0.1)


def test_conv2d_is_the_activation_of_the_loops(xp):
    for layer, function in ((Conv2D, loops.conv2d), (Conv2DTranspose, loops.conv2d_transpose)):
        for how in ({"strides": (2, 1)}, {"padding": "same"}, {"strides": (1, 2), "padding": "same"}):
            for dilation in ((1, 1), (2, 1)):
                net = layer(5, (3, 2), **how, activation="tanh", dilation_rate=dilation, bias_initializer="ones")
                x = draw(2, 6, 5, 4)
                y = net(x).numpy()
                expected = function(x, net.kernel.numpy(), **{"strides": (1, 1), **how}, dilation=dilation)
                np.testing.assert_allclose(y, np.tanh(expected + 1), rtol=1e-5, atol=1e-5)


# ---- channels


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("columns", [8, 9, 16])
def test_images_of_any_size_are_images(rows, columns):
    """One or three rows and as many columns as channels are no sign of channels first."""
    x = np.ones((2, rows, columns, columns), "float32")
    assert Conv2D(4, 3, padding="same")(x).shape == (2, rows, columns, 4)
    assert minigen.Conv2DTranspose(4, 3, padding="same")(x).shape == (2, rows, columns, 4)
    model = Sequential([Input(x.shape[1:]), Conv2D(4, 1), Flatten(), Dense(1)])
    assert model.predict(x).shape == (2, 1)


def test_another_number_of_channels_is_refused_once_it_is_known():
    first = np.ones((2, 3, 8, 8), "float32")
    conv = Conv2D(4, 3, padding="same")
    conv(np.ones((2, 8, 8, 3), "float32"))
    with refused(ValueError, "channels come last"):
        conv(first)
    with refused(ValueError, "channels come last"):
        Sequential([Input((8, 8, 3)), Conv2D(4, 3)])(first)


# ---- what they refuse


@pytest.mark.parametrize("filters", [0, -1, 2.5, True, "32", (3, 3), None])
@pytest.mark.parametrize("layer", [Conv2D, Conv2DTranspose])
def test_filters(layer, filters):
    with refused(ValueError, where=f"{layer.__name__}: filters", got=repr(filters), fix="(32, (3, 3)"):
        layer(filters, 3)


def test_a_named_layer_is_named():
    with refused(ValueError, where="Conv2D 'see': strides"):
        Conv2D(32, 3, 0, name="see")


@pytest.mark.parametrize(
    "x",
    [
        IMAGES.transpose(0, 3, 1, 2),
        IMAGES[..., 0],
        IMAGES[0],
        IMAGES.reshape(8, 784),
        (IMAGES * 255).astype("uint8"),
        IMAGES[:, :2, :2],
        Input(shape=(1, 28, 28)),
    ],
    ids=["channels first", "no channels", "one image", "rows of pixels", "uint8", "too small", "a wrong Input"],
)
def test_a_layer_that_refused_its_first_images_takes_the_right_ones(x):
    layer = Conv2D(2, 3)
    with pytest.raises((TypeError, ValueError)):
        layer(x)
    assert layer(IMAGES).shape == (8, 26, 26, 2)
    assert layer.count_params() == 20


CHOICES = {
    "padding": lambda value: Conv2D(2, 3, padding=value),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("value", [np.zeros(3), [1, 2], None, "somehow", int], ids=repr)
def test_what_is_none_of_the_choices(choice, value):
    with refused(ValueError, choice):
        CHOICES[choice](value)


ADVICE = {
    "one image for Conv2D": (lambda: minigen.Conv2D(2, 3)(np.ones((28, 28), "float32")), "x[None, :, :, None]"),
}


@pytest.mark.parametrize("mistake", ADVICE)
def test_a_single_image_is_answered_with_its_missing_axes(mistake):
    call, fix = ADVICE[mistake]
    with refused((ValueError, TypeError, FloatingPointError), fix=fix):
        call()
