"""What cannot be described, and descriptions that are wrong: files are made by others, too."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from ...checks.values import check_no_problems, is_integer, mapping
from ...configured import OWN, name_of_class
from ...errors import NEXT_LINE, described, message
from ..checks import as_dtype

FIX = "the file as save() wrote it"
CLASSES = "in custom_objects the classes with which it was written; or the file as save() wrote it"
KEYS = {"steps": list, "root": int, "layers": dict, "frozen": list, "outside": list, "arrays": dict}
KINDS_OF_STEPS: dict[str, dict[str, Any]] = {
    "input": {"input": dict},
    "call": {"call": dict, "x": object, "others": list, "keywords": dict, "training": object, "outputs": object},
    "class": {"class": str, "config": dict},
    "compile": {"compile": dict, "config": dict},
}
STATE = {"class": str, "dtype": str, "built_for": object}


# ---- what cannot be described


@contextmanager
def refusing_circles(label: str) -> Iterator[None]:
    """ValueError for arguments that contain themselves, such as a list in itself, in place of a RecursionError."""
    try:
        yield
    except RecursionError:
        expected, fix = "arguments that end", "get_config() without the layer itself in it"
        where = f"{label}: it cannot be described, nothing was written"
        raise ValueError(message(where, expected=expected, got="arguments that contain themselves", fix=fix)) from None


def check_is_described(label: str, problems: Sequence[str]) -> None:
    """ValueError that lists what has no description."""
    expected = "numbers, text, arrays, layers, functions with a name, and objects with get_config()"
    fix = "def f(x): ... in place of a lambda; get_config() in a class; include_optimizer=False without compile()'s"
    check_no_problems(f"{label}: it cannot be described, nothing was written", problems, expected, fix)


def refuse_value(value: Any, where: str) -> NoReturn:
    """ValueError for what a layer was built for, if it is no shape."""
    fix = "a layer that is called on arrays"
    raise ValueError(message(f"{where}: what it was built for", expected="shapes", got=described(value), fix=fix))


# ---- descriptions that are wrong


def _refuse(expected: str, got: object) -> NoReturn:
    raise ValueError(message("a description of a model", expected=expected, got=got, fix=FIX))


def _check_keys(what: str, found: Any, keys: Mapping[str, Any]) -> None:
    """ValueError unless it is a dict with these keys, and values of these types."""
    if not isinstance(found, dict) or found.keys() != keys.keys():
        _refuse(f"{what} with {', '.join(keys)}", described(found))
    for key, kind in keys.items():
        if not isinstance(found[key], kind) or (kind is int and isinstance(found[key], bool)):
            _refuse(f"{what} whose {key} is of type {kind.__name__}", described(found[key]))


def check_description(description: Any) -> None:
    """ValueError unless it is what describe() makes, so far as this shows without making anything."""
    _check_keys("a dict", description, KEYS)
    for step in description["steps"]:
        kind = next((kind for kind in KINDS_OF_STEPS if isinstance(step, dict) and kind in step), None)
        if kind is None:
            _refuse("steps that are an input, a call, a class or compile", described(step))
        _check_keys(f"a step of kind {kind!r}", step, KINDS_OF_STEPS[kind])
        if kind == "call" and step["training"] not in (None, True, False):
            _refuse("training: true, false or null", described(step["training"]))
    for state in description["layers"].values():
        _check_keys("the state of a layer", state, STATE)
        as_dtype("a description of a model", state["dtype"])
    if not all(isinstance(path, str) for path in description["frozen"]):
        _refuse("frozen: paths of weights", described(description["frozen"]))


def check_names(steps: Sequence[Any], custom_objects: Mapping[str, Any]) -> None:
    """ValueError that lists all classes and functions of the user that are not among custom_objects."""
    names = [name for step in steps for name in _names_in(step)]
    unknown = list(dict.fromkeys(name for name in names if not name.startswith(OWN) and name not in custom_objects))
    if unknown:
        where, fix = "a model with classes or functions that are not minigen's", f"custom_objects={{{_pairs(unknown)}}}"
        expected = f"{', '.join(unknown)} among custom_objects"
        raise ValueError(message(where, expected=expected, got=", ".join(custom_objects) or "none", fix=fix))


def _names_in(step: Any) -> Iterator[str]:
    """The names of classes and functions in a step, at any depth. A loop: the text may be deep."""
    todo = [step]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            yield from (value[key] for key in ("class", "function") if isinstance(value.get(key), str))
        if isinstance(value, (dict, list)):
            todo += value.values() if isinstance(value, dict) else value


def _pairs(names: Sequence[str]) -> str:
    return ", ".join(f"{name!r}: {name}" for name in names)


def checked_custom_objects(custom_objects: Any) -> Mapping[str, Any]:
    """TypeError unless it is a dict of classes and functions by name."""
    fix = 'custom_objects={"Scale": Scale}'
    found = mapping("custom_objects", custom_objects, fix, "a dict of classes and functions by name")
    pairs = found.items()
    wrong = [f"{name!r}: {described(v)}" for name, v in pairs if not callable(v) or not isinstance(name, str)]
    if wrong:
        raise TypeError(message("custom_objects", expected="classes and functions", got=", ".join(wrong), fix=fix))
    return found


def check_is_form(value: Any) -> None:
    """ValueError unless it is one of the forms of values.py."""
    if not isinstance(value, dict) or len(value) != 1:
        _refuse("a value, or a dict with one key that says what it is", described(value))
    if not {"tuple", "dict", "array", "ref", "symbol", "function", "partial"} & value.keys():
        _refuse("tuple, dict, array, ref, symbol, function or partial", described(value))


def list_of(form: str, content: Any, n: int | None = None) -> list[Any]:
    """The content of a form, if it is a list, of n entries if n is given; else ValueError."""
    if not isinstance(content, list) or n not in (None, len(content)):
        _refuse(f"a list for {form}", described(content))
    return content


def dict_of(pairs: Sequence[Any]) -> dict[Any, Any]:
    """A dict of pairs; ValueError for what is none."""
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        _refuse("pairs of a key and a value", described(pairs))
    return {key: value for key, value in pairs}


def partial_of(*parts: Any) -> Any:
    """functools.partial of [function, arguments, keywords]; ValueError for anything else."""
    if len(parts) != 3 or not callable(parts[0]) or not isinstance(parts[1], tuple) or not isinstance(parts[2], dict):
        _refuse("partial: a function, its arguments and keywords", described(parts))
    return functools.partial(parts[0], *parts[1], **parts[2])


def found_function(name: Any, found: Any) -> Any:
    """ValueError for the name of a function that minigen has not."""
    if found is None:
        _refuse("a function of minigen", repr(name))
    return found


def check_number(number: Any, steps: int) -> None:
    """ValueError unless it is the number of an earlier step: this also excludes circles."""
    if not is_integer(number, 0) or number >= steps:
        _refuse(f"the number of an earlier step, below {steps}", described(number))


def nth_output(outputs: Any, i: Any) -> Any:
    """ValueError unless there is such an output."""
    if not isinstance(outputs, list) or not is_integer(i, 0) or i >= len(outputs):
        _refuse("an output of an input or a call", described(i))
    return outputs[i]


def check_is_layer(layer: Any) -> None:
    """ValueError unless it can be called in a graph."""
    if not hasattr(layer, "note_outputs"):
        _refuse("a call of a layer", described(layer))


def checked_symbol(y: Any) -> Any:
    """ValueError for a call that is in no graph."""
    if getattr(y, "call", None) is None:
        _refuse("a call on inputs, or on what was made of them", described(y))
    return y


def checked_output(shape: Any, dtype: Any) -> tuple[tuple[int, ...], str]:
    """The shape and dtype of an output, without the batch; ValueError or TypeError for anything else."""
    if not isinstance(shape, list) or not all(is_integer(n, 0) for n in shape):
        _refuse("the shape of an output", described(shape))
    return tuple(shape), as_dtype("a description of a model", dtype)


def found_part(path: str, parts: Mapping[str, Any], kind: str) -> Any:
    """The layer at a path; ValueError unless it is there, and of this class."""
    if path not in parts or name_of_class(type(parts[path])) != kind:
        got = type(parts[path]).__name__ if path in parts else "none"
        fix = "a class that makes the same layers from the arguments in its get_config()"
        where = f"the layer at {path!r}"
        raise ValueError(message(where, expected=kind, got=got, fix=fix))
    return parts[path]


@contextmanager
def explained(what: str) -> Iterator[None]:
    """ValueError, with what could not be made, for whatever goes wrong: classes may raise anything."""
    try:
        yield
    except Exception as error:
        where, got = f"a description of a model: {what}", f"{type(error).__name__}: {error}".replace("\n", NEXT_LINE)
        raise ValueError(message(where, expected="what can be made", got=got, fix=CLASSES)) from error
