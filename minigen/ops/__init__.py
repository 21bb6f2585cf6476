"""Differentiable functions, a family per file, each with its forward and backward formula side by side."""

from .activation import elu, leaky_relu, linear, log_softmax, relu, sigmoid, softmax, softplus, tanh
from .crossentropy import BinaryCrossentropy, SoftmaxCrossentropy
from .elementwise import (
    abs,
    add,
    clip,
    divide,
    exp,
    log,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    sqrt,
    square,
    subtract,
    where,
)
from .linear import dense, matmul
from .normalization import BatchNorm, batch_norm
from .random import dropout, gaussian_noise, reparameterise
from .reduction import Axis, logsumexp, max, mean, min, size, sum, var
from .shape import broadcast_to, concatenate, getitem, pad, reshape, split, stack, transpose
