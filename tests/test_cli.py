"""The command line, as a user types it."""

import re
import subprocess
import sys
import warnings

import pytest
from helpers.notebook import in_a_notebook
from helpers.processes import python

from minigen import cli, plot
from minigen.models import GANWarning
from minigen.plot import figures
from minigen.recipes import registry

PRINTS = """
import sys
from minigen.cli import tutorial_flags
tutorial_flags("", 1, 1, 1)
print("1/2 ‖x̂ - x‖² → Σ ←")
"""

TRACE = """
import minigen, numpy as np
with minigen.trace() as t:
    minigen.log(minigen.Tensor(np.zeros((2, 3)), requires_grad=True)).sum().backward()
print(t)
raise ValueError("Σ")
"""


# ---- commands


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("chapter", "train", "explore", "data", "tutorials", "info"))


def test_a_warning_is_shown_without_the_line_that_started_the_command(monkeypatch):
    """The line that a warning names is that of the user's program: here it would be the script minigen itself."""
    shown = []

    def warn(args):
        shown.append(warnings.formatwarning(GANWarning("GAN: mode collapse", ""), GANWarning, "bin/minigen", 6))

    monkeypatch.setattr(cli, "run_info", warn)
    before = warnings.formatwarning
    monkeypatch.delenv("MINIGEN_DEBUG", raising=False)
    assert cli.main(["info"]) == 0 and shown.pop() == "GANWarning: GAN: mode collapse\n"
    monkeypatch.setenv("MINIGEN_DEBUG", "1")
    assert cli.main(["info"]) == 0 and shown.pop().startswith("bin/minigen:6: GANWarning: GAN: mode collapse\n")
    assert warnings.formatwarning is before


def test_installed_command():
    done = subprocess.run([sys.executable, "-m", "minigen", "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"minigen \d+\.\d+\.\d+\n", done.stdout)


def test_info(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MINIGEN_CACHE", str(tmp_path))
    assert cli.main(["info"]) == 0
    out = capsys.readouterr().out
    assert "backend: numpy" in out and "5,000 + 1,000 digits" in out


def test_train_without_a_name_lists_the_models(capsys):
    assert cli.main(["train"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [r.name for r in registry.in_order()]


def test_a_tutorial_refuses_flags_that_it_does_not_have(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["tutorial.py", "--epochs", "3", "--lr", "0.1"])
    with pytest.raises(SystemExit):
        cli.tutorial_flags("About it", epochs=5, quick_epochs=1, batch_size=32)
    assert "unknown: --lr 0.1" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["ipykernel_launcher.py", "-f", "/run/kernel-1.json"])  # in a notebook
    assert cli.tutorial_flags("About it", epochs=5, quick_epochs=1, batch_size=32).epochs == 5


def test_a_tutorial_shows_what_it_saves_in_a_notebook_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(figures, "shows_saved", False)  # put back after the test
    monkeypatch.setattr("sys.argv", ["tutorial.py"])
    figure = plot.curves({"loss": [2.0, 1.0]})
    for flags in ({}, {"shows_saved": False}):
        cli.tutorial_flags("About it", 1, 1, 1, **flags)
        plot.save(figure, tmp_path / "loss.png")
    displayed = in_a_notebook(monkeypatch)
    cli.tutorial_flags("About it", 1, 1, 1, shows_saved=False)
    plot.save(figure, tmp_path / "loss.png")
    assert displayed == []
    cli.tutorial_flags("About it", 1, 1, 1)
    plot.save(figure, tmp_path / "loss.png")
    assert displayed == [figure]


# ---- errors


@pytest.mark.parametrize("name", ["gpu", "cupy"])
def test_a_backend_in_the_environment_that_cannot_be_used_is_one_message(name):
    status, _, err = python("-m", "minigen", "info", MINIGEN_BACKEND=name)
    assert status == 1 and err.startswith(b"minigen: ") and b"fix:" in err and b"Traceback" not in err


@pytest.mark.parametrize("flags", [["--seed", "-1"], ["--seed", "²"], ["--epochs", "²"], ["--epochs", "1.5"]])
def test_bad_numbers_are_errors_of_usage(flags, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["train", "vae", *flags])
    assert stop.value.code == 2 and "is needed, got" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["train", "pca"], ["chapter", "--quick"]])
@pytest.mark.parametrize("where", ["file", "file/below", "a\0b"])
def test_an_output_folder_that_cannot_be_is_refused_before_anything_runs(command, where, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main([*command, "--out", str(tmp_path / where)]) == 1
    error = capsys.readouterr().err
    assert all(part in error for part in ("expected:", "got:", "fix:"))


@pytest.mark.parametrize("number", ["1000001", "999999999999999", "9" * 25])
def test_a_code_too_large_for_the_memory_is_refused(number, capsys):
    with pytest.raises(SystemExit):
        cli.main(["train", "gan", "--latent-dim", number])
    assert f"an integer of 1 to 1,000,000 is needed, got {number}" in capsys.readouterr().err


def test_unknown_model_suggests_the_nearest(capsys):
    assert cli.main(["train", "fc-autoencodr"]) == 1
    error = capsys.readouterr().err
    assert "unknown model 'fc-autoencodr'" in error and "fix:      'fc-autoencoder'" in error


@pytest.mark.parametrize("flags", [["--epochs", "0"], ["--batch-size", "-3"], ["--backend", "tpu"], ["--seed", "x"]])
def test_bad_flags(flags, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["train", "fc-autoencoder", *flags])
    assert stop.value.code == 2


def test_an_unwritable_folder_is_explained(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main(["train", "toy-autoencoder", "--quick", "--out", str(tmp_path / "file")]) == 1
    assert "minigen:" in capsys.readouterr().err


@pytest.mark.parametrize("flag", [["--preset", "tpu"], ["--latent-dim", "0"], ["--latent-dim", "-2"]])
def test_bad_choices(flag, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["train", "vae", *flag])
    assert stop.value.code == 2


# ---- consoles and files without Unicode


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_output_to_a_console_without_the_characters_goes_on(encoding):
    status, out, err = python("-c", PRINTS, PYTHONIOENCODING=encoding)
    assert status == 0 and b"?" in out and err == b""
    _, out, err = python("-W", "ignore", "-c", TRACE, PYTHONIOENCODING=encoding)
    assert b"dL/dy?" in out and b"UnicodeEncodeError" not in err and b"ValueError: \\u03a3" in err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_the_command_line_prints_to_such_a_console(encoding):
    status, out, err = python("-m", "minigen", "train", PYTHONIOENCODING=encoding)
    assert status == 0 and b"784 ? 32 ? 784" in out and err == b""


def test_an_autoencoder_is_found_by_its_short_name(capsys):
    for short, name in {"conv-ae": "conv-autoencoder", "fc-ae": "fc-autoencoder"}.items():
        assert cli.main(["train", short]) == 1
        assert f"fix:      {name!r}" in capsys.readouterr().err
