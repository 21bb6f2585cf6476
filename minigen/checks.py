"""Checks of single values, arrays and tensors: the value in its proper type, or an error that says how to fix it."""

from __future__ import annotations

import math
import numbers
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

import numpy as np

from .errors import BackendError, described, message, unknown_name
from .types import Array, DType, Shape

T = TypeVar("T")


def switch(where: str, value: Any) -> bool:
    """`value` as a bool (NumPy's, 0 and 1 too), or TypeError: the string "False" is truthy."""
    is_integer = isinstance(value, numbers.Integral) or type(value).__name__ == "bool"  # numpy.bool is not an Integral
    if is_integer and value in (0, 1):
        return bool(value)
    argument = where.rpartition(" ")[2]
    raise TypeError(message(where, expected="True or False", got=repr(value), fix=f"{argument}=True"))


def positive_integer(where: str, value: Any, fix: str) -> int:
    """`value` as an int (NumPy's integers too), or ValueError."""
    if not is_integer(value, 1):
        raise ValueError(message(where, expected="a positive integer", got=repr(value), fix=fix))
    return int(value)


def natural_number(where: str, value: Any, fix: str) -> int:
    """`value` as an int (NumPy's integers too) if it is 0, 1, 2, ..., or ValueError."""
    if not is_integer(value, 0):
        raise ValueError(message(where, expected="0, 1, 2, ...", got=repr(value), fix=fix))
    return int(value)


def positive_pair(where: str, value: Any, fix: str) -> tuple[int, int]:
    """(rows, columns) from two positive integers or from one for both, or ValueError."""
    pair = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(pair) != 2 or not all(is_integer(n, 1) for n in pair):
        expected = "a positive integer, or two of them: (rows, columns)"
        raise ValueError(message(where, expected=expected, got=repr(value), fix=fix))
    return int(pair[0]), int(pair[1])


def check_verbose(where: str, verbose: Any) -> None:
    """ValueError unless `verbose` is 0 or 1, or 2 or "auto", which Keras has."""
    if not isinstance(verbose, (numbers.Integral, str)) or verbose not in (0, 1, 2, "auto"):
        fix = "verbose=0 for silence"
        raise ValueError(message(f"{where}: verbose", expected="0 or 1", got=repr(verbose), fix=fix))


def one_of(where: str, value: Any, names: tuple[str, ...], fix: str) -> str:
    """`value` in lower case if it is one of these names, or ValueError."""
    name = value.lower() if isinstance(value, str) else ""
    if name not in names:
        raise ValueError(message(where, expected=" or ".join(map(repr, names)), got=repr(value), fix=fix))
    return name


def number(where: str, value: Any, expected: str, fix: str, low: float = 0.0, below: float = float("inf")) -> float:
    """`value` as a float if it is finite and low <= float(value) < below, or ValueError; NaN is refused."""
    found = math.nan
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        with suppress(OverflowError):  # of an integer beyond all floats
            found = float(value)
    if not (math.isfinite(found) and low <= found < below):
        raise ValueError(message(where, expected=expected, got=f"{value!r:.60}", fix=fix))
    return found


def positive_number(where: str, value: Any, fix: str) -> float:
    """`value` as a float if it is finite and above 0, or ValueError."""
    return number(where, value, "a number above 0", fix, low=math.ulp(0.0))  # the smallest of them


def check_is_list(where: str, value: Any, fix: str, expected: str = "a list") -> None:
    """TypeError unless `value` is a list or a tuple."""
    if not isinstance(value, (list, tuple)):
        raise TypeError(message(where, expected=expected, got=described(value), fix=fix))


