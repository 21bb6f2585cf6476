"""tile() exactly, grid() and rows() by what they contain, and what are no images."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Tensor, plot
from minigen.models import latent

# ---- tile()


def test_tile_places_every_image():
    images = np.arange(3 * 2 * 2, dtype="float32").reshape(3, 2, 2) / 11
    picture = plot.tile(images, columns=2, gap=1, background=0.25)
    assert picture.shape == (5, 5)
    np.testing.assert_array_equal(picture[:2, :2], images[0])
    np.testing.assert_array_equal(picture[:2, 3:], images[1])
    np.testing.assert_array_equal(picture[3:, :2], images[2])
    assert (picture[2] == 0.25).all() and (picture[3:, 3:] == 0.25).all()


@pytest.mark.parametrize("shape", [(3, 4, 4), (3, 4, 4, 1), (3, 16)])
def test_tile_takes_every_layout_of_images(shape):
    images = np.random.default_rng(0).random((3, 4, 4), dtype="float32")
    np.testing.assert_array_equal(plot.tile(images.reshape(shape), 3), plot.tile(images, 3))


def test_rows_of_different_lengths():
    with pytest.raises(ValueError, match=r"fix: +rows\(x\[:10\]"):
        plot.rows(np.zeros((3, 16)), np.zeros((2, 16)))


# ---- images of every shape

ADVICE = {
    "images of two sizes": (
        lambda: minigen.plot.grid([np.zeros((28, 28)), np.zeros((28, 29))]),
        "one call for each size",
    ),
}


@pytest.mark.parametrize("mistake", ADVICE)
def test_the_advice_leads_on(mistake):
    call, fix = ADVICE[mistake]
    with refused((ValueError, TypeError, FloatingPointError), fix=fix):
        call()


def shown(figure):
    (picture,) = figure.axes[0].images
    return np.asarray(picture.get_array())


def draw(way, images):
    """The images as tile, grid, rows or decoded draw them; four of them."""
    if way == "tile":
        return plot.tile(images, 2, gap=0)
    if way == "decoded":
        return shown(plot.decoded(images, latent.grid(-1, 1, 2)))
    return shown(getattr(plot, way)(images))


WAYS = ("tile", "grid", "rows", "decoded")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("channels", [(), (1,), (3,)])
@pytest.mark.parametrize("h, w", [(16, 4), (36, 64), (28, 20), (2, 8), (5, 5)])
def test_images_keep_their_shape_and_their_colours(way, channels, h, w):
    images = np.random.default_rng(0).random((4, h, w, *channels), dtype="float32")
    picture, want = draw(way, images), images[..., 0] if channels == (1,) else images
    gap = 0 if way in ("tile", "decoded") else 2
    np.testing.assert_array_equal(picture[:h, :w], want[0])
    np.testing.assert_array_equal(picture[:h, w + gap : 2 * w + gap], want[1])
    assert picture.shape[2:] == (channels if channels == (3,) else ())


def test_half_a_white_image_is_half_white():
    x = np.zeros((1, 16, 4, 1), "float32")
    x[:, :8] = 1
    np.testing.assert_array_equal(shown(plot.rows(x)), x[0, :, :, 0])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "shape, fix",
    [
        ((4, 560), "x.reshape(-1, h, w)"),
        ((4, 3072), "x.reshape(-1, 32, 32, 3)"),
        ((4, 12, 16, 4), "x[..., :3]"),
        ((4, 1, 28, 28), "x.transpose(0, 2, 3, 1)"),
        ((4, 3, 12, 16), "x.transpose(0, 2, 3, 1)"),
        ((4,), "x.reshape(-1, h, w)"),
        ((4, 0, 5), "one image or more"),
        ((4, 2, 2, 4, 1), "x.reshape(-1, h, w)"),
    ],
)
def test_what_are_no_images_is_refused(way, shape, fix):
    with refused(ValueError, where=f"plot.{way}", expected="(n, h, w, 3)", got=str(shape), fix=fix):
        draw(way, np.zeros(shape))


@pytest.mark.parametrize("way", ["tile", "grid", "rows"])
@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (28, 28, 3), (784,), (64, 64), (12, 5)])
def test_a_single_image_is_refused_and_the_hint_draws_it(way, shape):
    image = np.random.default_rng(0).random(shape, dtype="float32")
    with refused(ValueError, where=f"plot.{way}", got=str(shape), fix="x[None]"):
        draw(way, image)
    assert draw(way, image[None]).size >= image.size


def test_as_many_flat_images_as_pixels_are_drawn_where_their_number_is_known():
    x = np.random.default_rng(0).random((4, 4), dtype="float32")
    np.testing.assert_array_equal(draw("decoded", x)[:2, :2].ravel(), x[0])


def test_square_flat_images_and_lists_of_images_are_drawn():
    x = np.random.default_rng(0).random((5, 784), dtype="float32")
    square = x.reshape(5, 28, 28)
    for same in (x, list(square), [Tensor(image) for image in square], square[..., None]):
        np.testing.assert_array_equal(shown(plot.grid(same)), shown(plot.grid(square)))
    np.testing.assert_array_equal(shown(plot.rows(x, square[..., None])), shown(plot.rows(square, square)))


def test_grey_rows_stand_under_colour():
    grey, colour = np.full((2, 4, 5), 0.25), np.ones((2, 4, 5, 3)) * [1, 0.5, 0]
    picture = shown(plot.rows(colour, grey))
    assert (picture[:4, :5] == np.float32([1, 0.5, 0])).all() and (picture[6:, :5] == 0.25).all()
    with refused(ValueError, where="different sizes", got="(5, 4)", fix="x.reshape(-1, h, w)"):
        plot.rows(colour, grey.reshape(2, 5, 4))


# ---- pixels

ONES = np.ones((4, 4, 4))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "images, fix",
    [
        ((ONES * 127).astype("uint8"), 'x.astype("float32") / 255'),
        (ONES * 255, "x / 255"),
        (ONES * -0.5, "(x + 1) / 2"),
        (ONES * 1.01, "np.clip(x, 0, 1)"),
        (ONES - np.eye(4) * 3, "np.clip(x, 0, 1)"),
        (np.where(np.eye(4) > 0, np.nan, ONES), "np.nan_to_num"),
        (np.where(np.eye(4) > 0, np.inf, ONES), "np.nan_to_num"),
        (ONES[..., None] * [2, 0, 0], "x / 255"),
    ],
    ids=range(8),
)
def test_pixels_outside_0_to_1_are_refused_and_the_hint_draws_them(way, images, fix):
    with refused(ValueError, where=f"plot.{way}", expected="pixels in [0, 1]", fix=fix) as caught:
        draw(way, images)
    del caught
    call = {"np.nan_to_num": "np.nan_to_num(x, posinf=1, neginf=0)"}.get(fix, fix)
    assert draw(way, eval(call, {"x": images, "np": np})).max() <= 1


@pytest.mark.parametrize("way", WAYS)
def test_rounding_booleans_and_integers_0_and_1_are_drawn(way):
    above = np.nextafter(np.float32(1), np.float32(2))
    for images in (ONES * (1 + 2**-52), (ONES * above).astype("float32"), ONES > 0, ONES.astype("uint8")):
        picture = draw(way, images)
        assert picture[0, 0] == 1 and picture.max() == 1


# ---- how many, and what is none


@pytest.mark.parametrize("columns", [0, -1, 2.5, True, "3", None])
def test_columns_that_are_none(columns):
    for action in (
        lambda: plot.grid(ONES, columns=columns),
        lambda: plot.rows(ONES, columns=columns),
        lambda: plot.tile(ONES, columns),
    ):
        with refused(ValueError, "columns"):
            action()


def test_columns_of_numpy_and_more_columns_than_images():
    assert shown(plot.grid(ONES, columns=np.int64(2))).shape == (10, 10)
    assert shown(plot.grid(ONES, columns=10**9)).shape == plot.tile(ONES, 10).shape == (4, 22)


@pytest.mark.parametrize(
    "images", [None, "abc", [], ["a", "b"], [[1, 2], [1]], np.array([None, 1]), {}, 0.5, [ONES, 1]]
)
def test_what_are_no_arrays_is_refused(images):
    for way in WAYS:
        with refused(ValueError, f"plot.{way}"):
            draw(way, images)
    with refused(ValueError, "plot.rows"):
        plot.rows(ONES, images)
    with refused(ValueError, "plot.rows"):
        plot.rows()


@pytest.mark.parametrize("labels", [["a"], ["a"] * 10, "abc", 5, np.arange(3)])
def test_another_number_of_labels_is_refused(labels):
    with refused(ValueError, "plot.grid: labels"):
        plot.grid(ONES, labels=labels)
    with refused(ValueError, "plot.rows: labels"):
        plot.rows(ONES, ONES[::-1], ONES, ONES, labels=labels)


def test_labels_may_be_numbers_arrays_or_none():
    figure = plot.grid(ONES, labels=np.arange(4))
    assert [t.get_text() for t in figure.axes[0].texts] == ["0", "1", "2", "3"]
    figure = plot.rows(ONES, ONES, labels=np.array(["a", "b"]))
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["a", "b"]
    assert not plot.grid(ONES, labels=None).axes[0].texts


def test_background_and_gap():
    with refused(ValueError, "background"):
        plot.grid(ONES, background=np.nan)
    for background in ("a", 2, -1):
        with refused(ValueError, "background"):
            plot.tile(ONES, 2, background=background)
    with refused(ValueError, "gap"):
        plot.tile(ONES, 2, gap=-1)
    with refused(ValueError, "gap"):
        plot.tile(ONES, 2, gap=1.5)


def test_a_sheet_of_large_images_has_the_size_of_a_page():
    figure = plot.grid(np.zeros((4, 500, 900)), columns=2)
    assert max(figure.get_size_inches()) <= 24.3
    assert plot.grid(np.zeros((100, 28, 28))).get_size_inches()[0] == pytest.approx(298 / 30)


def test_labels_are_those_of_the_columns_or_of_the_rows():
    x = np.zeros((20, 8, 8))
    with refused(ValueError, "plot.grid: labels", expected="10: one for each column"):
        plot.grid(x, labels=range(20))
    with refused(ValueError, "plot.rows: labels", expected="2: one for each row"):
        plot.rows(x, x, labels=range(20))
    assert plot.grid(x, labels=[str(i) for i in range(10)])


@pytest.mark.parametrize("black", [1e9, 2**40])
def test_pixels_between_large_numbers_keep_their_shades(black):
    x = black + np.linspace(0, 1, 12).reshape(3, 2, 2)
    picture = plot.tile(x, 3, gap=1, data_range=(black, black + 1))
    np.testing.assert_allclose(picture[:, [0, 1]].ravel(), x[0].ravel() - black, atol=1e-6)
    with refused(ValueError, "data_range"):
        plot.tile(x, 3, data_range=(-1e308, 1e308))


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 1, 3000, 1), (1, 3000, 1, 1)])
def test_tiny_and_narrow_images_are_drawn_without_a_warning(shape, tmp_path):
    for draw in (plot.grid, plot.rows):
        assert plot.save(draw(np.zeros(shape)), tmp_path / "a.png").exists()
