"""docs/guide/porting.md: each row of its tables of what is typed does what it says."""

import re

import numpy as np
import pytest
from helpers.advice import names
from helpers.programs import ROOT

from minigen import Input, Tensor

PAGE = (ROOT / "docs" / "guide" / "porting.md").read_text(encoding="utf-8")
TYPED = PAGE.partition("## What is typed")[2].partition("## What differs silently")[0]
ROWS = re.findall(r"^\| `([^|]+)` \| (.*) \|$", TYPED, re.M)  # (what is typed, what stands beside it)


SYMBOLS = TYPED.partition("### Symbols")[2].partition("### Training")[0]


def session(code):
    """The names of the page, for one row of its tables."""
    found = names()
    images = Tensor(np.ones((2, 4, 4, 1), "float32"))
    found |= {"images": images, "data": np.eye(2, dtype="float32"), "function": found["minigen"].exp}
    found |= {"optimizers": found["minigen"].optimizers, "steps": 10}
    if f"| `{code}` |" in SYMBOLS:
        found |= {"a": Input((4,)), "b": Input((4,))}
    if "x.transpose(0," in code:
        found["x"] = images
    return found


def error_of(code):
    """The text of the error, or "" where the code runs."""
    try:
        exec(code, session(code))
    except (AttributeError, TypeError, ValueError, ImportError) as error:
        return str(error)
    return ""


def runs(code):
    """Whether the code runs. It may be a part of a program, such as rate=...; any other error is raised."""
    found = session(code)
    if "optimizer.step" in code:
        found["loss"].backward()
    try:
        exec(code, found)
    except (SyntaxError, NameError):
        return False
    return True


def check(code, beside):
    """A row of the page: the code runs, or its error has the advice on the right, and what stands there runs."""
    text = error_of(code)
    if beside.startswith("there"):
        assert text == ""
        return
    assert "\n  expected: " in text and "\n  fix:      " in text
    advice = text.partition("fix:")[2]
    for i, part in enumerate(re.findall(r"`([^`]+)`", beside)):
        has_run = "..." not in part and "cupy" not in part and runs(part)
        assert part in advice or (i > 0 and has_run), f"{part!r} is not in {advice!r}"


@pytest.mark.parametrize(("code", "beside"), ROWS, ids=[code for code, _ in ROWS])
def test_what_is_typed_does_what_the_page_says(code, beside, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check(code, beside)


def test_the_tables_are_read():
    assert len(ROWS) > 120 and len(ROWS) == TYPED.count("\n| `"), "a row has another form"


def test_an_untrue_row_would_be_noticed():
    with pytest.raises(AssertionError):
        check("x.view(-1)", "there")
    with pytest.raises(AssertionError, match="is not in"):
        check("x.view(-1)", "`x.T`")
    with pytest.raises(AssertionError, match="is not in"):
        check("x.view(-1)", "`x.reshape(...)`, or `no name`")
    with pytest.raises(AttributeError, match="sideways"):
        check("x.view(-1)", "`x.reshape(...)`, or `x.sideways()`")
    with pytest.raises(AssertionError):
        check("x.reshape(-1)", "`x.reshape(...)`")
    with pytest.raises(AssertionError):
        check("x.flibbertigibbet", "`x`")
