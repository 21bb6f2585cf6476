"""Cross-entropies over classes: a distribution, or the label of the right class, against predicted probabilities.

They take the keywords of all losses (targets.py). The loss is one number for each row of classes, the last axis: that
is what reduction="none" gives, and `axis` includes it. axis=-1 is Keras' number for each row.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..autograd import unwrap
from ..autograd.checks import check_fresh
from ..checks.values import switch
from ..ops.activation import Softmax
from ..ops.crossentropy import SoftmaxCrossentropy, SparseSoftmaxCrossentropy
from ..tensor import Tensor
from ..types import ArrayLike, TensorLike
from . import checks
from .arguments import takes_labels, takes_pair
from .reduction import is_mean, reduced, smoothed
from .targets import EPSILON


@takes_pair(targets=checks.check_distributions)
def categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: Any = None,
    *,
    reduction: str = "mean",
    sample_weight: Any = None,
) -> Tensor:
    """mean over rows of -Σₖ tₖ log pₖ, with targets t (usually one-hot) and probabilities p of shape (batch, classes).

    With from_logits p = softmax(y_pred). Where y_pred is the direct output of a softmax, its logits are used: the loss
    is exact. Other probabilities are divided by their sum over the classes and clipped to [1e-7, 1 - 1e-7], as in
    Keras. label_smoothing s in [0, 1] takes t (1 - s) + s / classes in place of t. Raises ValueError for rows t with
    negative numbers or a sum above 1 and for p below 0, GraphError for logits that were changed after the softmax.
    """
    loss = "categorical_crossentropy"
    y_true = smoothed(loss, y_true, label_smoothing, y_pred.shape[-1])
    logits = _logits(loss, y_pred, from_logits)
    if logits is None:
        rows = -(ops.log(_probabilities(loss, y_pred)) * y_true).sum(axis=-1)
    else:
        x, made_by, p = logits
        if is_mean(reduction, axis, sample_weight):
            return SoftmaxCrossentropy(made_by, p)(x, y_true)
        log_p = ops.log_softmax(x)
        never = (unwrap(log_p) == -math.inf) & (unwrap(y_true) == 0)  # 0 log 0 = 0
        rows = -(ops.where(never, 0.0, log_p) * y_true).sum(axis=-1)
    return reduced(loss, rows, reduction, axis, sample_weight, summed=1)


@takes_labels
def sparse_categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    axis: Any = None,
    *,
    reduction: str = "mean",
    sample_weight: Any = None,
) -> Tensor:
    """categorical_crossentropy with integer labels y_true of shape (batch,) in 0..classes-1.

    Raises TypeError for float labels, ValueError for a wrong shape or a label out of range.
    """
    loss = "sparse_categorical_crossentropy"
    labels = checks.labels_in_range(loss, y_true, y_pred.shape)
    logits = _logits(loss, y_pred, from_logits)
    if logits is None:
        log_p = ops.log(_probabilities(loss, y_pred))
    else:
        x, made_by, p = logits
        if is_mean(reduction, axis, sample_weight):
            return SparseSoftmaxCrossentropy(labels, made_by, p)(x)
        log_p = ops.log_softmax(x)
    row = np.arange(labels.size)
    rows = -log_p.reshape((labels.size, y_pred.shape[-1]))[row, labels.reshape(-1)]
    return reduced(loss, rows.reshape(labels.shape), reduction, axis, sample_weight, summed=1)


def _logits(loss: str, y_pred: Tensor, from_logits: bool) -> tuple[Any, Softmax | None, Any] | None:
    """(the logits; if y_pred is their softmax its op and its array); None if y_pred are other probabilities."""
    if switch(f"{loss}: from_logits", from_logits):
        checks.check_is_no_output_of(Softmax, loss, y_pred)
        return y_pred, None, None
    if isinstance(y_pred.op, Softmax) and y_pred.op.axis == -1:
        check_fresh(y_pred, f"{loss} of")
        return y_pred.op.inputs[0], y_pred.op, y_pred.data
    return None


def _probabilities(loss: str, y_pred: Tensor) -> Tensor:
    """Divided by their sum over the classes and clipped."""
    checks.check_predicted_probabilities(loss, y_pred, "softmax", most=math.inf)
    return ops.clip(y_pred / y_pred.sum(axis=-1, keepdims=True), EPSILON, 1 - EPSILON)
