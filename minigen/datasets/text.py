"""Text for the models of section 9.3: a Markov source whose entropy is known, and natural text without a download."""

from __future__ import annotations

import ast
import codecs
import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..checks import number, positive_integer
from ..errors import message
from ..storage.files import as_path, check_readable
from .kinds import PACKED, how_to_open, kind_of


class Vocabulary:
    """The characters of a text, sorted, and their numbers 0, 1, ...

    Raises ValueError for an empty text, TypeError for what is no text.
    """

    def __init__(self, text: str) -> None:
        self.characters = "".join(sorted(set(check_text(text, "Vocabulary"))))
        self._number = {c: i for i, c in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def __repr__(self) -> str:
        return f"Vocabulary({self.characters!r})"

    def encode(self, text: str) -> np.ndarray:
        """The numbers of its characters, int64; ValueError, with their places, for those that the vocabulary lacks."""
        unknown = sorted(set(check_text(text, "Vocabulary.encode", least=0)) - set(self.characters))
        if unknown:
            first = min(text.index(c) for c in unknown)
            got = (
                f"{', '.join(map(repr, unknown[:8]))}, the first at {first}: {text[max(0, first - 10) : first + 10]!r}"
            )
            expected = f"the {len(self)} characters of the training text"
            fix = "a text without them, or train on one that has them"
            raise ValueError(message("unknown characters", expected=expected, got=got, fix=fix))
        return np.array([self._number[c] for c in text], "int64")

    def decode(self, codes: Any) -> str:
        """The text of numbers (n,); ValueError for what are none of 0..characters - 1."""
        numbers = np.asarray(codes)
        if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
            expected, got = "integers, one axis", f"{numbers.dtype}, shape {numbers.shape}"
            raise ValueError(message("Vocabulary.decode", expected=expected, got=got, fix="decode(encode(text))"))
        if numbers.size and not (0 <= numbers.min() and numbers.max() < len(self)):
            got = f"{numbers.min()}..{numbers.max()}"
            raise ValueError(message("Vocabulary.decode", expected=f"0..{len(self) - 1}", got=got, fix="encode(text)"))
        return "".join(self.characters[i] for i in numbers)


def check_text(text: Any, where: str, least: int = 1) -> str:
    """The text, if it is one and not shorter than that."""
    if not isinstance(text, str):
        fix = 'text.read("file.txt"), or a string'
        raise TypeError(message(f"{where}: text", expected="a string", got=type(text).__name__, fix=fix))
    if len(text) < least:
        expected = f"{least:,} characters or more"
        fix = "more text"
        raise ValueError(message(f"{where}: text", expected=expected, got=f"{len(text):,}", fix=fix))
    return text


@checks_arguments
def read(path: str | os.PathLike[str]) -> str:
    """A text file in UTF-8, its line ends as "\\n", without a byte order mark.

    Raises OSError if there is no such file, ValueError if it is empty, in another encoding, packed or no text, and
    TypeError for what is no path.
    """
    path = as_path(path)
    try:
        check_readable(path)
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        if "expected:" in str(error):
            raise
        got, fix = getattr(error, "strerror", None) or str(error), "the path of a text file"
        kind = type(error) if isinstance(error, OSError) else ValueError
        raise kind(message(f"text.read: {path}", expected="a text file", got=got, fix=fix)) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _no_utf8(path, data, f"byte 0x{data[error.start]:02x} at {error.start}") from None
    if "\0" in text or kind_of(data) == "a PDF document":  # which may be plain letters
        raise _no_utf8(path, data, f"a NUL at {text.find(chr(0))}")
    return check_text(text.replace("\r\n", "\n").replace("\r", "\n"), str(path))


def _no_utf8(path: Path, data: bytes, problem: str) -> ValueError:
    """The error for a file that is no text in UTF-8: what it is, as far as its bytes show it, and how to read it."""
    kind, encoding = kind_of(data), _encoding(data)
    if kind:
        got, fix = kind, how_to_open(path, kind) or "the path of a text file"
        if kind in PACKED:
            fix += '.decode("utf-8")'
    elif encoding == "utf-8":
        got = f"{problem}; the rest is UTF-8, so this file may be damaged"
        fix = f'Path({str(path)!r}).read_text(encoding="utf-8", errors="replace")'
    elif encoding:
        words = data.decode(encoding)
        first = next((i for i, c in enumerate(words) if c > "~"), 0)
        got = f"{problem}; as {encoding} it reads {words[max(0, first - 12) : first + 12]!r}"
        fix = f'Path({str(path)!r}).read_text(encoding="{encoding}")'
    elif b"\0" in data and _decodes(data.replace(b"\0", b""), "utf-8"):
        got, fix = f"{problem}", f'Path({str(path)!r}).read_text(encoding="utf-8").replace("\\0", "")'
    else:
        got = f"{problem}: another encoding, or no text"
        fix = f'Path({str(path)!r}).read_text(encoding=NAME), NAME such as "cp1251", "utf-16-le" or "shift_jis"'
    return ValueError(message(str(path), expected="text in UTF-8", got=got, fix=fix))


def _encoding(data: bytes) -> str:
    """The name of the encoding that the bytes speak for, or ""."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32" if _decodes(data, "utf-32") else ""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16" if _decodes(data, "utf-16") else ""
    if b"\0" in data:  # half of the bytes of Latin letters in UTF-16, three quarters in UTF-32
        wide = [e for e in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be") if _decodes(data, e)]
        return next((e for e in wide if 2 * sum(map(str.isascii, data.decode(e))) > len(data.decode(e))), "")
    replaced = data.decode(errors="replace")
    damaged = replaced.count("\ufffd")
    if sum(not c.isascii() for c in replaced) > 2 * damaged:  # more whole characters than damaged ones
        return "utf-8"
    if re.search(rb"[\x80-\xff]{6}", data):  # no Western language has so many such letters in a row
        return ""
    western = "cp1252" if re.search(rb"[\x80-\x9f]", data) else "latin1"
    return western if _decodes(data, western) else ""


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        return "\0" not in data.decode(encoding)
    except UnicodeDecodeError:
        return False


def documentation() -> str:
    """What the source of minigen says of itself, in English and formulas: all docstrings of the package, file after
    file in the order of their names. Characters that are seen less than 20 times become spaces.

    It grows with the package, so a score on it goes with its length and version.
    """
    package = Path(__file__).parent.parent
    parts = []
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and (found := ast.get_docstring(node)):
                parts.append(found)
    text = "\n\n".join(parts)
    rare = {c for c in set(text) if text.count(c) < 20}
    return text.translate(dict.fromkeys(map(ord, rare), " "))


class MarkovSource:
    """Random text in which the last `order` characters tell all that can be known of the next one.

    The conditional probabilities are drawn from a Dirichlet distribution: with a small concentration a few characters
    are likely and the others rare, and the entropy is far below log(characters). Everything about it is exact:
    entropy_rate() is what no model can beat, conditional_entropy(k) what none can that sees the last k characters only.

    characters     the vocabulary, such as "abcd"
    order          how many characters the next one depends on
    concentration  of the Dirichlet distribution
    seed           of the probabilities; sample() has its own

    Raises ValueError for less than two characters, the same one twice, an order below 1, a concentration outside of
    0.01 to 1000, and more than 4096 contexts.
    """

    def __init__(self, characters: str = "abcd", order: int = 3, concentration: float = 0.4, seed: int = 0) -> None:
        fix = 'MarkovSource("abcd", order=3)'
        n, order = len(check_text(characters, "MarkovSource")), positive_integer("MarkovSource: order", order, fix)
        if n < 2 or len(set(characters)) < n:
            where, expected = "MarkovSource: characters", "two or more, each once"
            raise ValueError(message(where, expected=expected, got=repr(characters), fix=fix))
        if order > 12 or n**order > 4096:
            where, expected = "MarkovSource: contexts", "4096 or fewer"
            raise ValueError(message(where, expected=expected, got=f"{n}^{order}", fix=fix))
        where, expected = "MarkovSource: concentration", "0.01 to 1000"
        concentration = number(where, concentration, expected, fix, low=0.01, below=1000.1)
        self.characters, self.order = characters, order
        rng = backend.generator(seed, "MarkovSource: seed")
        self.p = rng.dirichlet([concentration] * n, size=n**order)  # (contexts, n); the oldest character counts most
        self._stationary = self._stationary_distribution()

    def _stationary_distribution(self) -> np.ndarray:
        """The probabilities π of the contexts after a long time, (n^order,): π = π T and Σ π = 1, a linear system.

        T takes context (c₁, ..., cₘ) to (c₂, ..., cₘ, s) with p(s | c₁, ..., cₘ).
        """
        contexts, n = self.p.shape
        t = np.zeros((contexts, contexts))
        for s in range(n):
            t[np.arange(contexts), (np.arange(contexts) * n + s) % contexts] += self.p[:, s]
        system = t.T - np.eye(contexts)
        system[-1] = 1  # one line of π = π T follows from the others
        right = np.zeros(contexts)
        right[-1] = 1
        return np.maximum(np.linalg.solve(system, right), 0)

    def conditional_entropy(self, k: int) -> float:
        """H(xᵢ | xᵢ₋ₖ, ..., xᵢ₋₁) in nats per character: the best that a model with a window of k can do, k >= 0.

        -Σ p(c, s) log p(s | c) over contexts c of k characters and the next one s.
        """
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 0:
            where, fix = "MarkovSource.conditional_entropy: k", "source.conditional_entropy(2)"
            raise ValueError(message(where, expected="0 or more", got=repr(k), fix=fix))
        n, k = len(self.characters), min(int(k), self.order)
        joint = self._stationary[:, None] * self.p  # p(order characters, the next one), (n^order, n)
        joint = joint.reshape(n ** (self.order - k), n**k, n).sum(axis=0)  # the older characters summed out, (n^k, n)
        context = joint.sum(axis=1, keepdims=True)
        seen = joint > 0
        return float(-(joint[seen] * np.log((joint / np.maximum(context, 1e-300))[seen])).sum())

    def entropy_rate(self) -> float:
        """The entropy of a character given the whole past, in nats."""
        return self.conditional_entropy(self.order)

    def sample(self, n: int, seed: int = 0) -> str:
        """n characters, n >= 1, as after a long run of the source; `seed` is of these draws."""
        n = positive_integer("MarkovSource.sample: n", n, "source.sample(100_000)")
        rng = backend.generator(seed, "MarkovSource.sample: seed")
        size, contexts = len(self.characters), len(self.p)
        context = int(rng.choice(contexts, p=self._stationary / self._stationary.sum()))
        cdf, draws, codes = np.cumsum(self.p, axis=1), rng.random(n), []
        for u in draws:
            codes.append(min(int(np.searchsorted(cdf[context], u, side="right")), size - 1))
            context = (context * size + codes[-1]) % contexts
        return "".join(self.characters[i] for i in codes)


def split(text: str, share: float = 0.1) -> tuple[str, str]:
    """(training, validation): the last `share` of a text is held out. ValueError unless both have a character."""
    fix = "split(text, 0.1)"
    share = number("text.split: share", share, "0 < share < 1", fix, below=1.0)
    held_out = round(share * len(check_text(text, "text.split")))
    if not 0 < held_out < len(text):
        expected, got = "a character or more on both sides", f"{share} of {len(text):,} characters"
        raise ValueError(message("text.split: share", expected=expected, got=got, fix=fix))
    return text[:-held_out], text[-held_out:]


def windows(codes: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(x, y), (n, k) and (n,): every k numbers in a row, and the one behind them: the trivial label.

    Raises ValueError for a window that is not a positive integer and for one that is not shorter than the text,
    TypeError for codes that are no integers in a row.
    """
    k = positive_integer("text.windows: k", k, "windows(codes, 4)")
    codes = np.asarray(codes)
    if codes.ndim != 1 or codes.dtype.kind not in "iu":
        expected, fix = "integers, (n,)", "windows(vocabulary.encode(text), 4)"
        got = f"{codes.dtype} {codes.shape}"
        raise TypeError(message("text.windows: codes", expected=expected, got=got, fix=fix))
    if len(codes) <= k:
        expected = f"more than the {k} characters of a window"
        raise ValueError(message("text.windows: text", expected=expected, got=len(codes), fix="a smaller window"))
    return np.lib.stride_tricks.sliding_window_view(codes[:-1], k), codes[k:]
