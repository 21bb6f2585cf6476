"""What callbacks refuse: what is no callback, names that are not logged, arguments out of range."""

from __future__ import annotations

import contextlib
import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..arguments import check_takes
from ..checks.values import check_is_callable, check_is_list, is_numbers, number
from ..errors import described, message
from ..storage.checks import refuse_os_error
from ..types import Logs

MODES = ("auto", "min", "max")
# The last word in the name of a log, for mode "auto".
MORE_IS_BETTER = ("acc", "accuracy", "auc", "precision", "recall", "similarity")
LESS_IS_BETTER = ("bce", "crossentropy", "divergence", "error", "kl", "loss", "mae", "mse", "reconstruction")

# The names of Keras' other moments -> what to write instead.
OTHER_MOMENTS = {
    "on_train_batch_begin": "on_batch_end(self, batch, logs=None)",
    "on_batch_begin": "on_batch_end(self, batch, logs=None)",
    "on_test_begin": "a loop over model.evaluate(...)",
    "on_test_end": "on_epoch_end(self, epoch, logs=None), where logs have val_loss",
    "on_test_batch_begin": "a loop over model.test_step(...)",
    "on_test_batch_end": "a loop over model.test_step(...)",
    "on_predict_begin": "a loop over model.predict(...)",
    "on_predict_end": "a loop over model.predict(...)",
    "on_predict_batch_begin": "a loop over model.predict(...)",
    "on_predict_batch_end": "a loop over model.predict(...)",
}

# ---- what is a callback


def check_moments(kind: type, base: type) -> None:
    """TypeError for a method with the name of a moment that does not exist here, which would never be called.

    It is also raised for one with other arguments than that of the base class.
    """
    for name, fix in OTHER_MOMENTS.items():
        if hasattr(kind, name):  # its own, or that of a base class
            where, expected = f"{kind.__name__}.{name}", "a moment of minigen.callbacks.Callback"
            raise TypeError(message(where, expected=expected, got=name, fix=fix))
    for name, method in vars(kind).items():
        if name.startswith("on_") and hasattr(base, name) and inspect.isfunction(method):
            names = list(inspect.signature(getattr(base, name)).parameters)
            fix = f"def {name}({', '.join(names)}=None): ..."  # the last one is logs
            check_takes(f"{kind.__name__}.{name}", method, names, fix)


def checked_callbacks(where: str, callbacks: Any, kind: type) -> list[Any]:
    """The callbacks as a list, one alone too.

    TypeError for anything that is no Callback, or is a class of them; ValueError for an object that stands there twice.
    """
    found = [callbacks] if isinstance(callbacks, kind) else [] if callbacks is None else callbacks
    fix = "callbacks=[callbacks.EarlyStopping(patience=3)]"
    check_is_list(where, found, fix, "a list of callbacks")
    for one in found:
        if not isinstance(one, kind):
            got, expected = described(one), "objects of minigen.callbacks.Callback"
            if isinstance(one, type) and issubclass(one, kind):
                got, fix = f"the class {one.__name__}", f"{one.__name__}(...)"
            raise TypeError(message(where, expected=expected, got=got, fix=fix))
        if sum(one is other for other in found) > 1:
            expected, got = "each object once", f"the same {type(one).__name__} twice"
            raise ValueError(message(where, expected=expected, got=got, fix=f"a new {type(one).__name__}(...)"))
    return list(found)


def check_watches_one(where: str, callback: Any, watches_it: bool) -> None:
    """ValueError for a callback that another model of this training has too."""
    if not watches_it:
        expected, got = "callbacks that no other model has", f"a {type(callback).__name__} of {callback.model!r:.60}"
        raise ValueError(message(where, expected=expected, got=got, fix=f"a {type(callback).__name__}(...) for each"))


def added_logs(callback: Any, before: Logs, after: Logs) -> Logs:
    """What a callback has added to the logs.

    TypeError for what is no number, ValueError for a log that it has changed or removed.
    """
    where = f"{type(callback).__name__}.on_epoch_end"
    changed = [k for k, v in before.items() if k not in after or after[k] is not v]
    if changed:
        expected, fix = "names that are not logged already", 'logs["my_loss"] = ...'
        raise ValueError(message(where, expected=expected, got=", ".join(changed), fix=fix))
    added = {k: v for k, v in after.items() if k not in before}
    bad = [f"{k!r}: {described(v)}" for k, v in added.items() if not isinstance(k, str) or not is_numbers(v)]
    if bad:
        expected, fix = "numbers, by name", 'logs["beta"] = self.beta'
        raise TypeError(message(where, expected=expected, got=", ".join(bad), fix=fix))
    return added


