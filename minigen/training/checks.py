"""What a training refuses: data, tasks and arguments before the first step; logs and checkpoints that are wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .. import backend
from ..arrays import as_array
from ..checks.arrays import check_filled, check_finite
from ..checks.samples import sample_range
from ..checks.values import (
    check_each_once,
    check_no_problems,
    is_integer,
    is_numbers,
    mapping,
    number,
    positive_integer,
)
from ..errors import NEXT_LINE, described, message, warn_caller
from ..layers.base import Layer
from ..storage import npz
from ..storage.files import as_path
from ..streams import Streamed
from ..types import Data, Logs

if TYPE_CHECKING:
    from .options import Options

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


def check_is_no_pair(x: Any, shapes: Sequence[Sequence[Any]], where: str) -> None:
    """ValueError for fit((x, y)), of a model with one input; shapes: of a sample of each input."""
    method = where.rpartition(".")[2]
    if not isinstance(x, list) or len(x) != 2 or len(shapes) != 1 or method not in ("fit", "evaluate"):
        return
    (n, *shape), (m, *_) = (part.shape for part in x)
    if n == m and tuple(shape) == tuple(shapes[0]):
        expected, got = "x, and targets as a second argument", f"a pair of arrays with {n} samples each"
        fix = f"{method}(x, y) in the place of {method}((x, y)); np.concatenate(x) for two batches"
        raise ValueError(message(f"{where}: x", expected=expected, got=got, fix=fix))


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


def check_name_of_checkpoint(where: str, checkpoint: Any) -> None:
    """ValueError for the suffix of another format: a checkpoint is an .npz file, and is read as what its name says."""
    path = as_path(checkpoint)
    if path.suffix in (".h5", ".hdf5", ".keras", ".minigen", ".safetensors"):
        stem = path.name.partition(".")[0]
        fix = f'checkpoint="{stem}.npz"; after the training model.save("{stem}.keras"), or save_weights(path)'
        expected = "a name that ends in .npz, the format of checkpoints"
        raise ValueError(message(f"{where}: checkpoint", expected=expected, got=repr(path.name), fix=fix))


def check_resume(where: str, resume: bool, checkpoint: Any, initial_epoch: int) -> None:
    """ValueError for resume=True without a checkpoint, and for a checkpoint with another beginning than epoch 0."""
    if initial_epoch and checkpoint is not None:
        expected, fix = "0, with a checkpoint: it knows its epoch", "resume=True without initial_epoch"
        raise ValueError(message(f"{where}: initial_epoch", expected=expected, got=initial_epoch, fix=fix))
    if resume and checkpoint is None:
        expected, fix = "a checkpoint to resume from", 'checkpoint="run.npz", resume=True'
        raise ValueError(message(f"{where}: resume", expected=expected, got="checkpoint=None", fix=fix))


def check_is_pair(where: str, pair: Sequence[Any]) -> None:
    """ValueError unless validation data have one to three parts."""
    if len(pair) not in (1, 2, 3):
        got, fix = f"{len(pair)} parts", "validation_data=(x_test, y_test)"
        raise ValueError(message(where, expected="(x, y), x, or (x, y, sample_weight)", got=got, fix=fix))


def checked_share(where: str, split: Any) -> float:
    """validation_split as a float, or ValueError."""
    expected, fix = "a share of the samples, 0 <= share < 1", "validation_split=0.2"
    return number(f"{where}: validation_split", split, expected, fix, below=1)


def checked_split(where: str, share: float, validation_data: Any, data: Data) -> int:
    """How many samples come before those that validation_split holds out; ValueError if there are none, or no other."""
    check_data(data, where)
    n = len(data[0][0] if isinstance(data[0], list) else data[0])
    fix = "validation_split=0.2"
    if validation_data is not None:
        got, fix = "validation_data too", "one of them"
        raise ValueError(message(f"{where}: validation_split", expected="no other data", got=got, fix=fix))
    kept = n - math.ceil(n * share - 1e-9)  # 0.9 of 100 are 90, though 100 * (1 - 0.9) is a little less than 10
    if not 0 < kept < n:
        got = f"{share} of {n} samples"
        raise ValueError(
            message(f"{where}: validation_split", expected="a sample or more in both parts", got=got, fix=fix)
        )
    _check_are_mixed(where, data, share)
    return kept


def _check_are_mixed(where: str, data: Data, share: float) -> None:
    """ValueError for labels in ascending order: the end of the data would have the last classes alone."""
    targets = [] if len(data) == 1 or data[1] is data[0] else data[1]
    for y in targets if isinstance(targets, list) else [targets]:
        labels = _label_of_each_sample(y)
        if labels is not None and labels[0] < labels[-1] and (labels[:-1] <= labels[1:]).all():
            expected, got = "labels in random order: their end is held out", f"sorted, {labels[0]} to {labels[-1]}"
            fix = f"train, test = folder.split({share:g}) of an ImageFolder, for x, y and validation_data;{NEXT_LINE}"
            fix += "of arrays order = np.random.permutation(len(x)), and fit(x[order], y[order], ...)"
            raise ValueError(message(f"{where}: validation_split", expected=expected, got=got, fix=fix))


def _label_of_each_sample(y: Any) -> np.ndarray | None:
    """The labels (n,) behind integers, zeros and ones, or one-hot rows; None for other targets."""
    if isinstance(y, Streamed) or y.ndim > 2:
        return None
    a = backend.to_numpy(y).reshape(len(y), -1)
    binary = a.dtype.kind == "b" or ((a == 0) | (a == 1)).all()
    if a.shape[1] == 1:
        return a[:, 0].astype(int) if binary or a.dtype.kind in "iu" else None
    return a.argmax(axis=1) if binary and (a.sum(axis=1) == 1).all() else None


# ---- weights of samples


def checked_weights(where: str, weights: Any, samples: int) -> np.ndarray:
    """Weights (n,) as float32, of (n,) or (n, 1); ValueError for another shape, NaN, one below 0, or none above 0."""
    where, fix = f"{where}: sample_weight", "np.ones(len(x))"
    found = as_array(weights, where, "sample_weight")
    if found.shape not in ((samples,), (samples, 1)):
        got = f"shape {found.shape}"
        raise ValueError(message(where, expected=f"a number for each sample, ({samples},)", got=got, fix=fix))
    check_finite(found, where)
    if found.min() < 0 or found.max() <= 0:
        expected, got = "numbers >= 0, one above 0 at least", f"numbers in [{found.min():g}, {found.max():g}]"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return np.asarray(backend.to_numpy(found), "float32").reshape(samples)


def checked_class_weights(where: str, weights: Any, labels: np.ndarray) -> np.ndarray:
    """The weight of each sample by its label; TypeError unless it is a dict, ValueError for a label without one."""
    where, fix = f"{where}: class_weight", "class_weight={0: 1.0, 1: 5.0}, with every label"
    found = mapping(where, weights, fix, "a dict of weights by label")
    for key, weight in found.items():
        if not is_integer(key, 0):
            raise ValueError(message(where, expected="labels 0, 1, 2, ...", got=repr(key), fix=fix))
        number(f"{where}: class {key}", weight, "a number >= 0", fix)
    if not any(found.values()):
        raise ValueError(message(where, expected="a weight above 0 at least", got=f"{weights!r:.60}", fix=fix))
    missing = sorted(set(np.unique(labels).tolist()) - set(found))
    if missing:
        got = f"none for {', '.join(map(str, missing[:8]))}"
        raise ValueError(message(where, expected="a weight for every label in y", got=got, fix=fix))
    return np.array([found[label] for label in labels.tolist()], "float32")


def checked_labels(where: str, y: Any) -> np.ndarray:
    """The labels (n,) of targets (n,) or (n, 1), and of rows (n, classes) the place of the largest number in each.

    ValueError for targets of another shape.
    """
    if isinstance(y, list) or y.ndim not in (1, 2):
        got = "several outputs" if isinstance(y, list) else f"shape {y.shape}"
        expected, fix = "labels (n,) or (n, 1), or rows (n, classes)", "sample_weight=..., a weight for each sample"
        raise ValueError(message(f"{where}: class_weight", expected=expected, got=got, fix=fix))
    labels = backend.to_numpy(y)
    return labels.argmax(axis=1) if labels.ndim == 2 and labels.shape[1] > 1 else labels.reshape(-1)


def refuse_no_targets(where: str, name: str) -> NoReturn:
    """ValueError for weights of samples without targets."""
    expected, fix = "fit(x, y)", f"fit(x, y, {name}=...), or a train_step of one's own for x alone"
    raise ValueError(message(f"{where}: {name}", expected=expected, got="x alone", fix=fix))


# ---- iterables of batches


def check_without_arrays(where: str, given: Mapping[str, Any]) -> None:
    """TypeError for arguments that belong to arrays, beside an iterable of batches."""
    for name, value in given.items():
        if value is not None:
            expected, fix = "arrays, or x alone: an iterable of batches (x, y, sample_weight)", f"{name} in the batches"
            got = f"{name}= beside it"
            raise TypeError(message(f"{where}: {name}", expected=expected, got=got, fix=fix))


def check_can_repeat(where: str, once: bool, options: Options) -> None:
    """ValueError for a generator, which can be read once, where several epochs shall read all of it."""
    if once and options.epochs - options.initial_epoch > 1 and options.steps_per_epoch is None:
        expected, got = "data that can be read in every epoch", f"a generator, read once, for {options.epochs} epochs"
        fix = "steps_per_epoch=100 for an endless one; an object with __iter__ for one that ends"
        raise ValueError(message(f"{where}: x", expected=expected, got=got, fix=fix))


def check_is_repeatable(where: str, once: bool) -> None:
    """ValueError for a generator where the data are read after each epoch."""
    if once:
        expected, fix = "arrays, or an object whose __iter__ begins anew", "arrays: next(batches)"
        raise ValueError(message(where, expected=expected, got="a generator, which can be read once", fix=fix))


class DataWarning(UserWarning):
    """Data that have ended before the training."""


def warn_of_end(options: Options, epoch: int, step: int) -> None:
    """A DataWarning for batches that have ended within steps_per_epoch: the training ends with them."""
    where, steps = f"{options.where}: the data ended", options.steps_per_epoch
    got = f"{step} of {steps} steps in epoch {epoch} of {options.epochs}"
    fix = "a generator that does not end, or an object with __iter__"
    warn_caller(DataWarning(message(where, expected="a batch for every step", got=got, fix=fix)))


def parts_of_batch(where: str, batch: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight) of a batch, None for what it has not; ValueError for more than three parts.

    A list of arrays is a pair too, as PyTorch's DataLoader has it; several inputs stand in a list inside of it.
    """
    is_pair = isinstance(batch, list) and len(batch) in (2, 3) and all(hasattr(part, "shape") for part in batch)
    parts = tuple(batch) if isinstance(batch, tuple) or is_pair else (batch,)
    if not 1 <= len(parts) <= 3:
        expected, fix = "x, (x, y) or (x, y, sample_weight)", "yield x, y"
        raise ValueError(message(f"{where}: a batch", expected=expected, got=f"{len(parts)} parts", fix=fix))
    x, y, weights = (*parts, None, None)[:3]
    return x, y, weights


