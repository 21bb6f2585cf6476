"""minigen's functions of images, written in PyTorch: channels last, padding as in TensorFlow."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

Pair = tuple[int, int]


def first(x: torch.Tensor) -> torch.Tensor:
    """x with channels first, the layout of PyTorch."""
    return x.permute(0, 3, 1, 2).contiguous()


def outputs_first(w: torch.Tensor) -> torch.Tensor:
    """A kernel in PyTorch's layout; a copy, as it refuses views with one channel ("grad_weight must be contiguous")."""
    return w.permute(3, 2, 0, 1).clone(memory_format=torch.contiguous_format)


def last(x: torch.Tensor) -> torch.Tensor:
    """x with channels last, the layout of minigen."""
    return x.permute(0, 2, 3, 1)


def padding(sizes: Pair, taps: Pair, strides: Pair, dilation: Pair = (1, 1)) -> list[Pair]:
    """(before, after) of "same" padding in TensorFlow, for rows and columns: an odd pixel is added after."""
    pads = []
    for n, k, s, d in zip(sizes, taps, strides, dilation, strict=True):
        total = max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n)
        pads.append((total // 2, total - total // 2))
    return pads


def padded(x: torch.Tensor, taps: Pair, strides: Pair, same: str, dilation: Pair = (1, 1), value: float = 0) -> Any:
    """x, channels first, with the border of "same" padding, or unchanged."""
    if same != "same":
        return x
    (top, bottom), (left, right) = padding(tuple(x.shape[2:]), taps, strides, dilation)
    return F.pad(x, (left, right, top, bottom), value=value)


def conv2d(x: Any, w: Any, b: Any, strides: Pair, same: str, dilation: Pair = (1, 1)) -> Any:
    x = padded(first(x), tuple(w.shape[:2]), strides, same, dilation)
    return last(F.conv2d(x, outputs_first(w), b, strides, dilation=dilation))


def conv2d_transpose(x: Any, w: Any, b: Any, strides: Pair, same: str, dilation: Pair = (1, 1)) -> Any:
    """PyTorch's function without padding, and the part of its result that TensorFlow keeps."""
    y = F.conv_transpose2d(first(x), outputs_first(w), None, strides, dilation=dilation)
    for axis, (n, k, s, d) in enumerate(zip(x.shape[1:3], w.shape[:2], strides, dilation, strict=True)):
        k = (k - 1) * d + 1
        size = n * s if same == "same" else n * s + max(k - s, 0)
        before = max(0, (n - 1) * s + k - n * s) // 2 if same == "same" else 0
        missing = before + size - y.shape[2 + axis]  # pixels that the kernel does not reach
        y = F.pad(y, (0, 0, 0, max(0, missing)) if axis == 0 else (0, max(0, missing)))
        y = y.narrow(2 + axis, before, size)
    y = last(y)
    return y if b is None else y + b


def max_pool2d(x: Any, size: Pair, strides: Pair, same: str) -> Any:
    return last(F.max_pool2d(padded(first(x), size, strides, same, value=-torch.inf), size, strides))


def average_pool2d(x: Any, size: Pair, strides: Pair, same: str) -> Any:
    """Without the padding: the mean of the padded image divided by the mean of padded ones."""
    total, ones = (
        F.avg_pool2d(padded(i, size, strides, same), size, strides) for i in (first(x), torch.ones_like(first(x)))
    )
    return last(total / ones)


def up_sampling2d(x: Any, size: Pair, interpolation: str) -> Any:
    large = (x.shape[1] * size[0], x.shape[2] * size[1])
    options = {"align_corners": False} if interpolation == "bilinear" else {}
    return last(F.interpolate(first(x), large, mode=interpolation, **options))


def batch_norm(x: Any, gamma: Any, beta: Any, mean: Any, var: Any, epsilon: float) -> Any:
    """With the given statistics, or those of the batch if mean is None. Channels are the last axis."""
    rows = x.reshape(-1, x.shape[-1])
    if mean is None and len(rows) == 1:  # PyTorch refuses a single row, whose variance is 0
        return (x - x) + beta
    return F.batch_norm(rows, mean, var, gamma, beta, training=mean is None, eps=epsilon).reshape(x.shape)


ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": F.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "elu": F.elu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),  # F.softplus is linear above 20
    "softmax": lambda x: torch.softmax(x, -1),
    "log_softmax": lambda x: torch.log_softmax(x, -1),
    "exponential": torch.exp,
}
