"""Input validation for the data sets: images, text, parameters of generated data, and files of another kind."""

from __future__ import annotations

import difflib
import gzip
import hashlib
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from .. import backend
from ..arrays import as_pixels
from ..checks.values import number
from ..errors import message
from ..storage.checks import refuse_os_error
from ..training.data import as_data
from ..types import ArrayLike
from .kinds import PACKED, can_decode, encoding_of, how_to_open, kind_of, name_of

MOST_BYTES = 2**32  # of a file that is read as one text, as of the pictures that load() reads

# ---- parameters and arrays


def digit_images(where: str, x: ArrayLike) -> np.ndarray:
    """`x` as floats (n, 28, 28) in [0, 1], n >= 1, or ValueError or TypeError."""
    (images,) = as_data(x, None, where)
    shape, sizes = getattr(images, "shape", "a list"), ((784,), (28, 28), (28, 28, 1))
    if shape[1:] not in sizes:
        expected = "one array (n, 784), (n, 28, 28) or (n, 28, 28, 1)"
        fix = "x[None]" if shape in sizes else "x.reshape(-1, 784), np.stack(x)"
        raise ValueError(message(f"{where}: images", expected=expected, got=shape, fix=fix))
    return as_pixels(images, where).reshape(-1, 28, 28)


def threshold_of(how: str | float) -> float | None:
    """The threshold of binarize() in [0, 1), None for "sample", or ValueError."""
    if isinstance(how, str) and how == "sample":
        return None
    where, expected = "binarize: how", '"sample", or a threshold in [0, 1)'
    return number(where, how, expected, 'binarize(x, how="sample") or binarize(x, how=0.5)', below=1.0)


