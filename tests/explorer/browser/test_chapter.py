"""The page of the chapter: its explorer, folded in and in a frame, works as it does alone."""

import html
from types import SimpleNamespace

import pytest
from helpers import browsers
from helpers.recipe_runs import runs_with_models

from minigen.recipes import report


@pytest.fixture
def chapter(show, tmp_path):
    """The page of the autoencoder and of the VAE, both untrained, in a browser."""
    runs = runs_with_models(tmp_path, 16)
    return show(SimpleNamespace(write=lambda path: report.write(runs, path, "")))


def unfold(page):
    """Open the explorer of the page, and go into its frame."""
    from selenium.webdriver.support.ui import WebDriverWait

    page.find("summary").click()
    page.driver.switch_to.frame(page.find("iframe"))
    WebDriverWait(page.driver, 10).until(lambda driver: driver.execute_script("return window.explorer !== undefined"))
    page.driver.execute_async_script("explorer.ready.then(() => arguments[0]())")


def test_a_drag_in_the_frame_moves_the_picture(chapter):
    """The fixture asks in the end whether anything was logged or requested."""
    unfold(chapter)
    try:
        titles = chapter.js("return explorer.views.map((view) => view.title)")
        assert titles == list(report.EXPLORED.values())
        before = chapter.pixels(), chapter.state()["z"]
        chapter.drag(".plane", (0.5, 0.5), (0.4, 0.3), (0.3, 0.2))
        assert chapter.pixels() != before[0] and chapter.state()["z"] != before[1]
    finally:
        chapter.driver.switch_to.default_content()


def test_what_a_frame_logs_and_requests_is_found(browser, tmp_path):
    code = "<script>new Image().src = 'http://127.0.0.1:9/a.png'; throw new Error('wrong')</script>"
    path = tmp_path / "frame.html"
    path.write_text(f'<iframe sandbox="allow-scripts" srcdoc="{html.escape(code)}"></iframe>', encoding="utf-8")
    browser.get(path.as_uri())
    assert "http://127.0.0.1:9/a.png" in browsers.requests(browser)
    assert any("wrong" in line for line in browsers.console(browser))
