"""tools/torture_files.py, a hundredth of it: what damaged files and killed trainings must not do."""

import importlib.util
import os
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "torture_files.py"
linux = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="it watches processes in /proc")


@pytest.fixture(scope="module")
def torture():
    spec = importlib.util.spec_from_file_location("torture_files", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


@pytest.mark.parametrize("kind", ["npz", "png", "weights", "checkpoint"])
def test_damaged_files(torture, kind, tmp_path):
    counts = torture.damaged_files(40, 0, tmp_path, [kind])
    assert {k: counts[k] for k in torture.MUST_BE_0} == dict.fromkeys(torture.MUST_BE_0, 0)
    assert counts["refused"] > 10 and counts["refused"] + counts["whole"] == 40


@linux
def test_killed_trainings(torture, tmp_path):
    kills, within, problems = torture.killed(4, 0, tmp_path)
    assert kills == 4 and within >= 2 and problems == []  # two are at a byte of the file


@linux
def test_interrupted_trainings(torture, tmp_path):
    assert torture.interrupted(4, 0, tmp_path) == (4, [])


@linux
def test_two_runs_with_one_checkpoint(torture, tmp_path):
    reads, problems = torture.pairs(1, tmp_path)
    assert reads > 0 and problems == []
