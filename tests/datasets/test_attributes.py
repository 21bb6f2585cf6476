"""Attributes of digits, measured from the pixels: against drawings whose loops, width and slant are known."""

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import Tensor
from minigen.datasets import attributes, mnist

(_images, _labels), _ = mnist.load_data("sample")
X, Y = _images[:500].reshape(500, 784).astype("float32") / 255, _labels[:500].astype("int64")


def picture(inside, fine=8):
    """(28, 28) ink of the region where inside(column, row) holds, from `fine` samples a pixel each way."""
    g = (np.arange(28 * fine) + 0.5) / fine - 14
    across, down = np.meshgrid(g, g)
    return inside(across, down).reshape(28, fine, 28, fine).mean(axis=(1, 3))[None]


def bar(width, angle, length=18):
    c, s = np.cos(angle), np.sin(angle)
    return picture(lambda x, y: (abs(c * x + s * y) < length / 2) & (abs(c * y - s * x) < width / 2))


def ring(width, radius=8):
    return picture(lambda x, y: abs(np.hypot(x, y) - radius) < width / 2)


@pytest.mark.parametrize("width", [2, 3, 4])
def test_thickness_of_a_ring_is_its_width(width):
    """A = 2πRw and P = 2π(R + w/2) + 2π(R - w/2) = 4πR: 2 A / P = w exactly, but for the pixels."""
    assert attributes.thickness(ring(width))[0] == pytest.approx(width, rel=0.02)


@pytest.mark.parametrize("angle", [0, 0.3, 0.6, np.pi / 4, 1.2])
def test_thickness_of_a_bar_does_not_depend_on_its_angle(angle):
    """2 A / P = 2 L w / (2 L + 2 w), w = 3 and L = 18."""
    assert attributes.thickness(bar(3, angle))[0] == pytest.approx(2 * 18 * 3 / (2 * 18 + 2 * 3), rel=0.06)


def test_thickness_does_not_depend_on_the_brightness():
    assert attributes.thickness(0.5 * ring(3))[0] == pytest.approx(attributes.thickness(ring(3))[0])


@pytest.mark.parametrize("shift", [-0.5, 0.25, 1.0])
def test_shearing_adds_to_the_slant(shift):
    """Rows moved by a whole number of columns for each row upwards: exact, since no pixel is torn."""
    upright = np.zeros((1, 28, 28))
    upright[0, 6:22, 12:16] = np.linspace(0.1, 1, 16)[:, None]
    upright[0, 6:10, 16:18] = 0.7
    sheared = np.zeros_like(upright)
    for row in range(28):
        up = 4 * ((14 - row) // 4)  # steps of four rows, so that 0.25 columns a row is one column
        sheared[0, row] = np.roll(upright[0, row], int(shift * up))
    rows = np.arange(28)
    steps = np.array([int(shift * 4 * ((14 - row) // 4)) for row in rows])
    ink = upright[0].sum(axis=1) / upright.sum()
    centred = rows - (ink * rows).sum()
    exact = -(ink * centred * steps).sum() / (ink * centred**2).sum()  # the slope of the steps themselves
    assert attributes.slant(sheared)[0] - attributes.slant(upright)[0] == pytest.approx(exact, abs=1e-9)
    assert abs(exact - shift) < 0.1


def test_slant_leans_to_the_right_as_it_rises():
    leaning = picture(lambda x, y: (abs(x + y / 2) < 1.5) & (abs(y) < 9))  # y counts downwards
    assert attributes.slant(leaning)[0] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (["....", ".##.", ".##.", "...."], False),
        (["#####", "#...#", "#...#", "#####"], True),
        (["#####", "#...#", "#....", "#####"], False),  # it leaks
        ([".###.", "#...#", "#...#", ".###."], True),  # corners that touch do not leak
        (["###", "#.#", "###"], False),  # one pixel is a dent
        (["####", "#..#", "####"], True),
        (["###", "#.#", "#.#", "###"], True),
        (["#####", "#.#.#", "#####"], False),  # two dents
        (["######", "#....#", "#.##.#", "#.#..#", "#.####", "#....."], False),  # a way out
    ],
)
def test_loops(image, expected):
    a = np.zeros((1, 28, 28))
    for r, row in enumerate(image):
        for c, cell in enumerate(row):
            a[0, 10 + r, 10 + c] = cell == "#"
    assert attributes.has_loop(a)[0] == expected


def test_attributes_of_real_digits():
    loops, widths, slants = attributes.has_loop(X), attributes.thickness(X), attributes.slant(X)
    shares = [loops[np.equal(Y, digit)].mean() for digit in range(10)]
    assert min(shares[0], shares[6], shares[8], shares[9]) > 0.6 and max(shares[1], shares[3], shares[7]) < 0.15
    assert 1.2 < widths.min() and 2.3 < widths.mean() < 2.9 and widths.max() < 6
    assert abs(slants.mean()) < 0.2 and 0.2 < slants.std() < 0.4


def test_attributes_take_every_shape_of_images_and_tensors():
    for name in ("has_loop", "thickness", "slant"):
        f = getattr(attributes, name)
        flat = f(X[:5])
        for images in (X[:5].reshape(5, 28, 28), X[:5].reshape(5, 28, 28, 1), Tensor(X[:5])):
            np.testing.assert_array_equal(f(images), flat)
        assert f(np.zeros((2, 784))).tolist() == [0, 0]  # of nothing


@pytest.mark.parametrize("name", ["has_loop", "thickness", "slant"])
def test_bad_images_are_refused(name):
    f = getattr(attributes, name)
    with refused(ValueError, f"attributes.{name}"):
        f(X[0])
    with refused(ValueError, f"attributes.{name}"):
        f(np.zeros((3, 10)))
    with refused(ValueError, f"attributes.{name}"):
        f(np.zeros((0, 784)))
    with refused(ValueError, f"attributes.{name}"):
        f(np.full((2, 784), np.nan))
    with refused(ValueError, f"attributes.{name}"):
        f([X[0], X[1]])
    with refused(TypeError, "data"):
        f([[0.5, 0.5], [0.5]])
    with refused(ValueError, f"attributes.{name}"):
        f(X[:2] * 255)
    with refused(TypeError, f"attributes.{name}"):
        f(_images[:2])
