"""Differentiable functions, one family per file, each with its forward and backward formula side by side.

The functions are the public interface; the classes are their rules, useful for breakpoints: `b ops.Tanh.backward`.
"""

# fmt: off
# isort: off
from typing import TYPE_CHECKING, NoReturn

from .. import elsewhere
from .activation import (
    Elu, LeakyRelu, LogSoftmax, Relu, Sigmoid, Silu, Softmax, Softplus, Tanh, elu, identity, leaky_relu, log_softmax,
    relu, sigmoid, silu, softmax, softplus, tanh,
)
from .adversarial import LabelCrossentropy, LabelHinge, LabelSquaredError, UnitNormPenalty
from .attention import Attention, attention, attention_weights
from .conv import Conv, ConvInputGradient, ConvKernelGradient, conv2d, conv2d_transpose
from .crossentropy import BinaryCrossentropy, SigmoidCrossentropy, SoftmaxCrossentropy, SparseSoftmaxCrossentropy
from .elementwise import (
    Abs, Add, Clip, Divide, Elementwise, Exp, Log, Maximum, Minimum, Multiply, Negative, Power, Sqrt, Subtract, Where,
    abs, add, clip, divide, exp, log, maximum, minimum, multiply, negative, power, sqrt, square, subtract, where,
)
from .fused import ConvMaxPool, conv_max_pool2d, up_sampling_conv2d
from .gaussian import KLStandardNormal, Reparameterise, kl_per_dimension, reparameterise
from .gelu import Gelu, GeluByTanh, NormalCdf, gelu, normal_cdf
from .linear import Linear, MatMul, dense, matmul
from .masked import MaskedConv, masked_conv2d
from .normalization import BatchNorm, GroupNorm, LayerNorm, batch_norm, group_norm, layer_norm
from .pool import (
    AveragePool, MaxPool, UpSample, WindowSpread, WindowSum, average_pool2d, max_pool2d, up_sampling2d,
    zero_insertion2d,
)
from .random import Dropout, dropout, gaussian_noise
from .recurrent import GatedRecurrence, LongShortTermMemory, SimpleRecurrence
from .reduction import LogSumExp, Max, Mean, Min, Reduction, Std, Sum, logsumexp, max, mean, min, std, sum, var
from .shape import (
    BroadcastTo, Concatenate, GetItem, Pad, PutItem, Reshape, Transpose, broadcast_to, concatenate, getitem, made_by,
    pad, reshape, shape, split, squeeze, stack, transpose,
)
from .squared_error import HalfSquaredError, MeanSquaredError

__all__ = [
    "Abs", "Add", "Attention", "AveragePool", "BatchNorm", "BinaryCrossentropy", "BroadcastTo", "Clip",
    "Concatenate", "Conv", "ConvInputGradient", "ConvKernelGradient", "ConvMaxPool", "Divide", "Dropout",
    "Elementwise", "Elu", "Exp", "GatedRecurrence", "Gelu", "GeluByTanh", "GetItem", "GroupNorm",
    "HalfSquaredError", "KLStandardNormal", "LabelCrossentropy", "LabelHinge", "LabelSquaredError", "LayerNorm",
    "LeakyRelu", "Linear", "Log", "LogSoftmax", "LogSumExp", "LongShortTermMemory", "MaskedConv", "MatMul", "Max",
    "MaxPool", "Maximum", "Mean", "MeanSquaredError", "Min", "Minimum", "Multiply", "Negative", "NormalCdf", "Pad",
    "Power", "PutItem", "Reduction", "Relu", "Reparameterise", "Reshape", "Sigmoid", "SigmoidCrossentropy", "Silu",
    "SimpleRecurrence", "Softmax", "SoftmaxCrossentropy", "Softplus", "SparseSoftmaxCrossentropy", "Sqrt", "Std",
    "Subtract", "Sum", "Tanh", "Transpose", "UnitNormPenalty", "UpSample", "Where", "WindowSpread", "WindowSum",
    "abs", "add", "attention", "attention_weights", "average_pool2d", "batch_norm", "broadcast_to", "clip",
    "concatenate", "conv2d", "conv2d_transpose", "conv_max_pool2d", "dense", "divide", "dropout", "elu", "exp",
    "gaussian_noise", "gelu", "getitem", "group_norm", "identity", "kl_per_dimension", "layer_norm", "leaky_relu",
    "log", "log_softmax", "logsumexp", "made_by", "masked_conv2d", "matmul", "max", "max_pool2d", "maximum", "mean",
    "min", "minimum", "multiply", "negative", "normal_cdf", "pad", "power", "relu", "reparameterise", "reshape",
    "shape", "sigmoid", "silu", "softmax", "softplus", "split", "sqrt", "square", "squeeze", "stack", "std",
    "subtract", "sum", "tanh", "transpose", "up_sampling2d", "up_sampling_conv2d", "var", "where",
    "zero_insertion2d",
]
# fmt: on


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, __all__)