def is_integer(value: Any, least: float = -math.inf) -> bool:
    """Whether it is an integer of any kind, no truth value, and at least `least`."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool) and int(value) >= least


def is_numbers(value: Any) -> bool:
    """Whether it is a number, or an array, a Tensor or a list of numbers."""
    try:
        dtype = value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype
    except (ValueError, TypeError):  # rows of different length, Tensors in a list
        return False
    return getattr(dtype, "kind", "O") in "fiub"


def refuse_missing_method(owner: object, method: str) -> NoReturn:
    """NotImplementedError for a class without a method that its base needs, such as "forward(self, x)"."""
    where, fix = f"{owner} has no {method.partition('(')[0]}()", f"def {method}: return ..."
    raise NotImplementedError(message(where, expected=method, got="none in this class", fix=fix))


def mapping(where: str, value: Any, fix: str, expected: str = "a dict") -> Mapping[str, Any]:
    """`value` if it is a dict, or TypeError."""
    if not isinstance(value, Mapping):
        raise TypeError(message(where, expected=expected, got=described(value), fix=fix))
    return value


def check_is_callable(where: str, value: Any, fix: str) -> None:
    """TypeError unless `value` can be called."""
    if not callable(value):
        raise TypeError(message(where, expected="a function", got=described(value), fix=fix))


def check_each_once(where: str, names: Iterable[str], fix: str) -> None:
    """ValueError for a name that stands twice; {} in `fix` stands for it."""
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    if twice:
        raise ValueError(message(where, expected="every name once", got=", ".join(twice), fix=fix.format(twice[0])))


def check_name(kind: str, name: Any, known: Iterable[str]) -> None:
    """ValueError, with the nearest name that is known, unless `name` is one of them."""
    if not isinstance(name, str) or name not in known:
        raise ValueError(unknown_name(kind, name, known))


def snake_case(name: str) -> str:
    """The name of a class as Keras writes it for a function or a layer.

    MeanSquaredError -> mean_squared_error, Conv2DTranspose -> conv2d_transpose, LeakyReLU -> leaky_re_lu.
    """
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def named(kind: str, name: Any, table: Mapping[str, T], instead: Mapping[str, str] = MappingProxyType({})) -> T:
    """table[name] for a name in any case, or that of Keras' class.

    ValueError, with what stands instead or the nearest name, for others.
    """
    names = [name.lower(), snake_case(name)] if isinstance(name, str) else []
    for one in names:
        if one in table:
            return table[one]
    raise ValueError(unknown_name(kind, name, table, next((instead[one] for one in names if one in instead), None)))


def by_name(
    kind: str,
    given: str | T,
    table: Mapping[str, T],
    accepts: Callable[[Any], bool],
    expected: str,
    fix: str,
    instead: Mapping[str, str] = MappingProxyType({}),
) -> T:
    """named() for a string; another object itself, or TypeError unless accepts(given)."""
    if isinstance(given, str):
        return named(kind, given, table, instead)
    if not accepts(given):
        raise TypeError(message(kind, expected=expected, got=f"{given!r:.60}", fix=fix))
    return given


def raise_if_explained(error: Exception) -> None:
    """The error itself, if its text is one of message()."""
    if "expected:" in str(error):
        raise error


# ---- the backend


def refuse_cupy(reason: str) -> NoReturn:
    """BackendError, with CuPy's own reason, where CuPy cannot be used."""
    where, expected = "backend 'cupy' cannot be used", "CuPy and a CUDA device"
    fix = 'minigen.use("numpy"), or pip install cupy-cuda12x on a machine with an NVIDIA GPU'
    raise BackendError(message(where, expected=expected, got=reason, fix=fix))


def refuse_other_library(where: str, x: Any, active: str) -> NoReturn:
    """BackendError for an array of the library that is not active."""
    expected, got = f"a Tensor or a {active} array, the active backend", f"{type(x).__module__}.{type(x).__qualname__}"
    fix = "minigen.to_numpy(x)" if active == "numpy" else "minigen.Tensor(x)"
    fix += " for this argument, and minigen.use(...) before anything is built"
    raise BackendError(message(f"{where}: arrays of two libraries meet", expected=expected, got=got, fix=fix))


# ---- arrays of numbers

AN_ARRAY = 'an array such as np.zeros((10, 784), "float32")'


def refuse_masked(kind: type[Exception], where: str, x: Any, name: str = "x") -> NoReturn:
    """An error of this kind for a masked array, whose mask would be ignored."""
    expected, got = "numbers without a mask", f"a masked array that hides {int(np.ma.count_masked(x))} of them"
    raise kind(message(where, expected=expected, got=got, fix=f"{name}.filled(0)"))


def refuse_ragged(error: ValueError) -> NoReturn:
    """ValueError for rows of different length, which NumPy makes no array of."""
    where, fix = "a list of rows", "np.stack(rows) of rows of one length"
    raise ValueError(message(where, expected="one length", got=f"{error}", fix=fix)) from None


