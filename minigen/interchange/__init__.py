"""Weights and models from and to Keras 3 and PyTorch, neither of which needs to be installed.

keras_weights.py  .weights.h5, the weights of a Keras model
keras_layers.py   the settings of each layer
keras_training.py what compile() was given
keras_writing.py  the config of a model
keras_reading.py  a model from a config
keras.py          .keras, a whole model
torch_layers.py   the weights of each layer as PyTorch has them
torch_order.py    the order of features where images become rows, or rows images
torch.py          state dicts
checks.py         what has no counterpart
"""

from typing import TYPE_CHECKING, NoReturn

from .. import elsewhere
from .torch import load_state_dict, state_dict

__all__ = ["load_state_dict", "state_dict"]


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, __all__)