def refuse_no_batches(where: str) -> NoReturn:
    """ValueError for an iterable without a batch."""
    fix = "an iterable that yields (x, y)"
    raise ValueError(message(f"{where}: no data", expected="at least one batch", got="an empty iterable", fix=fix))


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


def checked_logs(logs: Any, where: str) -> Logs:
    """What train_step or test_step returned, if it is a dict of numbers by name; else TypeError.

    The numbers stay on the device: their type is checked, not their values.
    """
    expected, fix = "a dict of numbers to log", 'return {"loss": loss}'
    logs = mapping(where, logs, fix, expected)
    bad = [f"{k!r}: {described(v)}" for k, v in logs.items() if not isinstance(k, str) or not is_numbers(v)]
    if bad:
        raise TypeError(message(where, expected=expected, got=", ".join(bad), fix=fix))
    return dict(logs)


def check_one_shape(name: str, shapes: Sequence[Any]) -> None:
    """ValueError for a logged vector that has not the same length in all steps."""
    if len(shapes) > 1:
        got, fix = f"shapes {', '.join(map(str, shapes))}", f'return {{"{name}": values.mean()}}'
        raise ValueError(message(f"the logs: {name!r}", expected="one shape in all steps", got=got, fix=fix))


class NotLogged(KeyError):
    """A name that a history does not have."""

    __str__ = Exception.__str__  # KeyError's own shows the line breaks of a text as \\n


