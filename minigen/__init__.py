"""minigen: generative models from scratch on NumPy/CuPy. `from minigen import *` gives the names of __all__.

minigen.abs, .max, .min and .sum exist too; they are left out of __all__ so that Python's own stay what they are.
Importing minigen tells glibc's malloc to keep freed memory (kernels/allocator.py says why); MINIGEN_MALLOC=0 prevents
it.
"""

import os

from . import datasets, initializers, layers, losses, metrics, ops, optimizers
from .autograd import GraphError, Op, grad, no_grad
from .backend import BackendError, seed, to_numpy, use, using
from .gradcheck import GradcheckError, KinkError, gradcheck
from .graph import draw, to_dot
from .kernels import allocator
from .layers import (
    Activation,
    BatchNormalization,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Input,
    Layer,
    LeakyReLU,
    ReLU,
    Reshape,
)
from .model import Model, Sequential
from .ops import (
    abs as abs,
)
from .ops import (
    broadcast_to,
    clip,
    concatenate,
    dropout,
    elu,
    exp,
    gaussian_noise,
    leaky_relu,
    log,
    log_softmax,
    logsumexp,
    matmul,
    maximum,
    mean,
    minimum,
    pad,
    relu,
    reparameterise,
    reshape,
    sigmoid,
    softmax,
    softplus,
    split,
    sqrt,
    square,
    stack,
    tanh,
    transpose,
    var,
    where,
)
from .ops import (
    max as max,
)
from .ops import (
    min as min,
)
from .ops import (
    sum as sum,
)
from .optimizers import SGD, Adadelta, Adam, RMSprop
from .tensor import Tensor
from .trace import trace

__version__ = "0.1.0"

if os.environ.get("MINIGEN_MALLOC") != "0":
    allocator.keep_freed_memory()

__all__ = [
    "Activation",
    "Adadelta",
    "Adam",
    "BackendError",
    "BatchNormalization",
    "Concatenate",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "GradcheckError",
    "GraphError",
    "Input",
    "KinkError",
    "Layer",
    "LeakyReLU",
    "Model",
    "Op",
    "RMSprop",
    "ReLU",
    "Reshape",
    "SGD",
    "Sequential",
    "Tensor",
    "broadcast_to",
    "clip",
    "concatenate",
    "datasets",
    "draw",
    "dropout",
    "elu",
    "exp",
    "gaussian_noise",
    "grad",
    "gradcheck",
    "initializers",
    "layers",
    "leaky_relu",
    "log",
    "log_softmax",
    "logsumexp",
    "losses",
    "matmul",
    "maximum",
    "mean",
    "metrics",
    "minimum",
    "no_grad",
    "ops",
    "optimizers",
    "pad",
    "relu",
    "reparameterise",
    "reshape",
    "seed",
    "sigmoid",
    "softmax",
    "softplus",
    "split",
    "sqrt",
    "square",
    "stack",
    "tanh",
    "to_numpy",
    "to_dot",
    "trace",
    "transpose",
    "use",
    "using",
    "var",
    "where",
]
