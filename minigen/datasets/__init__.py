"""Data to train on: `mnist`."""

from . import mnist

__all__ = ["mnist"]