def check_is_logged(name: Any, history: Mapping[str, Any]) -> None:
    """KeyError for a name that is not in the history, and for what is no name."""
    if not isinstance(name, str) or name not in history:
        expected, fix = "an epoch that was trained", "fit() with epochs= above those that are done"
        if history:
            expected, fix = f"one of {', '.join(history)}", f'history["{next(iter(history))}"]'
        raise NotLogged(message(f"history[{name!r}]", expected=expected, got=repr(name), fix=fix))


class NaNWarning(RuntimeWarning):
    """A training that ended at a NaN or an infinity."""


def warn_of_nan(where: str, epoch: int, step: int, error: Exception) -> None:
    """A NaNWarning that says where the training ended, and which op made the first NaN."""
    warn_caller(NaNWarning(f"{where} ended in epoch {epoch}, at step {step + 1}; this update was not made.\n{error}"))


def check_all_finite(label: str, epoch: int, logs: Mapping[str, Any], weights: Mapping[str, Any]) -> None:
    """FloatingPointError for a NaN or infinity among losses, metrics or weights."""
    bad = [k for k, v in [*logs.items(), *weights.items()] if not np.isfinite(backend.to_numpy(v)).all()]
    if bad:
        where = f"{label}: NaN or infinity in {', '.join(bad)}, epoch {epoch}"
        got = "training that diverged; the last good checkpoint is kept"
        fix = "a smaller learning rate; minigen.trace() around train_on_batch: first_nan() names the op"
        if not any("loss" in name or name in weights for name in bad):
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
    other = [what for what in saved if saved[what] != here[what]]  # an older file may have fewer entries
    if other:
        where, expected = f"{path}: a checkpoint of another run", ", ".join(f"{what} {saved[what]}" for what in other)
        got = ", ".join(f"{what} {here[what]}" for what in other)
        fix = "the same as then; or another checkpoint file, for a run from the beginning"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))


