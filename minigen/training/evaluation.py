"""The numbers of a model on held-out data, and on the training data beside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import backend
from ..autograd import unwrap
from ..types import Data, Logs
from . import checks
from .checks import checked_logs
from .data import batches, call_step, length, take_all, with_weights
from .history import mean_logs, read
from .iterables import Batches, is_iterable_of_batches


def held_out_data(model: Any, given: Any, where: str, batch_size: int) -> Data | Batches:
    """validation_data as fit() takes them, checked: (x, y), x, (x, y, sample_weight), or an iterable of batches.

    One batch is scored now, so that a wrong shape shows before the first epoch.
    """
    data: Data | Batches
    if is_iterable_of_batches(given):
        data = Batches(model, given, where, model.check_scoring)
        checks.check_is_repeatable(where, data.once)
        first = data.first
    else:
        parts = given if isinstance(given, tuple) else (given,)
        if isinstance(given, list) and len(model.input_symbols()) == 1 < len(given):
            parts = tuple(given)  # [x, y]: there is no second input that it could be
        checks.check_is_pair(where, parts)
        data = with_weights(model.as_data(*parts[:2], where=where), (*parts, None, None)[2], None, where)
        first = next(batches(data, batch_size))
        model.check_scoring(data, where)
    if model.named_weights():
        with backend.own_draws():
            evaluate(model, [first])
    return data


def compare(model: Any, data: Data | None, held_out: Data | Batches, batch_size: int) -> Logs:
    """val_loss, and loss_end on as many training samples; what is drawn for it does not change the training.

    Without training data as arrays there is no loss_end.
    """
    found: Logs = {}
    with backend.own_draws():
        if isinstance(held_out, Batches):
            return {f"val_{k}": v for k, v in evaluate(model, held_out).items()}
        if data is not None:
            first = take_all(data, slice(length(held_out)))
            found = {f"{k}_end": v for k, v in evaluate(model, batches(first, batch_size)).items()}
        return found | {f"val_{k}": v for k, v in evaluate(model, batches(held_out, batch_size)).items()}


def evaluate(model: Any, data: Iterable[Data]) -> Logs:
    """Means over all samples of all batches of what model.test_step returns.

    The graph is recorded, though nothing is differentiated: through it a loss finds the logits behind a sigmoid, so
    that evaluate and fit give the same number. It is freed after each batch.
    """
    seen: list[tuple[Logs, int]] = []
    for batch in data:
        logs = checked_logs(call_step(model.test_step, batch, model.dtype), f"{model.label}.test_step")
        seen.append(({k: unwrap(v) for k, v in logs.items()}, length(batch)))
    return mean_logs(read(seen))
