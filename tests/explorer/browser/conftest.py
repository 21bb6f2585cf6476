"""The tests of the explorer's page run in a real Chromium: one for all tests, with a profile of its own."""

import os

import pytest
from helpers.browsers import console, forget, opened, requests, started, why_no_browser

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
        return opened(browser, path, address, width, height)

    forget(browser)
    yield open_page
    addresses = [f"file://{path}" for path in paths]
    found = console(browser), [url for url in requests(browser) if url.partition("#")[0] not in addresses]
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert found == ([], [])
