"""The page as a whole: it sends nothing, text stays text, it fits every screen, and every control has a name."""

import re
import socket

import numpy as np
import pytest
from helpers import browsers
from helpers.explorer_pages import Book

MARKUP = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script></script><!--\u2028]]> &lt;b&gt;"
WIDTHS = (360, 900, 2560)


def every_kind(**fields):
    book = Book().autoencoder(**fields).vae(**fields).vae(12, **fields).conditional_vae(**fields)
    return book.gan(**fields).denoiser(**fields)


# ---- nothing leaves the page, and nothing goes wrong unseen


def test_a_request_is_found(browser, tmp_path):
    """The check of every test: a page without a policy that asks for a picture fails it."""
    path = tmp_path / "asks.html"
    path.write_text("<img src='http://127.0.0.1:9/picture.png'>", encoding="utf-8")
    browser.get(path.as_uri())
    assert "http://127.0.0.1:9/picture.png" in browsers.requests(browser)
    assert browsers.console(browser)


def test_an_error_is_found(browser, tmp_path):
    path = tmp_path / "wrong.html"
    path.write_text("<script>console.error('wrong'); throw new Error('worse')</script>", encoding="utf-8")
    browser.get(path.as_uri())
    assert len(browsers.console(browser)) == 2


@pytest.fixture
def server():
    """A socket that listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def was_asked(server):
    """Whether a request has come in; a connection without one is none."""
    try:
        connection, _ = server.accept()
    except BlockingIOError:
        return False
    with connection:
        connection.settimeout(0.2)
        try:
            return connection.recv(1) != b""
        except TimeoutError:
            return False


REQUESTS = [
    "new Image().src = '{}a.png'",
    "fetch('{}').catch(() => 0)",
    "navigator.sendBeacon('{}', 'data')",
    "document.head.append(Object.assign(document.createElement('link'), {{rel: 'stylesheet', href: '{}'}}))",
    "document.body.append(Object.assign(document.createElement('iframe'), {{src: '{}'}}))",
]
SCRIPTS = [
    "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.hacked = 1'}))",
    "document.body.innerHTML += '<a onclick=\"window.hacked = 1\">'; document.querySelector('a').click()",
]


@pytest.mark.parametrize("code", REQUESTS)
def test_the_policy_refuses_requests(browser, show, server, code):
    page = show(Book().vae())
    page.js(code.format(f"http://127.0.0.1:{server.getsockname()[1]}/"))
    wait(page, 100)
    assert not was_asked(server)
    assert "Content Security Policy" in " ".join(browsers.console(browser))
    browsers.requests(browser)  # those that were refused


def test_without_the_policy_the_request_would_be_made(browser, server, tmp_path):
    path = Book().vae().write(tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub("<meta http-equiv[^>]*>", "", text), encoding="utf-8")
    page = browsers.opened(browser, path)
    page.js(REQUESTS[0].format(f"http://127.0.0.1:{server.getsockname()[1]}/"))
    wait(page, 100)
    assert was_asked(server)


@pytest.mark.parametrize("code", SCRIPTS)
def test_the_policy_refuses_other_scripts(browser, show, code):
    page = show(Book().vae())
    page.js(code)
    assert page.js("return window.hacked") is None
    assert "Content Security Policy" in " ".join(browsers.console(browser))


def wait(page, ms):
    page.driver.execute_async_script("setTimeout(arguments[1], arguments[0])", ms)


def test_a_page_that_cannot_be_read_says_so(browser, show):
    book = Book().vae()
    book.views[0]["decoder"]["calls"][0]["layer"] = f"toString{MARKUP}"
    page = show(book)
    text = page.find("[role=alert]").text
    assert text.startswith("This page cannot be shown: unknown layer: toString<img src=x")
    assert any("unknown layer" in line for line in browsers.console(browser))


# ---- text stays text


def test_markup_in_texts_stays_text(show):
    book = Book()
    film = book.film(2, title=MARKUP, captions=[MARKUP, MARKUP], curves={MARKUP: [1.0, 2.0]})
    names = [f"{i}{MARKUP}" for i in range(10)]
    book.conditional_vae(title=MARKUP, names=names, classes=[MARKUP] * 3, films=[film], **book.codes(2))
    book.vae(5, title=MARKUP)
    for network in (book.views[0]["decoder"], book.views[1]["decoder"]):
        for entry in network["inputs"]:
            entry["name"] = MARKUP
        network["calls"][0]["name"] = MARKUP
    page = show(book, title=MARKUP)
    assert page.js("return document.title") == MARKUP
    assert [page.find(tag).get_attribute("textContent") for tag in ("h1", "h2")] == [MARKUP, MARKUP]
    assert page.find("figure:has(.film) figcaption").get_attribute("textContent") == MARKUP
    assert page.find_all("img, b:not(.legend b), b *, main script, h1 *, h2 *, title *") == []
    assert page.js("return document.scripts.length") == 3
    assert page.js("return window.hacked") is None


@pytest.mark.parametrize("title", ["<!--DATA-->", "/*SCRIPT*/", "<!--ARRAYS--><!--CSP-->"])
def test_the_names_of_places_in_the_template_are_text_as_well(show, title):
    page = show(Book().vae(title=title), title=title)
    assert page.find("h1").text == title == page.find("h2").get_attribute("textContent")


# ---- every screen


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_its_width(show, width):
    page = show(every_kind(), width=width)
    assert page.js("return innerWidth") == width
    assert not scrolls_sideways(page)
    views = [view.rect for view in page.find_all(".view")]
    assert all(view["width"] >= min(340, width - 40) for view in views)
    assert (views[0]["y"] == views[1]["y"]) == (width >= 900)  # side by side, where there is room
    for element in page.find_all(".plane, .pad, button, input[type=range]"):
        box = element.rect
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, element.accessible_name


def test_long_words_do_not_make_the_page_wider(show):
    word = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
    book = Book()
    film = book.film(2, title=word, captions=[word, word], curves={word: [1.0, 2.0]})
    book.conditional_vae(title=word, names=[word + str(i) for i in range(10)], classes=[word] * 3, films=[film])
    page = show(book, width=360, title=word)
    assert not scrolls_sideways(page)


def test_a_page_that_is_too_wide_is_found(show):
    page = show(Book().vae(), width=360)
    page.js("document.querySelector('h1').style.width = '400px'")
    assert scrolls_sideways(page)


def scrolls_sideways(page):
    return page.js("const root = document.documentElement; return root.scrollWidth > root.clientWidth")


def test_on_a_narrow_screen_the_picture_stays_in_sight(show):
    page = show(Book().gan(), width=360, height=640)
    slider = page.find_all(".slider input")[9]
    page.js("arguments[0].scrollIntoView({block: 'end'})", slider)
    box = page.js("return document.querySelector('.decoded').getBoundingClientRect().toJSON()")
    assert box["top"] >= 0 and box["bottom"] < page.js("return arguments[0].getBoundingClientRect().top", slider)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_and_signs_can_be_told_from_the_paper(show, scheme):
    page = show(Book().vae(12).autoencoder())
    page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    colour = {name: luminance(page, page.js("return cssColour(arguments[0])", name)) for name in COLOURS}
    assert contrast(colour["--ink"], colour["--page"]) >= 7 and contrast(colour["--ink"], colour["--card"]) >= 7
    assert contrast(colour["--quiet"], colour["--card"]) >= 4.5
    assert contrast(colour["--accent"], colour["--card"]) >= 4.5
    assert contrast(colour["--accent"], colour["--on-accent"]) >= 4.5
    signs = [luminance(page, page.js("return colourOf(arguments[0])", i)) for i in range(10)]
    assert min(contrast(sign, colour["--paper"]) for sign in signs) >= 3
    assert (colour["--paper"] > 0.5) == (scheme == "light")
    assert np.mean(list(page.pixels(".plane")[:3])) == pytest.approx(255 if scheme == "light" else 26, abs=2)


COLOURS = "--page --card --paper --ink --quiet --accent --on-accent".split()


def luminance(page, colour):
    """The relative luminance of a colour, 0 to 1, as WCAG defines it."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