def means_and_deviations(means: ArrayLike, deviations: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64 arrays (k,), or ValueError unless k >= 1 and the deviations are above 0."""
    where, fix = "toys.Mixture", "Mixture([-1.5, 1.0], [0.5, 0.7])"
    m = backend.finite_array(f"{where}: means", means, 1, fix).astype("float64")
    s = backend.finite_array(f"{where}: deviations", deviations, 1, fix).astype("float64")
    if not m.size or m.shape != s.shape or not (s > 0).all():
        expected, got = "as many means as deviations, and these above 0", f"{means} and {deviations}"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return m, s


def means_and_covariances(means: ArrayLike, covariances: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """(k, d) and (k, d, d) in float64; ValueError for other shapes, and for what is no covariance."""
    where, fix = "toys.GaussianMixture", "GaussianMixture([[0, 1], [1, 0]], [0.1, 0.2])"
    m = backend.finite_array(f"{where}: means", means, 2, fix).astype("float64")
    c: np.ndarray = backend.array_or_none(covariances)
    c = backend.finite_array(f"{where}: covariances", c, 1 if c.ndim == 1 else 3, fix).astype("float64")
    k, d = m.shape
    c = c[:, None, None] * np.eye(d) if c.ndim == 1 else c
    if 0 in m.shape or c.shape != (k, d, d):
        expected = f"covariances {(k, d, d)}, or variances {(k,)}, of one cluster or more"
        raise ValueError(message(where, expected=expected, got=str(np.shape(covariances)), fix=fix))
    lowest = np.linalg.eigvalsh(c).min() if np.allclose(c, c.transpose(0, 2, 1)) else np.nan
    if not lowest > 0:
        expected = "symmetric matrices with eigenvalues above 0"
        got = "a matrix that is not symmetric" if np.isnan(lowest) else f"an eigenvalue of {lowest:g}"
        raise ValueError(message(f"{where}: covariances", expected=expected, got=got, fix=fix))
    return m, c


def shares_of(shares: ArrayLike | None, k: int) -> np.ndarray:
    """`shares` as float64 (k,) that add up to 1, all the same for None; ValueError unless they are positive."""
    where, fix = "toys.GaussianMixture: shares", "shares=[0.5, 0.3, 0.2], one for each mean"
    s = backend.finite_array(where, np.ones(k) if shares is None else shares, 1, fix).astype("float64")
    if s.shape != (k,) or not (s > 0).all():
        raise ValueError(message(where, expected=f"{k} numbers above 0", got=shares, fix=fix))
    return s / s.sum()


def check_points(where: str, x: ArrayLike, d: int) -> np.ndarray:
    """`x` as points (n, d) in float64, or ValueError."""
    fix = f"x.reshape(-1, {d})"
    a = backend.finite_array(where, x, 2, fix)
    if a.shape[1] != d:
        raise ValueError(message(where, expected=f"(n, {d})", got=a.shape, fix=fix))
    return a.astype("float64")


# ---- text


def check_text(text: Any, where: str, least: int = 1) -> str:
    """The text itself; TypeError unless it is a string, ValueError if it is shorter than `least` characters."""
    if not isinstance(text, str):
        fix = 'text.read("file.txt"), or a string'
        raise TypeError(message(f"{where}: text", expected="a string", got=type(text).__name__, fix=fix))
    if len(text) < least:
        expected, got = f"{least:,} characters or more", f"{len(text):,}"
        raise ValueError(message(f"{where}: text", expected=expected, got=got, fix="more text"))
    return text


def check_known(text: str, characters: str) -> None:
    """ValueError, with their positions, for characters of the text that are not in the vocabulary."""
    unknown = sorted(set(text) - set(characters))
    if unknown:
        first = min(text.index(c) for c in unknown)
        excerpt = text[max(0, first - 10) : first + 10]
        expected = f"the {len(characters)} characters of the training text"
        got = f"{', '.join(map(repr, unknown[:8]))}, the first at {first}: {excerpt!r}"
        fix = "a text without them, or train on one that has them"
        raise ValueError(message("unknown characters", expected=expected, got=got, fix=fix))


def codes_in_range(where: str, codes: ArrayLike, n: int) -> np.ndarray:
    """`codes` as an array of integers (m,) in 0..n-1, m >= 0, or ValueError."""
    a = np.asarray(codes)
    if a.ndim != 1 or (a.size and a.dtype.kind not in "iu"):
        expected, got = "integers, one axis", f"{a.dtype}, shape {a.shape}"
        raise ValueError(message(where, expected=expected, got=got, fix="decode(encode(text))"))
    if a.size and not (0 <= a.min() and a.max() < n):
        raise ValueError(message(where, expected=f"0..{n - 1}", got=f"{a.min()}..{a.max()}", fix="encode(text)"))
    return a


def codes_longer_than(where: str, codes: ArrayLike, k: int) -> np.ndarray:
    """`codes` as an array (n,), or TypeError unless they are integers and ValueError unless n > k."""
    a = np.asarray(codes)
    if a.ndim != 1 or a.dtype.kind not in "iu":
        got, fix = f"{a.dtype} {a.shape}", "windows(vocabulary.encode(text), 4)"
        raise TypeError(message(f"{where}: codes", expected="integers, (n,)", got=got, fix=fix))
    if len(a) <= k:
        expected = f"more than the {k} characters of a window"
        raise ValueError(message(f"{where}: text", expected=expected, got=len(a), fix="a smaller window"))
    return a


def check_parts(share: float, held_out: int, characters: int) -> None:
    """ValueError unless both parts of a split text have a character."""
    if not 0 < held_out < characters:
        expected, got = "a character or more in both parts", f"{share} of {characters:,} characters"
        raise ValueError(message("text.split: share", expected=expected, got=got, fix="split(text, 0.1)"))


def check_source(characters: str, order: int, fix: str) -> None:
    """ValueError unless a Markov source has at least two different characters and at most 4096 contexts."""
    n = len(characters)
    if n < 2 or len(set(characters)) < n:
        where, expected = "MarkovSource: characters", "two or more, each once"
        raise ValueError(message(where, expected=expected, got=repr(characters), fix=fix))
    if order > 12 or n**order > 4096:
        where = "MarkovSource: contexts"
        raise ValueError(message(where, expected="4096 or fewer", got=f"{n}^{order}", fix=fix))


def check_enough_characters(where: str, characters: int, least: int, fix: str) -> None:
    """ValueError for fewer characters than `least`."""
    if characters < least:
        raise ValueError(message(where, expected=f"{least} or more", got=characters, fix=fix))


def check_file_size(where: str, size: int) -> None:
    """ValueError for a file of more bytes than are read at once."""
    if size > MOST_BYTES:
        fix = "a part of it: open(path, 'rb').read(10**6).decode('latin-1')"
        raise ValueError(message(where, expected=f"{MOST_BYTES:,} bytes at most", got=f"{size:,}", fix=fix))


def refuse_encoding(path: Path, data: bytes, problem: str) -> NoReturn:
    """ValueError for a file that is not text in UTF-8: what it is, as far as its bytes show, and how to read it."""
    kind, encoding = kind_of(data), encoding_of(data)
    read_text = f"Path({str(path)!r}).read_text"
    if kind:
        got, fix = kind, how_to_open(path, kind) or "the path of a text file"
        fix += '.decode("utf-8")' * (kind in PACKED)
    elif encoding == "utf-8":
        got = f"{problem}; the rest is UTF-8, so this file may be damaged"
        fix = f'{read_text}(encoding="utf-8", errors="replace")'
    elif encoding:
        words = data.decode(encoding)
        first = next((i for i, c in enumerate(words) if c > "~"), 0)
        got = f"{problem}; as {encoding} it reads {words[max(0, first - 12) : first + 12]!r}"
        fix = f'{read_text}(encoding="{encoding}")'
    elif b"\0" in data and can_decode(data.replace(b"\0", b""), "utf-8"):
        got, fix = problem, f'{read_text}(encoding="utf-8").replace("\\0", "")'
    else:
        got = f"{problem}: another encoding, or no text"
        fix = f'{read_text}(encoding=NAME), NAME such as "cp1251", "utf-16-le" or "shift_jis"'
    raise ValueError(message(str(path), expected="text in UTF-8", got=got, fix=fix))


# ---- idx files


class ChecksumError(ValueError):
    """A complete idx file whose SHA-256 is not the expected one."""

    found = ""  # its SHA-256 and what it holds, for the text of an error


def refuse_unreadable(path: Path, error: OSError | EOFError | zlib.error) -> NoReturn:
    """The error of open() or read(), with a text that says what to do; ValueError for a damaged gzip stream."""
    if isinstance(error, (EOFError, gzip.BadGzipFile, zlib.error)):
        problem = "is a damaged gzip file" + ", cut off" * isinstance(error, EOFError)
        refuse_damaged(path, problem, "a complete gzip stream", error)
    where = f"cannot read {path}: {error.strerror or error}"
    refuse_os_error(error, where, "a readable idx or idx.gz file", "the path of such a file")


def refuse_damaged(path: Path, problem: str, expected: str, got: object) -> NoReturn:
    """ValueError for an idx file that is not exactly one array."""
    raise ValueError(message(f"{path} {problem}", expected=expected, got=got, fix="a complete copy of this file"))


def refuse_other_kind(path: Path, first: bytes, in_gzip: bool) -> NoReturn:
    """ValueError for a file whose first bytes are not those of an idx file: what kind it is, and how to open it."""
    where, expected = f"{path} is not an idx file", "the first bytes 00 00, then 08, 09, 0b, 0c, 0d or 0e"
    kind = kind_of(first)
    got = name_of(first) + " inside of a gzip file" * in_gzip
    then = "which gunzips it once more" if in_gzip and kind == "a gzip file" else "which unpacks it"
    if in_gzip and how_to_open(path, kind):
        kind = "a gzip file"  # the outer one is unpacked first
    fix = how_to_open(path, kind) or "the path of an idx or idx.gz file"
    if kind in PACKED:
        unpacked = f"{path}.unpacked"
        fix = f"Path({unpacked!r}).write_bytes({fix}), {then},\n            then read_idx({unpacked!r})"
    raise ValueError(message(where, expected=expected, got=got, fix=fix))


def check_header(path: Path, sizes: bytes, rank: int) -> None:
    """ValueError unless the header has four bytes for each of `rank` sizes."""
    if len(sizes) < 4 * rank:
        refuse_damaged(path, "is truncated", f"{rank} sizes", f"{len(sizes)} bytes for them")


def check_size(path: Path, size: int, expected: int, content: str, more: str = "") -> None:
    """ValueError unless the file has as many bytes as its header implies; `more` if `size` is only a lower bound."""
    if size != expected:
        problem = "is truncated" if size < expected else "has trailing bytes"
        got = f"{size} bytes" + (more if size > expected else "")
        refuse_damaged(path, problem, f"{expected} bytes for {content}", got)


def check_checksum(path: Path, found: str, expected: str, content: str) -> None:
    """ChecksumError unless the SHA-256 of the file is the expected one."""
    if found != expected:
        where, fix = f"{path} has the wrong checksum", f"read_idx({str(path)!r}) for the array that is in it"
        found = f"{found}, a whole idx file: {content}"
        error = ChecksumError(message(where, expected=f"SHA-256 {expected}", got=found, fix=fix))
        error.found = found
        raise error


# ---- the door to images


def check_place(place: Path, folder: Any, names: Collection[str]) -> None:
    """ValueError for what is neither a name nor a file or folder, and for a folder beside another.

    OSError for a name that is too long, and for a place in a folder that may not be read.
    """
    if folder is not None:
        where, expected = "datasets.load: folder", "the name of a data set before a folder"
        raise ValueError(message(where, expected=expected, got=str(place), fix=f"load({sorted(names)[0]!r}, folder)"))
    where, expected = f"datasets.load: {place}", f"a file, a folder, or one of {', '.join(names)}"
    try:
        exists = place.exists()
    except OSError as error:  # a name that is too long, a folder that may not be read
        refuse_os_error(error, where, expected, "one of these names, or the path of a file or a folder")
    if not exists:
        given = place.name.lower()
        near = [name for name in names if name.startswith(given)] or difflib.get_close_matches(given, names, 1)
        fix = f"datasets.load({near[0]!r})" if near else "one of these names, or the path of a file or a folder"
        if given in ("sample", "full"):
            fix = f"datasets.mnist.load_data({given!r})"
        raise ValueError(message(where, expected=expected, got="neither of them", fix=fix))


def check_only_pictures(what: object, size: Any, color: Any) -> None:
    """ValueError for a size or a colour of images that are arrays, which come as they are."""
    if size is not None or color != "rgb":
        argument, value = ("size", size) if size is not None else ("color", color)
        where, expected = f"{what}: {argument}", "pictures in a folder; arrays come as they are"
        fix = "no size and no color here; x[:, ::2, ::2] for every second row and column"
        raise ValueError(message(where, expected=expected, got=f"{argument}={value!r}", fix=fix))


# ---- MNIST


def check_which(which: str | None) -> None:
    """ValueError unless `which` is None, "sample" or "full"."""
    if which is not None and not (isinstance(which, str) and which in ("sample", "full")):
        where, expected = "mnist.load_data: unknown set", 'None, "sample" or "full"'
        fix = 'mnist.load_data("sample") or mnist.load_data("full")'
        raise ValueError(message(where, expected=expected, got=repr(which), fix=fix))


def check_sample(path: Path, data: bytes, sha256: str) -> None:
    """ValueError unless the bytes of the sample have this SHA-256. (np.load alone misses some flipped bits.)"""
    digest = hashlib.sha256(data).hexdigest()
    if digest != sha256:
        where, expected = f"the MNIST sample {path} is missing or damaged", f"SHA-256 {sha256}"
        fix = "pip install --force-reinstall minigen (in a clone: git checkout the file)"
        raise ValueError(message(where, expected=expected, got=f"{digest} ({len(data)} bytes)", fix=fix))


def refuse_user_folder(folder: str, error: OSError | ValueError) -> NoReturn:
    """The same error with a text that says that the folder is that of MINIGEN_DATA."""
    text = f"MINIGEN_DATA={folder} cannot be used: {error}"
    raise type(error)(f"{text}\n            (or unset MINIGEN_DATA and run: minigen data mnist)") from error
