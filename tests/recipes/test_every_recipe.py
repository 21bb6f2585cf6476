"""Every recipe has a test that runs it, and the page of the chapter shows all that were run."""

import re
from pathlib import Path

from minigen import cli
from minigen.recipes import registry

FOLDER = Path(__file__).parent
COOK = re.compile(r'cook\("([\w-]+)"')
FAST = ("scorer", "latent2d", "toy-autoencoder", "fc-autoencoder", "linear-vae")


def test_every_recipe_is_run_in_the_test_file_of_its_module_and_by_no_two_tests():
    for recipe in registry.recipes.values():
        _, _, *folders, module = recipe.execute.__module__.split(".")
        file = FOLDER.joinpath(*folders, f"test_{module}.py")
        assert f'"{recipe.name}"' in file.read_text(encoding="utf-8"), f"{file.name} does not run {recipe.name}"
    cooked = [name for path in FOLDER.rglob("test_*.py") for name in COOK.findall(path.read_text(encoding="utf-8"))]
    assert len(cooked) == len(set(cooked)) > 20 and set(cooked) <= set(registry.recipes)


def test_the_chapter_is_one_page_of_all_recipes(tmp_path, capsys, monkeypatch):
    """Of a few, here; two at a time, and the one that scores images after the scorer."""
    monkeypatch.setattr(registry, "recipes", {name: registry.recipes[name] for name in FAST})
    assert cli.main(["chapter", "--quick", "--jobs", "2", "--out", str(tmp_path)]) == 0
    page = (tmp_path / "chapter.html").read_text(encoding="utf-8")
    places = [page.index(f"<section id='{recipe.name}'") for recipe in registry.in_order()]
    assert places == sorted(places) and len(places) == len(FAST)
    figures = list(tmp_path.rglob("*.png"))
    assert page.count("data:image/webp;base64,") == len(figures) >= len(FAST)
    assert len(list(tmp_path.glob("scorer-*.npz"))) == 1
    text = re.sub(r"base64,[^']*", "", page)  # in which any four letters may stand
    assert "<script" not in text and "http" not in text
    assert f"{len(FAST)} recipes, 2 at a time" in capsys.readouterr().out
