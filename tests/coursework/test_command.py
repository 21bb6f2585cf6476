"""`minigen coursework`, as it is typed."""

import csv
import subprocess
import sys

import pytest
from helpers.processes import environment

from minigen import cli
from minigen.coursework import get


def run(capsys, *words):
    status = cli.main(["coursework", *map(str, words)])
    return status, *capsys.readouterr()


def test_without_a_word_the_exercises_are_listed(capsys):
    status, out, _ = run(capsys)
    assert status == 0 and out.splitlines()[0] == "  1  Tanh, an op with its derivative, 10 marks"
    assert len(out.splitlines()) == 17


def test_a_word_is_the_folder(capsys, tmp_path):
    status, out, _ = run(capsys, tmp_path / "course", "--only", 3, 7)
    assert status == 0 and out.splitlines() == [
        str(tmp_path / "course" / n) for n in ("03_softmax_crossentropy", "07_adam")
    ]


def test_a_submission_is_graded_and_checked(capsys, tmp_path):
    path = tmp_path / "exercise.py"
    path.write_text(get(1).answer(get(1).wrong[0]))
    status, out, _ = run(capsys, "grade", path)
    assert status == 0 and "2 of 10 marks" in out and "a sign is wrong" in out
    status, out, _ = run(capsys, "check", path)
    assert status == 0 and "2 of 4 marks" in out and "float32 stays" not in out
    assert out.endswith("  These are the public tests. The hidden ones have 6 marks.\n")


def test_a_folder_is_graded_into_a_table(capsys, tmp_path):
    (tmp_path / "a.py").write_text(get(1).solved)
    (tmp_path / "b.py").write_text("no number")
    (tmp_path / "c.ipynb").write_text("no notebook")
    status, out, _ = run(capsys, "grade", tmp_path, "--csv", tmp_path / "marks.csv")
    assert status == 0 and "10 of 10 marks" in out and out.count("0 marks: coursework:") == 2
    with open(tmp_path / "marks.csv", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert [row[1:] for row in rows] == [
        ["exercise", "marks", "test 1", "test 2", "test 3", "test 4", "test 5"],
        ["1", "10", "2", "2", "3", "2", "1"],
        ["", "0", "", "", "", "", ""],
        ["", "0", "", "", "", "", ""],
    ]


def test_a_table_that_cannot_be_written_is_an_error_before_the_grading(capsys, tmp_path):
    (tmp_path / "a.py").write_text(get(1).student)
    status, out, err = run(capsys, "grade", tmp_path / "a.py", "--csv", tmp_path / "none" / "marks.csv")
    assert status == 1 and out == "" and "marks.csv cannot be written" in err


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux alone")
def test_a_name_in_another_encoding_does_not_stop_the_table(capsys, tmp_path):
    for name in ("a.py", "\udce9.py"):
        (tmp_path / name).write_text("no number")
    status, _, _ = run(capsys, "grade", tmp_path, "--csv", tmp_path / "marks.csv")
    assert status == 0 and "\\udce9.py,,0" in (tmp_path / "marks.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["grade"], "minigen coursework grade exercise.py"),
        (["check"], "minigen coursework check exercise.py"),
        (["grade", "a", "b"], "minigen coursework DIR"),
        (["--only", "3"], "minigen coursework DIR --only N"),
        (["a", "b"], "minigen coursework DIR"),
    ],
)
def test_other_words_are_errors_of_usage(words, wanted, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        run(capsys, *words)
    assert stop.value.code == 2 and wanted in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_what_is_not_there_is_an_error(capsys, tmp_path):
    for words in (["grade", tmp_path / "none.py"], ["grade", tmp_path], [tmp_path / "x", "--only", 99]):
        status, _, err = run(capsys, *words)
        assert status == 1 and err.startswith("minigen: ")


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "minigen", "coursework"], capture_output=True, text=True, env=environment(), check=True
    )
    assert done.stdout.startswith("  1  Tanh")
