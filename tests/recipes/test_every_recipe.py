"""Every recipe runs, and the chapter's page shows all of them."""

import re

from minigen import cli
from minigen.recipes import registry


def test_chapter_runs_every_recipe_and_writes_one_page(tmp_path, capsys):
    assert cli.main(["chapter", "--quick", "--out", str(tmp_path)]) == 0
    page = (tmp_path / "chapter.html").read_text(encoding="utf-8")
    for recipe in registry.in_order():
        assert f"id='{recipe.name}'" in page
        assert bool(list((tmp_path / recipe.name).glob("*checkpoint.npz"))) == bool(recipe.resume), recipe.name
    figures = list(tmp_path.rglob("*.png"))
    assert page.count("data:image/png;base64,") == len(figures) >= len(registry.recipes)
    text = re.sub(r"base64,[^']*", "", page)  # in which any four letters may stand
    assert "<script" not in text and "http" not in text
