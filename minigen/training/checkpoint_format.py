"""Is a checkpoint complete, and does it fit this run? Everything is checked before anything is changed."""

from __future__ import annotations

import reprlib  # of what is long or deep it shows only the beginning
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..optimizers import Optimizer
from ..storage.older_files import LATER
from ..tensor import Tensor
from .history import mean_logs

# ---- what is no array: of the right kinds


Test = Callable[[Any], bool]
Arrays = Mapping[str, np.ndarray]
Optimizers = Mapping[str, Optimizer]


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_positive(value: Any) -> bool:
    return _is_count(value) and value > 0


def _is_numbers(value: Any, axes: int = 64) -> bool:
    """A number, or what tolist() makes of an array."""
    if isinstance(value, list):
        return axes > 0 and all(_is_numbers(v, axes - 1) for v in value)
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**64)


def _is_any_of(*kinds: type) -> Test:
    return lambda value: isinstance(value, kinds)


def _is_list_of(test: Test) -> Test:
    return lambda value: isinstance(value, list) and all(map(test, value))


def _is_dict_of(test: Test) -> Test:
    return lambda value: isinstance(value, dict) and all(map(test, value.values()))


def _is_row_of(*tests: Test) -> Test:
    """A list of as many entries as tests, each of which passes its own."""
    return lambda row: (
        isinstance(row, list) and len(row) == len(tests) and all(test(v) for test, v in zip(tests, row, strict=True))
    )


def _is_optimizer(state: Any) -> bool:
    """{"settings": ..., "iterations": ..., "counts": ...}; files of the version before have no counts."""
    known = {"settings", "iterations", "counts"}
    return (
        isinstance(state, dict)
        and known - {"counts"} <= set(state) <= known
        and _is_dict_of(_is_any_of(str, int, float))(state["settings"])
        and _is_count(state["iterations"])
        and _is_list_of(_is_count)(state.get("counts", []))
    )


def _is_random_state(value: Any) -> bool:
    """A state that the generator takes, and gives back as it was."""
    generator = np.random.PCG64()
    try:
        generator.state = value
    except (TypeError, ValueError, KeyError, OverflowError):
        return False
    return bool(generator.state == value)


META: dict[str, tuple[str, Test]] = {  # key: what it must be, the function that tests it
    "kind": ("checkpoint", ["checkpoint"].__contains__),
    "epoch": ("0, 1, 2, ...", _is_count),
    "step": ("0, 1, 2, ...", _is_count),
    "schedule": ("[[name, samples, steps], ...]", _is_list_of(_is_row_of(_is_any_of(str), _is_count, _is_positive))),
    "batch_size": ("1, 2, 3, ...", _is_positive),
    "shuffle": ("true or false", _is_any_of(bool)),
    "steps": ("1, 2, 3, ..., or null", lambda value: value is None or _is_positive(value)),
    "loss": ("a list of names", _is_list_of(_is_any_of(str))),
    "seen": ("[[logs, samples], ...]", _is_list_of(_is_row_of(_is_dict_of(_is_numbers), _is_positive))),
    "history": ("lists of numbers, by name", _is_dict_of(_is_list_of(_is_numbers))),
    "sometimes": ("a list of names", _is_list_of(_is_any_of(str))),
    "optimizers": ("settings, iterations and counts, by name", _is_dict_of(_is_optimizer)),
    "epoch_seed": ("a state of the random generator", _is_random_state),
    "now": ("a state of the random generator", _is_random_state),
    "arithmetic": ("a text", _is_any_of(str)),
}


def problems_of_meta(meta: Mapping[str, Any]) -> list[str]:
    """All that is wrong with what is no array: keys, kinds, and numbers that contradict each other."""
    found = [f"missing: {k}" for k in META if k not in meta and k not in LATER]
    found += [f"unexpected: {k}" for k in meta if k not in META]
    known = [(k, meta[k], *META[k]) for k in META if k in meta]
    found += [f"{k}: {reprlib.repr(value)}, must be {what}" for k, value, what, test in known if not test(value)]
    return found or _contradictions(meta)


