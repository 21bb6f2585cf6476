"""The experiments of the chapter, one function each: what `minigen train` and `minigen chapter` run."""

from . import adversarial, autoencoders, compression, convolution, introduction, variational, variational_traps
from .base import Recipe, Run, Settings, book

__all__ = [
    "Recipe",
    "Run",
    "Settings",
    "adversarial",
    "autoencoders",
    "book",
    "compression",
    "convolution",
    "introduction",
    "variational",
    "variational_traps",
]
