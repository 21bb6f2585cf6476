"""A Markov source: its entropies against sums over all texts, its draws, and what it refuses."""

import itertools

import numpy as np
import pytest
from helpers.refusals import refused

from minigen.datasets.text import MarkovSource


def entropies(source, most):
    """H(x₁ ... xₙ) for n = 0, 1, ..., by adding up over all words."""
    n, order = len(source.characters), source.order
    found = [0.0]
    for length in range(1, most + 1):
        total = 0.0
        for word in itertools.product(range(n), repeat=length):
            p = 0.0
            for start in itertools.product(range(n), repeat=order):  # what came before, in the long run
                context, q = list(start), source._stationary[int(np.polyval(start, n))]
                for c in word:
                    q *= source.p[int(np.polyval(context, n)), c]
                    context = [*context[1:], c]
                p += q
            total -= p * np.log(p)
        found.append(total)
    return np.array(found)


@pytest.mark.parametrize(("characters", "order"), [("ab", 1), ("ab", 3), ("abc", 2)])
def test_the_floors_are_differences_of_entropies(characters, order):
    """H(xᵢ | k before) = H(k + 1 characters) - H(k characters), which needs no formula for conditional entropies."""
    source = MarkovSource(characters, order, seed=3)
    want = np.diff(entropies(source, order + 2))
    np.testing.assert_allclose([source.conditional_entropy(k) for k in range(order + 2)], want, atol=1e-9)
    assert source.entropy_rate() == source.conditional_entropy(order) == source.conditional_entropy(order + 5)


def test_the_stationary_distribution_is_what_long_texts_have():
    source = MarkovSource("abc", 2, seed=1)
    codes = np.array([source.characters.index(c) for c in source.sample(60_000)])
    pairs = np.bincount(codes[:-1] * 3 + codes[1:], minlength=9) / (len(codes) - 1)
    np.testing.assert_allclose(pairs, source._stationary, atol=0.012)


def test_a_source_that_knows_no_chance():
    """Two characters in turn: after the first nothing is left to know."""
    source = MarkovSource("ab", 1)
    source.p = np.array([[0.0, 1.0], [1.0, 0.0]])
    source._stationary = source._stationary_distribution()
    assert source.conditional_entropy(0) == pytest.approx(np.log(2)) and source.entropy_rate() == pytest.approx(0)
    assert source.sample(6) in ("ababab", "bababa")


def test_nll_is_that_of_the_characters_one_by_one():
    source = MarkovSource("abc", 2, seed=1)
    p = source.p.reshape(3, 3, 3)  # of the third character, given the two before it
    text = "abcaacb"
    one_by_one = [-np.log(p[tuple("abc".index(c) for c in text[i : i + 3])]) for i in range(len(text) - 2)]
    assert source.nll(text) == pytest.approx(np.mean(one_by_one))
    assert source.nll(source.sample(60_000)) == pytest.approx(source.entropy_rate(), rel=0.02)
    source = MarkovSource("ab", 1)
    source.p = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert source.nll("abab") == 0 and source.nll("abba") == np.inf


def test_texts_of_a_source_are_those_of_their_seed():
    source = MarkovSource()
    assert source.sample(50, seed=1) == source.sample(50, seed=1) != source.sample(50, seed=2)
    assert len(source.sample(3)) == 3 and len(source.sample(1)) == 1


def test_bad_sources_are_refused():
    with refused(ValueError, "characters"):
        MarkovSource("a")
    with refused(ValueError, "characters"):
        MarkovSource("aba")
    with refused(ValueError, "order"):
        MarkovSource("ab", 0)
    with refused(ValueError, "contexts"):
        MarkovSource("abcdefghij", 7)
    with refused(ValueError, "contexts"):
        MarkovSource("ab", 13)
    with refused(ValueError, "concentration"):
        MarkovSource("ab", 1, 1e308)
    with refused(ValueError, "concentration"):
        MarkovSource("ab", 1, 0)
    with refused(ValueError, "sample: n"):
        MarkovSource().sample(0)
    with refused(ValueError, "unknown characters"):
        MarkovSource().nll("abcdx")
    with refused(ValueError, "MarkovSource.nll: text"):
        MarkovSource().nll("abc")
    with refused(TypeError, "MarkovSource.nll: text"):
        MarkovSource().nll(3)
    for k in (-1, 1.5, True, None):
        with refused(ValueError, "conditional_entropy: k"):
            MarkovSource().conditional_entropy(k)
