"""The numbers of a model on held-out data, and on the training data beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .. import backend, parallel
from ..autograd import unwrap
from ..progress import NO_BAR, progress
from ..types import Data, Logs
from . import checks
from .checks import checked_logs
from .data import batches, call_step, length, rows_of, share_of, with_weights
from .history import mean_logs, of_whole_batches, read
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
        x, y, weights = (*parts, None, None)[:3]
        data = with_weights(model.as_data(x, y, where), weights, None, where)
        model.check_scoring(data, where)
        first = next(batches(data, batch_size))
    if model.named_weights():
        with backend.own_draws():
            evaluate(model, [first])
    return data


def compare(model: Any, data: Data | None, held_out: Data | Batches, batch_size: int, verbose: int = 0) -> Logs:
    """val_loss, and loss_end on as many training samples; what is drawn for it does not change the training.

    Without training data as arrays there is no loss_end.
    """
    sets: dict[str, Iterable[Data]] = {"val_{}": held_out}
    steps = None
    if not isinstance(held_out, Batches):
        n = length(held_out)
        sets = {} if data is None else {"{}_end": batches(data, batch_size, n)}
        sets["val_{}"] = batches(held_out, batch_size)
        steps = len(sets) * math.ceil(n / batch_size)
    logs: Logs = {}
    with backend.own_draws(), progress("validation", steps, 0, verbose) as bar:
        for name, found in sets.items():
            logs |= {name.format(k): v for k, v in evaluate(model, found, bar, shared=True).items()}
    return logs


def evaluate(model: Any, data: Iterable[Data], bar: Any = NO_BAR, shared: bool = False) -> Logs:
    """Means over all samples of all batches of what model.test_step returns. shared: the ranks divide each batch.

    The graph is recorded, though nothing is differentiated: through it a loss finds the logits behind a sigmoid, so
    that evaluate and fit give the same number. It is freed after each batch.
    """
    seen: list[tuple[Logs, float]] = []
    for batch in data:
        part, share = share_of(batch) if shared else (batch, None)
        with parallel.sharing(share):
            logs = checked_logs(call_step(model.test_step, part, model.dtype), f"{model.label}.test_step")
        seen.append(({k: unwrap(v) for k, v in logs.items()}, rows_of(part, share)))
        bar.update(1)
    return mean_logs(of_whole_batches(read(seen)) if shared else read(seen))
