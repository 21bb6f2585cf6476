"""Metrics: functions of arrays or Tensors that return a float.

predictions.py compares predictions with targets, codes.py measures the codes of an encoder, samples.py what a model
draws; checks.py refuses what they cannot measure.

compile(metrics=[...]) takes a name of Keras, or a function. A history has the mean over the batches, each weighted by
its number of samples: the metric of all data, for a metric that is itself a mean over samples. What is no such mean,
such as an area under a curve, is refused there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from .. import elsewhere, losses
from ..checks.values import by_name, snake_case
from .checks import NO_MEANS, check_is_mean_over_samples
from .codes import moment_kl, neighbour_accuracy, neighbour_preservation
from .predictions import (
    accuracy,
    auc,
    binary_accuracy,
    binary_crossentropy,
    binary_entropy,
    categorical_accuracy,
    categorical_crossentropy,
    cosine_similarity,
    kl_divergence,
    mean_absolute_error,
    mean_squared_error,
    peak_signal_to_noise,
    sparse_categorical_accuracy,
    sparse_categorical_crossentropy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from .samples import entropy, frechet_distance, gradient_energy, parzen_log_likelihood, parzen_sigma

# fmt: off
__all__ = [
    "METRICS", "Metric", "accuracy", "auc", "binary_accuracy", "binary_crossentropy", "binary_entropy",
    "categorical_accuracy", "categorical_crossentropy", "cosine_similarity", "entropy", "frechet_distance", "get",
    "gradient_energy", "kl_divergence", "mean_absolute_error", "mean_squared_error", "moment_kl", "name_of",
    "neighbour_accuracy", "neighbour_preservation", "parzen_log_likelihood", "parzen_sigma", "peak_signal_to_noise",
    "sparse_categorical_accuracy", "sparse_categorical_crossentropy", "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]
# fmt: on

Metric = Callable[[Any, Any], Any]

METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "acc": accuracy,
    "binary_accuracy": binary_accuracy,
    "categorical_accuracy": categorical_accuracy,
    "sparse_categorical_accuracy": sparse_categorical_accuracy,
    "top_k_categorical_accuracy": top_k_categorical_accuracy,
    "sparse_top_k_categorical_accuracy": sparse_top_k_categorical_accuracy,
    "mse": mean_squared_error,
    "mean_squared_error": mean_squared_error,
    "mae": mean_absolute_error,
    "mean_absolute_error": mean_absolute_error,
    "cosine_similarity": cosine_similarity,
    "kl_divergence": kl_divergence,
    "bce": binary_crossentropy,
    "binary_crossentropy": binary_crossentropy,
    "categorical_crossentropy": categorical_crossentropy,
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
}


def get(metric: str | Metric) -> Metric:
    """The metric of that name, or the function or object itself, for compile(); a class of losses is called.

    ValueError for an unknown name, and for a metric that is no mean over samples; TypeError for no function.
    """
    check_is_mean_over_samples(metric if isinstance(metric, str) else _name_of_ones_own(metric))
    expected = "a name, or a function (y_true, y_pred) -> a number"
    found = by_name("metric", metric, METRICS, callable, expected, "'accuracy'", elsewhere.METRICS)
    return found() if isinstance(found, type) and issubclass(found, losses.Loss) else found


def _name_of_ones_own(metric: Metric) -> str:
    """The name of a function of this package, "" for any other."""
    function = getattr(metric, "func", metric)  # of a functools.partial the function inside
    return function.__name__ if function is auc or function is peak_signal_to_noise else ""


def name_of(metric: str | Metric) -> str:
    """The name under which a history logs a metric: a given name unchanged, otherwise that of the function.

    Of a functools.partial it is the name of the function inside, of an object its `name`, or that of its class.
    """
    if isinstance(metric, str):
        return metric
    function = getattr(metric, "func", metric)  # of a functools.partial the function inside
    names = (getattr(metric, "name", None), getattr(function, "__name__", None), type(function).__name__)
    return next(name for name in names if isinstance(name, str))


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, __all__, NO_MEANS.get(snake_case(name)))
