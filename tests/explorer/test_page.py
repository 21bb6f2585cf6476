"""The page as a text: its parts, its content security policy, and that no text becomes markup or a script."""

import base64
import hashlib
import json
import re
from importlib import resources

import numpy as np
import pytest
from helpers.pages import Elements, read_page
from helpers.refusals import refused

from minigen.explorer.arrays import Arrays
from minigen.explorer.page import SCRIPTS, as_json, page, write

EVIL = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>--><img src=x onerror=alert(1)>",
    "/*SCRIPT*/ <!--DATA--> <!--ARRAYS--> /*STYLE*/",
    "&lt;b&gt; \u2028 \u2029 \\ \" ' \x00 \ud800",
    "</title></h1><style>*{display:none}</style>",
]


def evil(title="a title", **fields):
    arrays = Arrays()
    arrays.uint8(np.arange(5))
    return page(title, [{"title": title, **fields}], arrays)


def test_the_parts_stand_where_the_template_has_them():
    data, arrays = read_page(evil("two & two"))
    assert data == {
        "format": 1,
        "title": "two & two",
        "views": [{"title": "two & two"}],
        "arrays": [{"type": "uint8", "shape": [5]}],
    }
    assert arrays[0].tolist() == [0, 1, 2, 3, 4]
    assert [text for _, text in Elements(evil("two & two")).of("title")] == ["two & two"]
    assert [text for _, text in Elements(evil("two & two")).of("h1")] == ["two & two"]


@pytest.mark.parametrize("text", EVIL)
def test_no_text_becomes_markup_or_a_script(text, tmp_path):
    plain, made = Elements(evil()), evil(text, names=[text], films=[{"captions": [text], "curves": {text: [1.0]}}])
    made = write(tmp_path / "page.html", made).read_text(encoding="utf-8", errors="strict")
    shown = text.replace("\ud800", "?")
    data, _ = read_page(made)
    assert data["views"][0]["names"] == [shown] and list(data["views"][0]["films"][0]["curves"]) == [shown]
    assert [(tag, attributes) for tag, attributes, _ in Elements(made).found] == [
        (tag, attributes) for tag, attributes, _ in plain.found
    ]
    assert [found.replace("\x00", "") for _, found in Elements(made).of("title")] == [shown.replace("\x00", "")]
    assert [a for _, a in Elements(made).of("script")][2] == [a for _, a in plain.of("script")][2]


def test_the_json_has_no_character_that_html_reads():
    text = as_json(EVIL)
    assert not re.search("[<>&\u2028\u2029]", text) and json.loads(text) == EVIL
    with pytest.raises(ValueError):
        as_json(float("nan"))  # JavaScript could not read it


def test_the_policy_allows_the_script_and_the_style_of_the_page_and_no_request():
    elements = Elements(evil())
    (policy,) = [a["content"] for a, _ in elements.of("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data: blob:" and set(rules) - {"script-src", "style-src"} == {
        "default-src",
        "base-uri",
        "form-action",
        "img-src",
    }
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        text = [text for attributes, text in elements.of(tag) if "type" not in attributes][0]
        assert rules[rule] == f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_page_names_no_address_and_has_no_attribute_that_runs():
    """The policy would refuse them; an attribute of style would have no effect."""
    for tag, attributes, _ in Elements(evil()).found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert not [value for value in attributes.values() if value and re.match("(?i)(https?:)?//|javascript:", value)]


def test_every_script_is_in_the_page_once_and_ends_no_element():
    folder = resources.files("minigen.explorer") / "page"
    files = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    assert sorted(name.removesuffix(".js") for name in files if name.endswith(".js")) == sorted(SCRIPTS)
    assert SCRIPTS[-1] == "main"
    for name, text in files.items():
        if name != "page.html":
            assert not re.search("(?i)</(script|style)|<!--", text), name
            assert "eval(" not in text and "innerHTML" not in text and "fetch(" not in text, name
    (made,) = [text for attributes, text in Elements(evil()).of("script") if not attributes]
    assert made == "\n".join(files[f"{name}.js"] for name in SCRIPTS)


def test_a_page_is_written_aside_and_one_that_cannot_be_is_refused(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("before")
    assert write(path, "après") == path and path.read_bytes() == "après".encode()
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
    with refused(OSError, "there/page.html"):
        write(tmp_path / "there" / "page.html", "text")
