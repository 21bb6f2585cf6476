"""The steps in which a layer or model was made, as plain data.

A description is a dict:

    steps   one after the other: {"input": {...}} is an Input; {"class": ..., "config": {...}} an object with its
            arguments; {"call": ...} a layer called on symbols, with the shapes that came out
    root    the number of the step that made the layer itself
    layers  for it and for each layer in it, by path: its class, its dtype, and the shapes that it was built for
    frozen  the paths of weights that have no gradient, or of layers whose weights have none
    outside weights of layers that it was made with, but does not contain
    arrays  arrays among the arguments, by name

A step refers to earlier ones alone, so that a description has no circles. An object that is used twice is made in one
step: layers and symbols that models share are shared again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import numpy as np

from ... import backend
from ...configured import OWN, Configured, name_of_class
from ...errors import described
from ..symbolic import Call, Symbolic
from . import checks
from .values import encoded, is_array, name_of_function

Description = dict[str, Any]


def describe(layer: Any) -> Description:
    """The description of a layer or model. ValueError that lists all in it that has none."""
    return Writer(layer).description


def state_of(part: Any) -> dict[str, Any]:
    """What a layer has become since it was made."""
    shapes = encoded(part.built_for, part.label, checks.refuse_value)
    return {"class": name_of_class(type(part)), "dtype": part.dtype, "built_for": shapes}


def config_of(thing: Any) -> dict[str, Any] | None:
    """The arguments that an object was made with; None for one that does not say.

    A get_config() of the user's own counts; minigen's, which nests the objects in each other, does not.
    """
    if isinstance(thing, type):
        return None
    if isinstance(thing, Configured):
        own = getattr(type(thing).get_config, "__module__", "").startswith("minigen.")
        return thing.init_arguments() if own else thing.get_config()
    if dataclasses.is_dataclass(thing):
        return {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
    return thing.get_config() if hasattr(thing, "get_config") else None


def calls_behind(layer: Any) -> list[Call]:
    """Every call in a graph of the layer, or of what it was made with. A loop: graphs may be deep."""
    found: list[Call] = []
    seen: dict[int, Any] = {}  # with the things: a list that is gone could leave its id to another one
    todo: list[Any] = [layer]
    while todo:
        thing = todo.pop()
        if not isinstance(thing, (list, tuple, dict, Configured, Symbolic, Call)) or id(thing) in seen:
            continue
        seen[id(thing)] = thing
        if isinstance(thing, dict):
            todo += thing.values()
        elif isinstance(thing, (list, tuple)):
            todo += thing
        elif isinstance(thing, Symbolic):
            todo.append(thing.call)
        elif isinstance(thing, Call):
            found.append(thing)
            todo += [thing.layer, thing.x, thing.others, thing.keywords]
        else:
            todo.append(config_of(thing))
    return found


class Writer:
    """Writes the description of a layer or model, on request with what compile() was given.

    custom_objects: the classes and functions in it that are not minigen's, by name.
    """

    def __init__(self, layer: Any, compiled: bool = False) -> None:
        self.steps: list[dict[str, Any]] = []
        self.numbers: dict[int, int] = {}  # id of what a step makes -> the number of the step
        self.made: list[Any] = []  # what the steps make
        self.arrays: dict[str, np.ndarray] = {}
        self.custom_objects: dict[str, Any] = {}
        self.problems: list[str] = []
        with checks.refusing_circles(layer.label):
            for call in sorted(calls_behind(layer), key=attrgetter("order")):
                self.step_of_call(call)
            root = self.step_of_object(layer, layer.label)
        parts = [("", layer), *layer.all_parts().layers]
        for _, part in parts if compiled else []:
            self.step_of_compile(part)
        weights = layer.named_weights()
        self.description: Description = {
            "steps": self.steps,
            "root": root,
            "layers": {path: state_of(part) for path, part in parts},
            "frozen": [path for path, weight in weights.items() if not weight.requires_grad],
            "outside": self.weights_outside(list(weights.values())),
            "arrays": self.arrays,
        }
        checks.check_is_described(layer.label, self.problems)

    def _add(self, thing: Any, step: dict[str, Any]) -> int:
        self.numbers[id(thing)] = len(self.steps)
        self.made.append(thing)
        self.steps.append(step)
        return len(self.steps) - 1

    def step_of_call(self, call: Call) -> int:
        """The number of the step that makes a call of a graph."""
        if id(call) in self.numbers:
            return self.numbers[id(call)]
        label = call.layer.label
        step = {"call": self.value(call.layer, label), "x": self.value(call.x, label)}
        step["others"] = self.value(list(call.others), label)
        step["keywords"] = {name: self.value(inner, label) for name, inner in call.keywords.items()}
        step["training"] = call.training
        step["outputs"] = [[list(output.shape[1:]), output.dtype] for output in call.outputs]
        return self._add(call, step)

    def step_of_symbol(self, symbol: Symbolic) -> list[int]:
        """[the number of the step that makes it, which of its outputs it is]."""
        if symbol.call is not None:
            return [self.step_of_call(symbol.call), [id(o) for o in symbol.call.outputs].index(id(symbol))]
        if id(symbol) not in self.numbers:
            arguments = {"shape": list(symbol.shape[1:]), "dtype": symbol.dtype, "name": symbol.name}
            self._add(symbol, {"input": arguments})
        return [self.numbers[id(symbol)], 0]

    def step_of_object(self, thing: Any, where: str) -> int:
        """The number of the step that makes a layer, an initializer or another object with a config."""
        if id(thing) not in self.numbers:
            label, name = getattr(thing, "label", type(thing).__name__), name_of_class(type(thing))
            config = config_of(thing)
            if not isinstance(config, Mapping):
                what = f"{thing!r:.60}" if config is None else f"{label}.get_config() is {described(config)}, no dict"
                self.problems.append(f"{where}: {what}")
                config = {}
            self.note_name(name, type(thing))
            found = {argument: self.value(inner, f"{label}, {argument}") for argument, inner in config.items()}
            self._add(thing, {"class": name, "config": found})
        return self.numbers[id(thing)]

    def step_of_compile(self, part: Any) -> None:
        """What compile() of a model was given. A part that another one has made is compiled by that one too."""
        given = vars(part).get("_compiled_with")
        if given is not None and id(part) in self.numbers:
            found = {name: self.value(inner, f"{part.label}.compile, {name}") for name, inner in given.items()}
            self._add(given, {"compile": {"ref": self.numbers[id(part)]}, "config": found})

    def weights_outside(self, inside: list[Any]) -> list[list[Any]]:
        """[step, arrays by path] of weights that are not in the layer, but in others that it was made with."""
        seen, found = set(map(id, inside)), []
        for number, thing in enumerate(self.made):
            weights = thing.named_weights() if hasattr(thing, "named_weights") else {}
            new = {path: self.value(weight.data, path) for path, weight in weights.items() if id(weight) not in seen}
            seen |= set(map(id, weights.values()))
            found += [[number, new]] if new else []
        return found

    def note_name(self, name: str, thing: Any) -> None:
        """The name of a class or function of the user, which may stand for one only."""
        if not name.startswith(OWN) and self.custom_objects.setdefault(name, thing) is not thing:
            self.problems.append(f"two classes or functions of the name {name}")

    def value(self, value: Any, where: str) -> Any:
        """A value in a config, or an argument of a call."""
        return encoded(value, where, self._other)

    def _other(self, value: Any, where: str) -> Any:
        """The form of what is not plain: functions, symbols, arrays and objects."""
        name = name_of_function(value)
        if name is not None:
            self.note_name(name, value)
            return {"function": name}
        if isinstance(value, Symbolic):
            return {"symbol": self.step_of_symbol(value)}
        if is_array(value):
            name = str(len(self.arrays))
            self.arrays[name] = backend.to_numpy(value)
            return {"array": name}
        return {"ref": self.step_of_object(value, where)}
