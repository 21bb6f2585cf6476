"""Context windows on images: what they hold, probabilities counted by hand, and the same numbers from a network."""

import itertools

import numpy as np
import pytest
from helpers.full_mnist import FULL_SET
from helpers.refusals import refused

from minigen import Adam
from minigen.datasets import binarize, mnist
from minigen.models import ContextCounts, neighbours, past, window_network

COIN = np.random.default_rng(0).integers(0, 2, (3, 4, 5)).astype("float32")


# ---- windows


@pytest.mark.parametrize("window", [3, 7, neighbours(4), neighbours(10), [(-2, 3), (0, -4)]])
def test_a_window_holds_the_pixels_that_its_loop_finds(window):
    found = past(COIN, window)
    n, rows, columns = COIN.shape
    for image, r, c in itertools.product(range(n), range(rows), range(columns)):
        for j, value in enumerate(found[image, r, c]):
            if isinstance(window, int):
                at = r * columns + c - j - 1
                want = COIN[image].reshape(-1)[at] if at >= 0 else 0
            else:
                a, b = r + window[j][0], c + window[j][1]
                want = COIN[image, a, b] if a >= 0 and 0 <= b < columns else 0
            assert value == want
    assert past(COIN, 0).shape == (3, 4, 5, 0)


def test_the_nearest_neighbours():
    assert neighbours(4) == [(0, -1), (-1, 0), (-1, -1), (-1, 1)]
    ten = neighbours(10)
    assert set(ten[4:]) == {(0, -2), (-2, 0), (-1, -2), (-1, 2), (-2, -1), (-2, 1)} and neighbours(6) == ten[:6]
    for k in (1, 20, 60):
        every = neighbours(k)
        assert len(set(every)) == k and all(r < 0 or (r == 0 and c < 0) for r, c in every)
        far = max(r * r + c * c for r, c in every)
        nearer = [(r, c) for r in range(-12, 1) for c in range(-12, 13) if (r < 0 or c < 0) and r * r + c * c < far]
        assert set(nearer) <= set(every)


# ---- counting


def test_counts_by_hand():
    """11010 and 00110: behind a 0 or nothing stand ones and zeros to be counted; half of each comes before."""
    x = np.array([[[1, 1, 0, 1, 0]], [[0, 0, 1, 1, 0]]], "float32")
    model = ContextCounts(1).fit(x)
    after_0, after_1 = (3 + 0.5) / (5 + 1), (2 + 0.5) / (5 + 1)
    np.testing.assert_allclose(model.p, [after_0, after_1])
    want = -np.log([after_0, after_1, 1 - after_1, after_0, 1 - after_1]).sum()
    assert model.nll(x)[0] == pytest.approx(want)
    assert ContextCounts(0).fit(x).p == pytest.approx([5.5 / 11])
    assert ContextCounts(1, smoothing=2).fit(x).p[1] == pytest.approx(4 / 9)


@pytest.mark.parametrize("window", [2, neighbours(3)])
def test_the_probabilities_of_all_images_add_up_to_1(window):
    every = np.array(list(itertools.product([0.0, 1.0], repeat=9)), "float32").reshape(-1, 3, 3)
    model = ContextCounts(window).fit(binarize(np.random.default_rng(0).random((5, 3, 3)), 0.5))
    assert np.exp(-model.nll(every)).sum() == pytest.approx(1)


def test_the_table_of_the_sample():
    """A longer row helps little, the neighbours above much; on 1,000 sample digits."""
    (x, _), (x_test, _) = mnist.load_data("sample")
    x, x_test = (binarize(images[:1000] / 255.0, 0.5) for images in (x, x_test))
    nats = {k: ContextCounts(k).fit(x).nll(x_test).mean() for k in (0, 1, 8)}
    near = {k: ContextCounts(neighbours(k)).fit(x).nll(x_test).mean() for k in (4, 10)}
    assert nats[0] > 300 > 180 > nats[1] > nats[8] > 150 > 110 > near[4] > near[10] + 10


