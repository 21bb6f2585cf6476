"""The table of what models predict on the other side is that of the stored run, and every difference is small."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = json.loads((ROOT / "tests" / "golden" / "interchange" / "parity.json").read_text("utf-8"))
PAGE = (ROOT / "docs" / "guide" / "files.md").read_text("utf-8")


def test_the_table_is_that_of_the_stored_run():
    marked = re.search(r"<!-- from interchange_parity.py -->\n\n(.*)\n\n<!-- end -->", PAGE, re.DOTALL)[1]
    header, _, *rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in marked.splitlines()]
    found = {name: dict(zip(header, cells, strict=True)) for name, *cells in rows}
    differences = RESULTS["differences"].items()
    assert found == {name: {way: f"{off:.0e}" for way, off in row.items()} for name, row in differences}
    assert len(rows) == 7 and len(header) == 6


def test_the_differences_are_below_the_limit():
    assert max(off for row in RESULTS["differences"].values() for off in row.values()) < 1e-5


def test_the_page_names_the_versions():
    for library, name in (("keras", "Keras"), ("torch", "PyTorch")):
        assert f"{name} {RESULTS['versions'][library]}" in PAGE