# ---- numbers to watch


def checked_monitor(where: str, name: Any) -> str:
    """The name of a log; TypeError for anything but text."""
    if not isinstance(name, str) or not name:
        raise TypeError(message(f"{where}: monitor", expected="a name", got=described(name), fix='monitor="val_loss"'))
    return name


def checked_mode(where: str, mode: Any, name: str) -> bool:
    """Whether more of the log `name` is better; ValueError for another mode than "auto", "min" and "max".

    It is also raised for "auto" and a name that does not tell, as in Keras: a guess might keep the worst weights.
    """
    if not isinstance(mode, str) or mode not in MODES:
        expected = " or ".join(map(repr, MODES))
        raise ValueError(message(f"{where}: mode", expected=expected, got=repr(mode), fix='mode="min"'))
    if mode != "auto":
        return bool(mode == "max")
    word = name.rpartition("/")[2].removesuffix("_end").rpartition("_")[2]  # of digit/val_cosine_similarity the last
    if word not in MORE_IS_BETTER + LESS_IS_BETTER:
        expected = f"a name that ends in one of {', '.join(sorted(MORE_IS_BETTER + LESS_IS_BETTER))}"
        got, fix = f"{name!r} with mode='auto'", 'mode="max" if more of it is better, mode="min" if less is'
        raise ValueError(message(f"{where}: mode", expected=expected, got=got, fix=fix))
    return word in MORE_IS_BETTER


def checked_value(where: str, name: str, logs: Mapping[str, Any]) -> float:
    """The number that is logged under this name; ValueError if there is none."""
    value = logs.get(name)
    if isinstance(value, (int, float)):
        return float(value)
    numbers = [k for k, v in logs.items() if not isinstance(v, list)]
    got = "a vector" if value is not None else "no such log"
    expected = f"one of {', '.join(numbers)}" if numbers else "a number"
    fix = _log_instead(name, numbers)
    raise ValueError(message(f"{where}: no number {name!r} is logged", expected=expected, got=got, fix=fix))


def _log_instead(name: str, numbers: Sequence[str]) -> str:
    """What to write where no number of this name is logged: a name that is like it, or how to have it logged."""
    import difflib

    log = name.rpartition("/")[2]  # digit/val_loss of alternate() is val_loss of fit()
    if log.startswith("val_") and not any(k.rpartition("/")[2].startswith("val_") for k in numbers):
        method = "Task" if any("/" in k for k in numbers) else "fit"
        return f"{method}(..., validation_data=(x_test, y_test))"
    near = [k for k in numbers if k.rpartition("/")[2] == log] or difflib.get_close_matches(name, numbers, n=1)
    if near:
        return f'"{near[0]}" for {name!r}'
    return f'compile(..., metrics=["{log.removeprefix("val_")}"])'


def checked_names(where: str, names: Any) -> list[str]:
    """A list of names; TypeError for anything else."""
    fix = 'logs=["loss", "val_loss"]'
    check_is_list(where, names, fix, "a list of names")
    for name in names:
        checked_monitor(where, name)
    return list(names)


# ---- arguments


def finite_number(where: str, value: Any, fix: str) -> float:
    """The number as a float, or ValueError."""
    return number(where, value, "a finite number", fix, low=-math.inf)


def checked_factor(where: str, value: Any) -> float:
    """A number above 0 and below 1, or ValueError."""
    expected, fix = "a number above 0 and below 1", "factor=0.5"
    found = number(where, value, expected, fix, below=1)
    if found == 0:
        raise ValueError(message(where, expected=expected, got=repr(value), fix=fix))
    return found


def checked_rate(where: str, value: Any, fix: str) -> float:
    """A learning rate, a number >= 0, or ValueError."""
    return number(where, value, "a number >= 0", fix)


def check_has_tensorboard() -> None:
    """ImportError without the package that writes the files."""
    try:
        import tensorboardX  # noqa: F401
    except ImportError as error:
        expected, fix = "the package tensorboardX", 'pip install "minigen[tensorboard]"'
        raise ImportError(message("TensorBoard", expected=expected, got=str(error), fix=fix)) from None


