"""The losses by name, and what a model has to know about one of them."""

from __future__ import annotations

from typing import Any

from .. import elsewhere
from ..checks.values import by_name
from ..types import LossFunction
from .arguments import function_of
from .categorical import categorical_crossentropy, sparse_categorical_crossentropy
from .objects import Loss
from .targets import (
    binary_crossentropy,
    binary_crossentropy_per_image,
    half_squared_error,
    mean_absolute_error,
    mean_squared_error,
)

LOSSES: dict[str, LossFunction] = {
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
    """Whether it is binary_crossentropy with from_logits=True, or the same per image, as an object or a partial()."""
    binary = function_of(loss) in (binary_crossentropy, binary_crossentropy_per_image)
    return binary and bool(getattr(loss, "keywords", {}).get("from_logits"))


def get(loss: str | LossFunction) -> LossFunction:
    """The loss of that name, or the function or object itself; a class of losses is called without arguments, as in
    Keras. None, for a model with its own train_step, stays None."""
    if loss is None:
        return loss
    expected, fix = "a name, or a function (y_true, y_pred) -> one number", "'mean_squared_error'"
    found = by_name("loss", loss, LOSSES, callable, expected, fix, elsewhere.KERAS_LOSSES)
    return found() if isinstance(found, type) and issubclass(found, Loss) else found
