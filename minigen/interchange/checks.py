"""What is refused on the way from and to Keras and PyTorch: what the other side has not, and damaged files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .. import backend
from ..checks.values import check_each_once, check_no_problems, mapping
from ..errors import described, message
from ..storage.checks import STORED, check_opens, refuse_foreign
from .torch_layers import COUNTER

if TYPE_CHECKING:
    from zipfile import ZipInfo

KIND = "a .keras file"


def check_has_all(where: str, side: str, problems: Sequence[str]) -> None:
    """ValueError that lists all that one side has not."""
    fix = {
        "Keras": "include_optimizer=False for the training; a name in .minigen, or the parts that Keras has",
        "minigen": "compile=False for the training; load_weights() into a model of layers that minigen has",
    }[side]
    check_no_problems(where, dict.fromkeys(problems), f"layers and settings that {side} has too", fix)


# ---- state dicts


def check_is_layer(where: str, model: Any) -> None:
    """TypeError unless it is a layer or a model."""
    if isinstance(model, type) or not hasattr(model, "named_weights"):
        expected, fix = "a layer or a model of minigen, first", f"{where}(model{', arrays' * ('load' in where)})"
        raise TypeError(message(where, expected=expected, got=described(model), fix=fix))


FIX = 'interchange.load_state_dict(model, module.state_dict(), names={"encoder.0": "encoder/dense"})'


def checked_state_dict(found: Any) -> dict[str, np.ndarray]:
    """The arrays as NumPy arrays, those of PyTorch too; TypeError for anything but a dict of them by name."""
    fix = "module.state_dict(), or the name of a .safetensors file"
    state_dict = mapping("state_dict", found, fix, "a dict of arrays")
    arrays = {key: backend.array_or_none(value) for key, value in state_dict.items()}
    wrong = [repr(key) for key, a in arrays.items() if not isinstance(key, str) or a.dtype.kind not in "fiub"]
    if wrong:
        got = f"something else at {', '.join(wrong)}"
        raise TypeError(message("state_dict", expected="arrays of numbers by name", got=got, fix=fix))
    return arrays


def checked_names(names: Any, paths: Sequence[str]) -> dict[str, str]:
    """names as a dict; TypeError unless it is a dict of text, or a list of it; ValueError for a module twice."""
    if names is None:
        return {}
    expected, fix = "{module there: path of the layer here}, or a list", 'names={"0": "dense", "2": "dense_1"}'
    is_list = isinstance(names, (list, tuple))
    if not is_list and not isinstance(names, Mapping):
        raise TypeError(message("names", expected=expected, got=described(names), fix=fix))
    pairs = list(zip(names, paths, strict=False)) if is_list else list(names.items())
    if is_list and len(names) != len(paths):
        got = f"{len(names)} modules for {len(paths)} layers: {', '.join(paths)}"
        raise ValueError(message("names", expected="a module for each layer with weights", got=got, fix=fix))
    if not all(isinstance(text, str) for pair in pairs for text in pair):
        raise TypeError(message("names", expected=expected, got=described(names), fix=fix))
    for texts in zip(*pairs, strict=True):
        check_each_once("names", texts, fix.replace("{", "{{").replace("}", "}}"))
    return dict(pairs)


def differences(
    module: str, path: str, given: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]
) -> list[str]:
    """What a module has too much, too little, in another shape than its layer needs, or too large for its dtype."""
    where = f"{module or 'the module'} for {path or 'the layer'}"
    found = [f"missing: {name} {a.shape} of {where}" for name, a in expected.items() if name not in given]
    odd = [name for name in given if name not in expected and name != COUNTER]
    found += [f"unexpected: {name or 'an array'} {given[name].shape} of {where}" for name in odd]
    for name, a in expected.items():
        if name in given and given[name].shape != a.shape:
            found.append(f"wrong shape: {name} of {where} is {given[name].shape}, not {a.shape}")
        elif name in given and _overflows(given[name], a.dtype):
            found.append(f"too large: {name} of {where} has numbers that are infinite as {a.dtype}")
    return found


def _overflows(a: np.ndarray, dtype: np.dtype) -> bool:
    """Whether finite numbers become infinite in this dtype."""
    with np.errstate(over="ignore"):
        return bool((np.isfinite(a) & ~np.isfinite(a.astype(dtype))).any())


def check_fits(where: str, problems: Sequence[str]) -> None:
    """ValueError that lists all that does not fit."""
    check_no_problems(where, dict.fromkeys(problems), "a module for each layer with weights, and no other", FIX)


# ---- .keras


def check_archive_opens(path: Path) -> None:
    """The error of open() with a text that says what to do; ValueError for what is no zip archive."""
    import zipfile

    check_opens(path, KIND)
    if not zipfile.is_zipfile(path):
        refuse_foreign(path, KIND, ValueError("no zip archive"))


def check_entries(entries: Sequence[ZipInfo], size: int, names: Sequence[str]) -> None:
    """ValueError unless the entries are there once, as they are, and together no larger than the file."""
    found = [entry.filename for entry in entries]
    if any(found.count(name) != 1 for name in names):
        raise ValueError(f"entries {', '.join(found)[:60]}; each of {', '.join(names)} is needed once")
    if any(entry.compress_type != STORED for entry in entries if entry.filename in names):
        raise ValueError("compressed entries, which Keras does not write")
    declared = sum(entry.file_size for entry in entries)
    if declared > size:
        raise ValueError(f"entries of {declared:,} bytes in a file of {size:,}")


def check_progress(before: int, after: int, waiting: Mapping[str, Any]) -> None:
    """ValueError for calls that wait for each other, or for a layer that is not there."""
    if after == before:
        raise ValueError(f"calls that cannot be made: {', '.join(name for name, nodes in waiting.items() if nodes)}")


def refuse_damaged(path: Path, error: Exception) -> NoReturn:
    """ValueError for an archive or a config that is none; `error` says what was found."""
    refuse_foreign(path, KIND, error)
