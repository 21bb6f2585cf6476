"""Attention in blocks equals attention in one block, and holds no more than some blocks of weights."""

import numpy as np
import pytest
from helpers.draws import normal
from helpers.memory import peak

import minigen
from minigen import backend
from minigen.kernels import attention, blocks


def value_and_gradients(mask, batch=2, heads=3, n=150, m=150):
    """y, dL/dq, dL/dk, dL/dv of random q, k, v and g."""
    q, k, v, g = (
        backend.asarray(normal(batch, heads, *shape, dtype="float64", seed=i))
        for i, shape in enumerate([(n, 5), (m, 5), (m, 4), (n, 4)])
    )
    mask = backend.asarray(mask) if isinstance(mask, np.ndarray) else mask
    y, log_sum = attention.attention(q, k, v, mask, 0.4)
    gradients = attention.attention_gradients(q, k, v, g, log_sum, mask, 0.4)
    return [minigen.to_numpy(a) for a in (y, log_sum, *gradients)]


MASKS = {
    "no mask": None,
    "causal": "causal",
    "an array": np.random.default_rng(0).random((2, 3, 150, 150)) > np.linspace(0, 1, 150)[:, None],
}


@pytest.mark.parametrize("heads_or_samples", [(2, 3), (4, 2)], ids=["heads divided", "samples divided"])
@pytest.mark.parametrize("name", ["no mask", "causal"])
def test_blocks_of_few_rows_equal_one_block(xp, monkeypatch, name, heads_or_samples):
    batch, heads = heads_or_samples
    monkeypatch.setattr(attention, "CAUSAL_ROWS", 150)
    one = value_and_gradients(MASKS[name], batch, heads)
    monkeypatch.setattr(attention, "CAUSAL_ROWS", 64)
    monkeypatch.setattr(attention, "GPU_BLOCKS", 1)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 40 * 150 * 8 * 2)
    for found, expected in zip(value_and_gradients(MASKS[name], batch, heads), one, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def test_a_mask_is_divided_with_the_rows(xp, monkeypatch):
    one = value_and_gradients(MASKS["an array"])
    assert np.isinf(one[1]).any(), "no row that may look at nothing"
    monkeypatch.setattr(attention, "GPU_BLOCKS", 1)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 40 * 150 * 8 * 2)
    for found, expected in zip(value_and_gradients(MASKS["an array"]), one, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("n, m", [(150, 70), (70, 150), (1, 150), (150, 1)])
def test_a_causal_mask_of_more_or_fewer_keys_than_queries(n, m, monkeypatch):
    """The same as the array of its ones: query i sees the keys j <= i."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 40 * 150 * 8)
    may_look = np.broadcast_to(np.tri(n, m, dtype=bool), (2, 3, n, m))
    for found, expected in zip(
        value_and_gradients("causal", n=n, m=m), value_and_gradients(may_look, n=n, m=m), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("mask", [None, "causal"])
def test_the_weights_of_long_sequences_are_never_all_in_memory(mask, monkeypatch):
    """Four heads of 2,048 rows: the weights alone would take 67 MB. Each thread has blocks of its own."""
    monkeypatch.setattr(blocks, "_threads", lambda: 1)
    n, heads, d = 2048, 4, 8
    q, k, v, g = (normal(1, heads, n, d, seed=i) for i in range(4))
    y, log_sum = attention.attention(q, k, v, mask, 1.0)
    all_weights = heads * n * n * 4
    assert peak(lambda: attention.attention(q, k, v, mask, 1.0)) < all_weights / 8
    assert peak(lambda: attention.attention_gradients(q, k, v, g, log_sum, mask, 1.0)) < all_weights / 6
