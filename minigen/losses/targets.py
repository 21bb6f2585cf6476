"""Losses (y_true, y_pred) -> one number, a mean over the batch. One function for each equation.

They differ in what they add up, and a VAE, which adds a KL divergence in nats per image, needs the second kind:
  mean over all elements   binary_crossentropy, mean_squared_error, ...: as in Keras, "per pixel"
  sum over each sample     half_squared_error: 1/2 ‖x̂ - x‖², "per image"; on 784 pixels 392 x the mean_squared_error
                           binary_crossentropy_per_image: 784 x binary_crossentropy
kl_standard_normal (Loss z) is of the second kind too; its arguments are the two outputs of an encoder.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import ops
from ..arguments import checks_arguments
from ..autograd.checks import check_fresh
from ..checks import by_name, switch
from ..ops.activation import Sigmoid, Softmax
from ..ops.crossentropy import BinaryCrossentropy, SoftmaxCrossentropy, SparseSoftmaxCrossentropy
from ..ops.squared_error import HalfSquaredError, MeanSquaredError
from ..tensor import Tensor
from ..types import ArrayLike, Loss, TensorLike
from . import checks
from .arguments import takes_labels, takes_pair, without_check

EPSILON = 1e-7  # probabilities are clipped to [ε, 1 - ε], as in Keras


@takes_pair()
def mean_squared_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """mean of (ŷ - y)², over all elements."""
    return MeanSquaredError()(y_true, y_pred)


@takes_pair()
def mean_absolute_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """mean of |ŷ - y|, over all elements."""
    return ops.abs(y_pred - y_true).mean()


@takes_pair()
def half_squared_error(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Loss x̂ = 1/2 ‖x̂ - x‖², summed over each sample, mean over the batch (sections 9.2.1 and 9.2.4 of the chapter).

    x = y_true and x̂ = y_pred have one shape (batch, ...). Without the constant dim/2 log 2π it is -log N(x; x̂, Id), in
    nats per image. Raises ValueError for shapes that differ, an empty batch and a single number, TypeError for
    predictions before targets.
    """
    checks.check_has_samples("half_squared_error", y_pred)
    return HalfSquaredError()(y_true, y_pred)


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
def binary_crossentropy(y_true: TensorLike, y_pred: TensorLike, from_logits: bool = False) -> Tensor:
    """mean of -t log p - (1-t) log(1-p), over all elements: nats per pixel (x 784 for nats per image).

    y_true t in [0, 1] and y_pred p in [0, 1], of equal shape; with from_logits y_pred are logits x, p = sigmoid(x).
    Where y_pred is the direct output of a sigmoid, its logits are used: the loss is exact, and a confident wrong
    prediction keeps its gradient. Other probabilities are clipped to [1e-7, 1 - 1e-7] as in Keras; outside this
    interval the gradient is 0. Raises ValueError for t or p outside [0, 1], GraphError for logits that were changed
    after the sigmoid.
    """
    loss = "binary_crossentropy"
    if switch(f"{loss}: from_logits", from_logits):
        checks.check_is_no_output_of(Sigmoid, loss, y_pred)
        return BinaryCrossentropy()(y_pred, y_true)
    if isinstance(y_pred.op, Sigmoid):
        check_fresh(y_pred, f"{loss} of")
        return BinaryCrossentropy(p=y_pred.data)(y_pred.op.inputs[0], y_true)
    checks.check_predicted_probabilities(loss, y_pred, "sigmoid", most=1)
    p = ops.clip(y_pred, EPSILON, 1 - EPSILON)
    return -(ops.log(p) * y_true + ops.log(1 - p) * (1 - y_true)).mean()


@takes_pair(targets=checks.check_probabilities)
def binary_crossentropy_per_image(y_true: TensorLike, y_pred: TensorLike, from_logits: bool = False) -> Tensor:
    """Σ over the pixels of -t log p - (1-t) log(1-p), mean over the batch: nats per image.

    It is binary_crossentropy times the number of pixels: a VAE can add its KL divergence to it. Raises what
    binary_crossentropy raises, and ValueError for a single number.
    """
    checks.check_has_samples("binary_crossentropy_per_image", y_pred)
    per_pixel: Tensor = without_check(binary_crossentropy)(y_true, y_pred, from_logits)
    return per_pixel * math.prod(y_pred.shape[1:])


@takes_pair(targets=checks.check_distributions)
def categorical_crossentropy(y_true: TensorLike, y_pred: TensorLike, from_logits: bool = False) -> Tensor:
    """mean over rows of -Σₖ tₖ log pₖ, with targets t (usually one-hot) and probabilities p of shape (batch, classes).

    With from_logits p = softmax(y_pred). Where y_pred is the direct output of a softmax, its logits are used: the loss
    is exact. Other probabilities are divided by their sum over the classes and clipped to [1e-7, 1 - 1e-7], as in
    Keras. Raises ValueError for rows t with negative numbers or a sum above 1 and for p below 0, GraphError for logits
    that were changed after the softmax.
    """
    loss = "categorical_crossentropy"
    logits = _logits(loss, y_pred, from_logits)
    if logits is not None:
        x, made_by, p = logits
        return SoftmaxCrossentropy(made_by, p)(x, y_true)
    return -(ops.log(_probabilities(loss, y_pred)) * y_true).sum() / (y_pred.size // y_pred.shape[-1])


@takes_labels
def sparse_categorical_crossentropy(y_true: ArrayLike, y_pred: TensorLike, from_logits: bool = False) -> Tensor:
    """categorical_crossentropy with integer labels y_true of shape (batch,) in 0..classes-1.

    Raises TypeError for float labels, ValueError for a wrong shape or a label out of range.
    """
    loss = "sparse_categorical_crossentropy"
    y_pred = checks.predictions(loss, y_pred)
    checks.check_has_samples(loss, y_pred)
    labels = checks.labels_in_range(loss, y_true, y_pred.shape)
    logits = _logits(loss, y_pred, from_logits)
    if logits is not None:
        x, made_by, p = logits
        return SparseSoftmaxCrossentropy(labels, made_by, p)(x)
    rows = _probabilities(loss, y_pred).reshape((labels.size, y_pred.shape[-1]))
    return -ops.log(rows[np.arange(labels.size), labels.reshape(-1)]).mean()


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


mse, mae, bce = mean_squared_error, mean_absolute_error, binary_crossentropy  # Keras' short names

LOSSES: dict[str, Loss] = {
    "binary_crossentropy": binary_crossentropy,
    "bce": binary_crossentropy,
    "binary_crossentropy_per_image": binary_crossentropy_per_image,
    "categorical_crossentropy": categorical_crossentropy,
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
    "half_squared_error": half_squared_error,
    "mean_absolute_error": mean_absolute_error,
    "mae": mean_absolute_error,
    "mean_squared_error": mean_squared_error,
    "mse": mean_squared_error,
}

PER_IMAGE = (half_squared_error, binary_crossentropy_per_image)  # in nats: a VAE can add its KL divergence to them


def is_binary_of_logits(loss: Any) -> bool:
    """Whether it is partial(binary_crossentropy, from_logits=True), or the same per image."""
    binary = getattr(loss, "func", None) in (binary_crossentropy, binary_crossentropy_per_image)
    return binary and bool(loss.keywords.get("from_logits"))


def get(loss: str | Loss) -> Loss:
    """The loss of that name, or the function itself. None, for a model with its own train_step, stays None."""
    expected, fix = "a name, or a function (y_true, y_pred) -> one number", "'mean_squared_error'"
    return by_name("loss", loss, LOSSES, lambda found: found is None or callable(found), expected, fix)
