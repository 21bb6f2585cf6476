"""A graph of layers as one model, with compile, fit, evaluate, predict, summary and weights as in Keras."""

from .files import load_model
from .functional import as_list
from .model import Model
from .sequential import Sequential

__all__ = ["Model", "Sequential", "as_list", "load_model"]