def takes_the_rate(schedule: Callable[..., Any]) -> bool:
    """Whether a schedule takes (epoch, rate), or the epoch alone; TypeError for other arguments."""
    where, fix = "LearningRateScheduler: schedule", "lambda epoch, lr: lr * 0.9, or lambda epoch: 0.1 / (1 + epoch)"
    with contextlib.suppress(TypeError):
        check_takes(where, schedule, ("epoch", "lr"), fix)
        return True
    check_takes(where, schedule, ("epoch",), fix)
    return False


def optimizers_with_a_number(where: str, model: Any) -> Sequence[Any]:
    """The optimizers of the model; ValueError for none, and for one whose rate is a function of the step."""
    found: Sequence[Any] = model.optimizers()
    for optimizer in found or [None]:
        if optimizer is None or optimizer.schedule is not None:
            expected, got, fix = "a learning rate that is a number", "a function of the step", "compile(Adam(1e-3))"
            if optimizer is None:
                expected, got = "a model with an optimizer", "none"
            raise ValueError(message(f"{where}: the learning rate", expected=expected, got=got, fix=fix))
    return found


# ---- pictures


def checked_title(title: Any) -> str:
    """A text; TypeError for anything else."""
    if not isinstance(title, str):
        raise TypeError(message("WatchPage: title", expected="a text", got=described(title), fix='title="Training"'))
    return title


def checked_samples(samples: Any) -> Any:
    """A function or None; TypeError for anything else."""
    if samples is not None:
        check_is_callable("WatchPage: samples", samples, "samples=lambda gan: plot.grid(gan.sample(16))")
    return samples


def checked_drawing(found: Any) -> Any:
    """What a function of samples may return: a Figure, a text or None; TypeError for anything else."""
    if found is not None and not isinstance(found, str) and not hasattr(found, "savefig"):
        where, expected = "WatchPage: samples", "a function that returns a Figure, a text or None"
        fix = "lambda gan: plot.grid(gan.sample(16))"
        raise TypeError(message(where, expected=expected, got=described(found), fix=fix))
    return found


# ---- files


@contextlib.contextmanager
def written_to(place: Path) -> Iterator[None]:
    """The error of the system with a text that says which file or folder could not be written to."""
    try:
        yield
    except OSError as error:
        fix = "free room on the disk, or a folder that you may write in"
        refuse_os_error(error, f"{place} cannot be written to", "room for the logs", fix)


def check_can_save(model: Any, weights_only: bool) -> None:
    """TypeError for what is trained by alternate(): it has no file of its own."""
    method = "save_weights" if weights_only else "save"
    if not hasattr(model, method):
        where, expected = "ModelCheckpoint", f"a model with {method}()"
        fix = "a Callback that calls task.model.save_weights(path), or alternate(checkpoint=...)"
        raise TypeError(message(where, expected=expected, got=f"{model!r}", fix=fix))


def first_name(filepath: str) -> str:
    """A name like those that filepath will give, to try whether it can be written."""
    return re.sub(r"\{[^}]*\}", "0", filepath)


def filled_name(filepath: str, epoch: int, logs: Logs) -> str:
    """filepath with the number of the epoch, from 1, and the logs; ValueError for a name that is not logged."""
    try:
        return filepath.format(epoch=epoch + 1, **logs)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        where, got = f"ModelCheckpoint: filepath {filepath!r}", f"{type(error).__name__}: {error}"
        expected, fix = f"between braces epoch, {', '.join(logs)}", '"weights-{epoch:02d}.npz"'
        raise ValueError(message(where, expected=expected, got=got, fix=fix)) from None


def checked_separator(separator: Any) -> str:
    """One character, or ValueError."""
    if not isinstance(separator, str) or len(separator) != 1 or separator in '\r\n" ':
        expected, fix = "one character, no space or quotation mark", 'separator=";"'
        raise ValueError(message("CSVLogger: separator", expected=expected, got=repr(separator), fix=fix))
    return separator


def check_is_table(path: Path, columns: Sequence[str], rows: Sequence[Mapping[Any, Any]]) -> None:
    """ValueError for a file that is no table of epochs."""
    if "epoch" not in columns or any(None in row or None in row.values() for row in rows):
        where, expected = f"CSVLogger: {path}", "a table with a column epoch, and a cell in each column"
        fix = "another file; append=False, which replaces this one"
        raise ValueError(message(where, expected=expected, got="another file", fix=fix))
