"""What compile() was given, as Keras 3 has it: an optimizer with its settings, losses and metrics by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import losses, metrics, optimizers
from ..checks.values import snake_case
from ..errors import described
from .keras_layers import serialized

# Settings of Keras' optimizers that have to have these values, and those that change nothing then.
BESIDES = dict.fromkeys(("loss_scale_factor", "gradient_accumulation_steps"))
BESIDES |= {"use_ema": False, "amsgrad": False, "centered": False}
PASSED_OVER = {"name", "ema_momentum", "ema_overwrite_frequency"}
LOSSES: dict[Any, Any] = {  # the losses that Keras has, as functions and as classes of the same names
    losses.binary_crossentropy: losses.BinaryCrossentropy,
    losses.categorical_crossentropy: losses.CategoricalCrossentropy,
    losses.mean_absolute_error: losses.MeanAbsoluteError,
    losses.mean_squared_error: losses.MeanSquaredError,
    losses.sparse_categorical_crossentropy: losses.SparseCategoricalCrossentropy,
}
METRICS = metrics.METRICS  # every name of a metric here is one of Keras too, with the same meaning
# What else the config of one of Keras' metrics may say: the values that are computed here.
OF_METRICS = {"threshold": 0.5, "k": 5, "axis": -1, "from_logits": False, "label_smoothing": 0}


def to_keras(given: Mapping[str, Any], outputs: Sequence[str], problems: list[str]) -> dict[str, Any]:
    """The compile_config for the arguments of compile(), whose dicts are by the names of the outputs."""
    given = {
        argument: [value.get(name) for name in outputs] if isinstance(value, Mapping) else value
        for argument, value in given.items()
    }
    optimizer = optimizers.get(given["optimizer"])
    config = optimizer.get_config() | {"learning_rate": optimizer.learning_rate}
    config = {name: float(v) if type(v) is int else v for name, v in config.items()}  # SGD of Keras takes no 0
    kind = type(optimizer).__name__
    if kind.lower() not in optimizers.OPTIMIZERS:
        problems.append(f"optimizer {kind}")
    if isinstance(optimizer.schedule, optimizers.LinearDecay):
        decay = {"initial_learning_rate": optimizer.schedule.learning_rate, "decay_steps": optimizer.schedule.steps}
        decay |= {"end_learning_rate": 0.0, "power": 1.0, "cycle": False}
        config["learning_rate"] = serialized("PolynomialDecay", decay, "keras.optimizers.schedules")
    elif optimizer.schedule is not None:
        problems.append(f"learning_rate {described(optimizer.schedule)}")
    chosen = given["loss"] if isinstance(given["loss"], (list, tuple)) else [given["loss"]]
    found = [_loss(loss, problems) for loss in chosen]
    return {
        "optimizer": serialized(kind, config, "keras.optimizers"),
        "loss": found if isinstance(given["loss"], (list, tuple)) else found[0],
        "loss_weights": given["loss_weights"],
        "metrics": _metric(given["metrics"], problems) or None,
    }


def _loss(loss: Any, problems: list[str]) -> Any:
    """None, the name of a loss, or an object; a function with options becomes an object that has them."""
    loss = losses.get(loss)
    if loss is None:
        return None
    if type(loss) in LOSSES.values():
        return serialized(type(loss).__name__, loss.get_config() | {"name": loss.name}, "keras.losses")
    function, options = getattr(loss, "func", loss), getattr(loss, "keywords", {})
    if function not in LOSSES or isinstance(loss, losses.Loss) or options.keys() - {"from_logits", "label_smoothing"}:
        problems.append(f"loss {described(loss)}")
        return None
    return _loss(LOSSES[function](**options), problems) if options else function.__name__


def _metric(metric: Any, problems: list[str]) -> Any:
    """None, the name of a metric, or a list of them."""
    if isinstance(metric, (list, tuple)):
        return [_metric(one, problems) for one in metric]
    if metric is None or (isinstance(metric, str) and metric in METRICS):
        return metric
    function = metrics.get(metric)
    name = next((name for name, one in METRICS.items() if one is function), None)
    if name is None:
        problems.append(f"metric {described(metric)}")
    return name


def from_keras(config: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """The arguments of compile() for a compile_config."""
    if config.get("weighted_metrics") is not None:
        problems.append(f"weighted_metrics={config['weighted_metrics']!r}")
    loss = config.get("loss")
    if isinstance(loss, list):
        chosen: Any = [_own_loss(one, problems) for one in loss]
    elif isinstance(loss, dict) and "class_name" not in loss:  # by the names of the outputs
        chosen = {name: _own_loss(one, problems) for name, one in loss.items()}
    else:
        chosen = _own_loss(loss, problems)
    found = {"optimizer": _own_optimizer(config.get("optimizer"), problems), "loss": chosen}
    found["metrics"] = _own_metric(config.get("metrics"), problems) or ()
    return found | {"loss_weights": config.get("loss_weights")}


def _own_optimizer(value: Any, problems: list[str]) -> Any:
    if isinstance(value, str) or value is None:
        return value or "rmsprop"
    name, config = str(value.get("class_name")).lower(), dict(value.get("config", {}))
    kind = optimizers.OPTIMIZERS.get(name)
    if kind is None:
        problems.append(f"optimizer {value.get('class_name')}")
        return None
    rate = config.get("learning_rate")
    if isinstance(rate, dict):
        decay = rate.get("config", {})
        linear = {"end_learning_rate": 0.0, "power": 1.0, "cycle": False}
        if rate.get("class_name") != "PolynomialDecay" or any(decay.get(key) != v for key, v in linear.items()):
            problems.append(f"learning_rate {rate.get('class_name')} {decay}")
            return None
        config["learning_rate"] = optimizers.LinearDecay(decay["initial_learning_rate"], decay["decay_steps"])
    elif isinstance(rate, float):
        config["learning_rate"] = float(str(np.float32(rate)))  # Keras keeps 0.001 in float32: 0.0010000000474974513
    own = inspect.signature(kind).parameters
    besides = {key: v for key, v in config.items() if key not in own and key not in PASSED_OVER}
    problems += [f"optimizer: {key}={v!r}" for key, v in besides.items() if v != BESIDES.get(key)]
    return kind(**{key: v for key, v in config.items() if key in own})


def _own_loss(value: Any, problems: list[str]) -> Any:
    """None, the name of a loss, or an object."""
    if value is None:
        return None
    found = value if isinstance(value, dict) else {"class_name": "function", "config": value}
    name, config = found.get("class_name"), found.get("config")
    if name == "function" and isinstance(config, str) and losses.LOSSES.get(snake_case(config)) in LOSSES:
        return config
    kind = next((kind for kind in LOSSES.values() if kind.__name__ == name), None)
    own = inspect.signature(kind).parameters if kind else {}
    if kind is None or not isinstance(config, dict) or any(v is not None for k, v in config.items() if k not in own):
        problems.append(f"loss {described(value)}")
        return None
    return kind(**{key: v for key, v in config.items() if key in own})


def _own_metric(value: Any, problems: list[str]) -> Any:
    """None, the name of a metric, a list of them, or a dict by the names of the outputs."""
    if isinstance(value, list):
        return [_own_metric(one, problems) for one in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {output: _own_metric(one, problems) for output, one in value.items()}
    name = value
    if isinstance(value, dict):  # an object, or a function
        config = value["config"] or {}
        name = config if isinstance(config, str) else snake_case(value["class_name"])
        same = {"name": name, "dtype": "float32", **OF_METRICS}
        if value["class_name"] == "Accuracy" or (config != name and any(same.get(k) != v for k, v in config.items())):
            name = "another one"
    if name is not None and snake_case(name) not in METRICS:
        problems.append(f"metric {described(value)}")
    return name
