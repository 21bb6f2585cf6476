"""The progress bar: on a terminal and in a notebook, and nowhere else."""

import io
import sys
import warnings

import pytest
from helpers.notebook import in_a_notebook
from helpers.refusals import refused

from minigen.progress import NO_BAR, progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("verbose", [0, 1, 2, "auto", True, False])
def test_a_file_gets_no_bar_and_tqdm_is_not_even_imported(monkeypatch, verbose):
    """A hidden bar would cost a seventh of a prediction of one image."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with progress("a test", 2, 0, verbose) as bar:
        bar.update(1)
    assert bar is NO_BAR and sys.stderr.getvalue() == ""


@pytest.mark.parametrize("verbose", [1, 2, "auto"])
def test_a_terminal_gets_a_bar(monkeypatch, verbose):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress("a test", 8, 2, verbose) as bar:
        bar.update(3)
        bar.refresh()
    assert "a test" in sys.stderr.getvalue() and "5/8" in sys.stderr.getvalue()
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress("a test", 2, 0, 0) as bar:
        bar.update(1)
    assert sys.stderr.getvalue() == ""


def test_a_notebook_gets_a_bar_of_text_among_the_printed_lines(monkeypatch, capsys):
    """Without ipywidgets, and without the warning that tqdm gives where they are missing."""
    in_a_notebook(monkeypatch)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with warnings.catch_warnings(), progress("a test", 4, 0, 1) as bar:
        warnings.simplefilter("error")
        bar.update(1)
        bar.refresh()
    out, err = capsys.readouterr()
    assert "a test" in out and "1/4" in out and err == ""
    assert not out.rpartition("\r")[2].strip()  # it is wiped at the end


def test_lines_are_written_above_the_bar_and_printed_where_there_is_none(monkeypatch, capsys):
    NO_BAR.write("a line")
    assert capsys.readouterr().out == "a line\n"
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress("a test", 4, 0, 1) as bar:
        bar.write("a line")
    assert capsys.readouterr().out == "a line\n"


@pytest.mark.parametrize("verbose", [-1, 3, "a lot", None, [1]])
def test_what_is_no_verbosity(verbose):
    with refused(ValueError, where="a test: verbose", expected="0 or 1", fix="verbose=0"):
        progress("a test", 2, 0, verbose)
