"""Input validation of the autoregressive models: images and windows, orders of pixels, text, and weights."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from operator import index
from typing import Any, NoReturn

import numpy as np

from ... import backend
from ...arrays import as_array, black_and_white
from ...checks.values import is_integer, natural_number, positive_integer, positive_number
from ...datasets.checks import check_text
from ...datasets.text import Vocabulary
from ...errors import described, message
from ...layers.weights import check_room
from ...types import Array, ArrayLike, Data, Shape

MOST_BLOCKS = 1000  # of a Transformer: each is made of Python objects
Window = int | Sequence[tuple[int, int]]  # k pixels in raster order, or (rows, columns) from the pixel to each of them

# ---- images of zeros and ones


def check_black_and_white(where: str, x: ArrayLike) -> None:
    """ValueError for images that are not zeros and ones, TypeError for those of integers (arrays.black_and_white)."""
    a, where = backend.to_numpy(x), f"{where}: not black and white"
    if a.dtype.kind != "f":
        got, fix = f"{a.dtype} up to {a.max()}", "datasets.binarize(x / 255, how=0.5) for pixels up to 255"
        raise TypeError(message(where, expected="zeros and ones", got=got, fix=fix))
    grey = a[(a != 0) & (a != 1)]
    if grey.size:
        got, fix = f"{grey[0]} and {grey.size - 1:,} more", 'datasets.binarize(x, how="sample"), or how=0.5'
        raise ValueError(message(where, expected="zeros and ones", got=got, fix=fix))


def binary_images(where: str, x: ArrayLike) -> np.ndarray:
    """`x` as an array (n, rows, columns) of zeros and ones, n >= 1, or ValueError."""
    a = black_and_white(backend.to_numpy(as_array(x, where)))
    if a.ndim != 3 or 0 in a.shape:
        fix = {2: "x[None] for a single image", 4: "x[..., 0]"}.get(a.ndim, "x.reshape(-1, 28, 28)")
        fix = fix if a.size else "a non-empty array; check the slice that made it"
        raise ValueError(message(f"{where}: images", expected="(n, rows, columns)", got=a.shape, fix=fix))
    check_black_and_white(where, a)
    return a


def check_targets_are_inputs(where: str, data: Data, needed: bool) -> None:
    """ValueError for targets that are not the images themselves, and for none where they are needed."""
    x, y = data[0], data[:2][-1]
    same = y is x or (getattr(y, "shape", None) == x.shape and bool((y == x).all()))
    if (needed and len(data) == 1) or not same:
        expected, fix = "the images themselves, x → x", "fit(x, x), evaluate(x, x)"
        got = "none" if len(data) == 1 else "something else"
        raise ValueError(message(f"{where}: labels", expected=expected, got=got, fix=fix))


# ---- orders of pixels


def permutation(where: str, order: ArrayLike, pixels: int, kinds: str = "iu") -> np.ndarray:
    """A copy of `order` as integers (pixels,), or ValueError; kinds "f" too for an order saved among the weights."""
    a = np.array(order)
    are_numbers = a.shape == (pixels,) and a.dtype.kind in kinds
    if not are_numbers or not np.array_equal(np.sort(a), np.arange(pixels)):
        got = "numbers missing or twice" if are_numbers else f"{order!r}"[:60]
        expected, fix = f"integers, each of 0..{pixels - 1} once", f"np.arange({pixels})"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return a.astype(int)


def check_has_all_orders(agnostic: bool) -> None:
    """ValueError for a MADE that was trained in a single order."""
    if not agnostic:
        expected, got = 'a model of all orders, MADE(order="random")', "one that learns a single order"
        raise ValueError(message("MADE.set_order", expected=expected, got=got, fix="MADE(order=order)"))


def check_same_order(label: str, order: np.ndarray, first: np.ndarray) -> None:
    """RuntimeError if the order of a model was changed while it draws images."""
    if not np.array_equal(order, first):
        where, expected = f"{label}.paint: order", "the order at the start of this drawing"
        raise RuntimeError(message(where, expected=expected, got="another one", fix="paint(x, known) once more"))


def check_causal(label: str, problem: str, pixels: int) -> None:
    """ValueError for a network of which base.dependence_on_later() has found something wrong."""
    if problem:
        expected = f"{pixels} logits, each of which depends on earlier pixels alone"
        fix = "MADE(784), PixelCNN(), or user-defined masks: MaskedDense, MaskedConv2D"
        raise ValueError(message(f"{label}: not autoregressive", expected=expected, got=problem, fix=fix))


def hidden_widths(hidden: Any, fix: str) -> list[int]:
    """The widths of the hidden layers of a MADE, from one positive integer or several, or ValueError."""
    widths = [positive_integer("MADE: hidden", n, fix) for n in np.atleast_1d(np.asarray(hidden, object))]
    if not widths:
        raise ValueError(message("MADE: hidden", expected="one width or more", got=hidden, fix=fix))
    return widths


# ---- context windows


def window_of_pixels(window: Any) -> int | list[tuple[int, int]]:
    """k as an int, or the places as a list; ValueError for anything else, and for a place at or after the pixel."""
    where = "past: window"
    if isinstance(window, (int, np.integer)):
        return natural_number(where, window, "past(x, 16), past(x, neighbours(4))")
    fix = "neighbours(4), or [(0, -1), (-1, 0)]: (rows, columns) from the pixel"
    try:
        places = [(index(row), index(column)) for row, column in window]
    except (TypeError, ValueError):
        raise ValueError(message(where, expected="k or places", got=described(window), fix=fix)) from None
    later = [place for place in places if place >= (0, 0)]
    if later:
        expected = "places before the pixel in raster order"
        raise ValueError(message(where, expected=expected, got=later, fix=fix))
    return places


def check_window_fits(window: int | list[tuple[int, int]], rows: int, columns: int) -> None:
    """ValueError for a window of as many pixels as the image has, and for places far outside of it."""
    if isinstance(window, int):
        fits, expected = window < rows * columns, f"0 to {rows * columns - 1} pixels, for images of {rows} x {columns}"
    else:
        fits = all(max(-row, abs(column)) < rows + columns for row, column in window)
        expected = f"places within the {rows} x {columns} pixels"
    if not fits:
        fix = "past(x, 16), past(x, neighbours(4))"
        raise ValueError(message("past: window", expected=expected, got=window, fix=fix))


def check_countable(k: int, most: int) -> None:
    """ValueError for a window with too many contexts to be counted."""
    if k > most:
        where, expected = "ContextCounts: window", f"{most} pixels or fewer: every context has to occur to be counted"
        fix = "window_network(k): a network shares what it learns among contexts"
        raise ValueError(message(where, expected=expected, got=f"{k}, 2^{k} contexts", fix=fix))


def fitted(p: np.ndarray | None) -> np.ndarray:
    """The probabilities of ContextCounts, or RuntimeError before fit()."""
    if p is None:
        fix = "ContextCounts(4).fit(x)"
        raise RuntimeError(message("ContextCounts.nll", expected="counts", got="none: no fit() yet", fix=fix))
    return p


# ---- text


def sampling_arguments(where: str, n: Any, prompt: Any, temperature: Any) -> tuple[int, str, float]:
    """The arguments of sample(); ValueError unless n >= 1 and temperature > 0, TypeError unless the prompt is text."""
    n = positive_integer(f"{where}: n", n, 'sample(200, "The ")')
    temperature = positive_number(f"{where}: temperature", temperature, "temperature=0.8")
    return n, check_text(prompt, f"{where}: prompt", least=0), temperature


def check_is_vocabulary(vocabulary: Any) -> None:
    """TypeError unless it is a Vocabulary or None."""
    if not (vocabulary is None or isinstance(vocabulary, Vocabulary)):
        where, expected, fix = "KGram: vocabulary", "a Vocabulary, or None", "text.Vocabulary(all_of_it)"
        raise TypeError(message(where, expected=expected, got=type(vocabulary).__name__, fix=fix))


def check_contexts_have_numbers(k: int, characters: int) -> None:
    """ValueError for k + 1 characters that spell a number of more than 63 bits."""
    if characters ** (k + 1) >= 2**63:
        most = max(j for j in range(63) if characters ** (j + 1) < 2**63)
        expected, fix = f"{most} or less, for {characters} characters", "a smaller k: longer contexts hardly recur"
        raise ValueError(message("KGram: k", expected=expected, got=k, fix=fix))


def check_codes(where: str, x: Any) -> None:
    """TypeError unless x is an array (n, steps) of integers: the numbers of characters."""
    if getattr(x, "ndim", 1) != 2 or x.dtype.kind not in "iu":
        got = f"{x.dtype}, shape {x.shape}" if hasattr(x, "dtype") else described(x)
        fix = "model.vocabulary.encode(text)[None]; nll(text) for a score, fit(validation_text=...)"
        raise TypeError(message(f"{where}: no characters", expected="integers (n, steps)", got=got, fix=fix))


ARRAY_OPTIONS = ("sample_weight", "class_weight", "validation_split")  # of fit(), which a text does not have
STREAM_OPTIONS = ("shuffle", *ARRAY_OPTIONS, "steps_per_epoch")  # which streams do not have


def fit_arguments(
    where: str, text: Any, window: Any, batch_size: Any, options: Mapping[str, Any]
) -> tuple[str, int, int]:
    """(text, window, batch_size) of CharRNN.fit(); ValueError for sizes that are not positive integers.

    TypeError unless `text` is a string, for targets in the place of the window, and for options that arrays have.
    """
    text = check_text(text, where)
    if not isinstance(window, numbers.Integral):
        expected, fix = "fit(text): the targets are made of it", "fit(text, window=40, validation_text=held_out)"
        raise TypeError(message(f"{where}: window", expected=expected, got=type(window).__name__, fix=fix))
    why = "streams are read in their order, to their end"
    check_options(where, options, STREAM_OPTIONS, why, "fit(text, window=40)")
    window = positive_integer(f"{where}: window", window, "window=40")
    return text, window, positive_integer(f"{where}: batch_size", batch_size, "batch_size=32")


def check_options(where: str, options: Mapping[str, Any], unknown: Sequence[str], why: str, fix: str) -> None:
    """TypeError for an option of fit() that this one does not have."""
    for name in unknown:
        if name in options:
            got = f"{options[name]!r:.60}"
            raise TypeError(message(f"{where}: {name}", expected=f"no such option: {why}", got=got, fix=fix))


def text_to_fit(where: str, text: Any, window: int, options: Mapping[str, Any]) -> str:
    """The text of GPT.fit(); ValueError unless it is longer than the window.

    TypeError unless it is a string, and for options that arrays have.
    """
    text = check_text(text, where)
    fix = "fit(text, batch_size=32, validation_text=held_out)"
    check_options(where, options, ARRAY_OPTIONS, "the targets are made of the text", fix)
    if len(text) <= window:
        expected = f"{window + 1:,} characters or more: a window of {window} and the one after it"
        fix = "more text, or a smaller window, such as GPT(text, window=8)"
        raise ValueError(message(f"{where}: text", expected=expected, got=f"{len(text):,}", fix=fix))
    return text


def check_has_batch(where: str, codes: Any) -> None:
    """ValueError unless the codes have two axes, (batch, steps)."""
    if len(codes.shape) != 2:
        raise ValueError(message(where, expected="(batch, steps)", got=codes.shape, fix="codes[None] for one text"))


def check_fits_window(where: str, characters: int, window: int) -> None:
    """ValueError for more characters than one pass can read."""
    if characters > window:
        fix = f"text[-{window}:], or GPT(text, window={characters})"
        expected = f"{window} characters at most, the window"
        raise ValueError(message(where, expected=expected, got=f"{characters:,}", fix=fix))


def top_k_in_range(where: str, top_k: Any, characters: int) -> int | None:
    """top_k as an int, or None for all characters; ValueError unless it is in 1..characters."""
    if top_k is None or is_integer(top_k, 1) and top_k <= characters:
        return top_k
    expected, fix = f"1 to {characters}, the number of characters, or None for all", f"top_k={min(characters, 10)}"
    raise ValueError(message(f"{where}: top_k", expected=expected, got=repr(top_k), fix=fix))


def transformer_sizes(where: str, blocks: Any, heads: Any, width: Any, fix: str) -> tuple[int, int, int]:
    """(blocks, heads, width); ValueError unless they are positive integers and the heads divide the width.

    ValueError too for more than MOST_BLOCKS, MemoryError for more weights than memory can hold.
    """
    blocks, heads, width = (
        positive_integer(f"{where}: {name}", n, fix)
        for name, n in (("blocks", blocks), ("heads", heads), ("width", width))
    )
    if blocks > MOST_BLOCKS:
        raise ValueError(message(f"{where}: blocks", expected=f"at most {MOST_BLOCKS:,}", got=blocks, fix=fix))
    if width % heads:
        expected = f"a number that divides the width {width}: each head has width / heads features"
        divisors = [n for n in range(1, width + 1) if width % n == 0]
        nearest = min(divisors, key=lambda n: abs(n - heads))
        raise ValueError(message(f"{where}: heads", expected=expected, got=heads, fix=f"heads={nearest}"))
    check_room(where, "kernel", (blocks, 12, width, width))  # of all blocks, before so many are made
    return blocks, heads, width


def check_windows(where: str, windows: int, characters: int, window: int, batch_size: int) -> None:
    """ValueError for a text with less than one window in each stream."""
    if windows == 0:
        expected = f"{batch_size * window + 1:,} characters or more, {batch_size} windows of {window} and one more"
        fix = "a smaller window or batch_size, or more text"
        raise ValueError(message(f"{where}: text", expected=expected, got=f"{characters:,}", fix=fix))


def check_same_characters(where: str, characters: np.ndarray, saved: Array) -> None:
    """ValueError for weights with another vocabulary; both are code points, one for each character."""
    saved = backend.to_numpy(saved)
    if saved.ndim == 1 and not np.array_equal(saved, characters):  # of another rank: no vocabulary
        expected, got = ("".join(chr(int(c)) if 0 <= c < 0x110000 else "?" for c in a) for a in (characters, saved))
        fix = "a model of a text with the same characters"
        raise ValueError(message(where, expected=repr(expected), got=repr(got), fix=fix))


def refuse_other_streams(label: str, expected: Sequence[Shape], got: Sequence[Shape]) -> NoReturn:
    """ValueError for the states of a checkpoint that has another number of streams."""
    where, fix = f"{label}: the state of the streams", "the batch size of the run that was interrupted"
    raise ValueError(message(where, expected=expected, got=got, fix=fix))
