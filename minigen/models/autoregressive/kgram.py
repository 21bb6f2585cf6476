"""k-grams: the next character from the last k, by counting (section 9.3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ... import backend
from ...checks.values import natural_number
from ...datasets.checks import check_text
from ...datasets.text import Vocabulary
from .checks import check_contexts_have_numbers, check_is_vocabulary, sampling_arguments


class Counts(NamedTuple):
    """The counts of a text for one length of the context. Contexts and grams are sorted numbers, see _numbers()."""

    grams: np.ndarray  # c s, a context and the next character, (grams,)
    times: np.ndarray  # n(c s), (grams,)
    contexts: np.ndarray  # c, (contexts,)
    totals: np.ndarray  # n(c), (contexts,)
    kinds: np.ndarray  # T(c), (contexts,)


class KGram:
    """p(s | the last k characters) = (n(c s) + T(c) p(s | the last k - 1)) / (n(c) + T(c)),   down to 1 / characters

    with n(c s) the number of times that s follows the context c in the training text, n(c) the number of occurrences of
    c, and T(c) the number of different characters that follow it: after a rare context, the probabilities of the
    shorter one dominate. Source: Witten and Bell 1991, method C.

    The vocabulary is that of the text, unless a larger one is given. Raises ValueError for a text of k characters or
    fewer, and for characters^(k + 1) >= 2^63, because a context and its next character are stored as an int64.
    """

    def __init__(self, text: str, k: int, vocabulary: Vocabulary | None = None) -> None:
        self.k = natural_number("KGram: k", k, "KGram(text, 4)")
        check_text(text, "KGram", least=self.k + 1)
        check_is_vocabulary(vocabulary)
        self.vocabulary = vocabulary or Vocabulary(text)
        check_contexts_have_numbers(self.k, len(self.vocabulary))
        codes = self.vocabulary.encode(text)
        self._counts = [self._count(codes, j) for j in range(self.k + 1)]

    def _count(self, codes: np.ndarray, j: int) -> Counts:
        """The counts for contexts of j characters."""
        grams, times = np.unique(self._numbers(codes, j), return_counts=True)
        contexts, first = np.unique(grams // len(self.vocabulary), return_index=True)
        return Counts(grams, times, contexts, np.add.reduceat(times, first), np.diff([*first, len(grams)]))

    def _numbers(self, codes: np.ndarray, j: int) -> np.ndarray:
        """Each j + 1 consecutive characters as the digits of a number, (len(codes) - j,).

        In the vocabulary a, b, c, "bca" is 1·9 + 2·3 + 0 = 15, and 15 // 3 = 5 is the number of its context "bc".
        """
        size, n = len(self.vocabulary), len(codes) - j
        return sum((codes[i : i + n] * size ** (j - i) for i in range(1, j + 1)), codes[:n] * size**j)

    def probabilities(self, context: str) -> np.ndarray:
        """p(s | the last k characters of context) for all characters s of the vocabulary, (characters,)."""
        size = len(self.vocabulary)
        codes = self.vocabulary.encode(context)
        p = np.full(size, 1 / size)
        number = 0  # of the last j characters
        for j in range(min(self.k, len(codes)) + 1):
            number += int(codes[-j]) * size ** (j - 1) if j else 0
            p = self._interpolated(number * size + np.arange(size), p, j)
        return p

    def _interpolated(self, grams: np.ndarray, shorter: np.ndarray, j: int) -> np.ndarray:
        """p of these grams with contexts of j characters, from their p with contexts of j - 1: `shorter`."""
        counts, contexts = self._counts[j], grams // len(self.vocabulary)
        times = _look_up(counts.grams, counts.times, grams)
        totals = _look_up(counts.contexts, counts.totals, contexts)
        kinds = _look_up(counts.contexts, counts.kinds, contexts)
        return np.where(totals > 0, (times + kinds * shorter) / np.maximum(totals + kinds, 1), shorter)

    def nll(self, text: str) -> float:
        """-log p(text) in nats per character. The context of a character is limited to this text.

        Raises ValueError for an empty text and for characters that are not in the vocabulary.
        """
        codes = self.vocabulary.encode(check_text(text, "KGram.nll"))
        p = np.full(len(codes), 1 / len(self.vocabulary))
        for j in range(min(self.k, len(codes) - 1) + 1):  # the first characters have shorter contexts
            p[j:] = self._interpolated(self._numbers(codes, j), p[j:], j)
        return float(-np.log(p).mean())

    def sample(self, n: int, prompt: str = "", temperature: float = 1.0) -> str:
        """n characters that continue the prompt, each drawn given the last k, with probabilities ∝ p^(1/temperature).

        Raises ValueError and TypeError as CharRNN.sample().
        """
        n, text, temperature = sampling_arguments("KGram.sample", n, prompt, temperature)
        self.vocabulary.encode(text)
        for _ in range(n):
            context = text[len(text) - min(self.k, len(text)) :]
            p = self.probabilities(context)
            with backend.ignore_overflow():  # the exponent is inf for a tiny temperature: the most probable character
                text += self.vocabulary.characters[backend.choice((p / p.max()) ** (1 / np.float64(temperature)))]
        return text[len(prompt) :]


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The values of the wanted keys, or 0 where a key is missing. `keys` is sorted."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)
