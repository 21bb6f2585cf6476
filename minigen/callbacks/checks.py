"""What callbacks refuse: what is no callback, names that are not logged, arguments out of range."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..checks import natural_number as _natural_number
from ..checks import number
from ..errors import described, message
from ..types import Logs

MODES = ("auto", "min", "max")
MORE_IS_BETTER = ("acc", "auc", "precision", "recall")  # in the name of a log, for mode "auto"

# The names of Keras' other moments -> what to write instead.
OTHER_MOMENTS = {
    "on_train_batch_begin": "on_epoch_begin(self, epoch, logs=None)",
    "on_batch_begin": "on_epoch_begin(self, epoch, logs=None)",
    "on_test_begin": "a loop over model.evaluate(...)",
    "on_test_end": "on_epoch_end(self, epoch, logs=None), where logs have val_loss",
    "on_test_batch_begin": "a loop over model.test_step(...)",
    "on_test_batch_end": "a loop over model.test_step(...)",
    "on_predict_begin": "a loop over model.predict(...)",
    "on_predict_end": "a loop over model.predict(...)",
    "on_predict_batch_begin": "a loop over model.predict(...)",
    "on_predict_batch_end": "a loop over model.predict(...)",
    "set_params": "on_train_begin(self, logs=None)",
}

natural_number = _natural_number


def check_names(kind: type) -> None:
    """TypeError for a method with the name of a moment that does not exist here: it would never be called."""
    for name in vars(kind):
        if name in OTHER_MOMENTS:
            where, expected = f"{kind.__name__}.{name}", "the moments of minigen.callbacks.Callback"
            raise TypeError(message(where, expected=expected, got=name, fix=OTHER_MOMENTS[name]))


def checked_callbacks(where: str, callbacks: Any, kind: type) -> list[Any]:
    """The callbacks as a list; TypeError for anything that is no Callback, or is a class of them."""
    if callbacks is None:
        return []
    found = [callbacks] if isinstance(callbacks, kind) else callbacks
    fix = "callbacks=[EarlyStopping(patience=3)]"
    if not isinstance(found, (list, tuple)):
        got = described(callbacks)
        raise TypeError(message(f"{where}: callbacks", expected="a list of callbacks", got=got, fix=fix))
    for one in found:
        if not isinstance(one, kind):
            got = f"the class {one.__name__}" if isinstance(one, type) else described(one)
            fix = f"{one.__name__}()" if isinstance(one, type) else fix
            raise TypeError(message(f"{where}: callbacks", expected="objects of Callback", got=got, fix=fix))
    return list(found)


def checked_monitor(where: str, name: Any) -> str:
    """The name of a log; TypeError for anything but text."""
    if not isinstance(name, str) or not name:
        raise TypeError(message(f"{where}: monitor", expected="a name", got=described(name), fix='monitor="val_loss"'))
    return name


def checked_mode(where: str, mode: Any, name: str) -> bool:
    """Whether more of the log `name` is better; ValueError for another mode than "auto", "min" and "max"."""
    if mode not in MODES:
        raise ValueError(message(f"{where}: mode", expected=" or ".join(MODES), got=repr(mode), fix='mode="min"'))
    return any(word in name for word in MORE_IS_BETTER) if mode == "auto" else mode == "max"


def checked_value(where: str, name: str, logs: Mapping[str, Any]) -> float:
    """The number that is logged under this name; ValueError if there is none."""
    value = logs.get(name)
    if isinstance(value, (int, float)):
        return float(value)
    fix = f'monitor="{next(iter(logs), "loss")}"'
    if name.startswith("val_") and not any(k.startswith("val_") for k in logs):
        fix = "fit(..., validation_data=(x_test, y_test))"
    got = "a list" if value is not None else ", ".join(k for k, v in logs.items() if not isinstance(v, list))
    raise ValueError(message(f"{where}: no number {name!r} is logged", expected="one of the logs", got=got, fix=fix))


def finite_number(where: str, value: Any, fix: str) -> float:
    """The number as a float, or ValueError."""
    return number(where, value, "a finite number", fix, low=-math.inf)


def checked_factor(where: str, value: Any) -> float:
    """A number above 0 and below 1, or ValueError."""
    found = number(where, value, "a number above 0 and below 1", "factor=0.5", below=1)
    if found == 0:
        raise ValueError(message(where, expected="a number above 0 and below 1", got=repr(value), fix="factor=0.5"))
    return found


def check_is_callable(where: str, value: Any, fix: str) -> None:
    """TypeError unless it is a function."""
    if not isinstance(value, Callable):  # type: ignore[arg-type]
        raise TypeError(message(where, expected="a function", got=described(value), fix=fix))


def optimizers_of(model: Any) -> Sequence[Any]:
    """The optimizers of the model, and of those in it."""
    return list(model.optimizers())


def optimizers_with_a_number(where: str, model: Any) -> Sequence[Any]:
    """The optimizers of the model; ValueError for one whose rate is a function of the step."""
    found = optimizers_of(model)
    for optimizer in found:
        if optimizer.schedule is not None:
            fix = "Adam(1e-3), a number; or without this callback"
            expected, got = "a learning rate that stays as it is set", "a function of the step"
            raise ValueError(message(f"{where}: the learning rate", expected=expected, got=got, fix=fix))
    return found


def check_saves_weights(weights_only: bool) -> None:
    """ValueError for save_weights_only=False."""
    if not weights_only:
        expected, fix = "True", 'fit(checkpoint="run.npz") for all that is needed to go on'
        raise ValueError(message("ModelCheckpoint: save_weights_only", expected=expected, got="False", fix=fix))


def first_name(filepath: str) -> str:
    """A name like those that filepath will give, to try whether it can be written."""
    return re.sub(r"\{[^}]*\}", "0", filepath)


def filled_name(filepath: str, epoch: int, logs: Logs) -> str:
    """filepath with the number of the epoch, from 1, and the logs; ValueError for a name that is not logged."""
    try:
        return filepath.format(epoch=epoch + 1, **logs)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        where, got = f"ModelCheckpoint: filepath {filepath!r}", f"{type(error).__name__}: {error}"
        expected = f"epoch, {', '.join(logs)} between braces"
        fix = '"weights-{epoch:02d}.npz"'
        raise ValueError(message(where, expected=expected, got=got, fix=fix)) from None


def checked_separator(separator: Any) -> str:
    """One character, or ValueError."""
    if not isinstance(separator, str) or len(separator) != 1 or separator in '\r\n"':
        fix = 'separator=";"'
        raise ValueError(message("CSVLogger: separator", expected="one character", got=repr(separator), fix=fix))
    return separator


def check_is_table(path: Path, rows: Sequence[Mapping[Any, Any]]) -> None:
    """ValueError for a file that is no table of epochs."""
    if any("epoch" not in row or None in row or None in row.values() for row in rows):
        expected, fix = "a table with a column epoch", "append=False, or another file"
        raise ValueError(message(f"CSVLogger: {path}", expected=expected, got="another file", fix=fix))
