"""The tutorials and the program of CONTRIBUTING.md run. (The README and the guide are tested in tests/documents/.)"""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TUTORIALS = sorted((ROOT / "tutorials").glob("*.py"))


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
