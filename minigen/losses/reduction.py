"""From the loss of each element to what a loss function returns: weights, then the mean or the sum over some axes."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..tensor import Tensor
from ..types import TensorLike
from . import checks


def is_mean(reduction: Any, axis: Any, sample_weight: Any) -> bool:
    """Whether it is the plain mean over all elements, which the losses have as one op."""
    return isinstance(reduction, str) and reduction == "mean" and axis is None and sample_weight is None


def reduced(
    loss: str, each: Tensor, reduction: Any = "mean", axis: Any = None, sample_weight: Any = None, summed: int = 0
) -> Tensor:
    """The mean or the sum of w l over `axis`, for the losses l = each and their weights w = sample_weight.

    axis counts the axes of the predictions; the last `summed` of these are already summed in `each`, such as the
    classes of a cross-entropy. The mean is divided by the number of elements, not by the sum of the weights. Raises
    ValueError for another reduction than "mean", "sum" and "none", for an axis that does not exist, and for weights of
    another shape.
    """
    reduction, axes = checks.reduction_and_axes(loss, reduction, axis, each.ndim + summed, summed)
    if sample_weight is not None:
        each = each * checks.fitted_weights(loss, sample_weight, each.shape)
    if reduction == "none":
        return each
    return ops.sum(each, axis=axes) if reduction == "sum" else ops.mean(each, axis=axes)


def smoothed(loss: str, y_true: TensorLike, label_smoothing: float, classes: int) -> TensorLike:
    """t (1 - s) + s / classes: targets t nearer to the uniform distribution, by the label smoothing s in [0, 1]."""
    s = checks.checked_smoothing(loss, label_smoothing)
    return y_true * (1 - s) + s / classes if s else y_true
