"""How a loss declares what it takes: its formula then gets checked arguments.

@takes_pair()                              y_true and y_pred of one shape
@takes_pair(targets=check_probabilities)   also a check of the targets, which Model.fit() makes once for all of them
@takes_labels                              labels and rows of predictions; fit() checks all labels before
@takes_logits                              logits of real and of fake images

Each formula (y_true, y_pred, ...) may have the keyword sample_weight: it gets the weights as an array or a Tensor.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

from ..arguments import checks_arguments
from ..types import Array, DType, LossFunction, Shape
from .checks import check_has_samples, check_sample_weight, labels_in_range, logits, pair, predictions, weights

TargetCheck = Callable[[str, Any, Any], None]  # (where, targets, dtype of the predictions)
Function = TypeVar("Function", bound=Callable[..., Any])


class TargetLoss(NamedTuple):
    """A loss, its check of the targets of a training, and the loss without a check of the values in each step."""

    loss: LossFunction
    check: Callable[[str, Any, DType, Shape | None], Any]  # (where, targets, dtype of the predictions, their shape)
    without_check: LossFunction


_target_losses: list[TargetLoss] = []


def takes_pair(targets: TargetCheck | None = None) -> Callable[[Function], Function]:
    """Decorator of a formula (y_true, y_pred, ...): it gets both from pair(), and y_true checked by `targets`."""

    def arguments(loss: str, y_true: Any, y_pred: Any, checks_values: bool) -> tuple[Any, Any]:
        y_true, y_pred = pair(loss, y_true, y_pred)
        if targets is not None and checks_values:
            targets(loss, y_true, y_pred.dtype)
        return y_true, y_pred

    def check(where: str, y_true: Any, dtype: DType, shape: Shape | None) -> None:
        if targets is not None:
            targets(where, y_true, dtype)

    return lambda formula: _declare(formula, arguments, check)


def takes_labels(formula: Function) -> Function:
    """Decorator of a formula of (labels, predictions) that calls labels_in_range() itself, in each step."""

    def arguments(loss: str, labels: Any, y_pred: Any, checks_values: bool) -> tuple[Any, Any]:
        y_pred = predictions(loss, y_pred)
        check_has_samples(loss, y_pred)
        return labels, y_pred

    def check(where: str, labels: Any, dtype: DType, shape: Shape | None) -> None:
        if shape is not None:
            labels_in_range(where, labels, shape)

    return _declare(formula, arguments, check)


def _declare(formula: Function, arguments: Callable[..., tuple[Any, Any]], check: Callable[..., None]) -> Function:
    """The loss of that formula. It and its form without a check of values are known to check_targets() from now on."""
    signature, name = inspect.signature(formula), formula.__name__

    def with_arguments(checks_values: bool) -> Function:
        @functools.wraps(formula)
        def loss(y_true: Any, y_pred: Any, *args: Any, **options: Any) -> Any:
            if not args and not options:
                return formula(*arguments(name, y_true, y_pred, checks_values))
            signature.bind(y_true, y_pred, *args, **options)  # an argument that does not exist is the first to refuse
            y_true, y_pred = arguments(name, y_true, y_pred, checks_values)
            if options.get("sample_weight") is not None:
                options["sample_weight"] = weights(name, options["sample_weight"], y_pred.dtype)
                if checks_values:
                    check_sample_weight(name, options["sample_weight"])
            return formula(y_true, y_pred, *args, **options)

        return cast(Function, checks_arguments(loss))

    declared = with_arguments(True)
    _target_losses.append(TargetLoss(declared, check, with_arguments(False)))
    return declared


def takes_logits(formula: Function) -> Function:
    """Decorator of a formula of logits: it gets each argument as logits() returns it."""
    name = formula.__name__

    @checks_arguments
    @functools.wraps(formula)
    def loss(*args: Any, **keywords: Any) -> Any:
        return formula(*[logits(name, a) for a in args], **{key: logits(name, a) for key, a in keywords.items()})

    return cast(Function, loss)


def function_of(loss: Any) -> Any:
    """The function inside of BinaryCrossentropy(...) or of functools.partial(function, ...); else the loss itself."""
    while hasattr(loss, "func"):
        loss = loss.func
    return loss


def _declared(loss: Any) -> TargetLoss | None:
    """What the function of the loss declares."""
    function = function_of(loss)
    return next((known for known in _target_losses if known.loss is function), None)


def check_targets(loss: Any, y: Array, where: str, dtype: DType, shape: Shape | None) -> None:
    """TypeError or ValueError for targets that `loss` would refuse, before the first step of a training.

    dtype and shape are those of the predictions for y; shape is None for a model that has no graph.
    """
    known = _declared(loss)
    if known is not None:
        known.check(f"{where}: {known.loss.__name__}", y, dtype, shape)


def without_check(loss: Any) -> Any:
    """`loss` for targets that check_targets() has accepted: a check in each step would make a GPU wait."""
    known = _declared(loss)
    if known is None:
        return loss
    if known.loss is loss:
        return known.without_check
    if isinstance(loss, functools.partial):
        return functools.partial(without_check(loss.func), *loss.args, **loss.keywords)
    unchecked = copy.copy(loss)  # a LossOfFunction
    unchecked.func = known.without_check
    return unchecked
