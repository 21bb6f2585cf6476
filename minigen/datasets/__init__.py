"""Data: MNIST, and toys whose answer is known. Arrays are host NumPy; fit() moves them."""

from . import attributes, mnist, text, toys
from .binary import binarize

__all__ = ["attributes", "binarize", "mnist", "text", "toys"]