def _contradictions(meta: Mapping[str, Any]) -> list[str]:
    """What cannot be true of one run at one time."""
    epoch, step, history = meta["epoch"], meta["step"], meta["history"]
    found = []
    steps = meta.get("steps") or steps_of_epoch(meta["schedule"], meta["batch_size"])
    if steps and step > steps:
        found.append(f"step: {step} of an epoch of {steps}")
    if len(meta["seen"]) != step:
        found.append(f"seen: the logs of {len(meta['seen'])} steps, {step} are done")
    for name, values in history.items():
        some = "sometimes" not in meta or name in meta["sometimes"]  # not every epoch needs to have logged it
        if not (0 < len(values) <= epoch if some else len(values) == epoch):
            found.append(f"history: {name!r} of {len(values)} epochs, {epoch} are done")
    found += [f"history: missing {name!r}" for name in meta.get("sometimes", []) if name not in history]
    try:
        mean_logs(meta["seen"])
    except ValueError:
        found.append("seen: lists of different length under one name")
    return found


def steps_of_epoch(schedule: list[list[Any]], batch_size: int) -> int:
    """The rounds until every task has seen all of its data, times the steps of a round.

    schedule: [name, samples, steps in turn] of each task. 0 for an iterable of batches, whose number is unknown.
    """
    rounds: list[int] = [_ceil(_ceil(n, batch_size), steps) for _, n, steps in schedule]
    return max(rounds, default=0) * sum(steps for _, _, steps in schedule)


def _ceil(a: int, b: int) -> int:
    """a / b, rounded up."""
    return (a + b - 1) // b


# ---- the arrays: of the right names, shapes and types


def names_of_slots(name: str, optimizer: Optimizer, weights: Iterable[str]) -> dict[str, list[str]]:
    """For each weight the names under which a checkpoint has the arrays of an optimizer, such as Adam's two moments."""
    return {k: [f"{name}/{k}/{i}" for i in range(len(optimizer.slots))] for k in weights}


def problems_of_arrays(
    arrays: Arrays, meta: Mapping[str, Any], weights: Mapping[str, Tensor], optimizers: Optimizers, states: Arrays
) -> list[str]:
    """All that is wrong with the arrays of a checkpoint: `states` are those that the model has now."""
    expected = {f"weights/{k}": w for k, w in weights.items()}
    saved = meta["optimizers"] if _is_dict_of(_is_optimizer)(meta.get("optimizers")) else {}
    found = []
    for name, optimizer in optimizers.items():
        state = saved.get(name, {"iterations": 0})
        slots = names_of_slots(name, optimizer, weights)
        if "counts" in state:
            if len(state["counts"]) != len(weights):
                found.append(f"optimizer {name}: counts of {len(state['counts'])} weights, there are {len(weights)}")
            updated = [k for k, count in zip(weights, state["counts"], strict=False) if count > 0]
        else:  # a file of the version before
            updated = [k for k in weights if any(slot in arrays for slot in slots[k])]
            if optimizer.slots and state["iterations"] > 0 and not updated:
                found.append(f"optimizer {name}: no {' and '.join(optimizer.slots)} after {state['iterations']} steps")
        expected |= {slot: weights[k] for k in updated for slot in slots[k]}
    for k, w in expected.items():
        name = k.removeprefix("weights/")
        if k not in arrays:
            found.append(f"missing: {name} {w.shape}")
        elif arrays[k].shape != w.shape:
            found.append(f"wrong shape: {name} is {w.shape}, got {arrays[k].shape}")
        elif arrays[k].dtype != w.dtype:
            found.append(f"wrong type: {name} is {w.dtype}, got {arrays[k].dtype}")
        elif k != name and not np.isfinite(arrays[k]).all():
            found.append(f"NaN or infinity: {name}")
    for k, value in states.items():
        if k not in arrays:
            found.append(f"missing: {k}")
        elif (arrays[k].dtype.kind == "U") != (value.dtype.kind == "U") or (arrays[k].ndim == 0) != (value.ndim == 0):
            found.append(f"wrong type: {k} of type {arrays[k].dtype}, shape {arrays[k].shape}")
    return found + [f"unexpected: {k} {a.shape}" for k, a in arrays.items() if k not in expected and k not in states]
