"""The layers that a page can compute: what of each stands in a NETWORK, and what cannot stand there.

    Dense               kernel (in, out), bias (out,) or null, activation; along the last axis
    Conv2D              kernel (kh, kw, in, out), bias, strides, padding, dilation, activation
    Conv2DTranspose     kernel (kh, kw, out, in), bias, strides, padding, activation
    MaxPooling2D        pool_size, strides, padding; padding never wins
    AveragePooling2D    the same; the mean is over the pixels of the image, without the padding
    UpSampling2D        size, interpolation: "nearest" or "bilinear"
    BatchNormalization  scale and shift (channels,): y = scale x + shift
    LeakyReLU           slope
    Activation          activation
    Rescaling           scale, offset: y = scale x + offset
    Reshape             shape, without the batch
    Flatten             nothing
    Concatenate         axis, 0 for the first one behind the batch
    Add                 nothing; all inputs have one shape

Pairs are [rows, columns], padding is "valid" or "same", with an odd pixel of padding behind. activation is one of the
names in ACTIVATIONS; "leaky_relu" has its `slope` beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Layer,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Reshape,
    UpSampling2D,
)
from ..layers.symbolic import Call

ACTIVATIONS: dict[Any, str] = {
    ops.identity: "linear",
    ops.relu: "relu",
    ops.leaky_relu: "leaky_relu",
    ops.elu: "elu",
    ops.silu: "silu",
    ops.gelu: "gelu",
    ops.sigmoid: "sigmoid",
    ops.tanh: "tanh",
    ops.softplus: "softplus",
    ops.softmax: "softmax",
}
SLOPE = 0.2  # of leaky_relu() where it is an activation
IDENTITIES = (Dropout, GaussianNoise)  # in prediction, and so left out
DIFFER_IN_TRAINING = (*IDENTITIES, BatchNormalization)


def activation(function: Any) -> dict[str, Any]:
    """The entries of an activation function."""
    name = ACTIVATIONS[function]
    return {"activation": name, "slope": SLOPE} if name == "leaky_relu" else {"activation": name}


def kernel_and_bias(layer: Any) -> dict[str, Any]:
    """The weights of a Dense layer or a convolution, and what is common to them."""
    bias = None if layer.bias is None else _numbers(layer.bias)
    return {"kernel": _numbers(layer.kernel), "bias": bias, **activation(layer.activation)}


def dense(layer: Dense, call: Call) -> dict[str, Any]:
    return kernel_and_bias(layer)


def conv2d(layer: Conv2D, call: Call) -> dict[str, Any]:
    return kernel_and_bias(layer) | {
        "strides": list(layer.strides),
        "padding": layer.padding,
        "dilation": list(layer.dilation_rate),
    }


def conv2d_transpose(layer: Conv2DTranspose, call: Call) -> dict[str, Any]:
    return kernel_and_bias(layer) | {"strides": list(layer.strides), "padding": layer.padding}


def pooling(layer: MaxPooling2D | AveragePooling2D, call: Call) -> dict[str, Any]:
    return {"pool_size": list(layer.pool_size), "strides": list(layer.strides), "padding": layer.padding}


def up_sampling(layer: UpSampling2D, call: Call) -> dict[str, Any]:
    return {"size": list(layer.size), "interpolation": layer.interpolation}


def batch_normalization(layer: BatchNormalization, call: Call) -> dict[str, Any]:
    """y = γ (x - m) / √(v + ε) + β = scale x + shift,   scale = γ / √(v + ε),   shift = β - m scale"""
    weights = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
    gamma, beta, mean, variance = (_numbers(weight).astype("float64") for weight in weights)  # (channels,) each
    with np.errstate(all="ignore"):  # what comes out infinite or NaN is refused, with its name
        scale = gamma / np.sqrt(variance + layer.epsilon)
        shift = beta - mean * scale
    return {"scale": scale, "shift": shift}


def concatenate(layer: Concatenate, call: Call) -> dict[str, Any]:
    return {"axis": layer.axis % len(call.outputs[0].shape) - 1}


DESCRIBED: dict[type[Layer], tuple[str, Callable[[Any, Call], dict[str, Any]]]] = {
    Activation: ("Activation", lambda layer, call: activation(layer.activation)),
    Add: ("Add", lambda layer, call: {}),
    AveragePooling2D: ("AveragePooling2D", pooling),
    BatchNormalization: ("BatchNormalization", batch_normalization),
    Concatenate: ("Concatenate", concatenate),
    Conv2D: ("Conv2D", conv2d),
    Conv2DTranspose: ("Conv2DTranspose", conv2d_transpose),
    Dense: ("Dense", dense),
    Flatten: ("Flatten", lambda layer, call: {}),
    LeakyReLU: ("LeakyReLU", lambda layer, call: {"slope": layer.negative_slope}),
    MaxPooling2D: ("MaxPooling2D", pooling),
    ReLU: ("Activation", lambda layer, call: {"activation": "relu"}),
    Rescaling: ("Rescaling", lambda layer, call: {"scale": layer.scale, "offset": layer.offset}),
    Reshape: ("Reshape", lambda layer, call: {"shape": list(call.outputs[0].shape[1:])}),
    UpSampling2D: ("UpSampling2D", up_sampling),
}


def described(layer: Layer, call: Call) -> dict[str, Any]:
    """{"layer": its kind, ...} of a layer that the table has, its weights as NumPy arrays.

    A subclass may compute something else, so the table is asked for the class itself.
    """
    kind, settings = DESCRIBED[type(layer)]
    return {"layer": kind, **settings(layer, call)}


def problem(layer: Layer, call: Call, training: bool) -> str | None:
    """Why this call cannot stand in a page, or None. `training`: whether the call is fixed to training."""
    kind, function = type(layer).__name__, getattr(layer, "activation", None)
    if type(layer) not in DESCRIBED and not isinstance(layer, IDENTITIES):
        return kind
    if call.others or call.keywords:
        return f"{kind}, called with more than its inputs"
    if training and isinstance(layer, DIFFER_IN_TRAINING):
        return f"{kind}, called with training=True"
    if function is not None and not _is_known(function):
        return f"{kind} with the activation {getattr(function, '__name__', repr(function))}"
    if isinstance(layer, Conv2DTranspose) and layer.dilation_rate != (1, 1):
        return f"{kind} with dilation_rate={layer.dilation_rate}"
    if isinstance(layer, Add) and len({symbol.shape for symbol in call.inputs}) > 1:
        return f"{kind} of several shapes"
    return None


def _is_known(function: Any) -> bool:
    """Whether it is one of the activations; an object that has no hash is none."""
    return any(function is known for known in ACTIVATIONS)


def _numbers(weight: Any) -> np.ndarray:
    return np.asarray(weight.numpy())
