"""Predictions against targets, and what a prediction can reach."""

from __future__ import annotations

import math

import numpy as np

from ..arguments import checks_arguments
from ..arrays import as_pixels
from ..types import ArrayLike
from .checks import check_binary_targets, class_labels, labels_and_scores, pair, pair_of_one_shape


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
        t = class_labels("accuracy", t, p.shape)  # (...)
        p = np.where(np.isnan(p).any(axis=-1), -1, p.argmax(axis=-1))  # argmax would choose the NaN
    else:
        check_binary_targets("accuracy", t, p.shape)
        p = np.where(np.isnan(p), -1, p > 0.5)
    return float((t == p).mean())


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