def refuse_type_of_data(x: Any, dtype: DType) -> NoReturn:
    """TypeError for an array that does not hold numbers."""
    fix = "np.array([1.0, 2.0]), or another array of numbers"
    raise TypeError(message(f"data of type {dtype}", expected="numbers", got=f"{x!r:.60}", fix=fix))


def check_finite_axes(where: str, a: np.ndarray, axes: int, fix: str) -> None:
    """ValueError unless the array holds finite numbers and has this number of axes."""
    is_wrong_kind = a.ndim != axes or a.dtype.kind not in "fiub"
    if is_wrong_kind or not np.isfinite(a).all():
        got = f"{a.dtype}, shape {a.shape}" if is_wrong_kind else "NaN or infinity"
        raise ValueError(message(where, expected=f"finite numbers, {axes} axes", got=got, fix=fix))


def refuse_no_array(where: str, name: str, x: Any, error: Exception) -> NoReturn:
    """TypeError for data that NumPy makes no array of: rows of different length, an array of a foreign library."""
    raise_if_explained(error)
    got, fix = "rows of different length", _rows_of_one_length(name)
    if not isinstance(error, ValueError):
        got, fix = f"{type(x).__name__}: {error}", "an array on the host, without a history"
    where, expected = f"{where}: no array in this data", "an array of numbers, samples first"
    raise TypeError(message(where, expected=expected, got=got, fix=fix)) from error


def check_holds_numbers(where: str, name: str, x: Any, a: np.ndarray) -> None:
    """TypeError unless the array `a`, made of x, holds numbers."""
    if a.dtype.kind in "fiub":
        return
    problem, expected, got = "no array", "an array of numbers, samples first", type(x).__name__
    if a.ndim:
        problem, expected = f"data of type {a.dtype}", "numbers"
        got = " ".join(f"an array that begins with {a.reshape(-1)[:1].tolist()}"[:70].split())
    raise TypeError(message(f"{where}: {problem}", expected=expected, got=got, fix=_into_numbers(x, a, name)))


def _into_numbers(x: Any, a: np.ndarray, name: str) -> str:
    """The expression that makes numbers of x, whose array `a` does not hold any."""
    given = name if hasattr(x, "astype") else f"np.array({name})"
    if a.ndim == 0:
        if isinstance(x, dict):
            return f"[{name}[key] for key in {list(x)!r}]  # in the order of the {'in' if name == 'x' else 'out'}puts"
        if callable(x):
            return f"{name}(), what the function returns"
        return f"np.stack(list({name}))" if isinstance(x, Iterable) and not isinstance(x, (str, bytes)) else AN_ARRAY
    by_kind = {
        "c": f"np.abs({name})",
        "M": f'({given} - {given}.min()) / np.timedelta64(1, "D")',
        "m": f'{given} / np.timedelta64(1, "D")',
        "V": f"np.stack([{name}[column] for column in {name}.dtype.names], axis=-1)",
    }
    if a.dtype.kind in by_kind:
        return by_kind[a.dtype.kind]
    values = a.reshape(-1).tolist()
    if any(v is None for v in values):
        is_known = f"{given} != None" if a.ndim == 1 else f"({given} != None).reshape(len({name}), -1).all(axis=1)"
        return f'{given}[{is_known}].astype("float32")'
    if values and all(hasattr(v, "__len__") and not isinstance(v, (str, bytes)) for v in values):
        return f"np.stack(list({name}))" if len({np.shape(v) for v in values}) == 1 else _rows_of_one_length(name)
    return _from_text(a, given, name)


def _from_text(a: np.ndarray, given: str, name: str) -> str:
    """The expression that makes numbers of text or of objects."""
    with suppress(TypeError, ValueError, OverflowError):  # the last of an integer beyond all floats
        floats = a.astype("float64")
        with suppress(ValueError, OverflowError):  # of "5.0" and of infinity
            if np.array_equal(a.astype("int64"), floats):
                return f'{given}.astype("int64")'
        return f'{given}.astype("float32")'
    return f"np.unique({name}, return_inverse=True)[1]" if a.ndim == 1 else AN_ARRAY


