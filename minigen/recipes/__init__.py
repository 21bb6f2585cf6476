"""The experiments of the chapter, one function each: what `minigen train` and `minigen chapter` run."""

from . import (
    adversarial,
    adversarial_forensic,
    adversarial_scale,
    adversarial_toy,
    adversarial_traps,
    autoencoders,
    autoregressive,
    compression,
    contexts,
    convolution,
    introduction,
    multitask,
    take_away,
    variational,
    variational_traps,
    writing,
)
from .base import Recipe, Run, Settings, book
from .kitchen import cook_all

__all__ = [
    "Recipe",
    "Run",
    "Settings",
    "adversarial",
    "adversarial_forensic",
    "adversarial_scale",
    "adversarial_toy",
    "adversarial_traps",
    "autoencoders",
    "autoregressive",
    "book",
    "compression",
    "contexts",
    "convolution",
    "cook_all",
    "introduction",
    "multitask",
    "take_away",
    "variational",
    "variational_traps",
    "writing",
]
