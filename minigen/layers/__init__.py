"""Layers with Keras' names, argument order and defaults.

Data is (batch, ...); images are (batch, height, width, channels).
"""

from .activation import Activation, LeakyReLU, ReLU
from .base import Layer
from .conv import Conv2D, Conv2DTranspose
from .dense import Dense
from .noise import Dropout, GaussianNoise
from .normalization import BatchNormalization
from .pool import (
    AveragePool2D,
    AveragePooling2D,
    GlobalAveragePooling2D,
    MaxPool2D,
    MaxPooling2D,
    UpSampling2D,
)
from .rescaling import Rescaling
from .shape import Concatenate, Flatten, Reshape
from .symbolic import Input

__all__ = [
    "Activation",
    "AveragePool2D",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Conv2D",
    "Conv2DTranspose",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling2D",
    "Input",
    "Layer",
    "LeakyReLU",
    "MaxPool2D",
    "MaxPooling2D",
    "ReLU",
    "Rescaling",
    "Reshape",
    "UpSampling2D",
]