def check_can_be_resumed(path: Any, problems: Sequence[str], weights: int) -> None:
    """ValueError that lists all that is wrong with a checkpoint."""
    where = f"{path}: this checkpoint cannot be resumed; nothing was changed"
    expected = f"all of a run of this model with its {weights} weights and its callbacks, and no more"
    fix = "the model, optimizers and callbacks of that run, with their arguments; or another file, for a new run"
    check_no_problems(where, problems, expected, fix)


def checked_state(part: Any) -> dict[str, np.ndarray]:
    """What training_state() returned, as NumPy arrays; TypeError for what cannot be saved."""
    where, fix = f"{getattr(part, 'label', type(part).__name__)}.training_state", 'return {"beta": self.beta}'
    if not hasattr(part, "set_training_state"):
        fix = 'def set_training_state(self, state): self.beta = state["beta"]'
        raise TypeError(message(where, expected="set_training_state beside it", got="none", fix=fix))
    expected, found = "a dict of numbers, text or arrays, by name", {}
    for k, value in mapping(where, part.training_state(), fix, expected).items():
        found[k] = backend.array_or_none(value).copy()
        if found[k].dtype.kind not in npz.KINDS:
            raise TypeError(message(where, expected=expected, got=f"{k!r}: {value!r:.60}", fix=fix))
    return found
