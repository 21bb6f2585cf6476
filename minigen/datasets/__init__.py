"""Data to train on: `mnist`."""

from minigen.datasets import mnist

__all__ = ["mnist"]
