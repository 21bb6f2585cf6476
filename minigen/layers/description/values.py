"""Arguments as what JSON can hold, and back.

None, truth values, numbers, text and lists stand for themselves. Everything else is a dict with one key:

    {"tuple": [...]}   {"dict": [[key, value], ...]}
    {"array": name}    an array, which is stored beside the text
    {"ref": n}         what step n has made
    {"symbol": [n, i]} output i of the call in step n
    {"function": name} of minigen, such as "minigen.ops.relu", or of the user: custom_objects has it
    {"partial": [function, arguments, keywords]}
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ... import backend, initializers, losses, metrics, ops
from ...configured import OWN
from . import checks

MODULES = {"initializers": initializers, "losses": losses, "metrics": metrics, "ops": ops}
PLAIN = (bool, int, float, str, type(None))

Others = Callable[[Any, str], Any]  # (what is in none of these forms, where it stands) -> its form


def encoded(value: Any, where: str, others: Others) -> Any:
    """`value` as what JSON can hold; `others` makes it of functions, arrays and objects."""
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in PLAIN:
        return value
    if type(value) is list:
        return [encoded(inner, where, others) for inner in value]
    if type(value) is tuple:
        return {"tuple": encoded(list(value), where, others)}
    if type(value) is dict:
        return {"dict": [encoded(list(pair), where, others) for pair in value.items()]}
    if type(value) is functools.partial:
        return {"partial": encoded([value.func, value.args, value.keywords], where, others)}
    return others(value, where)


def name_of_function(function: Any) -> str | None:
    """ "minigen.ops.relu", or the name of a function of the user, which is found in custom_objects; None for others.

    The class of a loss is one too: compile() calls it.
    """
    name, module = str(getattr(function, "__name__", "<")), str(getattr(function, "__module__", ""))
    is_loss = isinstance(function, type) and issubclass(function, losses.Loss)
    if (isinstance(function, type) and not is_loss) or not callable(function) or name.startswith("<"):
        return None  # another class, an object, a lambda
    if not module.startswith(OWN):
        return name
    name = f"{module.split('.')[1]}.{name}"
    return f"{OWN}{name}" if _own_function(name) is function else None


def _own_function(name: str) -> Any:
    """ "ops.relu" -> the function of minigen, or None."""
    module, _, name = name.partition(".")
    found = getattr(MODULES.get(module), name, None)
    return found if str(getattr(found, "__module__", "")).startswith(f"{OWN}{module}") and callable(found) else None


def decoded(value: Any, of_form: Mapping[str, Callable[[Any], Any]]) -> Any:
    """The inverse of encoded(). of_form has what to make of "array", "ref", "symbol" and "function"."""
    if type(value) in PLAIN:
        return value
    if type(value) is list:
        return [decoded(inner, of_form) for inner in value]
    checks.check_is_form(value)
    ((form, content),) = value.items()
    if form in of_form:
        return of_form[form](content)
    content = checks.list_of(form, decoded(content, of_form))
    if form == "tuple":
        return tuple(content)
    if form == "dict":
        return checks.dict_of(content)
    return checks.partial_of(*content)


def function_of_name(name: Any, custom_objects: Mapping[str, Any]) -> Any:
    """The function with this name of name_of_function(); ValueError if there is none."""
    own = isinstance(name, str) and name.startswith(OWN)
    found = _own_function(name.removeprefix(OWN)) if own else custom_objects.get(name)
    return checks.found_function(name, found)


def is_array(value: Any) -> bool:
    """Whether it is an array of numbers, truth values or text, of either library."""
    return backend.is_device_array(value) or (isinstance(value, np.ndarray) and value.dtype.kind in "fiubU")
