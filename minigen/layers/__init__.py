"""Layers with Keras' names, argument order and defaults.

Data is (batch, ...); images are (batch, height, width, channels).
"""

from typing import TYPE_CHECKING, NoReturn

from .. import elsewhere
from .activation import Activation, LeakyReLU, ReLU
from .arithmetic import Arithmetic
from .attention import MultiHeadAttention
from .base import Layer
from .conv import Conv2D, Conv2DTranspose
from .dense import Dense
from .embedding import Embedding
from .function import Lambda
from .input_spec import InputSpec
from .masked import MaskedConv2D, MaskedDense
from .merge import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract
from .noise import Dropout, GaussianNoise
from .normalization import BatchNormalization, GroupNormalization, LayerNormalization
from .pool import AveragePool2D, AveragePooling2D, GlobalAveragePooling2D, MaxPool2D, MaxPooling2D, UpSampling2D
from .position import PositionEmbedding, SinePositionEncoding
from .recurrent import GRU, LSTM, SimpleRNN
from .rescaling import Rescaling
from .shape import Flatten, Reshape
from .symbolic import Input

# fmt: off
__all__ = [
    "Activation", "Add", "Arithmetic", "Average", "AveragePool2D", "AveragePooling2D", "BatchNormalization",
    "Concatenate", "Conv2D", "Conv2DTranspose", "Dense", "Dropout", "Embedding", "Flatten", "GRU", "GaussianNoise",
    "GlobalAveragePooling2D", "GroupNormalization", "Input", "InputSpec", "LSTM", "Lambda", "Layer",
    "LayerNormalization", "LeakyReLU", "MaskedConv2D", "MaskedDense", "MaxPool2D", "MaxPooling2D", "Maximum",
    "Minimum", "MultiHeadAttention", "Multiply", "PositionEmbedding", "ReLU", "Rescaling", "Reshape", "SimpleRNN",
    "SinePositionEncoding", "Subtract", "UpSampling2D",
]
# fmt: on


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, __all__)
