"""Predictions against targets, and what a prediction can reach."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import losses
from ..arguments import checks_arguments
from ..arrays import as_pixels
from ..autograd import no_grad
from ..checks.values import number
from ..tensor import Tensor
from ..types import ArrayLike
from .checks import (
    check_binary_targets,
    class_labels,
    fewer_than_classes,
    labels_and_rows,
    labels_and_scores,
    pair,
    pair_of_one_shape,
    pair_of_rows,
    rows_of_probabilities,
)


@checks_arguments
def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Share of right predictions, in [0, 1].

    y_pred (..., classes) against labels (...) or one-hot rows: the class with the largest output is predicted. y_pred
    (batch, 1) or (batch,) against 0/1 targets of the same shape: an output above 0.5 predicts 1. An output of NaN is a
    wrong prediction. Raises ValueError for other targets, such as grey images, labels beyond the classes or rows with
    several ones.
    """
    t, p = pair("accuracy", y_true, y_pred)
    if p.ndim > 1 and p.shape[-1] > 1:
        return _share_predicted(class_labels("accuracy", t, p.shape), p)
    check_binary_targets("accuracy", t, p.shape)
    return float((t == np.where(np.isnan(p), -1, p > 0.5)).mean())


@checks_arguments
def binary_accuracy(y_true: ArrayLike, y_pred: ArrayLike, threshold: float = 0.5) -> float:
    """Share of right answers to yes-or-no questions: y_pred above `threshold` predicts 1.

    y_true of 0 and 1 and y_pred have one shape, (batch, questions). An output of NaN is a wrong prediction. Raises
    ValueError for other targets and for a threshold that is no number.
    """
    t, p = pair("binary_accuracy", y_true, y_pred)
    check_binary_targets("binary_accuracy", t, p.shape)
    above = p > number("binary_accuracy: threshold", threshold, "a number", "threshold=0.5", low=-math.inf)
    return float((t == np.where(np.isnan(p), -1, above)).mean())


@checks_arguments
def categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Share of rows whose largest output is where the largest target is: both (..., classes), targets often one-hot.

    Of several largest ones it is the first. Raises ValueError for shapes that differ, and for a single class.
    """
    t, p = pair_of_rows("categorical_accuracy", y_true, y_pred)
    return _share_predicted(t.argmax(axis=-1), p)


@checks_arguments
def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Share of rows (..., classes) whose largest output is that of the label (...), an integer in 0..classes-1.

    Of several largest ones it is the first. Raises ValueError for labels out of range and for another shape.
    """
    return _share_predicted(*labels_and_rows("sparse_categorical_accuracy", y_true, y_pred))


@checks_arguments
def top_k_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike, k: int = 5) -> float:
    """Share of rows in which fewer than k outputs are larger than that of the largest target: both (..., classes).

    Outputs that are equal to it are not larger: in a row of equal outputs every class is among the k, as in Keras.
    functools.partial(top_k_categorical_accuracy, k=3) is a metric for compile(). Raises ValueError for shapes that
    differ, and unless k is in 1..classes-1: with more, each row would be right.
    """
    t, p = pair_of_rows("top_k_categorical_accuracy", y_true, y_pred)
    return _share_among_largest(t, p, fewer_than_classes("top_k_categorical_accuracy", k, p.shape[-1]))


@checks_arguments
def sparse_top_k_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike, k: int = 5) -> float:
    """top_k_categorical_accuracy for integer labels (...)."""
    t, p = labels_and_rows("sparse_top_k_categorical_accuracy", y_true, y_pred)
    k = fewer_than_classes("sparse_top_k_categorical_accuracy", k, p.shape[-1])
    return _share_among_largest(np.eye(p.shape[-1])[t], p, k)


def _share_predicted(labels: np.ndarray, p: np.ndarray) -> float:
    """Share of rows of outputs p (..., classes) whose largest, the first of several, is at the label (...)."""
    predicted = np.where(np.isnan(p).any(axis=-1), -1, p.argmax(axis=-1))  # argmax would choose the NaN
    return float((labels == predicted).mean())


