"""The tests of the explorer's page run in a real Chromium: one for all tests, with a profile of its own."""

import os

import pytest
from helpers.browsers import Shown, console, requests, started, why_no_browser

REQUIRED = os.environ.get("MINIGEN_BROWSER") == "1"  # continuous integration must not skip these tests


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Chromium, steered by selenium. Without it the tests are skipped; with MINIGEN_BROWSER=1 they fail."""
    reason = why_no_browser()
    if reason and REQUIRED:
        pytest.fail(f"MINIGEN_BROWSER=1, but there is no browser: {reason}", pytrace=False)
    if reason:
        pytest.skip(f"no browser: {reason}")
    driver = started(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def show(browser, tmp_path):
    """show(book, "#z=0,1", width=360) opens a page. In the end it must have logged nothing and requested nothing."""
    paths = []

    def open_page(book, address="", width=1000, height=900, **options):
        path = book.write(tmp_path / f"page{len(paths)}.html", **options)
        paths.append(path)
        return Shown(opened(browser, path, address, width, height))

    forget(browser)
    yield open_page
    found = console(browser), [url for url in requests(browser) if not from_one_of(url, paths)]
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert found == ([], [])


def opened(browser, path, address, width, height):
    """The browser, when the page is complete."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get("about:blank")  # else an address that differs behind # would not load the page anew
    browser.get(path.as_uri() + address)
    browser.execute_async_script(
        "const done = arguments[0]; explorer.ready.then(() => requestAnimationFrame(() => done()), () => done())"
    )
    return browser


def from_one_of(url, paths):
    return any(url.partition("#")[0] == f"file://{path}" for path in paths)


def forget(browser):
    """Leave the last page, and empty the logs."""
    browser.get("about:blank")
    console(browser)
    requests(browser)
