"""Where printed text goes: a terminal, a notebook or a file."""

import io
import sys

import pytest
from helpers.notebook import Terminal, in_a_notebook

from minigen import console


@pytest.mark.parametrize("ipython", [None, Terminal(None), Terminal("no kernel")])
def test_a_program_and_a_terminal_are_no_notebook(monkeypatch, ipython):
    if ipython is not None:
        monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert not console.in_notebook()


def test_an_ipython_with_a_kernel_is_a_notebook(monkeypatch):
    in_a_notebook(monkeypatch)
    assert console.in_notebook()


def test_the_width_of_a_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "61")
    assert console.line_width() == 61
    monkeypatch.delenv("COLUMNS")
    monkeypatch.setattr(sys, "__stdout__", io.StringIO())  # a file: its width is not known
    assert console.line_width() == 80
    in_a_notebook(monkeypatch)
    assert console.line_width() == 100


def test_bars_are_for_a_terminal_and_a_notebook(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not console.shows_bars()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert console.shows_bars()
    monkeypatch.setattr(sys, "stderr", None)  # of a program without a console
    assert not console.shows_bars()
    in_a_notebook(monkeypatch)
    assert console.shows_bars()


def test_what_the_encoding_of_stdout_lacks_is_a_question_mark(monkeypatch):
    text = "dL/dσ = ½"
    for encoding, shown in (("cp1252", "dL/d? = ½"), ("ascii", "dL/d? = ?"), ("utf-8", text)):
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))
        assert console.printable(text) == shown
    monkeypatch.setattr(sys, "stdout", None)  # of a program without a console
    assert console.printable(text) == text
