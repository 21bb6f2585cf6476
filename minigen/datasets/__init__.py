"""Data sets: MNIST, text, and small ones whose answer is known. Arrays are NumPy's; fit() moves them to the backend."""

from . import attributes, mnist, text, toys
from .binary import binarize

__all__ = ["attributes", "binarize", "mnist", "text", "toys"]
