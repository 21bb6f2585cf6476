"""k-grams: the next character from the last k, by counting (section 9.3)."""

from __future__ import annotations

import numpy as np

from .. import backend
from ..datasets.text import Alphabet, checked
from ..errors import message, positive_integer


class KGram:
    """p(s | the last k characters) = (n(c s) + T(c) p(s | the last k - 1)) / (n(c) + T(c)),   down to 1 / characters

    with n(c s) how often the context c was followed by s in the training text, n(c) how often it was there, and T(c)
    how many different characters followed it: what was rarely or never seen is left to the shorter context. Source:
    Witten and Bell 1991, method C.

    The alphabet is that of the text, unless a larger one is given. Raises ValueError for a text that is not longer than
    k, and for a k so large that its contexts have no number of 63 bits.
    """

    def __init__(self, text: str, k: int, alphabet: Alphabet | None = None) -> None:
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 0:
            raise ValueError(message("KGram: k", expected="0 or more", got=repr(k), write="KGram(text, 4)"))
        checked(text, "KGram", least=int(k) + 1)
        self.k, self.alphabet = int(k), alphabet or Alphabet(text)
        size = len(self.alphabet)
        if size ** (self.k + 1) >= 2**63:
            expected = f"{int(np.log(2.0**63) / np.log(size)) - 1} or less, for {size} characters"
            raise ValueError(
                message("KGram: k", expected=expected, got=k, write="a smaller k: longer ones are never seen")
            )
        codes = self.alphabet.encode(text)
        self._tables = [self._count(codes, j) for j in range(self.k + 1)]

    def _count(self, codes: np.ndarray, j: int) -> tuple[np.ndarray, ...]:
        """(grams c s, n(c s), contexts c, n(c), T(c)), the grams and contexts as sorted numbers, for windows of j."""
        size = len(self.alphabet)
        grams, counts = np.unique(self._numbers(codes, j), return_counts=True)
        contexts, first = np.unique(grams // size, return_index=True)
        return grams, counts, contexts, np.add.reduceat(counts, first), np.diff([*first, len(grams)])

    def _numbers(self, codes: np.ndarray, j: int) -> np.ndarray:
        """The number that each j + 1 characters in a row spell."""
        size, n = len(self.alphabet), len(codes) - j
        return sum((codes[i : i + n] * size ** (j - i) for i in range(1, j + 1)), codes[:n] * size**j)

    def probabilities(self, context: str) -> np.ndarray:
        """p(s | context) of all characters of the alphabet, (characters,); of the context the last k count."""
        size = len(self.alphabet)
        codes = self.alphabet.encode(context) if context else np.zeros(0, "int64")
        p = np.full(size, 1 / size)
        number = 0  # of the last j characters
        for j in range(min(self.k, len(codes)) + 1):
            number += int(codes[-j]) * size ** (j - 1) if j else 0
            p = self._mixed(number * size + np.arange(size), p, j)
        return p

    def _mixed(self, grams: np.ndarray, shorter: np.ndarray, j: int) -> np.ndarray:
        """p of these grams of window j, given what the window j - 1 says of them."""
        known, counts, contexts, totals, kinds = self._tables[j]
        context = grams // len(self.alphabet)
        n, total = _look_up(known, counts, grams), _look_up(contexts, totals, context)
        kind = _look_up(contexts, kinds, context)
        return np.where(total > 0, (n + kind * shorter) / np.maximum(total + kind, 1), shorter)

    def nats(self, text: str) -> float:
        """-log p of the text, per character, in nats: its characters are predicted from those before them."""
        codes = self.alphabet.encode(text)
        p = np.full(len(codes), 1 / len(self.alphabet))
        for j in range(min(self.k, len(codes) - 1) + 1):  # the first characters have shorter contexts
            p[j:] = self._mixed(self._numbers(codes, j), p[j:], j)
        return float(-np.log(p).mean())

    def sample(self, n: int, prompt: str = "") -> str:
        """n characters that go on from the prompt, each drawn given the last k."""
        text = prompt
        for _ in range(positive_integer("KGram.sample: n", n, "sample(200)")):
            borders = np.cumsum(self.probabilities(text[len(text) - self.k :] if self.k else ""))
            u = float(backend.to_numpy(backend.uniform((), "float64"))) * borders[-1]
            text += self.alphabet.characters[int(np.searchsorted(borders, u, side="right"))]
        return text[len(prompt) :]


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """values of the wanted keys, which are sorted; 0 for those that are not there."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)
