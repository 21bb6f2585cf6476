"""What kind of mistake a wrong result shows: it is compared with what typical mistakes make of the right one.

A message says the kind and where to look. It has no right number in it, and nothing of the solution.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import numpy as np

from .child import Result
from .pieces import Test

KINDS = {
    "aliasing": "an array is written to that something else still uses",
    "axis": "one axis is taken for another",
    "detach": "a gradient goes where none should go",
    "factor": "a constant factor is wrong",
    "float32": "the result has the precision of float32 only",
    "five digits": "only the first digits are right, as with float32, or with an ε in the wrong place",
    "forgotten term": "something is forgotten",
    "mean for sum": "a mean stands where a sum is needed",
    "no gradient": "a gradient does not arrive where it should",
    "off by one": "something is off by one",
    "order": "the right numbers are in the wrong order",
    "overflow": "numbers overflow",
    "shape": "the shape is wrong",
    "sign": "a sign is wrong",
    "sum for mean": "a sum stands where a mean is needed",
    "ties": "equal numbers are not treated as the text says",
    "variance for deviation": "a variance and a standard deviation are confused, or a square and its root",
    "wrong variable": "one variable is taken for another",
}
UNKNOWN = "the numbers are wrong"


# ---- equality


def is_close(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal up to rounding: 1e-8 of each element of float64, 1e-4 of float32."""
    if a.shape != b.shape:
        return False
    is_single = "f4" in (a.dtype.str[1:], b.dtype.str[1:])
    relative, absolute = (1e-4, 1e-6) if is_single else (1e-8, 1e-10)
    finite = np.abs(b[np.isfinite(b)])
    scale = float(finite.max(initial=0.0)) or 1.0
    return bool(np.allclose(a, b, relative, absolute * scale, equal_nan=True))


def is_equal(a: Result, b: Result) -> bool:
    """Whether two results are the same: the same arrays, or errors with the same first line."""
    if a["kind"] != "arrays" or b["kind"] != "arrays":
        return bool(a["kind"] == b["kind"] and a["text"].partition("\n")[0] == b["text"].partition("\n")[0])
    same_names = a["arrays"].keys() == b["arrays"].keys()
    return same_names and all(_is_same(x, b["arrays"][name]) for name, x in a["arrays"].items())


def _is_same(x: np.ndarray | str, y: np.ndarray | str) -> bool:
    if isinstance(x, str) or isinstance(y, str):
        return isinstance(x, str) and isinstance(y, str) and x == y
    return x.dtype == y.dtype and is_close(x, y)


def is_right(got: Mapping[str, np.ndarray | str], right: Mapping[str, np.ndarray | str], test: Test) -> bool:
    """Whether all arrays are those of the solution."""
    return first_wrong(got, right, test) is None


def first_wrong(
    got: Mapping[str, np.ndarray | str], right: Mapping[str, np.ndarray | str], test: Test
) -> tuple[str, np.ndarray | str, np.ndarray | str] | None:
    """(name, what came, what is right) of the first array that is wrong."""
    for name, b in right.items():
        a = got.get(name, "None")
        if isinstance(a, str) or isinstance(b, str):
            same = _is_same(a, b)
        else:
            precise = not test.dtype and b.dtype.kind == "f"
            same = is_close(a.astype(b.dtype) if precise and a.dtype.kind in "biuf" else a, b)
            same = same and not (test.dtype and a.dtype != b.dtype)
        if not same:
            return name, a, b
    return None


# ---- the kind of a mistake


def describe(name: str, a: np.ndarray | str, b: np.ndarray | str, test: Test) -> str:
    """A sentence or two about a wrong result `a`, where `b` is right."""
    if isinstance(b, str):
        return f"{KINDS['detach']}: {name} has to be {b}" if b == "None" else f"{name} has to be {b}"
    if isinstance(a, str):
        return f"{name} is {a}" + (": is a return missing, or a gradient?" if a == "None" else "")
    if a.shape != b.shape:
        turned = " (the axes are exchanged)" if a.shape == b.shape[::-1] else ""
        return f"{KINDS['shape']}: {name} has the shape {a.shape}, not {b.shape}{turned}"
    if test.dtype and a.dtype != b.dtype and is_close(a.astype(b.dtype), b):
        return f"the dtype is wrong: {name} is {a.dtype} for an input of {b.dtype}"
    if not np.isfinite(a).all() and np.isfinite(b).all():
        return f"{name} has NaN or infinity in it: a division by 0, the log of 0, or numbers that overflow"
    if name.startswith("change of ") and not b.any():
        return f"{KINDS['aliasing']}: {name.removeprefix('change of ')} is not what it was before"
    if b.ndim == 0 and b.dtype.kind in "iu":  # a count
        return f"{UNKNOWN}: {name} is {a}"
    found = kind_of(a.astype(float), b.astype(float), test.sizes)
    return f"{found}: look at {name}" if found else f"{UNKNOWN}: {_where(name, a, b)}"


