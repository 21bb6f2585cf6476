"""Files that are written only if they change: Sphinx reads a page again when its time has changed."""

from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write a text to a file, unless it is there already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def remove_others(folder: Path, kept: set[str]) -> None:
    """Remove the pages of a folder that are not made any more."""
    for path in folder.glob("*.*"):
        if path.name not in kept:
            path.unlink()
