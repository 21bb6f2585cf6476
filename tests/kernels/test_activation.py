"""Values and derivatives piece by piece: the same as at once, and the derivative is that of the value."""

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.slides import use_threads

from minigen.kernels import activation, blocks
from minigen.kernels.activation import value_and_slope

every_function = pytest.mark.parametrize(
    "function", [activation.silu, activation.gelu, activation.gelu_by_tanh, activation.normal_cdf]
)


@every_function
@pytest.mark.parametrize("threads", [1, 2])
def test_pieces_give_what_one_piece_gives(function, threads, monkeypatch):
    x = draw(5, 7, 3, dtype="float64")
    y, slope = function(x, True)
    use_threads(monkeypatch, threads)
    monkeypatch.setattr(blocks, "PIECE", 8)
    for a, b in zip(value_and_slope(function, x, True), (y, slope), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-15)
    for columns in (x.T, x[:, ::2]):  # not contiguous
        found, none = value_and_slope(function, columns, False)
        assert none is None
        np.testing.assert_allclose(found, function(columns, False)[0], rtol=1e-15)


@every_function
def test_the_slope_is_the_derivative(function):
    x = np.linspace(-6, 6, 241)
    numeric = (function(x + 1e-5, False)[0] - function(x - 1e-5, False)[0]) / 2e-5
    np.testing.assert_allclose(function(x, True)[1], numeric, atol=1e-9)


@every_function
def test_x_is_not_changed(function):
    x = draw(100)
    before = x.copy()
    value_and_slope(function, x, True)
    np.testing.assert_array_equal(x, before)


@every_function
def test_every_type_of_numbers(function):
    x = np.array([-2, 0, 1, 3])
    exact = function(x.astype("float64"), True)
    for dtype, found in (("int64", "float64"), ("bool", "float64"), ("float16", "float16"), ("float32", "float32")):
        expected = function((x != 0).astype("float64"), True) if dtype == "bool" else exact
        for a, b in zip(value_and_slope(function, x.astype(dtype), True), expected, strict=True):
            assert a.dtype == found
            np.testing.assert_allclose(a, b, rtol=2e-3 if found == "float16" else 1e-6, atol=1e-3)


def test_pieces_cover_all_numbers_once(monkeypatch):
    use_threads(monkeypatch, 3, block_bytes=200)
    monkeypatch.setattr(blocks, "PIECE", 7)
    for numbers in (0, 1, 7, 8, 100, 301):
        seen = []
        blocks.in_pieces(lambda piece, seen=seen: seen.extend(range(piece.start, piece.stop)), numbers, 4)
        assert sorted(seen) == list(range(numbers))
