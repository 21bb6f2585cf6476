"""A graph of layers as one model, with compile, fit, evaluate, predict, summary and weights as in Keras."""

from .model import Model, Sequential

__all__ = ["Model", "Sequential"]
