"""k-grams: the next character from the last k, by counting (section 9.3)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ... import backend
from ...checks import positive_integer, positive_number
from ...datasets.text import Vocabulary, check_text
from ...errors import message


class Counts(NamedTuple):
    """What stands in a text, for one length of the context. Contexts and grams are sorted numbers, see _numbers()."""

    grams: np.ndarray  # c s, a context and the character behind it
    times: np.ndarray  # n(c s), how often
    contexts: np.ndarray  # c
    totals: np.ndarray  # n(c)
    kinds: np.ndarray  # T(c), how many different characters stand behind it


class KGram:
    """p(s | the last k characters) = (n(c s) + T(c) p(s | the last k - 1)) / (n(c) + T(c)),   down to 1 / characters

    with n(c s) how often the context c was followed by s in the training text, n(c) how often it was there, and T(c)
    how many different characters followed it: what was rarely or never seen is left to the shorter context. Source:
    Witten and Bell 1991, method C.

    The vocabulary is that of the text, unless a larger one is given. Raises ValueError for a text of k characters or
    less, and for a k so large that its contexts have no number of 63 bits.
    """

    def __init__(self, text: str, k: int, vocabulary: Vocabulary | None = None) -> None:
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 0:
            raise ValueError(message("KGram: k", expected="0 or more", got=repr(k), fix="KGram(text, 4)"))
        check_text(text, "KGram", least=int(k) + 1)
        if not (vocabulary is None or isinstance(vocabulary, Vocabulary)):
            where, expected, fix = "KGram: vocabulary", "a Vocabulary, or None", "text.Vocabulary(all_of_it)"
            raise TypeError(message(where, expected=expected, got=type(vocabulary).__name__, fix=fix))
        self.k, self.vocabulary = int(k), vocabulary or Vocabulary(text)
        size = len(self.vocabulary)
        if size ** (self.k + 1) >= 2**63:
            most = max(j for j in range(63) if size ** (j + 1) < 2**63)
            expected = f"{most} or less, for {size} characters"
            fix = "a smaller k: longer contexts are hardly ever seen twice"
            raise ValueError(message("KGram: k", expected=expected, got=k, fix=fix))
        codes = self.vocabulary.encode(text)
        self._counts = [self._count(codes, j) for j in range(self.k + 1)]

    def _count(self, codes: np.ndarray, j: int) -> Counts:
        """For contexts of j characters."""
        grams, times = np.unique(self._numbers(codes, j), return_counts=True)
        contexts, first = np.unique(grams // len(self.vocabulary), return_index=True)
        return Counts(grams, times, contexts, np.add.reduceat(times, first), np.diff([*first, len(grams)]))

    def _numbers(self, codes: np.ndarray, j: int) -> np.ndarray:
        """The number that each j + 1 characters in a row spell: of 3 characters a, b, c, "bca" is 1·9 + 2·3 + 0 = 15.

        Divided by 3 it is the number of the context "bc", 1·3 + 2 = 5.
        """
        size, n = len(self.vocabulary), len(codes) - j
        return sum((codes[i : i + n] * size ** (j - i) for i in range(1, j + 1)), codes[:n] * size**j)

    def probabilities(self, context: str) -> np.ndarray:
        """p(s | context) of all characters of the vocabulary, (characters,); of the context the last k count."""
        size = len(self.vocabulary)
        codes = self.vocabulary.encode(context)
        p = np.full(size, 1 / size)
        number = 0  # of the last j characters
        for j in range(min(self.k, len(codes)) + 1):
            number += int(codes[-j]) * size ** (j - 1) if j else 0
            p = self._mixed(number * size + np.arange(size), p, j)
        return p

    def _mixed(self, grams: np.ndarray, shorter: np.ndarray, j: int) -> np.ndarray:
        """p of these grams with contexts of j characters, given what those of j - 1 say: `shorter`."""
        counts, contexts = self._counts[j], grams // len(self.vocabulary)
        times = _look_up(counts.grams, counts.times, grams)
        totals = _look_up(counts.contexts, counts.totals, contexts)
        kinds = _look_up(counts.contexts, counts.kinds, contexts)
        return np.where(totals > 0, (times + kinds * shorter) / np.maximum(totals + kinds, 1), shorter)

    def nll(self, text: str) -> float:
        """-log p(text) in nats per character; each is predicted from those before it in this text."""
        codes = self.vocabulary.encode(check_text(text, "KGram.nll"))
        p = np.full(len(codes), 1 / len(self.vocabulary))
        for j in range(min(self.k, len(codes) - 1) + 1):  # the first characters have shorter contexts
            p[j:] = self._mixed(self._numbers(codes, j), p[j:], j)
        return float(-np.log(p).mean())

    def sample(self, n: int, prompt: str = "", temperature: float = 1.0) -> str:
        """n characters that go on from the prompt, each drawn given the last k, with probabilities ∝ p^(1/temperature).

        Errors as for CharRNN.sample().
        """
        n = positive_integer("KGram.sample: n", n, "sample(200)")
        temperature = positive_number("KGram.sample: temperature", temperature, "temperature=0.8")
        text = check_text(prompt, "KGram.sample: prompt", least=0)
        self.vocabulary.encode(text)
        for _ in range(n):
            context = text[len(text) - min(self.k, len(text)) :]
            p = self.probabilities(context)
            with backend.ignore_overflow():  # near 0 the exponent is inf: the likeliest character
                text += self.vocabulary.characters[backend.choice((p / p.max()) ** (1 / np.float64(temperature)))]
        return text[len(prompt) :]


def _look_up(keys: np.ndarray, values: Any, wanted: np.ndarray) -> np.ndarray:
    """The values of the wanted keys, which are sorted; 0 for those that are not there."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)
