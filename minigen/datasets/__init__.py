"""Data: MNIST, and toys whose answer is known. Arrays are host NumPy; fit() moves them."""

from . import attributes, mnist, toys

__all__ = ["attributes", "mnist", "toys"]
