"""The layers of the U-Net: where they start, their gradients, and what they refuse."""

import numpy as np
import pytest
from helpers.refusals import NO_SIZES, refused

import minigen
from minigen import gradcheck
from minigen.models.diffusions.blocks import SpatialAttention, TimeResidualBlock, group_normalization

RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 3, 2, 2))
E = RNG.standard_normal((2, 3))


def random_weights(layer):
    """New numbers for all weights: none of them is zero."""
    for w in layer.weights():
        w.assign(RNG.standard_normal(w.shape) / 2)
    return layer


def block(filters, x=X, e=E):
    """A block in float64 that was called once."""
    layer = TimeResidualBlock(filters).astype("float64")
    layer(x, e)
    return layer


# ---- residual blocks


def test_a_new_block_is_its_shortcut(xp):
    minigen.seed(0)
    same, wider = block(2), block(4)
    np.testing.assert_array_equal(same(X, E).numpy(), X)
    kernel = wider.shortcut.kernel.numpy()[0, 0]
    np.testing.assert_allclose(wider(X, E).numpy(), X @ kernel, rtol=1e-12)


@pytest.mark.parametrize("filters", [2, 4])
def test_number_of_weights(filters):
    convolutions = 9 * 2 * filters + filters + 9 * filters**2 + filters
    shortcut = 0 if filters == 2 else 2 * filters + filters
    assert block(filters).count_params() == 2 * 2 + 2 * filters + convolutions + 3 * filters + filters + shortcut


def test_the_embedding_is_the_samples_own():
    layer = random_weights(block(4))
    assert abs(layer(X, E).numpy() - layer(X, 2 * E).numpy()).min(axis=(1, 2)).max() > 0.01
    np.testing.assert_allclose(layer(X, E).numpy()[:1], layer(X[:1], E[:1]).numpy(), rtol=1e-12)


@pytest.mark.parametrize("filters", [2, 4])
def test_gradients_of_a_block(filters):
    gradcheck(random_weights(block(filters)), [X, E], order=2, max_elements=20)


def test_no_group_is_a_single_channel():
    groups = {2: 1, 4: 2, 6: 1, 7: 1, 8: 4, 16: 8, 24: 4, 48: 8, 96: 8, 128: 8}
    assert {n: group_normalization(n).groups for n in groups} == groups


@pytest.mark.parametrize("filters", NO_SIZES)
def test_filters_are_positive_integers(filters):
    where = "TimeResidualBlock: filters"
    with refused(ValueError, where=where, expected="a positive integer", got=repr(filters), fix="TimeResidualBlock(64"):
        TimeResidualBlock(filters)


# ---- attention


def attention(x=X):
    layer = SpatialAttention().astype("float64")
    layer(x)
    return random_weights(layer)


def test_attention_knows_no_places(xp):
    """Pixels in another order give the same outputs in that order."""
    layer = attention()
    order = RNG.permutation(6)
    y = layer(X).numpy().reshape(2, 6, 2)
    moved = X.reshape(2, 6, 2)[:, order].reshape(X.shape)
    np.testing.assert_allclose(layer(moved).numpy().reshape(2, 6, 2), y[:, order], rtol=1e-10)


def test_every_pixel_looks_at_all_pixels():
    layer = attention()
    x = X.copy()
    x[0, 2, 1] += 1
    moved = abs(layer(x).numpy() - layer(X).numpy()).max(axis=-1)
    assert moved[0].min() > 1e-6 and moved[1].max() == 0


def test_gradients_of_the_attention():
    gradcheck(attention(), [X], order=2)
    assert attention().count_params() == 2 * 2 + 4 * (2 * 2 + 2)
