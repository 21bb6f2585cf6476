"""Without a browser the tests are skipped, and say so; where they must run, they fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.browsers import why_no_browser

ROOT = Path(__file__).parents[3]
TEST = "tests/explorer/browser/test_moving.py::test_the_plane_begins_at_the_middle_of_the_prior"


@pytest.mark.parametrize(("required", "outcome"), [("0", "1 skipped"), ("1", "1 error")])
def test_without_a_browser_tests_are_skipped_or_in_continuous_integration_wrong(required, outcome, tmp_path):
    environment = os.environ | {"PATH": str(tmp_path), "MINIGEN_BROWSER": required}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", TEST]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert outcome in done.stdout.splitlines()[-1]
    assert "no browser: no chromium and no chromedriver on the path: apt-get install" in done.stdout
    assert done.returncode == int(required)


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None if name == "chromedriver" else f"/usr/bin/{name}")
    assert why_no_browser().startswith("no chromedriver on the path")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert why_no_browser().startswith("selenium is not installed")
