"""Transformer: its formula in NumPy, its gradients, what a position sees, and reading piece by piece."""

import math

import numpy as np
import pytest
from helpers.autoregressive import awake

import minigen
from minigen import Tensor, gradcheck
from minigen.autograd import grad
from minigen.models.autoregressive.transformer import Transformer, TransformerBlock


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def block(heads=2, width=6):
    """A block with large weights, in float64."""
    made = TransformerBlock(heads, width)
    made(np.zeros((1, 2, width), "float32"))
    return awake(made).astype("float64")


def transformer(positions=7, blocks=2, heads=2, width=6):
    made = Transformer(positions, blocks, heads, width)
    made(np.zeros((1, 2, width), "float32"))
    return awake(made).astype("float64")


def normalised(x, layer):
    m, v = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return (x - m) / np.sqrt(v + 1e-5) * layer.gamma.numpy() + layer.beta.numpy()


def test_a_block_is_its_formula():
    """Position by position and head by head, with loops, and Φ by math.erf."""
    net, x = block(), drawn(1, 5, 6)
    weights = {name: w.numpy() for name, w in net.named_weights().items()}
    h = normalised(x, net.attention_norm)[0]  # (5, 6)
    attended = np.zeros((5, 6))
    for head in range(2):
        q, k, v = (
            h @ weights[f"attention/{name}/kernel"][:, head] + weights[f"attention/{name}/bias"][head]
            for name in ("query", "key", "value")
        )
        for i in range(5):
            p = np.exp(q[i] @ k[: i + 1].T / math.sqrt(3))
            attended[i] += p / p.sum() @ v[: i + 1] @ weights["attention/attention_output/kernel"][head]
    y = x + attended + weights["attention/attention_output/bias"]
    a = normalised(y, net.mlp_norm) @ weights["wide/kernel"] + weights["wide/bias"]
    phi = 0.5 * (1 + np.vectorize(math.erf)(a / math.sqrt(2)))
    want = y + (a * phi) @ weights["narrow/kernel"] + weights["narrow/bias"]
    np.testing.assert_allclose(net(x).numpy(), want, rtol=1e-9)


def test_the_gradients_of_a_block():
    gradcheck(TransformerBlock(1, 2).astype("float64"), [drawn(1, 3, 2)], order=2)


def test_no_position_sees_its_future():
    """d output i / d input j is 0, exactly, for j > i, and not 0 for j <= i."""
    net = transformer()
    x = Tensor(drawn(1, 5, 6), requires_grad=True)
    v = drawn(6, seed=1)
    for i in range(5):
        found = grad((net(x)[0, i] * v).sum(), [x])[0].numpy()[0]  # (5, 6)
        assert (found[i + 1 :] == 0).all() and (abs(found[: i + 1]).max(axis=1) > 1e-6).all()


@pytest.mark.parametrize("pieces", [(1,) * 7, (3, 1, 2, 1), (7,), (2, 5)])
def test_to_read_piece_by_piece_is_to_read_the_whole(pieces):
    net, x = transformer(), drawn(2, 7, 6)
    with minigen.no_grad():
        cache, found, begin = net.cache(2), [], 0
        for n in pieces:
            found.append(net.read(Tensor(x[:, begin : begin + n]), cache).numpy())
            begin += n
        want = net(x).numpy()
    assert cache.length == 7
    np.testing.assert_allclose(np.concatenate(found, axis=1), want, rtol=1e-10, atol=1e-12)


def test_attention_maps_are_the_weights_of_each_block():
    net, x = transformer(), drawn(1, 5, 6)
    maps = net.attention_maps(Tensor(x))
    assert [p.shape for p in maps] == [(1, 2, 5, 5)] * 2
    for p in maps:
        np.testing.assert_allclose(p.numpy().sum(axis=-1), 1, rtol=1e-12)
        assert (np.triu(p.numpy(), 1) == 0).all()
    first = net.blocks[0]
    h = first.attention_norm(Tensor(x) + net.positions(Tensor(x)))
    q, k = first.attention.query(h).numpy()[0, 1], first.attention.key(h).numpy()[0, 1]
    p = np.exp(q[3] @ k[:4].T / math.sqrt(3))
    np.testing.assert_allclose(maps[0].numpy()[0, 1, 3, :4], p / p.sum(), rtol=1e-9)


def test_what_adds_to_the_input_starts_smaller():
    minigen.seed(0)
    net = Transformer(64, 8, 4, 64)
    net(np.zeros((1, 2, 64), "float32"))
    for name, w in net.named_weights().items():
        if name.endswith("kernel"):
            smaller = "attention_output" in name or "narrow" in name
            assert w.numpy().std() == pytest.approx(0.02 / 4 if smaller else 0.02, rel=0.05)
    assert net.positions.embeddings.numpy().std() == pytest.approx(0.02, rel=0.05)


def test_dropout_is_for_training_alone():
    minigen.seed(0)
    net = Transformer(4, 1, 1, 8, dropout=0.5)
    x = drawn(1, 4, 8).astype("float32")
    net(x)
    a, b = net(x).numpy(), net(x).numpy()
    np.testing.assert_array_equal(a, b)
    assert (net(x, training=True).numpy() != a).any()
