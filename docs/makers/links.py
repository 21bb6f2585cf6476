"""Links between the documents as they stand in the repository, and the pages of the site that have the same text."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from .files import write

if TYPE_CHECKING:
    from sphinx.application import Sphinx

COPIES = {"benchmarks/README.md": "made/benchmarks.md", "CONTRIBUTING.md": "made/contributing.md"}
COPIES |= {"CHANGELOG.md": "made/changelog.md"}
PAGES = COPIES | {"findings/README.md": "made/findings.md", "README.md": "index.md"}
PAGES |= {f"minigen/museum/{family}.py": f"made/traps/{family}.rst" for family in ("vae", "gan", "diffusion")}
TUTORIAL = re.compile(r"`(?:tutorials/)?((?:9_|beyond_|user_)\w+)(?:\.py)?`")
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")
TOCTREE = "\n\n```{{toctree}}\n:hidden:\n:maxdepth: 1\n\n{pages}\n```\n"


def make_copies(root: Path, made: Path) -> None:
    """Write the pages that are documents of other folders."""
    for source, page in COPIES.items():
        text = (root / source).read_text(encoding="utf-8")
        write(root / "docs" / page, for_site(text, root / source, root / "docs" / page, root))


def for_site(text: str, source: Path, page: Path, root: Path) -> str:
    """The text of a document with its links as seen from a page of the site."""

    def moved(link: re.Match[str]) -> str:
        begin, target, heading, end = link.groups()
        if "://" in target:
            return link[0]
        path = Path(os.path.normpath(source.parent / target))
        inside = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
        if inside in PAGES:
            path = root / "docs" / PAGES[inside]
        return f"{begin}{os.path.relpath(path, page.parent)}{heading or ''}{end}"

    return LINK.sub(moved, text)


def complete(app: Sphinx, name: str, text: list[str]) -> None:
    """Called by Sphinx with the text of each page, which it changes: links, and the order of the pages of the guide."""
    page = Path(app.env.doc2path(name))
    docs = Path(app.srcdir)
    if page.suffix != ".md" or page.is_relative_to(docs / "made"):
        return
    text[0] = TUTORIAL.sub(r"[\g<0>](/made/gallery/\1.rst)", for_site(text[0], page, page, docs.parent))
    if name == "guide/README":
        text[0] += TOCTREE.format(pages="\n".join(guide_pages(text[0])))


def guide_pages(text: str) -> list[str]:
    """The pages that the tables of the guide list, in their order."""
    return re.findall(r"^\| \[[^]]+\]\(([\w-]+)\.md\)", text, re.M)
