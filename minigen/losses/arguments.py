"""How a loss declares what it takes: its formula then gets checked arguments.

@takes_pair()                              y_true and y_pred of one shape
@takes_pair(targets=check_probabilities)   also a check of the targets, which Model.fit() makes once for all of them
@takes_labels                              integer labels and rows of predictions; fit() checks all labels before
@takes_logits                              logits of real and of fake images
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

from ..arguments import checks_arguments
from ..types import Array, DType, Loss, Shape
from .checks import labels_in_range, logits, pair

TargetCheck = Callable[[str, Any, Any], None]  # (where, targets, dtype of the predictions)
Function = TypeVar("Function", bound=Callable[..., Any])


class TargetLoss(NamedTuple):
    """A loss that takes targets of one kind only: its check of them, and the loss without this check."""

    loss: Loss
    check: Callable[[str, Any, DType, Shape | None], Any]  # (where, targets, dtype of the predictions, their shape)
    without_check: Loss


_target_losses: list[TargetLoss] = []


def takes_pair(targets: TargetCheck | None = None) -> Callable[[Function], Function]:
    """Decorator of a formula (y_true, y_pred, ...): it gets both from pair(), and y_true checked by `targets`."""

    def declare(formula: Function) -> Function:
        signature = inspect.signature(formula)

        def with_check(check: TargetCheck | None) -> Function:
            @functools.wraps(formula)
            def loss(y_true: Any, y_pred: Any, *args: Any, **options: Any) -> Any:
                if args or options:  # an argument that does not exist is the first error to state
                    signature.bind(y_true, y_pred, *args, **options)
                y_true, y_pred = pair(formula.__name__, y_true, y_pred)
                if check is not None:
                    check(formula.__name__, y_true, y_pred.dtype)
                return formula(y_true, y_pred, *args, **options)

            return cast(Function, loss)

        declared = checks_arguments(with_check(targets))
        if targets is not None:
            check, unchecked = targets, with_check(None)
            _target_losses.append(TargetLoss(declared, lambda where, y, dtype, _: check(where, y, dtype), unchecked))
        return cast(Function, declared)

    return declare


def takes_labels(formula: Function) -> Function:
    """Decorator of a formula of (labels, predictions) that calls labels_in_range() itself, in each step."""
    declared = checks_arguments(formula)

    def check(where: str, labels: Any, dtype: DType, shape: Shape | None) -> None:
        if shape is not None:
            labels_in_range(where, labels, shape)

    _target_losses.append(TargetLoss(declared, check, declared))
    return cast(Function, declared)


def takes_logits(formula: Function) -> Function:
    """Decorator of a formula of logits: it gets each argument as logits() returns it."""
    name = formula.__name__

    @checks_arguments
    @functools.wraps(formula)
    def loss(*args: Any, **keywords: Any) -> Any:
        return formula(*[logits(name, a) for a in args], **{key: logits(name, a) for key, a in keywords.items()})

    return cast(Function, loss)


def _declared(loss: Any) -> TargetLoss | None:
    """What the function declares, or the one inside of functools.partial(function, from_logits=True)."""
    function = getattr(loss, "func", loss)
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
    if known is None or known.loss is loss:
        return loss if known is None else known.without_check
    return functools.partial(checks_arguments(known.without_check), *loss.args, **loss.keywords)
