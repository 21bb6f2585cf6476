"""minigen: generative models from scratch on NumPy/CuPy. `from minigen import *` gives the names of __all__.

minigen.abs, .max, .min and .sum exist too; they are left out of __all__ so that Python's own stay what they are.
Importing minigen tells glibc's malloc to keep freed memory (kernels/allocator.py says why); MINIGEN_MALLOC=0 prevents
it.
"""

from . import command as command  # isort: skip  (before all others: what Ctrl-C does while they are imported)

import importlib
import os
from typing import TYPE_CHECKING

from . import callbacks, initializers, layers, losses, metrics, ops, optimizers, plot
from .autograd import GraphError, Op, grad, no_grad
from .backend import BackendError, seed, to_numpy, use, using
from .elsewhere import PACKAGE, no_such_name, refuse_name
from .gradcheck import GradcheckError, KinkError, compare, gradcheck
from .inspection.graph import draw, to_dot
from .inspection.trace import trace
from .kernels import allocator
from .layers import (
    GRU,
    LSTM,
    Activation,
    Add,
    Average,
    AveragePool2D,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    GroupNormalization,
    Input,
    Lambda,
    Layer,
    LayerNormalization,
    LeakyReLU,
    MaskedConv2D,
    MaskedDense,
    Maximum,
    MaxPool2D,
    MaxPooling2D,
    Minimum,
    MultiHeadAttention,
    Multiply,
    PositionEmbedding,
    ReLU,
    Rescaling,
    Reshape,
    SimpleRNN,
    SinePositionEncoding,
    Subtract,
    UpSampling2D,
)
from .model import Model, Sequential, load_model
from .ops import abs as abs
from .ops import (
    average_pool2d,
    broadcast_to,
    clip,
    concatenate,
    conv2d,
    conv2d_transpose,
    dropout,
    elu,
    exp,
    gaussian_noise,
    gelu,
    kl_per_dimension,
    leaky_relu,
    log,
    log_softmax,
    logsumexp,
    matmul,
    max_pool2d,
    maximum,
    mean,
    minimum,
    pad,
    relu,
    reparameterise,
    reshape,
    sigmoid,
    silu,
    softmax,
    softplus,
    split,
    sqrt,
    square,
    squeeze,
    stack,
    std,
    tanh,
    transpose,
    up_sampling2d,
    var,
    where,
    zero_insertion2d,
)
from .ops import max as max
from .ops import min as min
from .ops import sum as sum
from .optimizers import SGD, Adadelta, Adam, AdamW, RMSprop
from .tensor import Tensor
from .training import Task, alternate

if TYPE_CHECKING:
    from . import coursework as coursework
    from . import datasets, interchange, models, museum
    from .explorer import explore

__version__ = "0.2.0"

IMPORTED_ON_USE = (
    "coursework",
    "datasets",
    "interchange",
    "models",
    "museum",
)  # they take a quarter of the time that importing all takes


def __getattr__(name: str) -> object:
    if name in IMPORTED_ON_USE:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "explore":
        return importlib.import_module(f"{__name__}.explorer").explore
    if name not in PACKAGE and not name.startswith("_"):  # another module of the package may have it, or a Tensor
        from . import datasets, interchange, models

        rooms = (layers, losses, metrics, optimizers, initializers, callbacks, plot, datasets, interchange, models, ops)
        for room in rooms:
            if name in room.__all__:
                raise no_such_name(__name__, name, {}, f"{room.__name__}.{name}")
    refuse_name(__name__, name, __all__)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if os.environ.get("MINIGEN_MALLOC") != "0":
    allocator.keep_freed_memory()

# fmt: off
__all__ = [
    "Activation", "Adadelta", "Adam", "AdamW", "Add", "Average", "AveragePool2D", "AveragePooling2D", "BackendError",
    "BatchNormalization", "Concatenate", "Conv2D", "Conv2DTranspose", "Dense", "Dropout", "Embedding", "Flatten", "GRU",
    "GaussianNoise", "GlobalAveragePooling2D", "GradcheckError", "GraphError", "GroupNormalization", "Input",
    "KinkError", "LSTM", "Lambda", "Layer", "LayerNormalization", "LeakyReLU", "MaskedConv2D", "MaskedDense",
    "MaxPool2D", "MaxPooling2D", "Maximum", "Minimum", "Model", "MultiHeadAttention", "Multiply", "Op",
    "PositionEmbedding", "RMSprop", "ReLU", "Rescaling", "Reshape", "SGD", "Sequential", "SimpleRNN",
    "SinePositionEncoding", "Subtract", "Task", "Tensor", "UpSampling2D", "alternate", "average_pool2d", "broadcast_to",
    "callbacks", "clip", "compare", "concatenate", "conv2d", "conv2d_transpose", "coursework", "datasets", "draw",
    "dropout", "elu", "exp", "explore", "gaussian_noise", "gelu", "grad", "gradcheck", "initializers", "interchange",
    "kl_per_dimension", "layers", "leaky_relu", "load_model", "log", "log_softmax", "logsumexp", "losses", "matmul",
    "max_pool2d", "maximum", "mean", "metrics", "minimum", "models", "museum", "no_grad", "ops", "optimizers", "pad",
    "plot", "relu",
    "reparameterise", "reshape", "seed", "sigmoid", "silu", "softmax", "softplus", "split", "sqrt", "square", "squeeze",
    "stack", "std", "tanh", "to_dot", "to_numpy", "trace", "transpose", "up_sampling2d", "use", "using", "var", "where",
    "zero_insertion2d",
]
# fmt: on
