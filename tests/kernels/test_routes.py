"""Every way through a convolution gives the same numbers, and the count of operations can be checked by hand."""

import pytest
from helpers import loops
from helpers.slides import assert_equal, channels, draw, images, sixty_examples, slides
from hypothesis import given

from minigen import backend
from minigen.kernels import conv, routes
from minigen.kernels.windows import lay

WINOGRAD = [
    routes.winograd_output,
    routes.winograd_kernel_gradient,
    routes.winograd_input_gradient,
    routes.winograd_both,
]


def axes(size, taps, stride=1, padding="same"):
    return lay("a test", (size, size), (taps, taps), (stride, stride), padding)


@pytest.mark.parametrize("scatters", [True, False])
@sixty_examples
@given(slide=slides(), n=images, c=channels, o=channels)
def test_both_ways_give_the_numbers_of_the_loops(scatters, slide, n, c, o):
    x, w, b = draw(n, *slide.image, c), draw(*slide.taps, c, o, seed=1), draw(c, seed=2)
    g = draw(n, slide.axes[0].count, slide.axes[1].count, o, seed=9)
    expected = [loops.conv2d_input_gradient(x, w, g, *slide.how), loops.conv2d_kernel_gradient(x, w, g, *slide.how)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routes, "scatters_both", lambda *_: scatters)
        patch.setattr(routes, "scatters_input_gradient", lambda *_: scatters)
        patch.setattr(routes, "scatters_output", lambda axes, *_: scatters and axes[0].stride == axes[1].stride == 1)
        assert_equal(conv.conv2d_gradients(x, w, g, slide.axes, [True, True]), expected)
        assert_equal([conv.input_gradient(g, w, slide.axes, b)], [expected[0] + b])
        assert_equal([conv.conv2d(x, w, slide.axes)], [loops.conv2d(x, w, *slide.how)])


def test_the_counts_of_lenet_by_hand():
    """5 x 5 taps on 12 x 12 pixels, 32 to 64 channels, and 16 multiplications for a number moved."""
    lenet = axes(12, 5, padding="valid")
    gather, scatter = 12 * 12 * 25 * 64 * (32 + 32 + 16), 8 * 8 * 25 * 32 * (64 + 64 + 3 * 16)
    assert (gather, scatter) == (18_432_000, 9_011_200)
    assert routes.costs_of_both(lenet, 32, 64) == (gather, scatter)


def test_the_counts_with_stride_2_by_hand():
    """3 taps on 7 pixels, stride 2: 3 windows. Pixels 0, 2, 4, 6 have taps 0 and 2, pixels 1, 3, 5 have tap 1."""
    strided = axes(7, 3, stride=2, padding="valid")
    pairs = (4 * 2 + 3 * 1) ** 2
    assert routes.costs_of_input_gradient(strided, 8, 5) == (pairs * 5 * (8 + 16), 9 * 9 * 8 * (5 + 32))


def test_patches_of_one_pixel_are_not_copied():
    """1 x 1 taps at stride 1: the image itself is the matrix."""
    assert routes.costs_of_output(axes(28, 1), 32, 64)[0] == 28 * 28 * 32 * 64


@pytest.mark.parametrize(
    ("layer", "channels", "out", "scatters"),
    [
        (axes(14, 3), 32, 32, False),  # the chapter's listing
        (axes(28, 3), 1, 32, True),  # one channel: a window has 9 products, a patch of g 288 numbers
        (axes(12, 5, padding="valid"), 32, 64, True),  # 64 windows cover 144 pixels
        (axes(12, 3), 128, 6, False),  # few outputs
    ],
)
def test_the_way_to_both_gradients(layer, channels, out, scatters):
    assert routes.scatters_both(layer, channels, out) == scatters


def test_a_convolution_to_one_channel_scatters():
    assert routes.scatters_output(axes(28, 3), 32, 1)
    assert not routes.scatters_output(axes(28, 3), 1, 32)
    assert not routes.scatters_output(axes(28, 3, stride=2), 32, 1)  # only at stride 1


def test_windows_that_do_not_overlap_need_no_sum():
    """2 x 2 windows with stride 2 on 4 x 4 pixels, and one window of 4 x 4: 16 pixels, each in one window."""
    for windows in (axes(4, 2, stride=2), axes(4, 4, padding="valid")):
        _, scatter = routes.costs_of_input_gradient(windows, 8, 4)
        assert scatter == 16 * 8 * (4 + 16)
    _, scatter = routes.costs_of_input_gradient(axes(5, 2, stride=2), 8, 4)  # the last window reaches over the edge
    assert scatter == 9 * 4 * 8 * (4 + 2 * 16)


# ---- Winograd's way


def test_the_counts_of_winograd_by_hand():
    """14 x 14 pixels, 48 to 64 channels: 49 tiles. Valid windows leave 12 x 12 outputs, 36 tiles."""
    same, valid = axes(14, 3), axes(14, 3, padding="valid")
    sums = 28 * 16
    assert routes.winograd_cost_of_output(same, 48, 64) == 49 * (16 * 48 * 64 + sums * (48 + 64))
    assert routes.winograd_cost_of_output(valid, 48, 64) == 36 * (16 * 48 * 64 + sums * (48 + 64))
    assert routes.winograd_cost_of_input_gradient(valid, 48, 64) == 49 * (16 * 48 * 64 + sums * (48 + 64))
    assert routes.winograd_cost_of_both(valid, 48, 64) == 49 * (32 * 48 * 64 + sums * (2 * 48 + 64))


@pytest.mark.parametrize(
    ("layer", "channels", "chosen"),
    [
        (axes(14, 3), 48, True),
        (axes(28, 3), 64, True),
        (axes(28, 3, padding="valid"), 128, True),
        (axes(7, 3), 128, True),
        (axes(7, 3), 48, False),  # 16 tiles of 64 pixels in all, for 49
        (axes(28, 3), 32, False),  # the chapter's listings
        (axes(14, 3), 32, False),
        (axes(14, 3), 1, False),
        (axes(14, 3, stride=2), 128, False),
        (axes(14, 5), 128, False),
        (axes(14, 1), 128, False),
        (lay("a test", (14, 14), (3, 3), (1, 1), "same", (1, 2)), 128, False),  # dilation
    ],
)
def test_where_winograd_is_chosen(layer, channels, chosen):
    for is_chosen in WINOGRAD:
        assert is_chosen(128, layer, channels, channels) == chosen


def test_few_images_are_not_worth_the_transforms_of_the_kernel():
    """49 tiles an image: 11 images have 539."""
    for is_chosen in WINOGRAD:
        assert not is_chosen(10, axes(14, 3), 48, 48)
        assert is_chosen(11, axes(14, 3), 48, 48)


def test_a_gpu_does_not_take_winograds_way(monkeypatch):
    """Its libraries have their own."""
    monkeypatch.setattr(backend, "active", lambda: "cupy")
    assert not any(is_chosen(128, axes(14, 3), 48, 48) for is_chosen in WINOGRAD)


def test_the_chapters_autoencoder_takes_the_way_it_took():
    """All its layers, forward and backward, as models with few channels do: their numbers stay the same bit for bit."""
    layers = [(28, 1, 32), (14, 32, 32), (7, 32, 32), (28, 32, 32), (28, 32, 1)]
    for size, *inputs_and_outputs in layers:
        assert not any(is_chosen(128, axes(size, 3), *inputs_and_outputs) for is_chosen in WINOGRAD)
