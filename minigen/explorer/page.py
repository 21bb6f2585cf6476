"""The page: a template, its style and scripts, and the data, as one HTML text that loads nothing and sends nothing.

No text of a model or a file can become markup or a script. Titles are escaped. The data is JSON in which <, >, & and
the separators of lines of JavaScript are written as \\u003c, and so on; scripts read it and show its texts as text. The
content security policy allows the one script and the one style of the page, known by their hashes, and no request.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from ..storage.files import as_path, replacing
from .arrays import Arrays

FORMAT = 1
SCRIPTS = (  # in this order; main.js begins
    "arrays activations layers shapes network random state elements colours picture player centre pad axes backdrop "
    "plane sliders path encoder curves film reconstruction view main"
).split()
UNSAFE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def html_of(title: str, views: Sequence[dict[str, Any]], arrays: Arrays) -> str:
    """The HTML text of a page that shows these views."""
    script, style = _script(), _file("style.css")
    data = {"format": FORMAT, "title": title, "views": list(views), "arrays": arrays.described}
    parts = {
        "<!--CSP-->": f'<meta http-equiv="Content-Security-Policy" content="{policy(script, style)}">',
        "<!--TITLE-->": html.escape(title),
        "/*STYLE*/": style,
        "/*SCRIPT*/": script,
        "<!--DATA-->": as_json(data),
        "<!--ARRAYS-->": arrays.text(),
    }
    places = "|".join(re.escape(place) for place in parts)
    return re.sub(places, lambda found: parts[found[0]], _file("page.html"))  # at once: a title may have such a name


def write_page(path: str | os.PathLike[str], text: str) -> Path:
    """Write a page in UTF-8, aside and then renamed; lone surrogates become "?". Raises OSError if it cannot."""
    with replacing(path) as aside:
        aside.write_text(text, encoding="utf-8", errors="replace", newline="")
    return as_path(path)


def as_json(data: Any) -> str:
    """JSON that can stand in a <script>: no character in it ends the element or begins a comment."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(UNSAFE)


def policy(script: str, style: str) -> str:
    """The content security policy of a page with this script and this style."""
    allowed = f"script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data: blob:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _script() -> str:
    return "\n".join(_file(f"{name}.js") for name in SCRIPTS)


def _file(name: str) -> str:
    """A file of the page, with the line ends that browsers hash."""
    text = (resources.files(__package__) / "page" / name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")
