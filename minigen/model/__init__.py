"""A graph of layers as one model, with compile, fit, evaluate, predict, summary and weights as in Keras."""

from .files import load_model
from .model import Model
from .sequential import Sequential

__all__ = ["Model", "Sequential", "load_model"]
