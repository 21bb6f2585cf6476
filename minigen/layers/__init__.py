"""Layers with Keras' names, argument order and defaults.

Data is (batch, ...); images are (batch, height, width, channels).
"""

from .activation import Activation, LeakyReLU, ReLU
from .base import Layer
from .dense import Dense
from .noise import Dropout, GaussianNoise
from .normalization import BatchNormalization
from .shape import Concatenate, Flatten, Reshape
from .symbolic import Input

__all__ = [
    "Activation",
    "BatchNormalization",
    "Concatenate",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "Input",
    "Layer",
    "LeakyReLU",
    "ReLU",
    "Reshape",
]
