"""The pages: their links lead somewhere, and the names, files and commands in their text exist."""

import builtins
import operator
import re

import pytest
from helpers.programs import GUIDE, README, ROOT

import minigen
from minigen import coursework, explorer
from minigen.datasets import attributes, mnist, text, toys
from minigen.recipes import registry

PAGES = [README, ROOT / "CONTRIBUTING.md", *GUIDE]
PLACES = {"mg": minigen, "mnist": mnist, "text": text, "attributes": attributes, "toys": toys}
PLACES |= {"scorer": minigen.models.Scorer, "vae": minigen.models.VAE, "gan": minigen.models.GAN}
PLACES |= {"rnn": minigen.models.CharRNN, "pixelcnn": minigen.models.PixelCNN, "trace": minigen.trace}
PLACES |= {name: getattr(minigen, name) for name in "models losses optimizers metrics plot datasets museum ops".split()}
WITH_CLASSES = [builtins, minigen, minigen.models, minigen.losses, minigen.ops, text, minigen.training, explorer]
OF_OTHERS = {"GradientTape", "BCEWithLogitsLoss"}
RECIPES = {recipe.name for recipe in registry.in_order()}
FOLDERS = "minigen tests tools tutorials benchmarks docs findings".split()


def prose(page):
    """The text of a page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)


def spans(page):
    """What stands between backticks in the text."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def exists(place, name):
    """Whether `place` has the dotted name."""
    try:
        operator.attrgetter(name)(place)
    except AttributeError:
        return False
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith("http"):
            continue
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if heading:
            titles = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.M)
            anchors = [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]
            assert heading in anchors, f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_names_exist(page):
    wrong, typed = [], re.findall(r"^\| (`[^|]+`) \| ", prose(page), re.M) if page.stem == "porting" else ()
    for span in spans(page):
        if f"`{span}`" in typed:  # names of other libraries, tested in test_porting.py
            continue
        if re.match(rf"({'|'.join(FOLDERS)})/", span):
            found = list(ROOT.glob(span)) if "*" in span else (ROOT / span).exists()
            wrong += [] if found else [span]
        for place, name in re.findall(r"(?<![\w./])(\w+)\.([A-Za-z_][\w.]*)", span):
            if place == "minigen":
                wrong += [] if exists(minigen, name) else [span]
            elif place in PLACES and not exists(PLACES[place], name) and name not in ("png", "html", "npz"):
                wrong.append(span)
        if re.fullmatch(r"[A-Z][a-z]\w*", span) and span not in OF_OTHERS:
            wrong += [] if any(hasattr(place, span) for place in WITH_CLASSES) else [span]
        if command := re.match(r"minigen train ([a-z0-9-]+)", span):
            wrong += [] if command[1] in RECIPES else [span]
    assert not wrong


def test_the_guide_lists_its_pages_and_the_chapter_its_recipes():
    index = (ROOT / "docs" / "guide" / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in GUIDE if f"({page.name})" not in index and page.name != "README.md"] == []
    chapter = spans(ROOT / "docs" / "guide" / "chapter.md")
    assert set(chapter) >= RECIPES
    assert {f"tutorials/{path.name}" for path in (ROOT / "tutorials").glob("*.py")} <= set(chapter)


def test_the_readme_is_short_and_maps_every_folder():
    text = README.read_text(encoding="utf-8")
    folders = {f"minigen/{path.parent.name}/" for path in (ROOT / "minigen").glob("*/__init__.py")}
    cells = re.findall(r"^\| (`minigen/[^|]*) \|", text, re.M)
    assert len(text.splitlines()) <= 150
    assert folders | {"minigen/*.py"} == set(re.findall(r"`([^`]+)`", " ".join(cells)))


def test_the_plan_of_the_term_has_every_exercise_and_tutorial_of_the_chapter_once():
    plan = (ROOT / "docs" / "guide" / "lecturer.md").read_text(encoding="utf-8").partition("## Before")[0]
    weeks = [[cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\| \d .*", plan, re.M)]
    tutorials = re.findall(r"`(\w+)`", " ".join(week[2] for week in weeks))
    files = [path.stem for path in (ROOT / "tutorials").glob("*.py") if not path.stem.startswith("user_")]
    assert sorted(set(tutorials) - {"user_own_step"}) == sorted(files) and len(tutorials) == len(set(tutorials))
    assert set(re.findall(r"`([^`]+)`", " ".join(week[3] for week in weeks))) <= RECIPES
    numbers = [int(n) for week in weeks for n in re.findall(r"\d+", week[4])]
    assert len(weeks) == 8 and sorted(numbers) == list(coursework.all_exercises())