# ---- keyboard and screen reader


def tree(page):
    """(role, name) of every node of the accessibility tree."""
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n["ignored"]]


def test_every_control_and_every_picture_has_a_name(show):
    page = show(every_kind())
    page.js("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    nodes = tree(page)
    roles = "slider button radio application image img group Canvas".split()
    named = [(role, name) for role, name in nodes if role in roles]
    assert [role for role, name in named if not name.strip()] == []
    count = {role: sum(r == role for r, _ in named) for role in roles}
    controls = {kind: len(page.find_all(kind)) for kind in ("input[type=range]", "button", "input[type=radio]")}
    assert [count["slider"], count["button"], count["radio"]] == list(controls.values())
    assert count["application"] == len(page.find_all("canvas[role=application]"))
    assert not page.find_all("canvas:not([role])")
    names = [name for role, name in named if role == "slider"]
    assert len(set(names)) > 12 and "z3, 0.36 nats" in names


def test_a_control_without_a_name_is_found(show):
    page = show(Book().vae(), mutant=('"aria-label": name', '"data-name": name'))
    page.js("document.querySelectorAll('.slider .name').forEach((n) => n.remove())")
    page.js("document.querySelectorAll('.slider .number').forEach((n) => n.remove())")
    assert ("slider", "") in tree(page)


def test_what_is_done_is_said(show):
    page = show(Book().vae())
    page.press(".plane", "\ue014")
    wait(page, 500)
    spoken = page.find("[aria-live]")
    assert spoken.get_attribute("textContent").startswith("A VAE: z = (0.0")
    assert spoken.get_attribute("aria-live") == "polite"


def test_everything_can_be_reached_by_tab_and_shows_its_focus(show):
    page = show(Book().conditional_vae())
    seen = []
    for _ in range(12):
        page.press("body" if not seen else ":focus", "\ue004")
        if page.js("return document.activeElement === document.body"):
            break
        style = page.js("const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth]")
        assert style == ["solid", "3px"]
        seen.append(page.js("const e = document.activeElement; return e.ariaLabel || e.textContent || e.type"))
    assert seen[0].startswith("Plane") and any(name.startswith("Drawing pad") for name in seen)
    assert {"Start here", "End here", "Another sample", "radio", "Clear", "A test image"} <= set(seen)
