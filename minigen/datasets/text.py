"""Text for the models of section 9.3: characters as numbers, files, windows, and natural text without a download."""

from __future__ import annotations

import ast
import functools
import os
from pathlib import Path

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..checks.values import number, positive_integer
from ..storage.checks import check_readable, refuse_os_error
from ..storage.files import as_path
from ..types import ArrayLike
from .checks import (
    check_enough_characters,
    check_file_size,
    check_known,
    check_parts,
    check_text,
    codes_in_range,
    codes_longer_than,
    refuse_encoding,
)
from .kinds import kind_of
from .markov_source import MarkovSource

__all__ = [
    "MarkovSource",
    "Vocabulary",
    "check_text",
    "documentation",
    "read",
    "read_bytes",
    "repeats",
    "split",
    "windows",
]


class Vocabulary:
    """The characters of a text, sorted, and their numbers 0, 1, ...

    Raises ValueError for an empty text, TypeError unless it is a string.
    """

    def __init__(self, text: str) -> None:
        self.characters = "".join(sorted(set(check_text(text, "Vocabulary"))))
        self._number = {c: i for i, c in enumerate(self.characters)}

    def __len__(self) -> int:
        return len(self.characters)

    def __repr__(self) -> str:
        return f"Vocabulary({self.characters!r})"

    def encode(self, text: str) -> np.ndarray:
        """The numbers of the characters of a text, (len(text),) int64.

        Raises ValueError, with their positions, for characters that are not in the vocabulary.
        """
        check_known(check_text(text, "Vocabulary.encode", least=0), self.characters)
        return np.array([self._number[c] for c in text], "int64")

    def decode(self, codes: ArrayLike) -> str:
        """The text of numbers (n,). Raises ValueError unless they are integers in 0..characters - 1."""
        numbers = codes_in_range("Vocabulary.decode", codes, len(self))
        return "".join(self.characters[i] for i in numbers)


@checks_arguments
def read(path: str | os.PathLike[str]) -> str:
    """The text of a file in UTF-8, with "\\n" as line ends and without a byte order mark.

    Raises OSError if the file cannot be read, ValueError if it is empty, compressed, in another encoding or not text,
    and TypeError unless `path` is a path.
    """
    path = as_path(path)
    try:
        check_readable(path)
        data = path.read_bytes()
    except OSError as error:
        refuse_os_error(error, f"text.read: {path}", "a text file", "the path of a text file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse_encoding(path, data, f"byte 0x{data[error.start]:02x} at {error.start}")
    if "\0" in text or kind_of(data) == "a PDF document":  # a PDF may consist of plain letters
        refuse_encoding(path, data, f"a NUL at {text.find(chr(0))}")
    return check_text(text.replace("\r\n", "\n").replace("\r", "\n"), str(path))


@checks_arguments
def read_bytes(path: str | os.PathLike[str]) -> str:
    """A text with one character, chr(0) to chr(255), for each byte of any file: a picture, a program, another alphabet.

    text.encode("latin-1") are the bytes again. Raises OSError if the file cannot be read, ValueError if it is empty or
    larger than 4.3 GB, and TypeError unless `path` is a path.
    """
    path = as_path(path)
    try:
        check_readable(path)
        check_file_size(f"text.read_bytes: {path}", path.stat().st_size)
        data = path.read_bytes()
    except OSError as error:
        refuse_os_error(error, f"text.read_bytes: {path}", "a file", "the path of a file")
    return check_text(data.decode("latin-1"), str(path))


@functools.cache
def documentation() -> str:
    """Natural text in English with formulas: all docstrings of minigen, file by file in the order of their names.

    Characters that occur less than 20 times become spaces. The text grows with the package, so a score on it is valid
    only for its length and version.
    """
    package = Path(__file__).parent.parent
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in sorted(package.rglob("*.py")))
    nodes = (node for tree in trees for node in ast.walk(tree))
    documented = (node for node in nodes if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)))
    text = "\n\n".join(filter(None, map(ast.get_docstring, documented)))
    rare = {c for c in set(text) if text.count(c) < 20}
    return text.translate(dict.fromkeys(map(ord, rare), " "))


def split(text: str, share: float = 0.1) -> tuple[str, str]:
    """(training, validation): the last `share` of a text is held out. ValueError unless both have a character."""
    share = number("text.split: share", share, "0 < share < 1", "split(text, 0.1)", below=1.0)
    held_out = round(share * len(check_text(text, "text.split")))
    check_parts(share, held_out, len(text))
    return text[:-held_out], text[-held_out:]


def windows(codes: ArrayLike, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(x, y), (n, k) and (n,): every window of k consecutive numbers, and as its label the number after it.

    Raises ValueError unless k is a positive integer below the length of the text, TypeError unless the codes are
    integers (length,).
    """
    k = positive_integer("text.windows: k", k, "windows(codes, 4)")
    codes = codes_longer_than("text.windows", codes, k)
    return np.lib.stride_tricks.sliding_window_view(codes[:-1], k), codes[k:]  # (n, k), (n,)


@checks_arguments
def repeats(rows: int, length: int, characters: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(codes, known), (rows, length) each: in each row a random string is written again and again.

    The string has 3 to characters - 1 different numbers below `characters`. Known are, as booleans, the places whose
    number follows from what was seen: those behind the first copy, but for the one that shows that it has ended. Of
    these each is what came after the last occurrence of the number before it. No other place can be predicted better
    than by chance, and no place by its position, because the length is random.

    Raises ValueError unless all are positive integers, with 4 characters or more.
    """
    fix = "repeats(100, 16, characters=8)"
    rows = positive_integer("text.repeats: rows", rows, fix)
    length = positive_integer("text.repeats: length", length, fix)
    characters = positive_integer("text.repeats: characters", characters, fix)
    check_enough_characters("text.repeats: characters", characters, 4, fix)
    rng = backend.generator(seed, "text.repeats: seed")
    periods = rng.integers(3, characters, rows)  # of each row
    strings = rng.permuted(np.tile(np.arange(characters), (rows, 1)), axis=1)  # (rows, characters)
    places = np.arange(length)
    return strings[np.arange(rows)[:, None], places % periods[:, None]], places > periods[:, None]
