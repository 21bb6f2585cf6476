"""tools/run_notebook.py: the cells of a tutorial, and a real notebook with its figures where Jupyter is installed.

Jupyter's packages are not among those of the tests: pip install -e ".[notebook]" before it runs the last two.
"""

import json
import runpy
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "run_notebook.py"
TUTORIALS = sorted((ROOT / "tutorials").glob("*.py"))

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


def test_text_and_code_of_a_script(tool):
    assert tool["cells_of"](SCRIPT) == [
        ("markdown", "# A title\n\nA text."),
        ("code", "import minigen"),
        ("markdown", "Two lines\nof text."),
        ("code", "x = 1  # a comment of the code\n# and another one\nassert x"),
        ("code", "x"),
    ]


def statements(code):
    return [line for line in code.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("script", TUTORIALS, ids=lambda p: p.stem)
def test_a_notebook_has_all_the_code_of_its_tutorial(tool, script):
    text = script.read_text(encoding="utf-8")
    notebook = tool["notebook_of"](text)
    code = "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    assert statements(code) == statements(text.partition('"""\n')[2].partition('"""\n')[2])
    assert notebook["cells"][0]["source"].startswith("# ") and "===" not in notebook["cells"][0]["source"]
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
    for package in ("nbclient", "ipykernel"):
        pytest.importorskip(package)
    out = folder / "run.ipynb"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, TOOL, script, "--out", out, *flags]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(out.read_text(encoding="utf-8"))


def outputs_of(notebook):
    """(the kinds of data of what each cell of code shows, and what it prints)."""
    cells = [cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    kinds = [[sorted(output["data"]) for output in outputs if "data" in output] for outputs in cells]
    assert not [output for outputs in cells for output in outputs if output.get("name") == "stderr"]  # no warning
    return kinds, ["".join("".join(o["text"]) for o in outputs if o["output_type"] == "stream") for outputs in cells]


def test_a_tutorial_as_a_notebook_has_its_figures_inside(tool, tmp_path):
    notebook = executed(ROOT / "tutorials" / "user_pictures.py", tmp_path, "--quick")
    kinds, printed = outputs_of(notebook)
    a_picture, a_table = [["image/png", "text/plain"]], [["text/html", "text/plain"]]
    assert kinds == [[], [], *[a_picture] * 5, *[a_table] * 3]
    assert tool["pictures_of"](notebook) == [0, 0, 1, 1, 1, 1, 1, 0, 0, 0]
    assert "epoch 2/2  loss" in printed[4]


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
figures = [plot.grid(np.zeros((1, 8, 8))) for _ in range(25)]
"""


def test_figures_are_shown_once_and_bars_need_no_package(tmp_path):
    script = tmp_path / "script.py"
    script.write_text('"""\nA title\n=======\n"""\n' + textwrap.dedent(CELLS), encoding="utf-8")
    kinds, printed = outputs_of(executed(script, tmp_path))
    picture, html = ["image/png", "text/plain"], ["text/html", "text/plain"]
    assert kinds == [[], [picture], [picture], [], [picture], [], [html], []]
    lines = [line.rpartition("\r")[2] for line in printed[5].splitlines()]
    assert [line.split()[:2] for line in lines] == [["epoch", "1/2"], ["epoch", "2/2"]]  # the bars are wiped
    assert not any(printed[:5] + printed[6:])
