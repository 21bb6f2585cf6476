"""Values and derivatives piece by piece: the same as at once, and the derivative is that of the value."""

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.slides import use_threads

from minigen.kernels import activation, blocks
from minigen.kernels.activation import gradient, value

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
    g = draw(5, 7, 3, dtype="float64")
    np.testing.assert_allclose(value(function, x), y, rtol=1e-15)
    np.testing.assert_allclose(gradient(function, g, x), g * slope, rtol=1e-15)
    for part in (np.s_[::-1], np.s_[:, ::2]):  # not contiguous
        np.testing.assert_allclose(value(function, x[part]), y[part], rtol=1e-15)
        np.testing.assert_allclose(gradient(function, g[part], x[part]), (g * slope)[part], rtol=1e-15)


@every_function
def test_the_slope_is_the_derivative(function):
    x = np.linspace(-6, 6, 241)
    numeric = (function(x + 1e-5, False)[0] - function(x - 1e-5, False)[0]) / 2e-5
    np.testing.assert_allclose(function(x, True)[1], numeric, atol=1e-9)


@every_function
def test_x_is_not_changed(function):
    x = draw(100)
    before = x.copy()
    value(function, x)
    gradient(function, x, x)
    np.testing.assert_array_equal(x, before)


@every_function
def test_every_type_of_numbers(function):
    x = np.array([-2, 0, 1, 3])
    y, slope = function(x.astype("float64"), True)
    for dtype, found in (("int64", "float64"), ("bool", "float64"), ("float16", "float16"), ("float32", "float32")):
        exact, tolerance = y, 2e-3 if found == "float16" else 1e-6
        if dtype == "bool":
            exact = function((x != 0).astype("float64"), False)[0]
        computed = value(function, x.astype(dtype))
        assert computed.dtype == found
        np.testing.assert_allclose(computed, exact, rtol=tolerance, atol=1e-3)
        if dtype == found:
            computed = gradient(function, np.full(4, 2, dtype), x.astype(dtype))
            assert computed.dtype == found
            np.testing.assert_allclose(computed, 2 * slope, rtol=tolerance, atol=1e-3)


def test_pieces_cover_all_numbers_once(monkeypatch):
    use_threads(monkeypatch, 3, block_bytes=200)
    monkeypatch.setattr(blocks, "PIECE", 7)
    for numbers in (0, 1, 7, 8, 100, 301):
        seen = []
        blocks.in_pieces(lambda piece, seen=seen: seen.extend(range(piece.start, piece.stop)), numbers, 4)
        assert sorted(seen) == list(range(numbers))
