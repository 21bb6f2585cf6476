"""The line of an epoch fits the terminal, the most important numbers first; a history is a table."""

import re

import numpy as np
import pytest
from helpers.notebook import in_a_notebook

from minigen.training.text import epoch_line, history_html, history_line, history_table, important_first, shown

LOGS = {"loss": 0.5, "kl": [0.25] * 32, "accuracy": 0.75, "loss_end": 0.45, "val_accuracy": 0.7, "val_loss": 0.625}
ORDER = ["loss", "val_loss", "val_accuracy", "accuracy", "loss_end", "kl"]


def test_the_losses_come_first_and_the_vectors_last():
    assert important_first(LOGS) == ORDER
    tasks = {"digit/accuracy": 0.5, "digit/val_loss": 1.0, "digit/loss": 1.0, "vae/loss": 2.0, "vae/kl": [1.0]}
    assert important_first(tasks) == ["digit/loss", "vae/loss", "digit/val_loss", "digit/accuracy", "vae/kl"]
    assert important_first({"val_loss": 1.0, "lossless": 2.0}) == ["val_loss", "lossless"]


def test_what_a_classifier_is_trained_for_is_in_a_line_of_80_characters(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    names = ["loss", "accuracy", "loss_end", "accuracy_end", "val_loss", "val_accuracy"]  # the order of fit()
    logs = dict.fromkeys(names, 0.5)
    assert important_first(logs) == ["loss", "val_loss", "val_accuracy", "accuracy", "loss_end", "accuracy_end"]
    assert "val_accuracy 0.5000" in epoch_line(10, 10, logs, 12.3)
    assert important_first({"digit/accuracy": 0.5, "digit/val_accuracy": 0.5}) == [
        "digit/val_accuracy",
        "digit/accuracy",
    ]


def test_no_line_is_longer_than_the_terminal(monkeypatch):
    for width in range(1, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        line = epoch_line(3, 10, LOGS, 0.25)
        names = [name for name in ORDER if re.search(rf"(?<!\w){name} ", line)]
        assert names == ORDER[: len(names)] and names  # in their order, and the first one always
        assert len(line) <= max(width, len("epoch 3/10  loss 0.5000  ...  0.2 s"))
        assert line.startswith("epoch 3/10  loss 0.5000  ") and line.endswith("  0.2 s")
        assert ("..." in line) == (names != ORDER)
        if names != ORDER:  # as many as fit
            following = ORDER[len(names)]
            assert len(line) + len("  " + shown({following: LOGS[following]})) > width


def test_a_short_line_has_everything(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert (
        epoch_line(10, 10, {"loss": 1.0, "val_loss": 2.0}, 12.34) == "epoch 10/10  loss 1.0000  val_loss 2.0000  12.3 s"
    )
    assert epoch_line(1, 1, {}, 0.0) == "epoch 1/1  0.0 s"


def test_a_notebook_has_longer_lines(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    short = epoch_line(1, 1, LOGS, 0.0)
    in_a_notebook(monkeypatch)
    assert len(short) <= 80 < len(epoch_line(1, 1, LOGS, 0.0)) <= 100


@pytest.mark.parametrize(
    "value, text",
    [
        (0.5, "0.5000"),
        (0.0, "0.0000"),
        (-12345.678, "-12345.6780"),
        (1e-4, "1.0e-04"),
        (-1e-7, "-1.0e-07"),
        (3e12, "3.0e+12"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (7, "7"),
        ([], "[]"),
        ([[1, 2]], "[1.00 2.00]"),
        ([0.0, 1.0, 2.0, 3.0, 0.5], "[5 numbers, 0.00 to 3.00]"),
    ],
)
def test_numbers(value, text):
    assert shown({"x": value}) == f"x {text}"


# ---- a history


def history(n, **others):
    return {"kl": [[1.0, 2.0]] * n, "val_loss": [2.0] * n, "loss": [1 / (e + 1) for e in range(n)], **others}


@pytest.mark.parametrize("n", [1, 2, 11, 12])
def test_a_row_for_each_epoch(n):
    lines = history_table(history(n)).splitlines()
    assert lines[0].split() == ["epoch", "loss", "val_loss", "kl"]
    assert [line.split()[0] for line in lines[1:]] == [str(e + 1) for e in range(n)]
    assert lines[-1].split()[:3] == [str(n), f"{1 / n:.4f}", "2.0000"]


@pytest.mark.parametrize("n", [13, 14, 1000])
def test_of_many_epochs_the_first_and_the_last(n):
    lines = history_table(history(n)).splitlines()
    numbers = [line.split()[0] for line in lines[1:]]
    assert numbers == ["1", "2", "3", "4", "5", "...", *map(str, range(n - 4, n + 1))]
    assert history_html(history(n)).count("<tr>") == 12


def test_columns_that_do_not_fit_are_named(monkeypatch):
    wide = history(2, **{f"a_long_name_{i}": [float(i)] * 2 for i in range(9)})
    monkeypatch.setenv("COLUMNS", "60")
    *lines, note = history_table(wide).splitlines()
    assert max(map(len, lines)) <= 60 and "a_long_name_0" in lines[0] and note.startswith("not shown: kl, ")
    assert "a_long_name_8" in note and "not shown" not in history_html(wide)
    monkeypatch.setenv("COLUMNS", "1")
    assert history_table(wide).splitlines()[0].split() == ["epoch", "loss"]


def test_what_was_not_logged_in_every_epoch_has_no_column():
    """Nobody knows to which epochs its values belong."""
    some = history(3, beta=[0.5])
    assert "beta" not in history_table(some).splitlines()[0] and history_table(some).endswith("not shown: beta")
    assert "<div>not shown: beta</div>" in history_html(some)


def test_one_line():
    assert history_line(history(1)) == "1 epoch: loss 1.0000 to 1.0000, val_loss 2.0000 to 2.0000"
    assert history_line({f"loss{i}": [1.0, 2.0] for i in range(9)}).count(" to ") == 3
    assert history_line({}) == history_line({"loss": []}) == history_table({}) == "0 epochs"
    assert history_line({"kl": [[1.0], [2.0]]}) == "2 epochs"


def test_names_are_escaped():
    html = history_html({"<b>&": [1.0], "loss": [np.float64(2.0)]})
    assert "&lt;b&gt;&amp;" in html and "<b>" not in html
