"""The progress bar: on a terminal and in a notebook, and nowhere else."""

import io
import re
import sys
import warnings

import numpy as np
import pytest
from helpers.notebook import in_a_notebook
from helpers.refusals import refused

import minigen
from minigen import Dense, Input, Sequential, metrics, models, training
from minigen.progress import NO_BAR, NoBar, progress


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


# ---- what takes long

X = np.random.default_rng(0).random((6, 4)).astype("float32")
INK = (X > 0.5).astype("float32")


def trained_by(call):
    """call(model, verbose) of a small model."""

    def run(verbose):
        model = Sequential([Input((4,)), Dense(4, "sigmoid")])
        model.compile("sgd", "mse")
        return call(model, verbose)

    return run


class Counting(NoBar):
    steps = 0

    def update(self, steps):
        self.steps += steps


def test_evaluate_counts_its_batches():
    model = Sequential([Input((4,)), Dense(4, "sigmoid")])
    model.compile("sgd", "mse")
    training.evaluate(model, [(X[:4], X[:4]), (X[4:], X[4:])], bar := Counting())
    assert bar.steps == 2


LONG = {
    "epoch 1/1": trained_by(lambda model, verbose: model.fit(X, X, verbose=verbose).history),
    "validation": trained_by(lambda model, verbose: model.fit(X, X, verbose=verbose, validation_data=(X, X)).history),
    "Sequential.evaluate": trained_by(lambda model, verbose: model.evaluate(X, X, verbose=verbose)),
    "Sequential.predict": trained_by(lambda model, verbose: model.predict(X, verbose=verbose).tolist()),
    "MADE": lambda verbose: models.MADE(4, 8).sample(2, verbose=verbose).tolist(),
    "predict": lambda verbose: models.MADE(4, 8).nll(INK, verbose=verbose).tolist(),
    "CharRNN.nll": lambda verbose: models.CharRNN("abc", units=2).nll("abcabc", verbose=verbose),
    "CharRNN.sample": lambda verbose: models.CharRNN("abc", units=2).sample(5, verbose=verbose),
    "parzen_log_likelihood": lambda verbose: metrics.parzen_sigma(X, X[:3], verbose=verbose),
}


def test_the_validation_of_a_text_has_a_bar(monkeypatch, capsys):
    in_a_notebook(monkeypatch)
    for verbose in (0, 1):
        model = models.CharRNN("abc", units=2)
        model.compile()
        model.fit("abc" * 20, window=4, batch_size=2, verbose=verbose, validation_text="abcabc")
        assert ("CharRNN.nll" in capsys.readouterr().out) == bool(verbose)


@pytest.mark.parametrize("title", LONG)
def test_what_takes_long_has_a_bar_which_changes_nothing(title, monkeypatch, capsys):
    in_a_notebook(monkeypatch)
    minigen.seed(0)
    silent = LONG[title](0)
    assert capsys.readouterr() == ("", "")
    minigen.seed(0)
    assert LONG[title](1) == silent
    bars = re.findall(r"\r([^\r]*?): +\d+%", capsys.readouterr().out)
    assert [bar for bar in bars if title in bar]
