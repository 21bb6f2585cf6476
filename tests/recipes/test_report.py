"""The numbers, the tables and the page of a run: those of a short run are marked."""

import html
import io

import numpy as np
import pytest
from helpers.pages import Elements, read_page
from helpers.recipe_runs import runs_with_models
from PIL import Image

from minigen import plot
from minigen.recipes import Run, Settings, registry, report


@pytest.mark.parametrize("shorter", [{"quick": True}, {"epochs": 1}])
def test_every_row_of_a_short_run_is_marked_and_the_page_says_so(shorter, tmp_path):
    run = Run(
        registry.recipes["logistic-regression"], Settings(out=str(tmp_path), data="sample", verbose=0, **shorter), 30
    )
    run.flat_images()
    run.number("a", 1.0, "0.92 to 0.93")
    run.number("b", 1.0)
    run.table("c", ["d"], [["e"]])
    assert [table.caption for table in run.tables] == ["c (of a short run)"]
    assert [expected for _, _, expected in run.numbers] == ["after a full run: 0.92 to 0.93", "of a short run"]
    page = report.write([run], tmp_path / "page.html", "").read_text(encoding="utf-8")
    assert page.count("A short run, with fewer images or epochs") == 1
    assert run.images_learnt == (1000 if "quick" in shorter else 5000)


@pytest.mark.parametrize(("name", "heading"), [("pca", "9.2.3 "), ("families", "Beyond the chapter: ")])
def test_the_section_stands_before_the_title(name, heading, tmp_path):
    run = Run(registry.recipes[name], Settings(out=str(tmp_path), data="sample", verbose=0), 1)
    assert f"<h2>{heading}{run.recipe.title}</h2>" in report.section(run)


def test_a_full_run_has_no_mark(tmp_path):
    run = Run(registry.recipes["pca"], Settings(out=str(tmp_path), data="sample", verbose=0), 1)
    run.number("a", 1.0, "0.92")
    run.table("c", ["d"], [["e"]])
    assert [table.caption for table in run.tables] == ["c"]
    page = report.write([run], tmp_path / "page.html", "").read_text(encoding="utf-8")
    assert run.numbers == [("a", "1.0000", "0.92")] and "A short run" not in page


def test_the_autoencoder_and_the_vae_are_side_by_side_in_a_frame(tmp_path):
    runs = runs_with_models(tmp_path, 8)
    page = report.write(runs, tmp_path / "page.html", "").read_text(encoding="utf-8")
    (frame,) = [attributes for attributes, _ in Elements(page.replace("<br>", "")).of("iframe")]
    assert frame["sandbox"] == "allow-scripts"
    data, _ = read_page(frame["srcdoc"])
    assert [view["title"] for view in data["views"]] == list(report.EXPLORED.values())
    assert page.index("<section id='vae'>") < page.index("<details>") < page.index("</details>") < page.index("</body>")
    assert page.count("<details>") == 1 and html.escape(frame["srcdoc"]) in page
    for some in (runs[:2], runs[2:], runs[:1]):
        assert "<iframe" not in report.write(some, tmp_path / "page.html", "").read_text(encoding="utf-8")


def test_the_explorer_leaves_room_for_the_figures(tmp_path):
    """The page of the chapter is to stay below 10 MB; its figures take 4.5 of them."""
    runs = {run.recipe.name: run for run in runs_with_models(tmp_path, 512)}
    assert 3e6 < len(report.explorer_of(runs).encode()) < 4.5e6


def test_a_figure_on_the_page_has_the_pixels_of_its_file(tmp_path):
    figure = plot.grid(np.random.default_rng(0).random((4, 16, 16, 3)))
    path = plot.save(figure, tmp_path / "figure.png")
    data = report.as_webp(path)
    expected, found = (np.asarray(Image.open(file).convert("RGB")) for file in (path, io.BytesIO(data)))
    np.testing.assert_array_equal(found, expected)
    assert len(data) < 0.8 * path.stat().st_size
