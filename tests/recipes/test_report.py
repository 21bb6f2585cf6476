"""The numbers, the tables and the page of a run: those of a short run are marked."""

import pytest

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
