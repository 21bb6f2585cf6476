"""minigen: generative models from scratch on NumPy/CuPy, to be read from the first line to the last."""

from . import datasets, initializers, layers, losses, metrics, ops, optimizers
from .autograd import GraphError, Op, grad, no_grad
from .backend import BackendError, seed, to_numpy, use, using
from .gradcheck import GradcheckError, KinkError, gradcheck
from .layers import (
    Activation,
    BatchNormalization,
    Concatenate,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Layer,
    LeakyReLU,
    ReLU,
    Reshape,
)
from .model import Input, Model, Sequential
from .ops import (
    abs,
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
    max,
    maximum,
    mean,
    min,
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
    sum,
    tanh,
    transpose,
    var,
    where,
)
from .optimizers import SGD, Adadelta, Adam, RMSprop
from .tensor import Tensor

__version__ = "0.1.0"
