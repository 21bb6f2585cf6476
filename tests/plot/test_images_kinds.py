"""tile(), grid(), rows() and decoded() with images of every size, colour, type and range, and of both libraries."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Tensor, plot
from minigen.models import latent

WAYS = ("tile", "grid", "rows", "decoded")
SIZES = {"8 x 8": (8, 8), "28 x 28": (28, 28), "32 x 32 in colour": (32, 32, 3), "48 x 24": (48, 24, 1)}
TYPES = ("float16", "float32", "float64", "uint8", "int64", "bool")


def draw(way, images, **options):
    """The picture of one or four images, without gaps where there may be none."""
    n = 1 if len(images) == 1 else 2
    if way == "tile":
        return plot.tile(images, n, gap=0, **options)
    figure = plot.decoded(images, latent.grid(-1, 1, 2)[: n * n], **options) if way == "decoded" else None
    figure = figure or getattr(plot, way)(images, columns=4, **options)
    (picture,) = figure.axes[0].images
    return np.asarray(picture.get_array())


def of(size, n=4):
    return np.random.default_rng(0).random((n, *size), dtype="float32")


def corners(picture, h, w, n):
    """The first image, and the one beside it if there are several."""
    return [picture[:h, :w], picture[:h, -w:]][: min(n, 2)]


def check(picture, images, way, exact=True):
    n, h, w = images.shape[:3]
    want = images[..., 0] if images.shape[3:] == (1,) else images
    last = n - 1 if way in ("grid", "rows") else min(n, 2) - 1
    for found, wanted in zip(corners(picture, h, w, n), (want[0], want[last]), strict=False):
        np.testing.assert_allclose(found, wanted, atol=0 if exact else 1e-6)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_every_size_one_image_and_several(way, size, n):
    images = of(size, n)
    check(draw(way, images), images, way)
    check(draw(way, images.reshape(n, -1), image_shape=size), images, way)
    check(draw(way, images, image_shape=size), images, way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_of_number(way, dtype):
    """Of zeros and ones the picture is the same, whatever their type."""
    images = of((8, 12, 3)) > 0.5
    check(draw(way, images.astype(dtype)), images.astype("float32"), way)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "data_range, dtype", [((0, 255), "uint8"), ((0, 255), "float16"), ((-1, 1), "float64"), ((-3.5, 2.5), "float32")]
)
def test_a_range_is_mapped_to_black_and_white(way, data_range, dtype):
    low, high = data_range
    images = (low + (high - low) * of((6, 5))).astype(dtype)
    images[:, 0, 0], images[:, 0, 1] = low, high
    picture = draw(way, images, data_range=data_range)
    check(picture, (images.astype("float64") - low) / (high - low), way, exact=False)
    assert picture[0, 0] == 0 and picture[0, 1] == 1
    with refused(ValueError, where=f"plot.{way}", expected="pixels in [0, 1]"):
        draw(way, images)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "change, data_range, fix",
    [
        (lambda x: (255 * x).astype("uint8"), (0, 1), "data_range=(0, 255)"),
        (lambda x: (255 * x).astype("float16"), (0, 1), "data_range=(0, 255)"),
        (lambda x: 2 * x - 1, (0, 1), "data_range=(-1, 1)"),
        (lambda x: 9 * x - 3, (0, 1), "data_range=(x.min(), x.max())"),
        (lambda x: 300 * x, (0, 255), "data_range=(x.min(), x.max())"),
        (lambda x: 2 * x, (-1, 1), "data_range=(0, 255)"),
    ],
    ids=range(6),
)
def test_pixels_outside_the_range_are_refused_and_the_hint_draws_them(way, change, data_range, fix):
    x = change(of((6, 5)))
    expected = f"pixels in [{data_range[0]}, {data_range[1]}]"
    with refused(ValueError, where=f"plot.{way}", expected=expected, got="pixels in [", fix=fix):
        draw(way, x, data_range=data_range)
    assert 0.5 < draw(way, x, **eval(f"dict({fix})", {"x": x})).max() <= 1 or fix == "data_range=(0, 255)"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_no_numbers_are_counted(way, bad):
    x = of((6, 5, 3))
    x[0, 0, 0] = bad
    for data_range in ((0, 1), (-1, 1)):
        with refused(ValueError, where=f"plot.{way}", got="3 pixels that are NaN or infinite", fix="np.nan_to_num"):
            draw(way, x, data_range=data_range)


@pytest.mark.parametrize("data_range", [None, 1, (1,), (0, 1, 2), (1, 0), (0, 0), ("a", 1), (0, np.nan), (0, np.inf)])
def test_what_is_no_range_is_refused(data_range):
    with refused(ValueError, where="plot.grid: images: data_range", expected="two numbers", fix="data_range=(-1, 1)"):
        plot.grid(of((6, 5)), data_range=data_range)


@pytest.mark.parametrize(
    "image_shape", [7, (), (8,), (0, 8), (8, -8), (8, 8, 2), (8, 8, 4), (8, 8, 1, 1), (8.0, 8), "ab"]
)
def test_what_is_no_shape_of_images_is_refused(image_shape):
    with refused(ValueError, where="plot.grid: images: image_shape", expected="(height, width, 3)", fix="(28, 28)"):
        plot.grid(of((64,)), image_shape=image_shape)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "shape, image_shape, fix",
    [
        ((4, 64), (4, 8), "image_shape=(h, w) with h w = 64"),
        ((4, 8, 8), (4, 16), "without image_shape="),
        ((4, 8, 8, 1), (8, 8, 3), "without image_shape="),
        ((4, 8, 8, 3), (8, 8), "without image_shape="),
        ((8, 8, 3), (8, 8, 3), "x[None]"),
        ((64,), (8, 8), "x[None]"),
        ((5,), (8, 8), "image_shape=(h, w) with h w = 5"),
        ((0, 64), (8, 8), "one image or more"),
        ((0, 8, 8, 3), (8, 8, 3), "one image or more"),
        ((4, 2, 2, 4, 1), (8, 8), "without image_shape="),
    ],
)
def test_images_that_do_not_have_the_shape_are_refused(way, shape, image_shape, fix):
    z = latent.grid(-1, 1, 2)
    call = (lambda x: plot.decoded(x, z, image_shape=image_shape)) if way == "decoded" else None
    call = call or (
        lambda x: getattr(plot, way)(x, **({"columns": 2} if way == "tile" else {}), image_shape=image_shape)
    )
    if way == "decoded" and shape[0] != 4:
        return  # refused for the number of images; tested in test_codes.py
    with refused(ValueError, where=f"plot.{way}", expected=str(image_shape)[1:-1], got=f"shape {shape}", fix=fix):
        call(np.zeros(shape))


@pytest.mark.parametrize("way", ["tile", "grid", "rows"])
def test_the_shape_settles_what_may_be_one_image_or_many(way):
    """(64, 64) may be one image, or 64 flat ones of 8 x 8."""
    x = np.random.default_rng(0).random((64, 64), dtype="float32")
    with refused(ValueError, where=f"plot.{way}", fix="x[None] for a single one"):
        draw(way, x)
    np.testing.assert_array_equal(draw(way, x, image_shape=(8, 8))[:8, :8], x[0].reshape(8, 8))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_tensors_and_arrays_of_the_active_library(way, size, xp):
    images = of(size)
    on_device = minigen.backend.asarray(images)
    same = [on_device, Tensor(on_device), [Tensor(image) for image in on_device], list(on_device)]
    wanted = draw(way, images)
    for given in same:
        np.testing.assert_array_equal(draw(way, given), wanted)


def test_images_on_the_device_are_drawn_when_numpy_is_active_again(stand_in):
    with minigen.using("cupy"):
        x = minigen.backend.asarray(of((8, 8)))
    check(draw("grid", x), of((8, 8)), "grid")


@pytest.mark.parametrize("size", [(8, 8), (28, 28), (32, 32, 3), (48, 24), (10, 90), (90, 10)])
def test_pixels_are_square_in_every_figure(size):
    """decoded() has axes with ticks; its images are not stretched to fill them either."""
    for figure in (plot.grid(of(size)), plot.rows(of(size)), plot.decoded(of(size), latent.grid(-1, 1, 2))):
        figure.draw_without_rendering()
        (picture,) = figure.axes[0].images
        rows, columns = picture.get_array().shape[:2]
        box = figure.axes[0].get_window_extent()
        assert box.width / columns == pytest.approx(box.height / rows, rel=0.01)
        assert max(figure.get_size_inches()) <= 24.3


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_notebook_can_draw_them_all(size):
    for figure in (plot.grid(of(size)), plot.rows(of(size, 1)), plot.decoded(of(size), latent.grid(-1, 1, 2))):
        assert figure._repr_png_().startswith(b"\x89PNG")


def test_data_ranges_of_all_stacks_are_one():
    x, x_hat = 255 * of((6, 5)), of((6, 5))
    np.testing.assert_allclose(
        plot.rows(x, x, data_range=(0, 255)).axes[0].images[0].get_array()[:6, :5], of((6, 5))[0], atol=1e-6
    )
    with refused(ValueError, where="plot.rows: stack 1", fix="data_range=(0, 255)"):
        plot.rows(x, x_hat)
