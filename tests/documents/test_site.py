"""The site: its settings are read, and no tutorial, page of the guide or public name is left out.

`make docs` builds it, which takes minutes, and checks its links; here only what it is made from is tested.
"""

import ast
import re
import runpy
import sys
from types import SimpleNamespace

import pytest
from helpers.programs import GUIDE, ROOT

import minigen

DOCS = ROOT / "docs"
PACKAGE = ROOT / "minigen"
NOT_LISTED = {"streams"}  # datasets.Streamed is its public name


@pytest.fixture(autouse=True)
def makers(monkeypatch):
    monkeypatch.syspath_prepend(DOCS)


def test_the_settings_are_read_without_sphinx(monkeypatch, tmp_path):
    from makers import gallery

    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(gallery, "copy_scripts", tmp_path.joinpath)
    settings = runpy.run_path(str(DOCS / "conf.py"))
    assert settings["version"] == minigen.__version__ and settings["nitpicky"]
    assert (DOCS / settings["html_static_path"][0] / settings["html_css_files"][0]).exists()


def test_every_tutorial_is_in_the_gallery_once():
    from makers import gallery

    tutorials = sorted((ROOT / "tutorials").glob("*.py"))
    assert sorted(gallery.scripts(ROOT)) == tutorials
    assert set(gallery.LONGER) <= {path.stem for path in tutorials}


def test_a_tutorial_that_changes_is_copied_and_one_that_is_removed_goes(tmp_path):
    from makers import gallery

    for folder in ("tutorials", "docs/guide"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "docs/guide/chapter.md").write_text("| `tutorials/b.py` | |\n| `tutorials/a.py` | |\n")
    for name in ("a.py", "b.py"):
        (tmp_path / "tutorials" / name).write_text("1\n")
    copies = tmp_path / "build/docs/tutorials"
    gallery.copy_scripts(tmp_path)
    assert [path.name for path in gallery.scripts(tmp_path)] == ["b.py", "a.py"]
    before = (copies / "a.py").stat().st_mtime_ns
    (tmp_path / "tutorials/b.py").unlink()
    (tmp_path / "docs/guide/chapter.md").write_text("| `tutorials/a.py` | |\n")
    gallery.copy_scripts(tmp_path)
    assert [path.name for path in copies.glob("*.py")] == ["a.py"]
    assert (copies / "a.py").stat().st_mtime_ns == before  # it is not run again


