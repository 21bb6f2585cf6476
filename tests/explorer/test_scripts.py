"""The scripts of the page as texts: short files that read no data as markup and need nothing from elsewhere."""

import re
from pathlib import Path

import pytest

from minigen import explorer

FILES = sorted((Path(explorer.__file__).parent / "page").iterdir())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
AS_MARKUP = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function|srcdoc"
FROM_ELSEWHERE = r"https?://|\bimport\b|\brequire\(|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|@import|url\("


def code_of(path):
    """The text without comments."""
    return re.sub(r"^\s*//.*$|/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_is_one_short_concept(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ['"use strict";', ""] and lines[2].startswith("// ")
    assert len(lines) < 200 and max(map(len, lines)) <= 120


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_reads_text_as_markup_or_asks_for_another_file(path):
    assert re.findall(AS_MARKUP, code_of(path)) == []
    assert re.findall(FROM_ELSEWHERE, code_of(path)) == []


def test_what_would_be_markup_or_a_request_is_found():
    for wrong in ("a.innerHTML = b", "eval(text)", "document.write(x)"):
        assert re.findall(AS_MARKUP, wrong)
    for wrong in ("fetch('a')", "import a from 'b'", "background: url(a.png)", "src='https://a'"):
        assert re.findall(FROM_ELSEWHERE, wrong)
