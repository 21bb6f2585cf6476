"""Data: MNIST, and toys whose answer is known. Arrays are host NumPy; fit() moves them."""

from . import mnist, toys

__all__ = ["mnist", "toys"]
