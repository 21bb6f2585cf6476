"""k-grams against counts by hand."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen.datasets.text import MarkovSource, Vocabulary
from minigen.models.autoregressive.kgram import KGram


def test_a_kgram_by_hand():
    """abracadabra: a 5, b 2, r 2, c 1, d 1. p(x) = (n + 5 / 5) / (11 + 5); after a come b, c, d, b: three kinds."""
    unigram, bigram = KGram("abracadabra", 0), KGram("abracadabra", 1)
    p = np.array([5, 2, 1, 1, 2]) / 16 + 1 / 16
    np.testing.assert_allclose(unigram.probabilities(""), p)
    np.testing.assert_allclose(unigram.probabilities("ra"), p)
    np.testing.assert_allclose(bigram.probabilities("ra"), (np.array([0, 2, 1, 1, 0]) + 3 * p) / (4 + 3))
    np.testing.assert_allclose(bigram.probabilities(""), p)
    assert unigram.nll("ab") == pytest.approx(-np.log(p[:2]).mean())


@pytest.mark.parametrize("k", [0, 1, 3, 6])
def test_the_score_of_a_text_is_the_chain_rule(k):
    source = MarkovSource(seed=2)
    model, new = KGram(source.sample(400), k), source.sample(60, seed=5)
    by_hand = [model.probabilities(new[:i])[model.vocabulary.encode(c)[0]] for i, c in enumerate(new)]
    assert model.nll(new) == pytest.approx(-np.log(by_hand).mean())
    for context in ("", "a", "abcd", "dddddddd"):
        assert model.probabilities(context).sum() == pytest.approx(1)


def test_kgrams_come_down_to_the_floor_of_their_window():
    source = MarkovSource("abc", 2)
    train, new = source.sample(60_000), source.sample(20_000, seed=1)
    want = [source.conditional_entropy(k) for k in range(4)]
    for k in range(4):
        assert KGram(train, k).nll(new) == pytest.approx(want[k], abs=0.02)
    assert (
        source.conditional_entropy(0) > source.conditional_entropy(1) + 0.025 > source.conditional_entropy(2) + 0.05
    )  # so that this says something


def test_a_larger_alphabet_leaves_room_for_what_was_never_seen():
    model = KGram("abab", 1, Vocabulary("abc"))
    assert model.probabilities("a")[2] > 0 and np.isfinite(model.nll("abcb"))


def test_kgrams_write_by_their_probabilities():
    """How often each character comes after each context, in 20,000 that were written: to 3 deviations of the rarest."""
    source = MarkovSource("abc", 1, seed=4)
    model = KGram(source.sample(300), 1)
    minigen.seed(0)
    codes = model.vocabulary.encode(model.sample(20_000, "a"))
    for context in range(3):
        behind = np.bincount(codes[1:][codes[:-1] == context], minlength=3)
        np.testing.assert_allclose(behind / behind.sum(), model.probabilities("abc"[context]), atol=0.03)
    assert len(model.sample(5)) == 5


def test_temperature_sharpens_what_a_kgram_writes():
    """p(a), p(b) = 1/4, 3/4 become 1/10, 9/10 at temperature 1/2, and 0, 1 near 0."""
    minigen.seed(0)
    model = KGram("abbb" * 200, 0)
    for temperature, share in ((1.0, 0.75), (0.5, 0.9), (1e-4, 1.0), (1e-320, 1.0)):
        found = model.sample(3000, temperature=temperature).count("b") / 3000
        assert found == pytest.approx(share, abs=0.02)


def test_bad_kgrams_are_refused():
    with refused(ValueError, "KGram: k"):
        KGram("abc", -1)
    with refused(ValueError, "KGram: k"):
        KGram("abc", 1.5)
    with refused(ValueError, "KGram: k"):
        KGram("abcdefghijklmnop" * 10, 15)
    with refused(ValueError, "KGram: text"):
        KGram("abc", 3)
    with refused(ValueError, "61 or less"):
        KGram("ab" * 100, 62)
    KGram("ab" * 100, 61)
    with refused(TypeError, "KGram: vocabulary"):
        KGram("abc", 1, "abc")
    with refused(TypeError, "prompt"):
        KGram("abc", 1).sample(3, None)
    with refused(ValueError, "KGram: text"):
        KGram("", 0)
    with refused(ValueError, "unknown characters"):
        KGram("abc", 1).nll("abd")
    with refused(ValueError, "unknown characters"):
        KGram("abc", 1).sample(3, "x")
    with refused(ValueError, "unknown characters"):
        KGram("abc", 0).sample(3, "x")
    with refused(ValueError, "sample: n"):
        KGram("abc", 1).sample(0)
    with refused(ValueError, "KGram.nll"):
        KGram("abc", 1).nll("")
    with refused(ValueError, "temperature"):
        KGram("abc", 1).sample(3, temperature=0)
