"""A Markov source: random text whose entropy is known exactly (section 9.3)."""

from __future__ import annotations

import numpy as np

from .. import backend
from ..checks.values import natural_number, number, positive_integer
from .checks import check_known, check_source, check_text


class MarkovSource:
    """Random text in which the next character depends on the last `order` characters only.

    The conditional probabilities are drawn from a Dirichlet distribution. With a small concentration a few characters
    are likely and the others rare, and the entropy is far below log(characters). No model can have a lower expected
    loss than entropy_rate(), and no model with a window of k characters a lower one than conditional_entropy(k). Both
    are exact (Shannon, 1948).

    characters     the vocabulary, such as "abcd"
    order          how many characters the next one depends on
    concentration  of the Dirichlet distribution
    seed           of the probabilities; sample() has its own

    Raises ValueError for less than two characters, a repeated one, an order below 1, a concentration outside of 0.01 to
    1000, and more than 4096 contexts.
    """

    def __init__(self, characters: str = "abcd", order: int = 3, concentration: float = 0.4, seed: int = 0) -> None:
        fix = 'MarkovSource("abcd", order=3)'
        self.characters = check_text(characters, "MarkovSource")
        self.order = positive_integer("MarkovSource: order", order, fix)
        check_source(self.characters, self.order, fix)
        where = "MarkovSource: concentration"
        concentration = number(where, concentration, "0.01 to 1000", fix, low=0.01, below=1000.1)
        rng, n = backend.generator(seed, "MarkovSource: seed"), len(characters)
        self.p = rng.dirichlet([concentration] * n, size=n**self.order)  # (contexts, n), the oldest character first
        self._stationary = self._stationary_distribution()

    def _stationary_distribution(self) -> np.ndarray:
        """The long-run probabilities π of the contexts, (n^order,): the linear system π = π T and Σ π = 1.

        T takes context (c₁, ..., cₘ) to (c₂, ..., cₘ, s) with probability p(s | c₁, ..., cₘ).
        """
        contexts, n = self.p.shape
        t = np.zeros((contexts, contexts))
        for s in range(n):
            t[np.arange(contexts), (np.arange(contexts) * n + s) % contexts] += self.p[:, s]
        system = t.T - np.eye(contexts)
        system[-1] = 1  # Σ π = 1 replaces one equation of π = π T, which follows from the others
        right = np.zeros(contexts)
        right[-1] = 1
        return np.maximum(np.linalg.solve(system, right), 0)

    def conditional_entropy(self, k: int) -> float:
        """H(xᵢ | xᵢ₋ₖ, ..., xᵢ₋₁) in nats per character: the best expected loss of a model with a window of k >= 0.

        -Σ p(c, s) log p(s | c) over contexts c of k characters and next characters s. Raises ValueError unless k is an
        integer, 0 or more.
        """
        k = natural_number("MarkovSource.conditional_entropy: k", k, "source.conditional_entropy(2)")
        n, k = len(self.characters), min(k, self.order)
        joint = self._stationary[:, None] * self.p  # (n^order, n): p(context, next character)
        joint = joint.reshape(n ** (self.order - k), n**k, n).sum(axis=0)  # (n^k, n), the older characters summed out
        context = joint.sum(axis=1, keepdims=True)  # (n^k, 1)
        occurs = joint > 0
        return float(-(joint[occurs] * np.log((joint / np.maximum(context, 1e-300))[occurs])).sum())

    def entropy_rate(self) -> float:
        """The entropy of a character given the whole past, in nats."""
        return self.conditional_entropy(self.order)

    def nll(self, text: str) -> float:
        """-log p of the characters of a text after the first `order`, given those before: a mean in nats per character.

        Its expected value is entropy_rate(). By how much a model's -log p of the same text is larger tells how far the
        model is from the source: on one text the two are large or small together. Raises TypeError unless the text is a
        string, ValueError for other characters and for a text of `order` characters or less.
        """
        where, n = "MarkovSource.nll", len(self.characters)
        check_known(check_text(text, where, least=self.order + 1), self.characters)
        number = {c: i for i, c in enumerate(self.characters)}
        windows = np.lib.stride_tricks.sliding_window_view([number[c] for c in text], self.order + 1)
        context = windows[:, :-1] @ n ** np.arange(self.order)[::-1]  # the oldest character first
        with np.errstate(divide="ignore"):  # inf for a text that the source never writes
            return float(-np.log(self.p[context, windows[:, -1]]).mean())

    def sample(self, n: int, seed: int = 0) -> str:
        """n characters of the stationary source, n >= 1, drawn from `seed`."""
        n = positive_integer("MarkovSource.sample: n", n, "source.sample(100_000)")
        rng = backend.generator(seed, "MarkovSource.sample: seed")
        size, contexts = len(self.characters), len(self.p)
        context = int(rng.choice(contexts, p=self._stationary / self._stationary.sum()))
        cdf, draws, codes = np.cumsum(self.p, axis=1), rng.random(n), []
        for u in draws:
            codes.append(min(int(np.searchsorted(cdf[context], u, side="right")), size - 1))
            context = (context * size + codes[-1]) % contexts
        return "".join(self.characters[i] for i in codes)