@pytest.mark.skipif(not FULL_SET.is_dir(), reason="the 70,000 digits are not here")
def test_the_table_of_the_10000_test_digits():
    """Half to count, half to score: the published counts to half a nat."""
    _, (x, _) = mnist.read_folder(FULL_SET)
    x = binarize(x / 255.0, 0.5)
    for window, nats in (
        (0, 325.8),
        (1, 170.1),
        (2, 166.1),
        (4, 165.6),
        (8, 165.0),
        (16, 163.2),
        (neighbours(4), 98.3),
    ):
        assert ContextCounts(window).fit(x[:5000]).nll(x[5000:]).mean() == pytest.approx(nats, abs=0.1)
    ten = [(0, c) for c in (-1, -2, -3)] + [(-1, c) for c in range(-2, 3)] + [(-2, 0), (-2, 1)]
    assert ContextCounts(ten).fit(x[:5000]).nll(x[5000:]).mean() == pytest.approx(85.8, abs=0.1)


# ---- a network in place of counts


def test_a_network_comes_to_what_is_counted():
    """On one pixel of context there are two numbers to learn, and both ways find them."""
    rng = np.random.default_rng(0)
    x = [np.zeros(2000)]
    for _ in range(11):  # it stays with probability 0.9, and ones are rarer than zeros
        x.append(np.where(x[-1] == 1, rng.random(2000) < 0.9, rng.random(2000) < 0.05))
    x = np.stack(x[1:], axis=1).astype("float32").reshape(2000, 1, 11)
    counted = ContextCounts(1).fit(x).nll(x).mean()
    model = window_network(1, hidden=8, pixels=11)
    model.compile(Adam(0.02))
    row = x.reshape(2000, 1, 11, 1)
    model.fit(row, row, batch_size=50, epochs=8, verbose=0)
    assert model.nll(row).mean() == pytest.approx(counted, abs=0.02)


# ---- bad input


def test_bad_windows_are_refused():
    with refused(ValueError, "past: window"):
        past(COIN, 20)
    with refused(ValueError, "past: window"):
        past(COIN, -1)
    with refused(ValueError, "past: window"):
        past(COIN, "4")
    with refused(ValueError, "past: window"):
        past(COIN, [(0, 1)])
    with refused(ValueError, "past: window"):
        past(COIN, [(0, 0)])
    with refused(ValueError, "past: window"):
        past(COIN, [(0, -1, 2)])
    with refused(ValueError, "past: window"):
        past(COIN, True)
    with refused(ValueError, "past: window"):
        past(COIN, 1.5)
    with refused(ValueError, "past: window"):
        past(COIN, [(-0.5, -1.7)])
    with refused(ValueError, "past: window"):
        past(COIN, [(0, -20000)])
    with refused(ValueError, "ContextCounts: window"):
        ContextCounts(10**13)
    with refused(ValueError, "neighbours: k"):
        neighbours(0)
    with refused(ValueError, "ContextCounts: window"):
        ContextCounts(28)
    with refused(ValueError, "ContextCounts: window"):
        ContextCounts(neighbours(30))
    with refused(ValueError, "past: window"):
        ContextCounts([(1, 0)])
    with refused(ValueError, "past: window"):
        ContextCounts(-1)
    with refused(ValueError, "smoothing"):
        ContextCounts(2, smoothing=0)


def test_bad_images_are_refused():
    with refused(ValueError, "images"):
        past(COIN[0], 2)
    with refused(ValueError, "not black and white"):
        past(COIN / 2, 2)
    with refused(ValueError, "not black and white"):
        ContextCounts(2).fit(COIN / 2)
    with refused(RuntimeError, "ContextCounts.nll"):
        ContextCounts(2).nll(COIN)
    with refused(ValueError, "past: window"):
        ContextCounts(21).fit(COIN)
