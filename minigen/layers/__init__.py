"""Layers with Keras' names, argument order and defaults.

Data is (batch, ...); images are (batch, height, width, channels).
"""

from .activation import Activation, LeakyReLU, ReLU
from .base import Layer
from .conv import Conv2D, Conv2DTranspose
from .dense import Dense
from .embedding import Embedding
from .input_spec import InputSpec
from .masked import MaskedConv2D, MaskedDense
from .noise import Dropout, GaussianNoise
from .normalization import BatchNormalization
from .pool import AveragePool2D, AveragePooling2D, GlobalAveragePooling2D, MaxPool2D, MaxPooling2D, UpSampling2D
from .recurrent import GRU, LSTM, SimpleRNN
from .rescaling import Rescaling
from .shape import Concatenate, Flatten, Reshape
from .symbolic import Input

# fmt: off
__all__ = [
    "Activation", "AveragePool2D", "AveragePooling2D", "BatchNormalization", "Concatenate", "Conv2D",
    "Conv2DTranspose", "Dense", "Dropout", "Embedding", "Flatten", "GRU", "GaussianNoise", "GlobalAveragePooling2D",
    "Input", "InputSpec", "LSTM", "Layer", "LeakyReLU", "MaskedConv2D", "MaskedDense", "MaxPool2D", "MaxPooling2D",
    "ReLU", "Rescaling", "Reshape", "SimpleRNN", "UpSampling2D",
]
# fmt: on
