"""Numbers that say whether it works. They take arrays or Tensors and return floats."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import backend
from .autograd import raw
from .errors import message, named

Metric = Callable[[Any, Any], float]


def _pair(metric: str, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both as NumPy arrays; ValueError if there is nothing to compare."""
    t, p = backend.to_numpy(raw(y_true)), backend.to_numpy(raw(y_pred))
    if p.size == 0:
        raise ValueError(
            message(f"{metric}: no samples", expected="at least one sample", got=p.shape, write="data[:n] with n > 0")
        )
    return t, p


def _check_shapes(metric: str, t: np.ndarray, p: np.ndarray) -> None:
    if t.shape != p.shape:
        hint = f"y_true.reshape({p.shape})" if t.size == p.size else "one target for each prediction"
        raise ValueError(message(f"{metric}: shapes differ", expected=f"y_true {p.shape}", got=t.shape, write=hint))


def accuracy(y_true: Any, y_pred: Any) -> float:
    """Share of right answers, in [0, 1].

    y_pred (..., classes) against labels (...) or one-hot rows: the largest output wins. y_pred (batch, 1) or (batch,)
    against 0/1 targets of the same shape: 0.5 is the border.
    """
    t, p = _pair("accuracy", y_true, y_pred)
    if p.ndim > 1 and p.shape[-1] > 1:
        t = t.argmax(axis=-1) if t.shape == p.shape else t
        p = p.argmax(axis=-1)
    else:
        _check_shapes("accuracy", t, p)
        if t.size and not set(np.unique(t)) <= {0, 1}:
            raise ValueError(
                message(
                    "accuracy: targets for one output",
                    expected="0 and 1",
                    got=f"{t.min():g}..{t.max():g}",
                    write="Dense(classes, 'softmax') as the last layer, for labels that count classes",
                )
            )
        p = p > 0.5
    _check_shapes("accuracy", t, p)
    return float((t == p).mean())


def mean_squared_error(y_true: Any, y_pred: Any) -> float:
    """mean of (ŷ - y)²."""
    t, p = _pair("mean_squared_error", y_true, y_pred)
    _check_shapes("mean_squared_error", t, p)
    return float(np.square(p.astype("float64") - t).mean())


def peak_signal_to_noise(y_true: Any, y_pred: Any) -> float:
    """10 log₁₀(1 / MSE) in decibels, for images in [0, 1] (PSNR); inf for equal images."""
    error = mean_squared_error(y_true, y_pred)
    return -10 * math.log10(error) if 0 < error < math.inf else (-math.inf if error else math.inf)


def binary_entropy(x: Any) -> float:
    """mean of H(x) = -x log x - (1-x) log(1-x), in nats per pixel: the floor of the binary cross-entropy for targets x.

    Grey targets have a floor above 0: no prediction, not even p = x, does better. 0.0581 on MNIST's test set.
    """
    x = backend.to_numpy(raw(x)).astype("float64")
    inside = np.clip(x, 1e-300, 1.0)  # 0 log 0 = 0
    outside = np.clip(1 - x, 1e-300, 1.0)
    return float(-(x * np.log(inside) + (1 - x) * np.log(outside)).mean())


METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "mse": mean_squared_error,
    "mean_squared_error": mean_squared_error,
    "psnr": peak_signal_to_noise,
}


def get(metric: str | Metric) -> Metric:
    """The metric of that name (or the function itself)."""
    return named("metric", metric, METRICS)


def name_of(metric: str | Metric) -> str:
    """How a history calls it."""
    return metric if isinstance(metric, str) else metric.__name__
