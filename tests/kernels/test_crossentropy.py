"""The sum inside the cross-entropy equals its plain twin, in both tails."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigen
from minigen import backend, ops
from minigen.kernels import crossentropy


def plain_nats(x, t):
    """Σ log(1 + eˣ) - t x in float64, one logarithm for each number."""
    x, t = x.astype("float64"), t.astype("float64")
    return np.sum(np.logaddexp(x, 0) - t * x)


def nats(x, t):
    """The kernel, called as the op calls it."""
    x, t = backend.asarray(x), backend.asarray(t)
    return minigen.to_numpy(crossentropy.nats(x, ops.sigmoid(x), t))


@pytest.mark.parametrize("shape", [(1,), (63,), (64,), (65,), (3, 128), (7, 28, 28)])
@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-5), ("float64", 1e-13)])
def test_nats_equals_the_plain_sum(shape, dtype, tolerance, xp):
    """Sizes around 64, the number of factors in one product, so that the rest beside whole products is met too."""
    rng = np.random.default_rng(0)
    x, t = (10 * rng.standard_normal(shape)).astype(dtype), rng.random(shape).astype(dtype)
    found = nats(x, t)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, plain_nats(x, t), rtol=tolerance)


@pytest.mark.parametrize("logit", [-1e4, -90, -20, -1e-6, 0, 1e-6, 20, 90, 1e4])
@pytest.mark.parametrize("target", [0, 1])
def test_nats_in_both_tails(logit, target, xp):
    """1,000 equal logits: float32 tells 20 from 20 + e⁻²⁰ in no way, but 0 must stay 0 and 10,000 stay 10,000."""
    x, t = np.full(1000, logit, "float32"), np.full(1000, target, "float32")
    np.testing.assert_allclose(nats(x, t), plain_nats(x, t), rtol=1e-5, atol=1e-4)


def test_a_product_of_the_smallest_factors_does_not_underflow():
    """All p = 1/2: each product is 2⁻⁶⁴."""
    x = np.zeros(640, "float32")
    np.testing.assert_allclose(nats(x, x), 640 * np.log(2), rtol=1e-6)


def test_nats_does_not_write_into_its_inputs():
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(200), rng.random(200), rng.random(200)]
    copies = [a.copy() for a in arrays]
    crossentropy.nats(*arrays)
    for a, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(a, copy)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(n=st.integers(0, 300), seed=st.integers(0, 99), dtype=st.sampled_from(["float32", "float64"]))
def test_sum_of_logs_equals_the_plain_sum(n, seed, dtype):
    q = np.random.default_rng(seed).uniform(0.5, 1, n).astype(dtype)
    expected = np.log(q.astype("float64")).sum()
    np.testing.assert_allclose(crossentropy.sum_of_logs(q), expected, rtol=1e-5 if dtype == "float32" else 1e-12)
