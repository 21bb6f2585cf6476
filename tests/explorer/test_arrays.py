"""Arrays as text: what is written is read back, and what 16 bits cannot hold is refused by name."""

import base64
import zlib

import numpy as np
import pytest
from helpers.networks import unpacked
from helpers.refusals import refused

from minigen.explorer.arrays import Arrays


def test_arrays_are_read_back_in_their_order():
    rng = np.random.default_rng(0)
    arrays = Arrays()
    given = [rng.normal(size=(3, 4)).astype("float32"), rng.integers(0, 256, (2, 5, 5)), np.float32([6e-8, -3e-5, 0])]
    assert [arrays.float16("a", given[0]), arrays.uint8(given[1]), arrays.float16("b", given[2])] == [0, 1, 2]
    assert arrays.described[1] == {"type": "uint8", "shape": [2, 5, 5]}
    found = unpacked(arrays.text(), arrays.described)
    for a, b in zip(found, given, strict=True):
        np.testing.assert_array_equal(a, b if b.dtype.kind == "i" else b.astype("float16"))


def test_the_high_bytes_of_an_array_come_first():
    arrays = Arrays()
    arrays.float16("one and minus two", np.array([1.0, -2.0009765625 + 0.0009765625]))  # 0x3c00, 0xc000
    arrays.float16("next", np.array([1.0009765625]))  # 0x3c01
    assert zlib.decompress(base64.b64decode(arrays.text())).hex() == "3cc00000" + "3c01"


@pytest.mark.parametrize("n", [100, 10_000, 50_000])
def test_the_text_of_weights_is_at_most_a_fifth_longer_than_they_are(n):
    arrays = Arrays()
    arrays.float16("w", np.random.default_rng(0).normal(size=n) / 20)
    arrays.float16("b", np.random.default_rng(1).normal(size=100) / 20)
    assert len(arrays.text()) < 1.15 * 2 * n + 500


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 65_505.0, -1e30])
def test_numbers_that_16_bits_cannot_hold_are_refused_with_the_name(wrong):
    arrays = Arrays()
    with refused(ValueError, where="decoder/dense/kernel"):
        arrays.float16("decoder/dense/kernel", np.array([0.5, wrong]))
    arrays.float16("the largest", np.array([65_504.0, -65_504.0]))
    assert abs(unpacked(arrays.text(), arrays.described)[0]).tolist() == [65_504.0] * 2
