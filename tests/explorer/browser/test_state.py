"""The state of a page stands in its address: it can be linked, and nothing in an address can do harm."""

import pytest
from helpers.explorer_pages import Book


def test_a_new_page_has_no_state_in_its_address(show):
    page = show(Book().vae().gan())
    assert page.js("return hashOf(explorer.views)") == ""


@pytest.mark.parametrize(
    ("make", "address"),
    [
        ("vae", "#z=0.5,-1.25"),
        ("vae", "#seed=7&z=1,2&from=0,0.123&to=-1,2&along=0.35&example=2"),
        ("conditional_vae", "#z=0.5,-1.25&label=2"),
        ("gan", "#seed=12&frames=2"),
        ("denoiser", "#seed=3&example=1&noise=0.25"),
    ],
)
def test_an_address_comes_back_as_it_was(show, make, address):
    page = show(getattr(Book(), make)(), address)
    page.js("explorer.views[0].change({})")
    assert page.address() == address


def test_the_views_of_a_page_have_their_own_fields(show):
    page = show(Book().autoencoder().vae(), "#z=0.5,0.25&2.z=-1,2")
    assert page.state(0)["z"] == [0.5, 0.25] and page.state(1)["z"] == [-1, 2]
    page.js("explorer.views[1].change({z: new Float32Array([2, 2])})")
    assert page.address() == "#z=0.5,0.25&2.z=2,2"


def test_a_drag_ends_in_an_address_that_shows_the_same_picture(show):
    book = Book().vae()
    page = show(book)
    page.drag(".plane", (0.5, 0.5), (0.3, 0.2))
    address, z, picture = page.address(), page.state()["z"], page.grey()
    again = show(book, address)
    assert again.state()["z"] == pytest.approx(z, abs=5e-4)
    assert abs(again.grey() - picture).max() <= 1


def test_a_new_address_moves_the_page(show):
    page = show(Book().vae())
    page.js("location.hash = '#z=1,1&example=1'")
    page.address()
    assert page.state()["z"] == [1, 1] and page.state()["example"] == 1
    page.js("location.hash = '#z=1,1'")
    page.address()
    assert page.state()["example"] is None


@pytest.mark.parametrize(
    "address",
    [
        "#z=1",
        "#z=1,2,3",
        "#z=NaN,Infinity",
        "#z=1e999,0",
        "#z=,",
        "#z=0x10,1",
        "#label=1",
        "#label=-1",
        "#seed=1.5",
        "#seed=99999999999",
        "#example=3",
        "#along=2",
        "#frames=0",
        "#__proto__=1",
        "#constructor=1&toString=2",
        "#z=%3Cimg%20src=x%20onerror=alert(1)%3E",
        "#3.z=1,1",
        "#=&&==&z",
    ],
)
def test_what_does_not_fit_in_an_address_is_ignored(show, address):
    page = show(Book().vae(), address)
    assert page.js("return hashOf(explorer.views)") == ""
    assert page.state()["z"] == [0, 0]


def test_a_page_inside_of_a_page_works_without_an_address(show, tmp_path):
    import html

    inner = Book().vae().write(tmp_path / "inner.html").read_text(encoding="utf-8")
    page = show(Book().autoencoder(), outer=f"<iframe width=600 height=600 srcdoc='{html.escape(inner)}'></iframe>")
    page.driver.switch_to.frame(0)
    try:
        page.driver.execute_async_script("explorer.ready.then(arguments[0])")
        page.press(".plane", "\ue014")
        assert page.state()["z"][0] > 0
        assert page.address() == ""
    finally:
        page.driver.switch_to.default_content()