def _share_among_largest(t: np.ndarray, p: np.ndarray, k: int) -> float:
    """Share of rows in which fewer than k of the outputs p exceed the one where t is largest; none of them NaN."""
    of_class = np.take_along_axis(p, t.argmax(axis=-1)[..., None], axis=-1)  # (..., 1)
    return float((((p > of_class).sum(axis=-1) < k) & ~np.isnan(p).any(axis=-1)).mean())


def _of_loss(loss: Callable[..., Tensor]) -> Callable[..., float]:
    """The number of a loss, with its arguments."""

    @functools.wraps(loss)
    def metric(y_true: ArrayLike, y_pred: ArrayLike, **options: Any) -> float:
        with no_grad():
            return float(loss(y_true, y_pred, **options))

    return metric


binary_crossentropy = _of_loss(losses.binary_crossentropy)
categorical_crossentropy = _of_loss(losses.categorical_crossentropy)
sparse_categorical_crossentropy = _of_loss(losses.sparse_categorical_crossentropy)


@checks_arguments
def cosine_similarity(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """mean over rows of y·ŷ / (‖y‖ ‖ŷ‖), in [-1, 1]; 0 for a row of zeros. Raises ValueError for shapes that differ."""
    t, p = (a.astype("float64") for a in pair_of_rows("cosine_similarity", y_true, y_pred, least=1))
    norms = np.sqrt(np.maximum((t * t).sum(axis=-1), 1e-12) * np.maximum((p * p).sum(axis=-1), 1e-12))
    return float(((t * p).sum(axis=-1) / norms).mean())


@checks_arguments
def kl_divergence(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """mean over rows of Σₖ tₖ log(tₖ / pₖ), in nats, for distributions t and p (..., classes) clipped to [1e-7, 1].

    Raises ValueError for shapes that differ, and for numbers outside [0, 1].
    """
    t, p = (np.clip(a, losses.EPSILON, 1) for a in rows_of_probabilities("kl_divergence", y_true, y_pred))
    return float((t * np.log(t / p)).sum(axis=-1).mean())


@checks_arguments
def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """mean of |ŷ - y|. Raises ValueError for shapes that differ and for no samples."""
    t, p = pair_of_one_shape("mean_absolute_error", y_true, y_pred)
    return float(np.abs(p.astype("float64") - t).mean())


@checks_arguments
def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """mean of (ŷ - y)². Raises ValueError for shapes that differ and for no samples."""
    t, p = pair_of_one_shape("mean_squared_error", y_true, y_pred)
    return float(np.square(p.astype("float64") - t).mean())


@checks_arguments
def peak_signal_to_noise(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """10 log₁₀(1 / MSE) in decibels, for images in [0, 1] (PSNR); inf for equal images."""
    error = mean_squared_error(y_true, y_pred)
    return -10 * math.log10(error) if 0 < error < math.inf else (-math.inf if error else math.inf)


@checks_arguments
def auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Area under the ROC curve, in [0, 1]: the probability that a 1 gets a higher score than a 0 does; ties count half.

    y_true (n,) of 0 and 1, both among them, y_score (n,) any numbers: probabilities or logits give the same. 0.5 is
    chance level; no threshold is needed. It is the Mann-Whitney statistic, computed from ranks. Raises ValueError for
    other targets, for shapes that differ and for scores that are not finite.
    """
    t, s = labels_and_scores("auc", y_true, y_score)  # (n,), (n,)
    _, place, count = np.unique(s, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]  # from 1; equal scores share the mean of their ranks
    ones = int((t == 1).sum())
    return float((rank[t == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(t) - ones)))


def binary_entropy(x: ArrayLike) -> float:
    """mean of H(x) = -x log x - (1-x) log(1-x), in nats per pixel: the least binary cross-entropy for targets x.

    For grey targets it is above 0, and the prediction p = x reaches it. 0.0581 on MNIST's test set. Raises ValueError
    for numbers outside [0, 1] and for no numbers, TypeError for integers other than 0 and 1.
    """
    x = as_pixels(x, "binary_entropy").astype("float64")
    log_x, log_rest = np.log(np.clip(x, 1e-300, 1.0)), np.log(np.clip(1 - x, 1e-300, 1.0))  # clipped: 0 log 0 = 0
    return float(-(x * log_x + (1 - x) * log_rest).mean())
