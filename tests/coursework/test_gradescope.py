"""The files for Gradescope, run in the folders that it has."""

import json
import os
import subprocess
import sys
import zipfile

import pytest
from helpers.processes import environment

from minigen.coursework import get, grade, gradescope
from minigen.coursework.gradescope import results, run

EXERCISE = get(1)
WRONG = EXERCISE.wrong[2]  # 4 marks


def test_the_zip_has_both_programs_at_its_top(tmp_path):
    gradescope.write(tmp_path, EXERCISE)
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        assert archive.namelist() == ["setup.sh", "run_autograder"]
        assert all(member.external_attr >> 16 & 0o111 for member in archive.infolist())
        assert archive.read("run_autograder") == (tmp_path / "run_autograder").read_bytes()
    assert os.access(tmp_path / "run_autograder", os.X_OK) or os.name == "nt"
    assert b"\r" not in (tmp_path / "setup.sh").read_bytes()


def test_the_results_have_what_the_service_reads():
    found = results(grade(EXERCISE, EXERCISE.answer(WRONG)))
    assert found["score"] == 4 == sum(test["score"] for test in found["tests"])
    assert [test["max_score"] for test in found["tests"]] == [2, 2, 3, 2, 1]
    assert [test["visibility"] for test in found["tests"]] == ["visible"] * 2 + ["after_published"] * 3
    assert found["tests"][0]["status"] == "passed" and found["tests"][2]["status"] == "failed"
    assert WRONG.hint in found["tests"][2]["output"] and found["stdout_visibility"] == "hidden"
    for test in found["tests"]:
        assert test.keys() == {"name", "number", "score", "max_score", "status", "output", "visibility"}


@pytest.mark.skipif(os.name == "nt", reason="run_autograder is a shell script")
def test_the_program_marks_the_submission_in_its_folder(tmp_path):
    gradescope.write(tmp_path / "source", EXERCISE)
    (tmp_path / "submission").mkdir()
    (tmp_path / "submission" / "exercise.py").write_text(EXERCISE.answer(WRONG))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    own = {"AUTOGRADER_ROOT": str(tmp_path), "PATH": path, "VIRTUAL_ENV": sys.prefix}
    subprocess.run(["bash", tmp_path / "source" / "run_autograder"], check=True, env=environment(**own))
    assert json.loads((tmp_path / "results" / "results.json").read_text())["score"] == 4


@pytest.mark.parametrize("names", [[], ["a.py", "b.py"], ["broken.ipynb"]])
def test_a_submission_that_cannot_be_marked_gets_0_and_the_reason(names, tmp_path):
    (tmp_path / "submission").mkdir()
    for name in names:
        (tmp_path / "submission" / name).write_text("x")
    run(tmp_path / "submission", tmp_path / "results" / "results.json", 1)
    found = json.loads((tmp_path / "results" / "results.json").read_text())
    assert found["score"] == 0 and "expected:" in found["output"]
