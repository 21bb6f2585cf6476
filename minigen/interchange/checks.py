"""What is refused on the way from and to Keras and PyTorch: what the other side has not, and damaged files."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import NEXT_LINE, message
from ..storage.checks import check_opens, refuse_foreign

if TYPE_CHECKING:
    from zipfile import ZipInfo

KIND = "a .keras file"


def check_no_problems(where: str, side: str, problems: Sequence[str]) -> None:
    """ValueError that lists all that one side has not."""
    if problems:
        fix = {
            "Keras": "include_optimizer=False for the training; a name in .minigen, or the parts that Keras has",
            "minigen": "compile=False for the training; load_weights() into a model of layers that minigen has",
        }.get(side, "the layers that both have")
        got = NEXT_LINE.join(dict.fromkeys(problems))
        raise ValueError(message(where, expected=f"layers and settings that {side} has too", got=got, fix=fix))


# ---- .keras


def check_archive_opens(path: Path) -> None:
    """The error of open() with a text that says what to do; ValueError for what is no zip archive."""
    check_opens(path, KIND)
    if not zipfile.is_zipfile(path):
        refuse_foreign(path, KIND, ValueError("no zip archive"))


def check_entries(entries: Sequence[ZipInfo], size: int, names: Sequence[str]) -> None:
    """ValueError unless the entries are there once, as they are, and together no larger than the file."""
    found = [entry.filename for entry in entries]
    if any(found.count(name) != 1 for name in names):
        raise ValueError(f"entries {', '.join(found)[:60]}; each of {', '.join(names)} is needed once")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries if entry.filename in names):
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
