"""Any function as a layer."""

from __future__ import annotations

import dis
import functools
import inspect
from collections.abc import Callable, Iterator
from types import CodeType, ModuleType
from typing import Any

from ..arguments import check_takes
from ..checks.values import check_is_callable
from ..tensor import Tensor
from .base import Layer
from .checks import check_is_no_weight
from .parts import inside


class Lambda(Layer):
    """y = function(x): Lambda(lambda x: x[:, :2])(x), and of a list for several inputs, Lambda(f)([a, b]).

    function  of a Tensor or a list of them, made of minigen's functions and operators

    A function has no weights that could be trained or saved: for those, subclass Layer. Its code is never written into
    a file, at most its name: a model with a Lambda comes back only where the function is given again, and a `lambda`
    has no name. Raises TypeError for what is no function, ValueError for a function that uses a layer or a weight from
    outside of it: one that has a name in it, or is in a list, a dict or an object that has.
    """

    def __init__(self, function: Callable[[Any], Any], name: str | None = None) -> None:
        super().__init__(name)
        check_is_callable(f"{self.label}: function", function, "Lambda(lambda x: x * x)")
        fix = "Lambda(lambda x: x * x), or Lambda(lambda xs: xs[0] * xs[1])([a, b]) for several inputs"
        check_takes(f"{self.label}: function", function, ("x",), fix)
        for variable, value in from_outside(function):
            check_is_no_weight(self.label, variable, value)
        self.function = function

    def call(self, x: Any) -> Any:
        return self.function(x)


def from_outside(function: Any) -> Iterator[tuple[str, Any]]:
    """(name, layer or tensor) in the variables of a function that are not its own: in a variable itself, in its lists
    and dicts, and in the attributes of an object."""
    found: dict[str, Any] = {}
    if isinstance(function, functools.partial):
        found, function = {"an argument": [function.args, function.keywords]}, function.func
    try:
        nonlocals = inspect.getclosurevars(function).nonlocals
        written = getattr(function, "__func__", function)  # of a method
        used = {name: written.__globals__.get(name) for name in globals_in(written.__code__)}
        found |= {**used, **nonlocals, "self": getattr(function, "__self__", None)}
    except TypeError:  # an object that can be called, or a function that is not written in Python
        found["self"] = function
    for name, value in found.items():
        attributes = {} if isinstance(value, ModuleType) else getattr(value, "__dict__", {})
        for held in (value, attributes):
            yield from ((name, one) for _, one in inside(name, held, (Layer, Tensor)))


def globals_in(code: CodeType) -> Iterator[str]:
    """The names of the globals that a function reads, and those of the functions inside of it."""
    yield from (step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL")
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from globals_in(constant)
