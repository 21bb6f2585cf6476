"""Check the links inside a folder of HTML pages: every file and every anchor that a page names exists.

    python tools/check_links.py build/docs/html

Prints each broken link with its page, and how many links were followed; exits with status 1 if one is broken. Links to
other hosts are counted and not followed; but what a page loads, such as a script or an image, may not be on one.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LINKS = {"href", "src"}


class Page(HTMLParser):
    """The anchors and the links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, str]] = []  # (tag, target)
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if value is None:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif name in LINKS:
                self.links.append((tag, value))


def broken(folder: Path) -> tuple[list[str], int, int]:
    """(a line for each broken link, the number of links followed, and of those to other hosts)"""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.resolve().rglob("*.html"))}
    lines, followed, others = [], 0, 0
    for path, page in pages.items():
        for tag, link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                others += 1
                if tag != "a" and parts.scheme != "data":
                    lines.append(f"{path.relative_to(folder.resolve())}: <{tag}> loads {link}")
                continue
            followed += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchors = pages[target].anchors if target in pages else None
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and anchors is not None and anchor not in anchors):
                lines.append(f"{path.relative_to(folder.resolve())}: {link}")
    return lines, followed, others


def main() -> None:
    folder = Path(sys.argv[1])
    lines, followed, others = broken(folder)
    pages = len(list(folder.rglob("*.html")))
    print(*lines, f"{pages} pages, {followed} links inside, {len(lines)} broken; {others} to other hosts", sep="\n")
    sys.exit(bool(lines or not pages))


if __name__ == "__main__":
    main()