def test_every_page_of_the_guide_is_in_its_order():
    from makers import links

    listed = links.guide_pages((DOCS / "guide" / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(path.stem for path in GUIDE if path.stem != "README")


def test_every_public_module_is_in_the_api():
    from makers import api

    listed = {module for page in api.PAGES for module in page.modules}
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"} - NOT_LISTED
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"models"}
    models = {f"models.{path.parent.name}" for path in PACKAGE.glob("models/*/__init__.py")} | {"models.latent"}
    assert listed == files | folders | models
    pages = re.findall(r"^made/api/([\w-]+)$", (DOCS / "api.md").read_text(encoding="utf-8"), re.M)
    assert sorted(pages) == sorted(["names", *(page.file for page in api.PAGES)])


def test_every_public_name_is_in_the_api():
    from makers import api

    found = api.documented()
    for module in (minigen.models, minigen.ops, minigen.layers, minigen.losses, minigen.callbacks, minigen.datasets):
        names = [n for n in module.__all__ if not isinstance(getattr(module, n), type(minigen))]
        assert not [n for n in names if f"{module.__name__}.{n}" not in found]
    listed = {id(thing) for thing in found.values()}
    names = [name for name in minigen.__all__ if not isinstance(getattr(minigen, name), type(minigen))]
    assert not [name for name in names if id(getattr(minigen, name)) not in listed]
    assert "minigen.ops.tanh" in found and "minigen.museum.vae.TinyEpsilon" in found
    assert not api.is_internal("minigen.ops.no_such_name") and api.is_internal("minigen.models.generative.backend")


def test_a_constant_is_listed_with_its_module_and_what_it_is(tmp_path):
    from makers import api

    api.make(tmp_path)
    page = (tmp_path / "optimizers.rst").read_text(encoding="utf-8")
    assert ".. py:data:: Rate\n   :module: minigen.optimizers\n   :value: float | " in page
    assert "``sgd``, ``adam``" in page


def test_the_source_that_a_page_shows_is_there():
    from makers import families

    for family in families.FAMILIES:
        for _, _, file, name in family.parts:
            body = ast.parse((PACKAGE / file).read_text(encoding="utf-8")).body
            for part in name.split("."):
                (found,) = [node for node in body if getattr(node, "name", None) == part]
                body = found.body


def test_a_docstring_becomes_markup():
    from makers import plain

    text = """y = x_t * |x|,   dL/dx = g

w ← w - η g;   with momentum μ: m ← μ m - η g

A `name` and x_ and *x.

filters  how many,
         or `None`
padding  "same"

    1  2
    3  4

fit(x) logs:
    loss  nats
and more."""
    assert plain.markup(text.splitlines()) == [
        *(".. code-block:: text", "", "    y = x_t * |x|,   dL/dx = g", ""),
        *(".. code-block:: text", "", "    w ← w - η g;   with momentum μ: m ← μ m - η g", ""),
        *("A ``name`` and x\\_ and \\*x.", ""),
        *("filters", "    how many,", "    or ``None``", "padding", '    "same"', ""),
        *(".. code-block:: text", "", "        1  2", "        3  4", ""),
        *("fit(x) logs:", ""),
        *(".. code-block:: text", "", "        loss  nats", ""),
        *("and more.", ""),
    ]


def test_links_lead_to_the_pages_of_the_site():
    from makers import links

    text = "[a](../../benchmarks/README.md#x) [b](vae.md) [c](https://a.b/c) [d](../../findings/README.md)"
    page = DOCS / "guide" / "gan.md"
    moved = "[a](../made/benchmarks.md#x) [b](vae.md) [c](https://a.b/c) [d](../made/findings.md)"
    assert links.for_site(text, page, page, ROOT) == moved
    for source, made in links.PAGES.items():
        assert (ROOT / source).exists() and made.startswith(("made/", "index"))


def test_a_tutorial_that_the_guide_names_is_linked_to_its_page():
    from makers import links

    app = SimpleNamespace(srcdir=DOCS, env=SimpleNamespace(doc2path=lambda name: DOCS / f"{name}.md"))
    text = ["See `tutorials/9_1_gan.py`, `9_1_gan`; `gan`, `tutorials/` and `python tutorials/9_1_gan.py` are none."]
    links.complete(app, "guide/gan", text)
    linked = "[`tutorials/9_1_gan.py`](/made/gallery/9_1_gan.rst), [`9_1_gan`](/made/gallery/9_1_gan.rst)"
    assert text == [f"See {linked}; `gan`, `tutorials/` and `python tutorials/9_1_gan.py` are none."]


def test_every_finding_has_a_title_and_both_paragraphs(tmp_path):
    from makers import findings

    scripts = sorted((ROOT / "findings").glob("*.sh"))
    findings.make(ROOT / "findings", tmp_path)
    page = (tmp_path / "findings.md").read_text(encoding="utf-8")
    assert page.count("**Expected:**") == page.count("**Actual:**") == page.count("\n## ") == len(scripts)
    assert page.count("```output") >= len(scripts) and page.count("```") % 2 == 0


def test_every_exhibit_has_a_page_to_which_its_picture_belongs(tmp_path, monkeypatch):
    from makers import traps

    def drawn(family, folder):
        folder.mkdir(parents=True, exist_ok=True)
        names = [case.__name__ for case in getattr(minigen.museum, family).EXHIBITS]
        for name in names:
            (folder / f"{family}-{name}.png").write_bytes(b"")
        return dict.fromkeys(names, "`check`: text")

    monkeypatch.setattr(traps, "drawn", drawn)
    traps.make(tmp_path, tmp_path / "pages")
    pages = {path.stem for path in (tmp_path / "pages").glob("*-*.rst")}
    assert len(pages) == 16 and pages == {path.stem for path in (tmp_path / "pages").glob("*.png")}
    page = (tmp_path / "pages" / "vae-TinyEpsilon.rst").read_text(encoding="utf-8")
    assert "Signature" in page and "   :alt: Samples of the correct model and of TinyEpsilon" in page
    family = (tmp_path / "pages" / "gan.rst").read_text(encoding="utf-8")
    assert ":doc:`gan-NoNoise`\n    z = 0 for every image: the generator produces a single image.\n" in family