def kind_of(a: np.ndarray, b: np.ndarray, sizes: Mapping[str, int]) -> str:
    """The sentence of the kind of mistake that makes `a` of the right `b`, or ""."""
    for what, n in sizes.items():
        if n > 1 and _is(a, b / n):
            return f"{KINDS['mean for sum']} (the number of {what} is {n})"
        if n > 1 and _is(a, b * n):
            return f"{KINDS['sum for mean']} (the number of {what} is {n})"
    for kind, looks_like in LOOKS.items():
        if looks_like(a, b):
            return KINDS[kind]
    return ""


def _is(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether `a` is `b`, and `b` has something to compare."""
    return bool(np.any(b)) and is_close(a, b)


def _is_negative(a: np.ndarray, b: np.ndarray) -> bool:
    return _is(a, -b) or (a.size > 1 and _is(np.abs(a), np.abs(b)))


def _is_right_to_five_digits(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.any(b)) and bool(np.allclose(a, b, 1e-5, 1e-6 * float(np.abs(b).max())))


def _is_float32(a: np.ndarray, b: np.ndarray) -> bool:
    return _is_right_to_five_digits(a, b) and bool(np.all(a == a.astype("float32")))


def _is_turned(a: np.ndarray, b: np.ndarray) -> bool:
    """The same array with its axes in another order."""
    turned = [np.transpose(b, order) for order in itertools.permutations(range(b.ndim)) if b.ndim <= 4]
    return any(t.shape == a.shape and _is(a, t) for t in turned[1:])


def _is_shifted(a: np.ndarray, b: np.ndarray) -> bool:
    """The same array moved by one along an axis: where the two overlap they agree."""
    for axis in range(b.ndim):
        if b.shape[axis] > 2:
            early, late = (np.take(a, range(i, b.shape[axis] - 1 + i), axis) for i in (0, 1))
            first, last = (np.take(b, range(i, b.shape[axis] - 1 + i), axis) for i in (0, 1))
            if _is(early, last) or _is(late, first):
                return True
    return False


def _is_multiple(a: np.ndarray, b: np.ndarray) -> bool:
    square = float((b * b).sum())
    return square > 0 and bool(np.any(a)) and a.size > 1 and is_close(a, b * (float((a * b).sum()) / square))


def _is_simple_multiple(a: np.ndarray, b: np.ndarray) -> bool:
    return _is_multiple(a, b) or any(_is(a, b * r) for r in (2, 0.5, 4, 0.25, 3, 1 / 3, 10, 0.1))


def _is_square(a: np.ndarray, b: np.ndarray) -> bool:
    return _is(a, b * b) or (bool((b >= 0).all()) and _is(a, np.sqrt(np.abs(b))))


def _is_permuted(a: np.ndarray, b: np.ndarray) -> bool:
    """The same numbers at other places; an array of 0 and 1 is that of too many others."""
    return np.unique(b).size > 2 and _is(np.sort(a, axis=None), np.sort(b, axis=None))


LOOKS: dict[str, Callable[[np.ndarray, np.ndarray], bool]] = {
    "sign": _is_negative,
    "float32": _is_float32,
    "five digits": _is_right_to_five_digits,
    "axis": _is_turned,
    "off by one": _is_shifted,
    "factor": _is_simple_multiple,
    "variance for deviation": _is_square,
    "order": _is_permuted,
}


def _where(name: str, a: np.ndarray, b: np.ndarray) -> str:
    """How many elements are right, and the first that is not."""
    if a.ndim == 0:
        return f"{name} is {a:.6g}, and no usual mistake gives this"
    wrong = ~np.isclose(a, b, 1e-8, 1e-10 * float(np.abs(b).max(initial=1e-300)), equal_nan=True)
    index = ", ".join(map(str, np.argwhere(wrong)[0])) if wrong.any() else "0"
    return (
        f"{b.size - int(wrong.sum())} of {b.size} elements of {name} are right, {name}[{index}] is the first wrong one"
    )
