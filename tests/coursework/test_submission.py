"""Submissions, as files of Python and as notebooks."""

import json

import pytest

from minigen.coursework import get, grade, notebooks
from minigen.coursework.submission import files_in, read


def test_the_number_is_in_the_first_comment(tmp_path):
    (tmp_path / "exercise.py").write_text(get(7).student)
    found = read(tmp_path / "exercise.py")
    assert found.number == 7 and found.source == get(7).student
    assert read(tmp_path / "exercise.py", 3).number == 3


def test_a_file_without_a_number_is_refused_unless_it_is_given(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(ValueError, match="fix: +--exercise N"):
        read(tmp_path / "a.py")
    assert read(tmp_path / "a.py", 3).source == "x = 1\n"


@pytest.mark.parametrize("make", [notebooks.for_students, notebooks.for_nbgrader, notebooks.for_otter])
def test_a_notebook_is_read_without_the_cells_that_test(make, tmp_path):
    notebook = make(get(2))
    more = (
        "import otter\ngrader = otter.Notebook('x.ipynb')",
        "grader.check('q')",
        "%matplotlib inline\n!pip list\nx = 1",
    )
    notebook["cells"] += [{"cell_type": "code", "source": source} for source in more]
    (tmp_path / "e.ipynb").write_text(json.dumps(notebook))
    found = read(tmp_path / "e.ipynb")
    assert found.number == 2 and "otter" not in found.source and "%" not in found.source and "x = 1" in found.source
    assert "assert_allclose" not in found.source and "def unbroadcast" in found.source
    assert grade(get(2), found.source).score == (0 if make is notebooks.for_students else 10)


def test_an_error_in_a_notebook_is_in_a_line_of_a_cell(tmp_path):
    notebook = notebooks.for_students(get(2))
    sources = ["# my notes\n\n%timeit 1", "a = 3", "b = 1\nb / 0"]
    notebook["cells"][1:1] = [{"cell_type": "code", "source": source} for source in sources]
    (tmp_path / "e.ipynb").write_text(json.dumps(notebook))
    assert grade(get(2), read(tmp_path / "e.ipynb")).marks[0].message.startswith("code cell 3, line 2: ZeroDivisionE")


@pytest.mark.parametrize("text", ["", "not json", "[]", "{}", '{"cells": 3}', '{"cells": [{}]}', "[" * 100_000])
def test_a_file_that_is_no_notebook_is_refused(text, tmp_path):
    (tmp_path / "e.ipynb").write_text(text)
    with pytest.raises(ValueError, match="e.ipynb cannot be read"):
        read(tmp_path / "e.ipynb", 1)


def cell_of(source, tmp_path):
    """What is read of a notebook with this cell, without the comment above it."""
    first = {"cell_type": "code", "source": get(2).first_line}
    (tmp_path / "e.ipynb").write_text(json.dumps({"cells": [first, {"cell_type": "code", "source": source}]}))
    return read(tmp_path / "e.ipynb").source.partition("\n")[2]


@pytest.mark.parametrize("source", ["x = (7\n     % 4)\n", 'x = """\n%d\n!\nwhy?\n"""\n', "x = 1  # why?\n", "x = [\n"])
def test_lines_of_python_stay_as_they_are(source, tmp_path):
    assert cell_of(source, tmp_path) == source


@pytest.mark.parametrize(
    "source, kept",
    [
        ("%matplotlib inline\nx = (7\n  % 4)", "pass\nx = (7\n  % 4)\n"),
        ("if x:\n    %time y()", "if x:\n    pass\n"),
        ("np.exp?\n?np.exp\nfiles = !ls\n!pip list", "pass\npass\npass\npass\n"),
        ("%%bash\necho (", "\n\n"),
        ("%%time\nx = 1", "pass\nx = 1\n"),
    ],
)
def test_lines_that_only_a_notebook_has_are_left_out(source, kept, tmp_path):
    assert cell_of(source, tmp_path) == kept


def test_a_mark_of_the_encoding_and_large_pictures_do_no_harm(tmp_path):
    notebook = notebooks.for_students(get(2))
    notebook["cells"].insert(1, {"cell_type": "code", "source": "", "outputs": ["x" * 1_500_000]})
    for name, text in (("e.ipynb", json.dumps(notebook)), ("e.py", get(2).student)):
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
        assert read(tmp_path / name).source.startswith("# minigen coursework, exercise 2" if name == "e.py" else "")
        assert read(tmp_path / name).number == 2


def test_bytes_that_are_no_text_are_replaced(tmp_path):
    (tmp_path / "e.py").write_bytes(b"# minigen coursework, exercise 2: x\ny = '\xff'\n")
    assert read(tmp_path / "e.py").number == 2


def test_the_submissions_of_a_folder_are_its_files_and_no_others(tmp_path):
    for name in (
        "b.py",
        "a/exercise.ipynb",
        "test_exercise.py",
        ".hidden.py",
        "a/.ipynb_checkpoints/x.ipynb",
        "notes.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [p.relative_to(tmp_path).as_posix() for p in files_in(tmp_path)] == ["a/exercise.ipynb", "b.py"]
    assert files_in(tmp_path / "b.py") == [tmp_path / "b.py"]
