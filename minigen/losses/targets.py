"""Losses (y_true, y_pred) -> one number, by default the mean over the batch. One function for each equation.

They differ in what they add up, and a VAE, which adds a KL divergence in nats per image, needs the second kind:
  mean over all elements   binary_crossentropy, mean_squared_error, ...: as in Keras, "per pixel"
  sum over each sample     half_squared_error: 1/2 ‖x̂ - x‖², "per image"; on 784 pixels 392 x the mean_squared_error
                           binary_crossentropy_per_image: 784 x binary_crossentropy
kl_standard_normal (Loss z) is of the second kind too; its arguments are the two outputs of an encoder.

All but the last take three keywords. Each element l of the loss is multiplied by its weight, and then `reduction` is
taken over `axis`, as in NumPy:
  reduction      "mean", "sum", or "none": w l of each element; of a loss per image the sum of each image
  axis           the axes of y_pred that are reduced, by default all; not for the losses per image
  sample_weight  w >= 0, one number for each sample, of shape (batch,), or for each element: its axes are the first axes
                 of y_pred. The mean is Σ w l divided by the number of elements, as in Keras, not by Σ w
They raise ValueError for another reduction, for an axis that y_pred has not, or an axis beside "none", and for weights
of another shape, below 0, or not finite.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..arguments import checks_arguments
from ..autograd.checks import check_fresh
from ..checks.values import switch
from ..ops.activation import Sigmoid
from ..ops.crossentropy import BinaryCrossentropy, SigmoidCrossentropy
from ..ops.squared_error import HalfSquaredError, MeanSquaredError
from ..tensor import Tensor
from ..types import TensorLike
from . import checks
from .arguments import takes_pair
from .reduction import is_mean, reduced, smoothed

EPSILON = 1e-7  # probabilities are clipped to [ε, 1 - ε], as in Keras


@takes_pair()
def mean_squared_error(
    y_true: TensorLike, y_pred: TensorLike, axis: Any = None, *, reduction: str = "mean", sample_weight: Any = None
) -> Tensor:
    """mean of (ŷ - y)², over all elements. The keywords are those of all losses: minigen/losses/targets.py."""
    if is_mean(reduction, axis, sample_weight):
        return MeanSquaredError()(y_true, y_pred)
    return reduced("mean_squared_error", ops.square(y_pred - y_true), reduction, axis, sample_weight)


@takes_pair()
def mean_absolute_error(
    y_true: TensorLike, y_pred: TensorLike, axis: Any = None, *, reduction: str = "mean", sample_weight: Any = None
) -> Tensor:
    """mean of |ŷ - y|, over all elements."""
    return reduced("mean_absolute_error", ops.abs(y_pred - y_true), reduction, axis, sample_weight)


@takes_pair()
def half_squared_error(
    y_true: TensorLike, y_pred: TensorLike, *, reduction: str = "mean", sample_weight: Any = None
) -> Tensor:
    """Loss x̂ = 1/2 ‖x̂ - x‖², summed over each sample, mean over the batch (sections 9.2.1 and 9.2.4 of the chapter).

    x = y_true and x̂ = y_pred have one shape (batch, ...). Without the constant dim/2 log 2π it is -log N(x; x̂, Id), in
    nats per image; reduction="none" gives the number of each image, (batch,). Raises ValueError for shapes that differ,
    an empty batch and a single number, TypeError for predictions before targets.
    """
    loss = "half_squared_error"
    checks.check_has_samples(loss, y_pred)
    if is_mean(reduction, None, sample_weight):
        return HalfSquaredError()(y_true, y_pred)
    return _over_samples(loss, ops.square(y_pred - y_true) / 2, reduction, sample_weight)


@checks_arguments
def kl_standard_normal(mu: TensorLike, logvar: TensorLike) -> TensorLike:
    """Loss z = D_KL(N(μ, Σ), N(0, Id)): the sum over k of 1/2 (Σₖₖ + μₖ² - 1 - log Σₖₖ), mean over the batch.

    In nats per image. mu and logvar = log Σ (batch, latent) are the two outputs of the encoder of a VAE; Tensors give
    a Tensor, arrays an array. It is 0 where mu = 0 and logvar = 0, and only there. The chapter leaves out the
    parentheses; the sum takes all four terms. logvar is clipped to [-20, 20]. Raises ValueError for shapes that differ
    and for an empty batch. The rule is ops.KLStandardNormal. Source: Kingma and Welling 2014, appendix B, and section
    9.2.4 of the chapter.
    """
    return ops.kl_per_dimension(mu, logvar).sum()


@takes_pair(targets=checks.check_probabilities)
def binary_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: Any = None,
    *,
    reduction: str = "mean",
    sample_weight: Any = None,
) -> Tensor:
    """mean of -t log p - (1-t) log(1-p), over all elements: nats per pixel (x 784 for nats per image).

    y_true t in [0, 1] and y_pred p in [0, 1], of equal shape; with from_logits y_pred are logits x, p = sigmoid(x).
    Where y_pred is the direct output of a sigmoid, its logits are used: the loss is exact, and a confident wrong
    prediction keeps its gradient. Other probabilities are clipped to [1e-7, 1 - 1e-7] as in Keras, in float16 to
    [1e-7, 1 - 2⁻¹¹]; outside this interval the gradient is 0. label_smoothing s in [0, 1] takes t (1 - s) + s/2 in
    place of t.

    Raises ValueError for t or p outside [0, 1], GraphError for logits that were changed after the sigmoid. With targets
    beyond [0, 1] the loss has no lower bound; where that is intended, such as a label of 1.2 for real images, write the
    formula out: mean(softplus(x) - t * x), of logits x.
    """
    loss, mean = "binary_crossentropy", is_mean(reduction, axis, sample_weight)
    nats = _nats(loss, y_true, y_pred, from_logits, label_smoothing, mean)
    return nats if mean else reduced(loss, nats, reduction, axis, sample_weight)


@takes_pair(targets=checks.check_probabilities)
def binary_crossentropy_per_image(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    *,
    reduction: str = "mean",
    sample_weight: Any = None,
) -> Tensor:
    """Σ over the pixels of -t log p - (1-t) log(1-p), mean over the batch: nats per image.

    It is binary_crossentropy times the number of pixels: a VAE can add its KL divergence to it. reduction="none" gives
    the number of each image, (batch,). Raises what binary_crossentropy raises, and ValueError for a single number.
    """
    loss, mean = "binary_crossentropy_per_image", is_mean(reduction, None, sample_weight)
    checks.check_has_samples(loss, y_pred)
    nats = _nats(loss, y_true, y_pred, from_logits, label_smoothing, mean)
    return nats * math.prod(y_pred.shape[1:]) if mean else _over_samples(loss, nats, reduction, sample_weight)


def _nats(
    loss: str, y_true: TensorLike, y_pred: Tensor, from_logits: bool, label_smoothing: float, mean: bool
) -> Tensor:
    """-t log p - (1-t) log(1-p), of each element or the mean over all of them."""
    y_true = smoothed(loss, y_true, label_smoothing, 2)
    of_logits = BinaryCrossentropy if mean else SigmoidCrossentropy
    if switch(f"{loss}: from_logits", from_logits):
        checks.check_is_no_output_of(Sigmoid, loss, y_pred)
        return of_logits()(y_pred, y_true)
    if isinstance(y_pred.op, Sigmoid):
        check_fresh(y_pred, f"{loss} of")
        return of_logits(p=y_pred.data)(y_pred.op.inputs[0], y_true)
    checks.check_predicted_probabilities(loss, y_pred, "sigmoid", most=1)
    p = ops.clip(y_pred, EPSILON, 1 - max(EPSILON, float(np.finfo(y_pred.dtype).epsneg)))  # in float16 1 - ε is 1
    nats = -(ops.log(p) * y_true + ops.log(1 - p) * (1 - y_true))
    return nats.mean() if mean else nats


def _over_samples(loss: str, each: Tensor, reduction: Any, sample_weight: Any) -> Tensor:
    """The sum of each sample, (batch,), reduced over the batch."""
    of_samples = reduced(loss, each, "sum", tuple(range(1, each.ndim)), sample_weight)
    return reduced(loss, of_samples, reduction)


mse, mae, bce = mean_squared_error, mean_absolute_error, binary_crossentropy  # Keras' short names
