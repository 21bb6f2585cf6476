"""The tutorials and the program of CONTRIBUTING.md run. (The README and the guide are tested in tests/documents/.)"""

import re
import runpy
import shutil
import sys
import textwrap
from pathlib import Path

import pytest
from helpers.processes import python

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
def test_tutorial_runs_and_keeps_its_promises(script, scorer_weights, tmp_path, monkeypatch):
    shutil.copy(scorer_weights, tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script), "--quick", "--out", str(tmp_path)])
    runpy.run_path(str(script), run_name="__main__")
    assert list(tmp_path.glob("*.png"))


def test_a_tutorial_is_a_program_of_its_own(tmp_path):
    """The shortest one; and what all of them import is there in a fresh interpreter."""
    shortest = ROOT / "tutorials" / "9_2_2_up_sampling.py"
    status, _, err = python("-W", "error", shortest, "--quick", "--out", tmp_path)
    assert status == 0 and list(tmp_path.glob("*.png")), err
    lines = []
    for script in TUTORIALS:
        text = script.read_text(encoding="utf-8")
        imports = re.findall(r"^(?:import|from) .*", text, re.M)
        lines += imports + re.findall(r"\bminigen\.[a-z]\w*", re.sub(r"^(?:import|from) .*", "", text, flags=re.M))
    status, _, err = python("-W", "error", "-c", "import minigen\n" + "\n".join(dict.fromkeys(lines)))
    assert status == 0, err


@pytest.mark.parametrize("script", TUTORIALS, ids=lambda p: p.stem)
def test_tutorial_is_a_short_flat_script(script):
    text = script.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert text.count("# %%") >= 3
    assert "xp" not in re.findall(r"\w+", text)