def _rows_of_one_length(name: str) -> str:
    return f"np.stack([row[:min(map(len, {name}))] for row in {name}])"


# ---- the values in an array


def outside(a: Array, low: float, high: float, dtype: DType) -> str:
    """ "" if the numbers of `a`, rounded to `dtype`, lie in [low, high]; otherwise their own range, as text."""
    number = np.dtype(dtype).type
    if a.size == 0:
        return ""
    with np.errstate(over="ignore"):
        least, most = number(float(a.min())), number(float(a.max()))
    if number(low) <= least and most <= number(high):
        return ""
    return f"[{str(least).removesuffix('.0')}, {str(most).removesuffix('.0')}]"  # all digits: 1.0000001 is not 1


def into_range(a: Array, low: float, high: float) -> str:
    """The expression that brings the numbers of `a`, some of which are outside of [low, high], into this range."""
    least, most = float(a.min()), float(a.max())
    if not (np.isfinite(least) and np.isfinite(most)):
        return "np.nan_to_num(x), or leave these samples out"
    clipped, rounding = f"np.clip(x, {low:g}, {high:g})", 1e-5 * (high - low)
    if (low, high) not in ((0, 1), (-1, 1)) or (low - rounding <= least and most <= high + rounding):
        return clipped
    if most > 1.5:
        return "x / 255 for pixels up to 255" if low == 0 else "x / 127.5 - 1 for pixels up to 255"
    if low == 0:
        return f"(x + 1) / 2 for data in [-1, 1], x / 255 for pixels up to 255, {clipped} for noise"
    return f"2 * x - 1 for data in [0, 1], {clipped} for noise"


def check_range(x: Any, data_range: tuple[float, float], where: str, dtype: DType = "float32") -> None:
    """TypeError for integers, ValueError for floats outside of the range (lowest, highest) of a model.

    x is an array or a list of arrays, of which the first is checked. Its numbers are rounded to `dtype` before:
    1 + 2^-52 is 1 in float32.
    """
    a, (low, high) = x[0] if isinstance(x, list) else x, data_range
    if a.dtype.kind != "f":
        floats = 'x.astype("float32")'
        by_range = {True: floats, False: f"2 * {floats} - 1"}
        if a.dtype.kind != "b":
            by_range = {True: f"{floats} / 255", False: f"{floats} / 127.5 - 1"}
        raise TypeError(message(f"{where}: integer data", expected="floats", got=a.dtype, fix=by_range[low == 0]))
    got = outside(a, low, high, dtype)
    if got:
        problem, expected = f"{where}: data outside the range of the model", f"numbers in [{low:g}, {high:g}]"
        raise ValueError(message(problem, expected=expected, got=got, fix=into_range(a, low, high)))


def check_filled(a: Array, where: str) -> None:
    """ValueError for an array without samples, or for samples without numbers."""
    if a.ndim == 0 or a.size == 0:
        expected, fix = "at least one sample", "a non-empty array; check the slice that made it"
        raise ValueError(message(f"{where}: no data", expected=expected, got=f"shape {a.shape}", fix=fix))


def check_finite(a: Array, where: str, dtype: DType = "float32") -> None:
    """ValueError, with its position, for a NaN, an infinity, or a number that overflows in `dtype`."""
    limit = float(np.finfo(dtype).max)
    if a.size and a.dtype.kind == "f" and not (-limit <= float(a.min()) and float(a.max()) <= limit):
        bad = (~((-limit <= a) & (a <= limit))).nonzero()
        largest = float(abs(a).max())
        got, expected = f"{len(bad[0])} bad, the first at {tuple(int(i[0]) for i in bad)}", "finite numbers"
        problem, fix = "NaN or infinity in the data", "np.nan_to_num(x), or leave these samples out"
        if math.isfinite(largest):
            problem, fix = f"numbers beyond {dtype}", f"x / {largest:.1g}"
            expected = f"numbers up to {limit:.2g}, the largest of {dtype}"
        raise ValueError(message(f"{where}: {problem}", expected=expected, got=got, fix=fix))


# ---- samples that are read when a batch needs them


