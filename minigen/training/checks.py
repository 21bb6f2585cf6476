"""What a training refuses: data, tasks and arguments before the first step; logs and checkpoints that are wrong."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from .. import backend
from ..autograd import unwrap
from ..checks import check_each_once, check_filled, check_finite, mapping, positive_integer, sample_range
from ..errors import NEXT_LINE, described, message
from ..layers.base import Layer
from ..storage import npz
from ..types import Data, Logs

# ---- data


def check_data(data: Data, where: str, dtype: str = "float32") -> None:
    """ValueError for no samples, unequal counts, or a number that is not finite in `dtype`, with its place."""
    arrays = [a for part in data for a in (part if isinstance(part, list) else [part])]
    for a in arrays:
        check_filled(a, where)
    if len({len(a) for a in arrays}) > 1:
        where, got = f"{where}: x and y differ in length", f"shapes {[a.shape for a in arrays]}"
        raise ValueError(message(where, expected="as many targets as samples", got=got, fix="x[:n], y[:n]"))
    for a in {id(a): a for a in arrays}.values():
        check_finite(a, where, dtype)


def checked_data_range(where: str, data_range: Any) -> tuple[float, float] | None:
    """None, or (low, high) with low < high, both finite; ValueError for anything else."""
    return None if data_range is None else sample_range(where, data_range, "data_range=(0.0, 1.0), or None")


def checked_count(where: str, name: str, value: Any, example: int) -> int:
    """batch_size or epochs as an int, or ValueError; a whole array in its place is a slip, as in predict(x, y)."""
    if isinstance(value, (list, tuple)) or (hasattr(value, "ndim") and value.ndim > 0):
        fix = f"{name}={example}; predict(x) takes no targets, fit(x, y) and evaluate(x, y) take them"
        raise ValueError(message(f"{where}: {name}", expected="a positive integer", got=described(value), fix=fix))
    return positive_integer(f"{where}: {name}", value, f"{name}={example}")


def check_no_list_of_samples(a: Any, shapes: Sequence[Sequence[Any]], where: str, name: str) -> None:
    """ValueError for a list of samples, or of batches, in place of one array; shapes: of a sample of each input.

    A list stands for several inputs (or outputs), one array for each.
    """
    if not isinstance(a, list) or not shapes:
        return
    parts = [part.shape for part in a]
    too_many = len(parts) > len(shapes)
    if all(shape == shapes[0] for shape in parts) or (too_many and len(set(parts)) == 1 and parts[0][1:] != shapes[0]):
        fix = f"np.stack({name}), minigen.stack({name}) for tensors"
        if len(parts) == len(shapes) > 1:
            fix = f"[part[None] for part in {name}], batches of one sample"
    elif too_many and all(shape[1:] == shapes[0] for shape in parts):
        fix = f"np.concatenate({name})"
    else:
        return
    expected = "one array of images, or of other samples" if len(shapes) == 1 else f"a list of {len(shapes)} arrays"
    got = f"a list of {len(parts)}, the first of shape {parts[0]}"
    raise ValueError(message(f"{where}: a list of arrays", expected=expected, got=got, fix=fix))


def check_whole_range(x: Any, data_range: tuple[float, float] | None, where: str) -> None:
    """ValueError for training data that never go below 0 where the model's range does.

    Pixels in [0, 1] lie inside [-1, 1], and are grey there where they should be black.
    """
    a, (low, high) = x[0] if isinstance(x, list) else x, data_range or (0.0, 1.0)
    if low < 0 <= float(a.min()):
        where, expected = f"{where}: data in half the range of the model", f"numbers all over [{low:g}, {high:g}]"
        got = f"[{float(a.min()):.9g}, {float(a.max()):.9g}]"
        fix = "2 * x - 1 for pixels in [0, 1]; data_range=None to do without this check"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))


# ---- arguments of fit()


def check_verbose(where: str, verbose: Any) -> None:
    """ValueError unless `verbose` is 0 or 1, or 2 or "auto", which Keras has."""
    if not isinstance(verbose, (numbers.Integral, str)) or verbose not in (0, 1, 2, "auto"):
        fix = "verbose=0 for silence"
        raise ValueError(message(f"{where}: verbose", expected="0 or 1", got=repr(verbose), fix=fix))


def check_resume(where: str, resume: bool, checkpoint: Any) -> None:
    """ValueError for resume=True without a checkpoint."""
    if resume and checkpoint is None:
        expected, fix = "a checkpoint to resume from", 'checkpoint="run.npz", resume=True'
        raise ValueError(message(f"{where}: resume", expected=expected, got="checkpoint=None", fix=fix))


def check_is_pair(where: str, pair: Sequence[Any]) -> None:
    """ValueError unless validation_data has one or two parts."""
    if len(pair) not in (1, 2):
        got, fix = f"{len(pair)} parts", "validation_data=(x_test, y_test)"
        raise ValueError(message(where, expected="(x, y), or x", got=got, fix=fix))


# ---- tasks


def check_task(name: Any, model: Any, x: Any) -> None:
    """ValueError or TypeError for a name that is none, for what is no Model and for no data."""
    where = f"Task {name!r}"
    if not isinstance(name, str) or not name.strip() or "/" in name:
        fix = 'Task("digit", model, x, labels)'
        raise ValueError(message(f"{where}: name", expected="a word, without /", got=repr(name), fix=fix))
    if not isinstance(model, Layer) or not hasattr(model, "train_step"):
        expected, got = "a Model, compiled", f"{model!r:.60}"
        raise TypeError(message(f"{where}: model", expected=expected, got=got, fix="Task(name, model, x, y)"))
    if x is None:
        fix = f"Task({name!r}, model, x, y)"
        raise ValueError(message(f"{where}: no data", expected="an array, samples first", got="None", fix=fix))


def check_turns(turns: Sequence[Any], kind: type) -> list[tuple[Any, int]]:
    """[(task, steps), ...], steps as integers; TypeError or ValueError for anything else, or two tasks of one name."""
    fix = "alternate([(task, 2), (another, 1)])"
    for turn in turns or [None]:
        if not isinstance(turn, tuple) or len(turn) != 2 or not isinstance(turn[0], kind):
            got = "none" if turn is None else repr(turn)
            raise TypeError(message("alternate: schedule", expected="[(Task, steps), ...]", got=got, fix=fix))
    checked = [(t, positive_integer(f"alternate: steps of task {t.name!r}", steps, fix)) for t, steps in turns]
    check_each_once("alternate: tasks that share a name", [task.name for task, _ in checked], fix)
    return checked


def refuse_shared_optimizer(one: str, other: str) -> NoReturn:
    """ValueError for two tasks with one optimizer object."""
    where, expected = f"alternate: tasks {one!r} and {other!r} have one optimizer", "one for each: it counts its steps"
    fix = "compile(Adam(1e-3), ...) for each model"
    raise ValueError(message(where, expected=expected, got="the same object twice", fix=fix))


# ---- logs


def checked_logs(logs: Any, where: str, fix: str = 'return {"loss": loss}') -> Logs:
    """What train_step, test_step or on_epoch_end returned, if it is a dict of numbers by name; else TypeError.

    The numbers stay on the device: their type is checked, not their values.
    """
    expected = "a dict of numbers to log"
    logs = mapping(where, logs, fix, expected)
    bad = [f"{k!r}: {described(v)}" for k, v in logs.items() if not isinstance(k, str) or not is_numbers(v)]
    if bad:
        raise TypeError(message(where, expected=expected, got=", ".join(bad), fix=fix))
    return dict(logs)


def is_numbers(value: Any) -> bool:
    """A number, or an array, a Tensor or a list of numbers."""
    try:
        dtype = unwrap(value).dtype if hasattr(value, "dtype") else np.asarray(value).dtype
    except (ValueError, TypeError):  # rows of different length, Tensors in a list
        return False
    return getattr(dtype, "kind", "O") in "fiub"


def check_one_shape(name: str, shapes: Sequence[Any]) -> None:
    """ValueError for a logged vector that has not the same length in all steps."""
    if len(shapes) > 1:
        got, fix = f"shapes {', '.join(map(str, shapes))}", f'return {{"{name}": values.mean()}}'
        raise ValueError(message(f"the logs: {name!r}", expected="one shape in all steps", got=got, fix=fix))


def check_new_logs(where: str, besides: Iterable[str], logs: Logs) -> None:
    """ValueError for a log of on_epoch_end that is logged already."""
    twice = [k for k in besides if k in logs]
    if twice:
        expected, fix = "names that are not logged already", 'return {"my_loss": ...}'
        raise ValueError(message(where, expected=expected, got=", ".join(twice), fix=fix))


def check_finite_logs(label: str, epoch: int, numbers: Mapping[str, Any]) -> None:
    """FloatingPointError for a NaN or infinity among losses, metrics or weights."""
    bad = [k for k, v in numbers.items() if not np.isfinite(backend.to_numpy(v)).all()]
    if bad:
        where = f"{label}: NaN or infinity in {', '.join(bad)}, epoch {epoch}"
        got = "training that diverged; the last good checkpoint is kept"
        fix = "a smaller learning rate; minigen.trace() around train_on_batch: first_nan() names the op"
        if not any("loss" in name for name in bad):
            got, fix = "finite losses, and a metric that is not", "a metric that is finite for these outputs"
        raise FloatingPointError(message(where, expected="finite numbers", got=got, fix=fix))


# ---- checkpoints


def check_is_checkpoint(path: Any, meta: Mapping[str, Any]) -> None:
    """ValueError for a file of weights alone."""
    if meta.get("kind") != "checkpoint":
        expected, fix = "a file that fit(checkpoint=...) wrote", "model.load_weights(path), then fit without resume"
        raise ValueError(message(f"{path}: not a checkpoint", expected=expected, got="weights only", fix=fix))


def check_same_run(path: Any, saved: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """ValueError unless the checkpoint was written by a run with the same tasks, optimizers and losses."""
    other = [what for what in saved if saved[what] != here[what]]
    if other:
        where, expected = f"{path}: a checkpoint of another run", ", ".join(f"{what} {saved[what]}" for what in other)
        got = ", ".join(f"{what} {here[what]}" for what in other)
        fix = "the same as then; or another checkpoint file, for a run from the beginning"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))


def check_no_problems(path: Any, problems: Sequence[str], weights: int) -> None:
    """ValueError that lists all that is wrong with a checkpoint."""
    if problems:
        where = f"{path}: this checkpoint cannot be resumed; nothing was changed"
        expected = f"all of a run of this model with its {weights} weights, and no more"
        fix = "the model and optimizers of that run; or another file, for a run from the beginning"
        raise ValueError(message(where, expected=expected, got=NEXT_LINE.join(problems), fix=fix))


def checked_state(part: Any) -> dict[str, np.ndarray]:
    """What training_state() returned, as NumPy arrays; TypeError for what cannot be saved."""
    where, fix = f"{part.label}.training_state", 'return {"beta": self.beta}'
    if not hasattr(part, "set_training_state"):
        fix = 'def set_training_state(self, state): self.beta = state["beta"]'
        raise TypeError(message(where, expected="set_training_state beside it", got="none", fix=fix))
    expected, found = "a dict of numbers, text or arrays, by name", {}
    for k, value in mapping(where, part.training_state(), fix, expected).items():
        found[k] = backend.array_or_none(value).copy()
        if found[k].dtype.kind not in npz.KINDS:
            raise TypeError(message(where, expected=expected, got=f"{k!r}: {value!r:.60}", fix=fix))
    return found
