"""What two models differ in: one that is to be written, and the one that its description makes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...configured import Configured
from ...optimizers import Optimizer

PLAIN = (bool, int, float, str, type(None))
DEEPEST = 10  # lists in each other: one may contain itself
OF_A_RUN = {"built_for", "stop_training"}  # attributes that are no settings
OF_COMPILE = {"loss", "loss_weights", "metrics"}


def shapes_of(model: Any) -> dict[str, str]:
    """The shape and type of each weight, by its path."""
    return {path: f"{weight.shape} {weight.dtype}" for path, weight in model.named_weights().items()}


def differences(these: Mapping[str, str], others: Mapping[str, str]) -> list[str]:
    """What is in one of them alone, or not the same in both."""
    found = [f"not made again: {name} {these[name]}" for name in these if name not in others]
    found += [f"new: {name} {others[name]}" for name in others if name not in these]
    both = [name for name in these if name in others and these[name] != others[name]]
    return found + [f"{name}: {others[name]} instead of {these[name]}" for name in both]


def differences_of_settings(model: Any, other: Any, compiled: bool) -> list[str]:
    """The settings that the layers of the other model have too, with other values.

    Settings are the attributes that text_of() can show; those whose names begin with _ are none.
    """
    others = {"": other, **dict(other.all_parts().layers)}
    passed_over = OF_A_RUN if compiled else OF_A_RUN | OF_COMPILE
    found = []
    for path, part in [("", model), *model.all_parts().layers]:
        names = [name for name in vars(part) if name[0] != "_" and name not in passed_over]
        for name in names:
            text, again = text_of(vars(part)[name]), text_of(getattr(others.get(path), name, other))
            if None not in (text, again) and text != again:
                found.append(f"{path}.{name}: {again} instead of {text}")
    return found


def settings_of(optimizer: Any) -> str:
    """Its class and its settings as text. The learning rate and the number of steps are in the file besides."""
    texts = {name: text_of(v) for name, v in vars(optimizer).items() if name[0] != "_" and name != "iterations"}
    return " ".join([type(optimizer).__name__, *(f"{name}={text}" for name, text in texts.items() if text)])


def text_of(value: Any, depth: int = 0) -> str | None:
    """A setting as text: plain, a list or dict, a function, an object with a config; None for a layer or an array."""
    if isinstance(value, dict):
        return text_of(list(value.items()), depth)
    value = value.item() if isinstance(value, np.generic) else value
    if type(value) in PLAIN:
        return repr(value)
    if isinstance(value, (list, tuple)):
        texts = [text_of(inner, depth + 1) for inner in value] if depth < DEEPEST else [None]
        return None if None in texts else ", ".join(map(str, texts))
    if isinstance(value, functools.partial):
        return text_of([value.func, value.args, sorted(value.keywords.items())])
    if isinstance(value, Configured):
        is_part = hasattr(value, "named_weights") or isinstance(value, Optimizer)
        return None if is_part else f"{type(value).__name__} {value.get_config()}"
    return getattr(value, "__qualname__", None)