def sample_shape(where: str, shape: Any, fix: str) -> Shape:
    """(n, ...) as a tuple of ints, or ValueError for no axis, or for what is no natural number."""
    if not isinstance(shape, (tuple, list)) or not shape or not all(is_integer(n, 0) for n in shape):
        raise ValueError(message(f"{where}: shape", expected="(n, ...), natural numbers", got=repr(shape), fix=fix))
    return tuple(map(int, shape))


def sample_range(where: str, data_range: Any, fix: str) -> tuple[float, float]:
    """(lowest, highest) as floats, or ValueError unless lowest < highest, both within the numbers of float32."""
    if isinstance(data_range, (tuple, list)) and len(data_range) == 2:
        most, expected = float(np.finfo("float32").max), "(lowest, highest), numbers of float32"
        low, high = (number(f"{where}: data_range", v, expected, fix, low=-most, below=most) for v in data_range)
        if low < high:
            return low, high
    raise ValueError(message(f"{where}: data_range", expected="(lowest, highest)", got=repr(data_range), fix=fix))


def check_indices(where: str, index: Any, n: int) -> np.ndarray:
    """The numbers of the samples that x[index] means, of n; IndexError for what is no index along the first axis."""
    numbers = None
    if not isinstance(index, tuple):
        with suppress(IndexError, TypeError, ValueError):
            numbers = np.arange(n)[index]
    if numbers is None or numbers.ndim > 1:
        expected = f"an index along the first axis, of {n:,} samples"
        fix = "x[3], x[10:20] or x[[4, 1]]; x[10:20][..., 0] for other axes"
        raise IndexError(message(f"{where}: index", expected=expected, got=described(index), fix=fix))
    return np.asarray(numbers)


def check_samples_read(where: str, samples: Any, shape: Shape, data_range: tuple[float, float]) -> None:
    """TypeError or ValueError unless read() returned floats of this shape in the range that was promised."""
    where, low, high = f"{where}.read", *data_range
    got = getattr(samples, "dtype", type(samples).__name__)
    if not isinstance(samples, np.ndarray) or samples.dtype.kind != "f":
        raise TypeError(message(where, expected="a NumPy array of floats", got=got, fix='x.astype("float32") / 255'))
    if samples.shape != shape:
        fix = "a row for each of the indices, in their order"
        raise ValueError(message(where, expected=f"samples {shape}", got=samples.shape, fix=fix))
    if samples.size and not (low <= samples.min() and samples.max() <= high):  # NaN too
        got, fix = f"numbers in [{samples.min():g}, {samples.max():g}]", "the range of all samples as data_range"
        raise ValueError(message(where, expected=f"numbers in [{low:g}, {high:g}]", got=got, fix=fix))


def refuse_arithmetic(where: str, data_range: tuple[float, float]) -> NoReturn:
    """TypeError for x / 255 of samples that are read when a batch needs them."""
    expected, got = "an array in memory", f"{where}, whose numbers are in [{data_range[0]:g}, {data_range[1]:g}]"
    fix = "x as it is, where the model takes this range; data_range=(-1.0, 1.0) for another one; x[:1000] for an array"
    raise TypeError(message(f"{where}: arithmetic", expected=expected, got=got, fix=fix))


def refuse_whole(where: str) -> NoReturn:
    """TypeError where a function needs all samples as an array."""
    expected, got = "an array in memory", f"{where}, which is read batch by batch"
    fix = "x[:1000], or x[:] if all of it fits"
    raise TypeError(message("all samples at once", expected=expected, got=got, fix=fix))


def refuse_missing_attribute(owner: str, name: str, is_made: bool) -> NoReturn:
    """AttributeError for what samples have not; is_made: whether their base class was given its shape."""
    if is_made:
        raise AttributeError(f"{owner} has no attribute {name!r}")
    expected, fix = "super().__init__(...) in its __init__", "super().__init__(shape, data_range)"
    raise AttributeError(message(f"{owner}: no {name}", expected=expected, got="an __init__ without it", fix=fix))


# ---- tensors


def check_can_learn(name: str | None, dtype: DType) -> None:
    """TypeError for requires_grad=True of integers."""
    if dtype.kind != "f":
        where, expected = f"Tensor {name or ''}: integers have no gradient", "floating-point data"
        raise TypeError(message(where, expected=expected, got=str(dtype), fix='x.astype("float32")'))


