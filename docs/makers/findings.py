"""The page of findings: what the comments at the head of each script say, and the script to download."""

import re
from pathlib import Path

from .files import write


def make(folder: Path, made: Path) -> None:
    """Write findings.md from the scripts of a folder."""
    about = (folder / "README.md").read_text(encoding="utf-8").partition("| file |")[0].strip()
    parts = [about, *(_finding(path) for path in sorted(folder.glob("*.sh")))]
    write(made / "findings.md", "\n\n".join(parts) + "\n")


def _finding(path: Path) -> str:
    title, body = header(path)
    paragraphs = re.sub(r"^(Expected|Actual):", r"**\1:**", body, flags=re.M)
    text = "\n".join(_fenced(paragraphs.splitlines()))
    return f"## {title.removesuffix('.')}\n\n{text}\n\n{{download}}`{path.name} <../../findings/{path.name}>`"


def header(path: Path) -> tuple[str, str]:
    """(the first sentence, the other paragraphs) of the comments below the first line of a script."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    end = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    title, _, body = "\n".join(line[2:] for line in lines[:end]).partition("\n\n")
    return " ".join(title.split()), body


def _fenced(lines: list[str]) -> list[str]:
    """Indented lines, which are output, as blocks."""
    found, inside = [], False
    for line in [*lines, ""]:
        is_output = line.startswith("    ")
        if is_output and not inside:
            found += ["", "```output"]
        if inside and not is_output:
            found += ["```", ""]
        inside = is_output
        found.append(line[4:] if is_output else line)
    return found
