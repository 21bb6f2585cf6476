"""Configured: an object that remembers the arguments that it was made with, so that it can be described and made anew.

Layers, models, optimizers, losses, initializers and learning rates are such objects. What is remembered is what
`__init__` was given, by name and with the defaults; a subclass needs no get_config() of its own.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections import UserDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TypeVar, cast

from .arguments import checks_arguments
from .errors import message

Method = TypeVar("Method", bound=Callable[..., Any])

OWN = f"{__package__}."  # what the names of minigen's classes begin with


class Given(UserDict[str, Any]):
    """Arguments by name. It is no dict: layers and optimizers in it are not parts of the object that was given them."""


def remembers(name: str, attribute: str) -> Callable[[Method], Method]:
    """Decorator of the method `name` that notes its arguments, as a Given in this attribute of the object, at its end.

    Only the method of the object's own class does so, not those of its base classes, which it calls with others. One
    that takes (*args) in place of self is not known and notes nothing.
    """

    def decorate(method: Method) -> Method:
        first = next(iter(inspect.signature(method).parameters.values()))
        if first.kind is first.VAR_POSITIONAL:
            return method

        @functools.wraps(method)
        def remembering(*args: Any, **keywords: Any) -> Any:
            result = method(*args, **keywords)
            if getattr(type(args[0]), name) is remembering:
                vars(args[0])[attribute] = given(method, args, keywords)
            return result

        return cast(Method, remembering)

    return decorate


def given(method: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any]) -> Given:
    """The arguments of a call by their names, without self, with the defaults of those that were left out."""
    signature = inspect.signature(method)
    bound = signature.bind(*args, **keywords)
    bound.apply_defaults()
    found = Given(list(bound.arguments.items())[1:])
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            found |= found.pop(parameter.name, {})
        elif parameter.kind is parameter.VAR_POSITIONAL and not found.get(parameter.name):
            found.pop(parameter.name, None)
    return found


class Configured:
    """Base of what can be described by the arguments of its __init__.

    get_config() and from_config() are as in Keras: kind.from_config(it.get_config()) makes another one like it.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__init__" in vars(cls):
            cls.__init__ = remembers("__init__", "_given")(checks_arguments(cls.__init__))  # type: ignore[method-assign]

    def init_arguments(self) -> dict[str, Any]:
        """What __init__ was given, by name. A class whose attributes say more than these arguments overrides it.

        Raises TypeError for a class whose __init__ is not known, as where a decorator has put it into the class.
        """
        if "_given" not in vars(self):
            where, fix = f"{type(self).__name__}.get_config", "def get_config(self): return {'units': self.units}"
            expected, got = "an __init__ that is written in the class", "another one, whose arguments are not known"
            raise TypeError(message(where, expected=expected, got=got, fix=fix))
        return dict(vars(self)["_given"])

    def get_config(self) -> dict[str, Any]:
        """The arguments that it was made with, by name, as in Keras: from_config() takes them.

        An object among them, such as a layer, stands there as {"class_name": ..., "config": ...}.
        """
        return {name: plain(value) for name, value in self.init_arguments().items()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """A new object with the arguments that get_config() returned.

        Objects among them may stand there as they are. custom_objects: {"Scale": Scale, ...}, the classes among them
        that are not minigen's. Raises ValueError for the name of another class.
        """
        found = {name: revived(value, custom_objects or {}) for name, value in config.items()}
        return cls(*taken_by_place(cls, found), **found)


def taken_by_place(kind: type, config: dict[str, Any]) -> list[Any]:
    """Of the arguments of an `__init__(self, a, *units, b=1)` a and the units, which are taken out of the config."""
    parameters = list(inspect.signature(kind).parameters.values())
    kinds = [p.kind if p.name in config else None for p in parameters]
    if inspect.Parameter.VAR_POSITIONAL not in kinds:
        return []
    place = kinds.index(inspect.Parameter.VAR_POSITIONAL)
    return [config.pop(p.name, p.default) for p in parameters[:place]] + [*config.pop(parameters[place].name)]


def plain(value: Any) -> Any:
    """`value` with {"class_name": ..., "config": ...} in place of every object that has a config."""
    if isinstance(value, Configured):
        return {"class_name": name_of_class(type(value)), "config": value.get_config()}
    if isinstance(value, (list, tuple)):
        return type(value)([plain(inner) for inner in value])
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return value


def revived(value: Any, custom_objects: Mapping[str, Any]) -> Any:
    """The inverse of plain()."""
    if isinstance(value, dict) and value.keys() == {"class_name", "config"}:
        return made(class_of_name(value["class_name"], custom_objects), value["config"], custom_objects)
    if isinstance(value, (list, tuple)):
        return type(value)([revived(inner, custom_objects) for inner in value])
    if isinstance(value, dict):
        return {key: revived(inner, custom_objects) for key, inner in value.items()}
    return value


def made(kind: Any, config: Mapping[str, Any], custom_objects: Mapping[str, Any]) -> Any:
    """A new object of a class; one of the user may lack from_config(), or have one that takes the config alone."""
    if not hasattr(kind, "from_config"):
        return kind(**config)
    takes = inspect.signature(kind.from_config).parameters
    return kind.from_config(config, custom_objects) if "custom_objects" in takes else kind.from_config(config)


# ---- classes by name


def name_of_class(kind: type) -> str:
    """ "minigen.Dense" for a class of minigen, "Scale" for one of the user."""
    return f"{OWN}{kind.__name__}" if _is_own(kind) else kind.__name__


def class_of_name(name: Any, custom_objects: Mapping[str, Any]) -> Any:
    """The class of that name: of minigen, or among custom_objects. ValueError if it is neither."""
    is_own = isinstance(name, str) and name.startswith(OWN)
    known = _own_classes() | dict(custom_objects)
    if is_own and name not in known:
        importlib.import_module(f"{OWN}museum")  # `import minigen` leaves out the ready-made models, which it imports
        known |= _own_classes()
    if not isinstance(name, str) or name not in known:
        fix = "a newer version of minigen" if is_own else f"custom_objects={{{name!r}: {name}}}, with the class itself"
        raise ValueError(message(f"unknown class {name!r}", expected="a known class", got=repr(name), fix=fix))
    return known[name]


def _own_classes() -> dict[str, type]:
    """The classes of minigen that have been imported, by their names here."""
    return {f"{OWN}{kind.__name__}": kind for kind in _subclasses(Configured) if _is_own(kind)}


def _is_own(kind: type) -> bool:
    """Whether it is a class of minigen under its own name; one that a function has made is not."""
    module = sys.modules.get(kind.__module__)
    return kind.__module__.startswith(OWN) and getattr(module, kind.__name__, None) is kind


def _subclasses(kind: type) -> Iterator[type]:
    one: type
    for one in kind.__subclasses__():
        yield one
        yield from _subclasses(one)
