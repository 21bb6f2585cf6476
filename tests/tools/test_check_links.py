"""tools/check_links.py must find a link to no file, to no anchor, and what a page loads from another host."""

from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def broken(monkeypatch):
    monkeypatch.syspath_prepend(TOOLS)
    from check_links import broken

    return broken


def test_links_to_files_anchors_and_hosts(broken, tmp_path):
    (tmp_path / "b.html").write_text('<h1 id="here">b</h1><a href="a.html">a</a>', encoding="utf-8")
    right = (
        '<a href="b.html#here">b</a><a href="#top">top</a><p id="top"><a href="https://a.b/c">c</a><img src="b.html">'
    )
    (tmp_path / "a.html").write_text(right, encoding="utf-8")
    assert broken(tmp_path) == ([], 4, 1)
    wrong = '<a href="b.html#gone">b</a><a href="c.html">c</a><script src="https://a.b/c.js"></script><img src="d.png">'
    (tmp_path / "a.html").write_text(wrong, encoding="utf-8")
    lines, followed, others = broken(tmp_path)
    assert [line.rpartition(" ")[2] for line in lines] == ["b.html#gone", "c.html", "https://a.b/c.js", "d.png"]
    assert (followed, others) == (4, 1)
