"""The numbers of the benchmarks that pages state are those in benchmarks/results.jsonl."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


def table():
    """What summary.py prints."""
    command = [sys.executable, ROOT / "benchmarks" / "summary.py"]
    return subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8").stdout.strip()


def test_the_table_of_the_benchmarks_is_that_of_the_measured_rounds():
    marked = re.search(r"<!-- from summary.py -->\n\n(.*)\n\n<!-- end -->", page("benchmarks/README.md"), re.DOTALL)
    assert marked[1] == table()


def test_the_readme_states_the_extremes_and_the_mean():
    header, _, *rows = [line.strip("| ").split("|") for line in table().splitlines() if line.startswith("|")]
    column = [cell.strip() for cell in header].index("/ fastest")
    ratios = [float(row[column]) for row in rows if not row[0].startswith(("predict_", "sample_"))]
    mean = re.search(r"training: geometric mean (\S+) of", table())[1]
    assert f"{min(ratios):.1f} to {max(ratios):.1f} times" in page("README.md")
    assert f"{mean} in the geometric mean" in page("README.md")


def test_every_command_has_a_section():
    for name in ("run", "sweep", "stages", "scaling", "ladder", "overhead", "explorer", "parallel"):
        assert f"## `python benchmarks/{name}.py" in page("benchmarks/README.md")


@pytest.fixture
def summary(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    for name in ("run", "summary"):  # not those of another folder
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module("summary")
    for name in ("run", "summary"):
        sys.modules.pop(name, None)


def test_the_table_is_written_between_its_marks(summary, tmp_path, monkeypatch, capsys):
    page = tmp_path / "README.md"
    monkeypatch.setattr(summary, "README", page)
    monkeypatch.setattr(sys, "argv", ["summary.py", "--write"])
    for between in ("\n\n", "\n\nan older table\n\n"):
        page.write_text(f"before\n\n{summary.MARKS[0]}{between}{summary.MARKS[1]}\n\nafter\n", encoding="utf-8")
        summary.main()
        expected = f"before\n\n{summary.MARKS[0]}\n\n{table()}\n\n{summary.MARKS[1]}\n\nafter\n"
        assert page.read_text(encoding="utf-8") == expected


def test_a_page_without_marks_stays_as_it_is(summary, tmp_path, monkeypatch, capsys):
    page = tmp_path / "README.md"
    monkeypatch.setattr(summary, "README", page)
    monkeypatch.setattr(sys, "argv", ["summary.py", "--write"])
    page.write_text(f"before {summary.MARKS[0]} after", encoding="utf-8")
    with pytest.raises(SystemExit, match="each once"):
        summary.main()
    assert page.read_text(encoding="utf-8") == f"before {summary.MARKS[0]} after"
