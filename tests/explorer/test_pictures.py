"""Test images as a page shows them."""

import numpy as np
import pytest
from helpers.refusals import refused

from minigen.datasets import Streamed
from minigen.explorer.pictures import Pictures

RNG = np.random.default_rng(0)


def images(*shape):
    return RNG.random(shape).astype("float32")


@pytest.mark.parametrize(
    ("drawn", "given", "shape"),
    [
        ((784,), None, (28, 28, 1)),
        ((784,), (5, 784), (28, 28, 1)),
        ((784,), (5, 14, 56), (14, 56, 1)),
        ((24,), (5, 2, 12, 1), (2, 12, 1)),
        ((24,), (5, 4, 2, 3), (4, 2, 3)),
        ((4, 6), None, (4, 6, 1)),
        ((4, 6), (5, 4, 6), (4, 6, 1)),
        ((4, 6, 3), (5, 4, 6, 3), (4, 6, 3)),
        ((4, 6, 1), (5, 24), (4, 6, 1)),
    ],
)
def test_the_shape_of_a_picture(drawn, given, shape):
    found = Pictures(drawn, None if given is None else images(*given), None, None)
    assert found.shape == shape and found.n == (0 if given is None else 5)


@pytest.mark.parametrize("drawn", [(2,), (24,), (4, 6, 2), (1,), (1, 5, 1)])
def test_what_is_no_image_is_refused(drawn):
    with refused(ValueError, where="explore: no image", got=str(drawn), fix="test images"):
        Pictures(drawn, None, None, None)


@pytest.mark.parametrize(
    ("drawn", "given"),
    [((784,), (5, 783)), ((4, 6, 1), (5, 6, 5)), ((4, 6, 3), (5, 4, 6)), ((4,), (4,)), ((4,), ()), ((4,), (0, 4))],
)
def test_images_of_another_shape_are_refused(drawn, given):
    with refused(ValueError, where="explore: x", expected=f"(n, {drawn[0]}", got=f"an array {given}"):
        Pictures(drawn, images(*given), None, None)


def test_pixels_are_those_of_the_model_and_bytes_run_from_black_to_white():
    x = np.float32([[[-1, 1], [0, 0.5]]])
    found = Pictures((4,), x, None, (-1.0, 1.0))
    np.testing.assert_allclose(found.pixels(1)[0, :, :, 0], x[0], atol=1e-7)
    assert found.examples(1).ravel().tolist() == [0, 255, 128, 191] and found.range == (-1.0, 1.0)
    with refused(ValueError, where="explore: x", expected="[0, 1]"):
        Pictures((4,), 255 * x.clip(0), None, (0.0, 1.0))


@pytest.mark.parametrize(
    ("pixel", "got"), [(255, "[0, 255]"), (-0.1, "[-0.1, 1]"), (np.nan, "[nan, nan]"), (np.inf, "inf")]
)
def test_pixels_that_the_model_does_not_take_are_refused(pixel, got):
    with refused(ValueError, where="explore: x", expected="pixels in [0, 1]", got=got, fix="/ 255"):
        Pictures((4,), np.float32([[0, pixel, 1, 0.5]]), None, (0.0, 1.0))
    assert Pictures((4,), np.float32([[0, 1 + 5e-7, 1, 0.5]]), None, (0.0, 1.0)).shades.max() == 1


@pytest.mark.parametrize("pixel", [np.nan, np.inf, -np.inf])
def test_pixels_that_are_no_numbers_are_refused_without_a_range_too(pixel):
    with refused(ValueError, where="explore: x", fix="nan_to_num"):
        Pictures((4,), np.float32([[0, pixel, 2, 0.5]]), None, None)


def test_without_a_range_of_the_model_it_is_that_of_the_images():
    assert Pictures((4,), None, None, None).range == Pictures((4,), images(2, 4), None, None).range == (0.0, 1.0)
    found = Pictures((4,), np.float32([[-3, 5, 0, 1]]), None, None)
    assert found.range == (-3.0, 5.0)
    assert Pictures((4,), np.full((2, 4), -3.0), None, None).range == (-3.0, -2.0)
    np.testing.assert_allclose(found.pixels(1).ravel(), [-3, 5, 0, 1], atol=1e-6)


def test_the_examples_are_one_of_each_class_first():
    x = np.arange(6).reshape(6, 1, 1, 1).repeat(4, axis=1).reshape(6, 2, 2) / 5
    assert (Pictures((2, 2), x, [1, 1, 0, 1, 2, 0], None).examples(5)[:, 0, 0, 0] / 51).tolist() == [2, 0, 4, 1, 3]
    assert (Pictures((2, 2), x, None, None).examples(2)[:, 0, 0, 0] / 51).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("y", "labels", "names"),
    [
        ([2, 0, 2], [2, 0, 2], ["0", "1", "2"]),
        (np.uint8([1, 1, 1]), [1, 1, 1], ["0", "1"]),
        (["coat", "bag", "coat"], [1, 0, 1], ["bag", "coat"]),
        (np.array(["coat", "bag", "coat"], dtype=object), [1, 0, 1], ["bag", "coat"]),
        (np.array(["<b>", "a & b", "<b>"]), [0, 1, 0], ["<b>", "a & b"]),
    ],
)
def test_classes_are_numbers_or_names(y, labels, names):
    found = Pictures((4,), images(3, 4), y, None)
    assert found.y.tolist() == labels and found.names == names
    assert found.names_for(len(names)) == names and found.names_for(9) == [str(i) for i in range(9)]


@pytest.mark.parametrize("y", [[0, 1], np.eye(3, dtype=int), 3, np.array(3), ["a"]])
def test_another_number_of_labels_is_refused(y):
    with refused(ValueError, where="explore: y", expected="3 labels", fix="argmax"):
        Pictures((4,), images(3, 4), y, None)


@pytest.mark.parametrize("y", [[0.0, 1.0, 2.0], [-1, 0, 1], [True, False, True]])
def test_labels_of_other_types_are_refused(y):
    with refused(TypeError, where="explore: y", expected="labels 0, 1, 2"):
        Pictures((4,), images(3, 4), y, None)


@pytest.mark.parametrize("y", [["a", 1, None], [None] * 3, [b"a", b"b", b"c"], np.array(["a", 1, 2], dtype=object)])
def test_labels_of_several_types_are_refused(y):
    with refused(TypeError, where="explore: y", expected="numbers"):
        Pictures((4,), images(3, 4), y, None)


@pytest.mark.parametrize(
    ("y", "classes"), [([0, 300, 1], "301"), ([0, 2**62, 1], str(2**62 + 1)), ([str(i) for i in range(257)], "257")]
)
def test_more_classes_than_a_byte_can_hold_are_refused(y, classes):
    with refused(ValueError, expected="256", got=classes):
        Pictures((4,), images(len(y), 4), y, None)


def test_of_many_images_the_first_1000_are_used_and_streamed_ones_are_read_in_part():
    class Rows(Streamed):
        def read(self, indices):
            assert indices.max() < 1000
            return np.repeat(indices[:, None] % 10 / 10, 4, axis=1).astype("float32")

    x, y = Rows((5000, 4), (0.0, 1.0)), np.arange(5000) % 20
    found = Pictures((4,), x, y, None)
    assert (found.n, len(found.y), len(found.names)) == (1000, 1000, 20)
    np.testing.assert_allclose(found.pixels(12)[:, 0, 0, 0], np.arange(12) % 10 / 10, atol=1e-6)
