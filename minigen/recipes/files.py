"""Text and JSON files, written atomically."""

from __future__ import annotations

import json
from pathlib import Path

from ..storage.files import replacing


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8. Lone surrogates, which a file name may contain, become "?"."""
    with replacing(path) as aside:
        aside.write_text(text, encoding="utf-8", errors="replace")


def write_json(path: Path, data: object) -> None:
    """Write `data` as JSON."""
    write_text(path, json.dumps(data, indent=1))
