"""The tutorials: where their scripts are, and how a copy of them is written."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import message
from .storage.files import make_folder, replacing

PACKAGE = Path(__file__).parent


def scripts() -> list[Path]:
    """The scripts: in an installed package those that setup.py has put into it, in a checkout those beside it."""
    installed = PACKAGE / "tutorial_scripts"
    return sorted((installed if installed.is_dir() else PACKAGE.parent / "tutorials").glob("*.py"))


def write(folder: str | os.PathLike[str]) -> list[Path]:
    """Copy the scripts into a folder, which is made if it is missing, and return their new paths.

    Raises FileExistsError if one of them is there already, since somebody may have changed it.
    """
    found = scripts()
    folder = make_folder(folder)
    if there := [script.name for script in found if (folder / script.name).exists()]:
        where, got = "tutorials: they are there already", f"{folder / there[0]}, {len(there)} files in all"
        raise FileExistsError(message(where, expected="a folder without them", got=got, fix="another folder"))
    for script in found:
        with replacing(folder / script.name) as copy:
            copy.write_bytes(script.read_bytes())
    return [folder / script.name for script in found]
