"""The tutorials and the program of CONTRIBUTING.md run, and imports only point down.

The README and the guide are tested in tests/documents/.
"""

import ast
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TUTORIALS = sorted((ROOT / "tutorials").glob("*.py"))

# From the bottom up: a file may import only what stands before it.
LAYERS = (
    "command types errors arguments checks elsewhere storage.checks storage.files "
    "backend kernels autograd arrays ops tensor "
    "gradcheck inspection initializers optimizers losses metrics storage.npz layers training model plot datasets "
    "models museum recipes cli"
).split()


def test_contributing_program_runs():
    import numpy as np

    names = {}
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)^ *```", page, re.S | re.M)
    exec("from minigen import *\n" + textwrap.dedent(program), names)
    names["gradcheck"](names["cube"], [np.random.default_rng(0).random((2, 3))], order=2)


@pytest.mark.parametrize("script", TUTORIALS, ids=lambda p: p.stem)
def test_tutorial_runs_and_keeps_its_promises(script, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", script, "--quick", "--out", tmp_path],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("script", TUTORIALS, ids=lambda p: p.stem)
def test_tutorial_is_a_short_flat_script(script):
    text = script.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert text.count("# %%") >= 3
    assert "xp" not in re.findall(r"\w+", text)


def test_every_file_has_its_place():
    files = [
        ".".join(path.relative_to(ROOT / "minigen").with_suffix("").parts) for path in (ROOT / "minigen").rglob("*.py")
    ]
    assert {name for name in files if rank(name) is None} == {"__init__", "__main__", "storage.__init__"}
    assert {rank(name) for name in files} - {None} == set(range(len(LAYERS)))


def test_imports_only_point_down():
    for path in (ROOT / "minigen").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT / "minigen").with_suffix("").parts)
        here = rank(name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level and here is not None:
                for target in imported(path, node):
                    there = rank(target)
                    assert there is None or there <= here, f"{name} imports {target}, which stands above it"


def imported(path, node):
    """The minigen modules that one `from ... import ...` names, as dotted names below the package."""
    package = path.relative_to(ROOT / "minigen").parts[:-1]
    base = list(package[: len(package) - node.level + 1]) + (node.module.split(".") if node.module else [])
    return [".".join([*base, a.name]) for a in node.names] if not node.module else [".".join(base)]


def rank(name):
    """Place in LAYERS, or None for the package's own __init__ and __main__."""
    for i, layer in enumerate(LAYERS):
        if name == layer or name.startswith(layer + "."):
            return i
    return None


def test_importing_minigen_needs_numpy_only():
    code = "import sys, minigen; print(*(m for m in ('matplotlib', 'tqdm', 'pooch', 'cupy') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_star_import_keeps_pythons_own_functions():
    names = {}
    exec("from minigen import *", names)
    assert not {"sum", "max", "min", "abs"} & set(names)
    assert {"Input", "Dense", "Model", "Tensor", "losses", "exp"} <= set(names)
