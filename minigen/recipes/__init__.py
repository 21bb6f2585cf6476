"""The experiments of the chapter, one function each: what `minigen train` and `minigen chapter` run."""

from . import autoencoders, convolution, introduction
from .base import Recipe, Run, Settings, book

__all__ = ["Recipe", "Run", "Settings", "autoencoders", "book", "convolution", "introduction"]
