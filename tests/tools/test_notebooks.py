"""tools/notebooks.py: the cells of a tutorial, and real notebooks with their figures, where Jupyter is installed.

What makes and runs notebooks is not among the packages of the tests: pip install -e ".[notebook]", or make notebooks.
Each day another tutorial runs as a notebook. MINIGEN_NOTEBOOK=N, which .ci/run sets to the day of the year, chooses it,
and then the packages must be there.
"""

import datetime
import json
import os
import runpy
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "notebooks.py"
TUTORIALS = sorted((ROOT / "tutorials").glob("*.py"))
NUMBER = os.environ.get("MINIGEN_NOTEBOOK")
TODAYS = TUTORIALS[int(NUMBER or datetime.date.today().timetuple().tm_yday) % len(TUTORIALS)]

SCRIPT = '''
"""
A title
=======

A text.
"""

import minigen

# %%
# Two lines
# of text.

x = 1  # a comment of the code
# and another one
assert x

# %%
x
'''.lstrip()


@pytest.fixture(scope="module")
def tool():
    return runpy.run_path(str(TOOL))


def needs(*packages):
    for package in packages:
        if NUMBER is None:
            pytest.importorskip(package)


def cells_of(notebook):
    return [(cell["cell_type"], cell["source"]) for cell in notebook["cells"]]


def test_text_and_code_of_a_script(tool, tmp_path):
    needs("sphinx_gallery")
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    install, *cells = cells_of(tool["notebook_of"](tmp_path / "script.py", "./minigen.whl"))
    assert install[0] == "code" and install[1].splitlines()[-1] == "%pip install --quiet ./minigen.whl"
    assert cells == [
        ("markdown", "# A title\n\nA text."),
        ("code", "import minigen"),
        ("markdown", "Two lines\nof text."),
        ("code", "x = 1  # a comment of the code\n# and another one\nassert x"),
        ("code", "x"),
    ]


def statements(code):
    return [line for line in code.splitlines() if line and not line.startswith("#")]


def test_the_notebooks_have_all_the_code_of_the_tutorials(tool):
    needs("sphinx_gallery")
    for script in TUTORIALS:
        text = script.read_text(encoding="utf-8")
        notebook = tool["notebook_of"](script)
        title, *cells = notebook["cells"][1:]
        code = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "code")
        assert statements(code) == statements(text.partition('"""\n')[2].partition('"""\n')[2])
        assert title["source"].startswith("# ") and "===" not in title["source"]
        compile(code, script.name, "exec")
        json.dumps(notebook)


def test_pictures_are_counted(tool):
    def cell(*outputs):
        return {"cell_type": "code", "outputs": [{"data": dict.fromkeys(kinds, "")} for kinds in outputs]}

    text = {"cell_type": "markdown"}
    printed = {"cell_type": "code", "outputs": [{"output_type": "stream", "text": "image/png"}]}
    shown = [
        cell(["image/png", "text/plain"]),
        text,
        cell(),
        printed,
        cell(["text/plain"], ["image/png"], ["image/png"]),
    ]
    assert tool["pictures_of"]({"cells": shown}) == [1, 0, 0, 2]


def executed(script, folder, *flags):
    """The notebook of a script, run by Jupyter without a display."""
    needs("sphinx_gallery", "nbclient", "ipykernel")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, TOOL, script, "--run", "--out", folder, *flags]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    notebook = json.loads((folder / f"{script.stem}.ipynb").read_text(encoding="utf-8"))
    assert notebook["cells"].pop(0)["outputs"] == []  # the installation, which has not run
    return notebook


def outputs_of(notebook):
    """(the kinds of data of what each cell of code shows, and what it prints)."""
    cells = [cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    kinds = [[sorted(output["data"]) for output in outputs if "data" in output] for outputs in cells]
    assert not [output for outputs in cells for output in outputs if output.get("name") == "stderr"]  # no warning
    return kinds, ["".join("".join(o["text"]) for o in outputs if o["output_type"] == "stream") for outputs in cells]


def test_the_tutorial_of_today_as_a_notebook_shows_each_figure_below_its_cell(tool, tmp_path):
    notebook = executed(TODAYS, tmp_path, "--quick")
    cells = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    saved = [sum(line.startswith(("plot.save(", "print(plot.save(")) for line in cell.splitlines()) for cell in cells]
    assert tool["pictures_of"](notebook) == saved and sum(saved) > 0


CELLS = """
import numpy as np
from minigen import *
figure = plot.grid(np.zeros((3, 8, 8)))
# %%
figure
# %%
figure.show()
x = 1
# %%
kept = figure
# %%
import matplotlib.pyplot as plt
figure
# %%
model = Sequential([Input((3,)), Dense(3)])
model.compile("adam", "mse")
x = np.ones((2000, 3), "float32")
history = model.fit(x, x, batch_size=1, epochs=2)
# %%
history
# %%
model
# %%
figures = [plot.grid(np.zeros((1, 8, 8))) for _ in range(25)]
"""


def test_figures_are_shown_once_and_bars_need_no_package(tmp_path):
    script = tmp_path / "script.py"
    script.write_text('"""\nA title\n=======\n"""\n' + textwrap.dedent(CELLS), encoding="utf-8")
    kinds, printed = outputs_of(executed(script, tmp_path))
    picture, html = ["image/png", "text/plain"], ["text/html", "text/plain"]
    assert kinds == [[], [picture], [picture], [], [picture], [], [html], [html], []]
    lines = [line.rpartition("\r")[2] for line in printed[5].splitlines()]
    assert [line.split()[:2] for line in lines] == [["epoch", "1/2"], ["epoch", "2/2"]]  # the bars are wiped
    assert not any(printed[:5] + printed[6:])
