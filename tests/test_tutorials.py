"""The scripts of the tutorials: where they are found, and how they are copied."""

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.refusals import refused

from minigen import cli, tutorials

ROOT = Path(__file__).parents[1]
NAMES = sorted(path.name for path in (ROOT / "tutorials").glob("*.py"))


def test_the_list(capsys):
    assert cli.main(["tutorials"]) == 0
    assert capsys.readouterr().out.splitlines() == NAMES


def test_they_are_written_and_nothing_is_overwritten(tmp_path, capsys):
    assert cli.main(["tutorials", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out.endswith(f"python {tmp_path / 'new' / NAMES[0]} --quick\n")
    for name in NAMES:
        assert (tmp_path / "new" / name).read_bytes() == (ROOT / "tutorials" / name).read_bytes()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / NAMES[1]).write_text("mine")
    with refused(FileExistsError, where="tutorials", fix="another folder"):
        tutorials.write(tmp_path / "other")
    assert [path.name for path in (tmp_path / "other").iterdir()] == [NAMES[1]]


def test_the_build_puts_them_into_the_package(tmp_path, monkeypatch):
    pytest.importorskip("setuptools")
    code = "import sys; sys.argv = ['setup.py', '-q', 'build_py', *sys.argv[1:]]; exec(open('setup.py').read())"
    command = [sys.executable, "-c", code, "--build-lib", tmp_path]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert sorted(path.name for path in (tmp_path / "minigen" / "tutorial_scripts").iterdir()) == NAMES
    monkeypatch.setattr(tutorials, "PACKAGE", tmp_path / "minigen")
    assert [path.parent.name for path in tutorials.scripts()] == ["tutorial_scripts"] * len(NAMES)
