"""Every kernel equals its plain twin: the formula one would write if speed did not matter."""

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigen
from minigen import backend, ops
from minigen.kernels import allocator, blocks, crossentropy

# ---- crossentropy


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


# ---- blocks: a product between convolutions


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("n, k, m", [(1, 1, 1), (1, 5, 4), (7, 3, 2), (8, 1, 9), (0, 3, 2)])
def test_product_is_the_product(n, k, m, threads, monkeypatch, xp):
    monkeypatch.setattr(blocks, "WORTH_A_THREAD", 0)
    monkeypatch.setattr(blocks, "_threads", lambda: threads)
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((n, k)), rng.standard_normal((k, m))
    for left in (a, np.asfortranarray(a)):  # xᵀ g comes with its rows across
        found = blocks.product(backend.asarray(left), backend.asarray(b))
        np.testing.assert_allclose(minigen.to_numpy(found), a @ b, rtol=1e-12, atol=1e-12)


# ---- allocator


def test_the_allocator_setting_is_harmless():
    """It may be called again, returns whether it took hold, and big arrays come and go as before."""
    assert allocator.keep_freed_memory() in (True, False)
    for _ in range(3):
        big = np.ones(10_000_000, "float32")
        assert big.sum() == 10_000_000
        del big


@pytest.mark.parametrize("error", [OSError, AttributeError, TypeError])
def test_the_allocator_setting_is_skipped_without_glibc(error, monkeypatch):
    def no_library(name):
        raise error("no such library")

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    assert allocator.keep_freed_memory() is False


@pytest.mark.parametrize("refused, expected", [((), True), ((1 << 30,), True), ((1 << 30, 32 << 20), False)])
def test_an_old_glibc_gets_the_largest_threshold_it_takes(refused, expected, monkeypatch):
    """mallopt returns 1 for a value that it takes and 0 for one that it does not."""
    asked = []

    class OldGlibc:
        def mallopt(self, option, value):
            asked.append((option, value))
            return int(option == allocator.M_TRIM_THRESHOLD or value not in refused)

    monkeypatch.setattr(ctypes, "CDLL", lambda name: OldGlibc())
    assert allocator.keep_freed_memory() is expected
    assert asked[0] == (allocator.M_MMAP_THRESHOLD, 1 << 30)
