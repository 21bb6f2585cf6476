"""What a model minimises and measures: losses of its outputs, their weights, and metrics, in lists or by names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import losses
from ..checks.values import as_list, check_each_once, check_is_list
from ..metrics import get as get_metric
from ..metrics import name_of
from . import checks

if TYPE_CHECKING:
    from .trainer import Trainer


def in_order(where: str, given: Any, names: Sequence[str], all_needed: bool) -> Any:
    """A dict by the names of the outputs as the list in their order, with None for what is missing; else `given`."""
    if not isinstance(given, Mapping):
        return given
    checks.check_names_of_outputs(where, given, names, all_needed)
    return [given.get(name) for name in names]


def chosen_losses(where: str, loss: Any, names: Sequence[str]) -> Any:
    """The loss, or the list of one for each output; ValueError or TypeError for what cannot be minimised."""
    loss = in_order(where, loss, names, all_needed=True)
    found = [losses.get(one) for one in as_list(loss)]
    for one in found:
        checks.check_gives_one_number(where, one)
    checks.check_each_has_a_loss(where, found)
    return found if isinstance(loss, (list, tuple)) else found[0]


def chosen_weights(where: str, loss_weights: Any, loss: Any, names: Sequence[str]) -> list[float] | None:
    """A number for each output, or None; ValueError or TypeError for other weights."""
    if loss_weights is None:
        return None
    weights = as_list(in_order(where, loss_weights, names, all_needed=True))
    outputs = len(names) or (len(loss) if isinstance(loss, list) else len(weights))
    return checks.weights_of_losses(where, weights, outputs)


def chosen_metrics(where: str, metrics: Any, names: Sequence[str]) -> tuple[list[tuple[str, Any, int]], int]:
    """(name in the logs, metric, number of its output) of each, and for how many outputs; ValueError or TypeError.

    names are those of the outputs, none for a model without a graph. Of several outputs the losses are logged too.
    """
    if isinstance(metrics, Mapping):
        metrics = [as_list(of_one or ()) for of_one in in_order(where, metrics, names, all_needed=False)]
    metrics = () if metrics is None else metrics
    check_is_list(where, metrics, "metrics=['accuracy']")
    checks.check_are_no_weights(where, metrics)
    nested = metrics if _is_nested(metrics) else [metrics] * bool(metrics)
    lists = [as_list(of_one or ()) for of_one in nested]
    written = list(dict.fromkeys(repr(m) if isinstance(m, str) else name_of(m) for m in sum(lists[:1], [])))
    checks.check_metrics_fit(where, metrics, lists, written, len(names))
    prefixes = [f"{name}_" for name in names_or_numbers(names, len(lists))] if len(lists) > 1 else [""] * len(lists)
    found = []
    for i, (prefix, of_one) in enumerate(zip(prefixes, lists, strict=True)):
        for given in of_one:
            metric = get_metric(given)
            checks.check_gives_one_number(where, metric)
            found.append((prefix + name_of(given if isinstance(given, str) else metric), metric, i))
    losses_logged = names_of_losses(names, len(names)) if len(names) > 1 else []
    logged = ["loss", *losses_logged, *(name for name, _, _ in found)]
    check_each_once(where, logged + [f"val_{name}" for name in logged], "['accuracy']")
    return found, len(lists) or 1


def total_and_parts(model: Trainer, y: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, list[Any]]:
    """The loss of each output, a Tensor of one number, and before them their sum, each times its loss_weight."""
    preds, targets = as_list(y_pred), as_list(y)
    chosen = model.losses_for(len(preds))
    checks.check_one_for_each_output(model, "losses", len(chosen), len(targets), len(preds))
    if sample_weight is not None:
        weights = checks.weights_of_outputs(model, chosen, sample_weight)
        chosen = [partial(loss, sample_weight=w) for loss, w in zip(chosen, weights, strict=True)]
    parts = [model.without_check(loss, y)(y, pred) for loss, y, pred in zip(chosen, targets, preds, strict=True)]
    for part in parts:
        fix = "lambda y_true, y_pred: minigen.mean((y_pred - y_true) ** 2)"
        checks.check_loss(f"{model.label}: the loss", part, fix)
    weighted = parts
    if model.loss_weights is not None:
        checks.check_weights_of_losses(f"{model.label}: loss_weights", model.loss_weights, len(parts))
        weighted = [part * weight for part, weight in zip(parts, model.loss_weights, strict=True)]
    return sum(weighted[1:], start=weighted[0]), parts


def names_or_numbers(names: Sequence[str], outputs: int) -> Sequence[str]:
    """The names of the outputs; of a model without a graph their numbers."""
    return names or [f"output_{i}" for i in range(outputs)]


def names_of_losses(names: Sequence[str], outputs: int) -> list[str]:
    """Under which names the losses of several outputs are logged, as in Keras."""
    return [f"{name}_loss" for name in names_or_numbers(names, outputs)]


def _is_nested(metrics: Any) -> bool:
    """True for a list of metrics for each output."""
    return any(of_one is None or isinstance(of_one, (list, tuple)) for of_one in metrics)
