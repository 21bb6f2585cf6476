"""Optimizers with Keras' argument names, defaults and equations.

base.py has step(), rules.py the update formula of each optimizer, and cosine_decay.py a learning rate with a warm-up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from .. import elsewhere
from ..checks.values import by_name
from .base import LinearDecay, Optimizer, Rate
from .cosine_decay import CosineDecay
from .rules import SGD, Adadelta, Adam, AdamW, RMSprop

# fmt: off
__all__ = [
    "OPTIMIZERS", "SGD", "Adadelta", "Adam", "AdamW", "CosineDecay", "LinearDecay", "Optimizer", "RMSprop", "Rate",
    "get",
]
# fmt: on

OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "adadelta": Adadelta,
    "rmsprop": RMSprop,
}


def get(optimizer: str | Optimizer) -> Optimizer:
    """A new optimizer of that name with its defaults, or the optimizer itself. ValueError or TypeError for others."""
    if isinstance(optimizer, Optimizer):
        return optimizer
    expected, fix = "a name or an optimizer", "'adam' or Adam(0.001)"
    instead = {name.lower(): there_is for name, there_is in elsewhere.OPTIMIZERS.items()}
    return by_name("optimizer", optimizer, OPTIMIZERS, lambda given: False, expected, fix, instead)()


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, __all__)
