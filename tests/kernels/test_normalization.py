"""Normalisation in blocks: the same numbers, whatever the blocks and rows; the sums, and the memory."""

import tracemalloc

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.slides import use_threads

from minigen.kernels import normalization
from minigen.kernels.normalization import Groups, gradients, normalise

SHAPES = {"rows": (7, 1, 6, 1), "groups": (7, 10, 6, 3), "one group": (7, 10, 6, 1), "channels": (7, 10, 6, 6)}
every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


def results(n, positions, channels, groups):
    """y, m, s, dL/dx, dL/dγ and dL/dβ"""
    x, g = draw(n, positions, channels, dtype="float64"), draw(n, positions, channels, dtype="float64", seed=1)
    gamma, beta = draw(channels, dtype="float64", seed=2), draw(channels, dtype="float64", seed=3)
    y, m, s = normalise(x, gamma, beta, groups, 1e-3)
    return [y, m, s, *gradients(g, x, gamma, m, s)]


def assert_same(found, expected):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@every_shape
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("block_bytes", [1, 1000])
def test_many_blocks_and_threads_give_what_one_block_gives(shape, threads, block_bytes, monkeypatch):
    expected = results(*shape)
    use_threads(monkeypatch, threads, block_bytes)
    assert_same(results(*shape), expected)


@every_shape
@pytest.mark.parametrize("long", [1, 12, 30, 1000])
def test_rows_of_any_length_give_the_same(shape, long, monkeypatch):
    expected = results(*shape)
    monkeypatch.setattr(normalization, "LONG", long)
    assert_same(results(*shape), expected)


@pytest.mark.parametrize("few", [1, 2, 3, 64])
def test_the_sum_over_samples_in_groups_of_any_size(few, monkeypatch):
    monkeypatch.setattr(normalization, "FEW", few)
    scale, sums = draw(7, 2, dtype="float64"), draw(7, 6, dtype="float64", seed=1)
    expected = (sums * np.repeat(scale, 3, axis=1)).sum(axis=0)
    np.testing.assert_allclose(Groups(10, 6, 2).over_samples(scale, sums), expected, rtol=1e-12)


@pytest.mark.parametrize("positions, channels", [(1, 128), (784, 32), (49, 128), (7, 4000), (5, 3)])
def test_rows_are_whole_pixels_and_at_most_long(positions, channels):
    lay = Groups(positions, channels, 1)
    rows, length = lay.shape
    assert rows * length == positions * channels and length == lay.pixels * channels
    assert length <= max(normalization.LONG, channels)


def test_the_gradients_of_gamma_and_beta_are_exact_to_1e_6_in_float32():
    """200,000 times 0.1: added up one after the other the error is 1e-3."""
    g, x = np.full((200_000, 1, 4), 0.1, "float32"), np.ones((200_000, 1, 4), "float32")
    m, s = np.zeros((200_000, 1), "float32"), np.ones((200_000, 1), "float32")
    _, dgamma, dbeta = gradients(g, x, np.ones(4, "float32"), m, s)
    for found in (dgamma, dbeta):
        np.testing.assert_allclose(found, 200_000 * np.float64(np.float32(0.1)), rtol=1e-6)


def test_what_is_kept_and_how_much_memory_the_work_takes(monkeypatch):
    """Of 16 MB of x, y is as large, m and s are small, and the intermediate results are those of one block."""
    use_threads(monkeypatch, 1, 1 << 20)
    x, ones = draw(256, 256, 64), np.ones(64, "float32")
    tracemalloc.start()
    y, m, s = normalise(x, ones, ones, 8, 1e-3)
    _, forward = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    gradients(y, x, ones, m, s)
    _, both = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert m.shape == s.shape == (256, 8)
    assert forward < y.nbytes + (2 << 20) and both < 2 * y.nbytes + (4 << 20)
