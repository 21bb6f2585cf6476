"""Metrics: functions of arrays or Tensors that return a float.

predictions.py compares predictions with targets, codes.py measures the codes of an encoder, samples.py what a model
draws; checks.py refuses what they cannot measure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from .. import elsewhere
from ..checks import by_name
from .codes import moment_kl, neighbour_accuracy, neighbour_preservation
from .predictions import accuracy, auc, binary_entropy, mean_squared_error, peak_signal_to_noise
from .samples import entropy, frechet_distance, gradient_energy, parzen_log_likelihood, parzen_sigma

# fmt: off
__all__ = [
    "METRICS", "Metric", "accuracy", "auc", "binary_entropy", "entropy", "frechet_distance", "get",
    "gradient_energy", "mean_squared_error", "moment_kl", "name_of", "neighbour_accuracy", "neighbour_preservation",
    "parzen_log_likelihood", "parzen_sigma", "peak_signal_to_noise",
]
# fmt: on

Metric = Callable[[Any, Any], float]

METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "mse": mean_squared_error,
    "mean_squared_error": mean_squared_error,
    "psnr": peak_signal_to_noise,
}


def get(metric: str | Metric) -> Metric:
    """The metric of that name, or the function itself. ValueError for an unknown name, TypeError for no function."""
    expected = "a name, or a function (y_true, y_pred) -> a number"
    return by_name("metric", metric, METRICS, callable, expected, "'accuracy'")


def name_of(metric: str | Metric) -> str:
    """The name under which a history logs a metric: a given name unchanged, otherwise that of the function.

    Of a functools.partial it is the name of the function inside, of an object without a name that of its class.
    """
    if isinstance(metric, str):
        return metric
    function = getattr(metric, "func", metric)  # of a functools.partial the function inside
    return str(getattr(function, "__name__", type(function).__name__))


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, __all__)