def check_has_rows(what: str, ndim: int) -> None:
    """TypeError for len() and iteration of a tensor without axes."""
    if ndim == 0:
        expected, fix = "a tensor with an axis", "loss_1 + loss_2 for a sum, minigen.stack([loss_1, loss_2])"
        raise TypeError(message(f"{what} of a single number", expected=expected, got="shape ()", fix=fix))


def check_is_one_number(what: str, shape: Shape) -> None:
    """ValueError unless a tensor of this shape holds exactly one number."""
    if math.prod(shape) != 1:
        expected, fix = "a tensor of one number", "x.sum(), x.mean(); (x > 0).all() for a condition"
        raise ValueError(message(f"{what} of a tensor", expected=expected, got=f"shape {shape}", fix=fix))


def existing_axis(where: str, axis: Any, ndim: int) -> int:
    """The axis, one of `ndim`, counted from the front (0 of a single number); ValueError for any other."""
    if not (is_integer(axis) and -max(ndim, 1) <= axis < max(ndim, 1)):
        expected, fix = f"an integer of {-ndim}..{ndim - 1}", "x.flatten(), or x.flatten(1) for a batch"
        raise ValueError(message(where, expected=expected, got=repr(axis), fix=fix))
    return int(axis) % max(ndim, 1)


def refuse_call_of_size(axis: Any) -> NoReturn:
    """TypeError for x.size(), which is a method of PyTorch's tensors and a number of NumPy's arrays."""
    got, fix = "x.size()" if axis is None else f"x.size({axis!r})", "x.shape" if axis is None else f"x.shape[{axis!r}]"
    raise TypeError(message("Tensor.size is no method", expected="x.size, all numbers", got=got, fix=fix))


def check_is_integer(dtype: DType) -> None:
    """TypeError for floats as an index."""
    if dtype.kind not in "iub":
        where, fix = "a tensor as an index or a count", "int(x)"
        raise TypeError(message(where, expected="an integer", got=str(dtype), fix=fix))


def refuse_array_protocol(got: str, fix: str) -> NoReturn:
    """TypeError for NumPy functions, and other libraries, that are given a Tensor: they would drop the graph."""
    where, expected = "a NumPy function, or another library, was given a Tensor", "a minigen function"
    expected, fix = f"{expected}, which records the graph", f"{fix}; x.numpy() where no gradient is needed"
    raise TypeError(message(where, expected=expected, got=got, fix=fix))


def refuse_item_assignment() -> NoReturn:
    """TypeError for x[...] = value, which an op could not undo."""
    expected, fix = "a new tensor", "minigen.where(mask, value, x), or a = x.numpy(); a[0] = 1; x.assign(a)"
    raise TypeError(message("x[...] = value", expected=expected, got="an assignment to a place", fix=fix))


def refuse_operator() -> NoReturn:
    """TypeError for operators on integers and truth values, which have no gradient."""
    expected, fix = "one of + - * / ** @ and comparisons", "x.numpy() // 2; (x > 0) & (x < 1), which are arrays"
    got = "one of // % & | ^ ~ << >>"
    raise TypeError(message("an operator of tensors", expected=expected, got=got, fix=fix))


def refuse_comparison(shape: Shape, other: Any, error: Exception) -> NoReturn:
    """ValueError for shapes that do not broadcast, TypeError for a comparison with anything but numbers."""
    kind = ValueError if isinstance(error, ValueError) else TypeError
    got, fix = f"{shape} and {getattr(other, 'shape', type(other).__name__)}", "x > 0, x > y of one shape"
    expected = "a number, or numbers whose shape fits"
    raise kind(message("a comparison", expected=expected, got=got, fix=fix)) from None


def check_assignable(name: str | None, new: Array, old: Array) -> None:
    """ValueError unless the new array has the shape of the old one, TypeError for floats into integers."""
    where = f"assign to {name or 'a tensor'}"
    if new.shape != old.shape:
        fix = "an array of the same shape"
        raise ValueError(message(where, expected=f"shape {old.shape}", got=new.shape, fix=fix))
    if new.dtype.kind == "f" and old.dtype.kind != "f":
        fix = f'np.asarray(new, "{old.dtype}")'
        raise TypeError(message(where, expected=str(old.dtype), got=str(new.dtype), fix=fix))
