"""A mouse, a finger and keys move the code, and with it the picture."""

import numpy as np
import pytest
from helpers.explorer_pages import Book


@pytest.fixture
def plane(show):
    """A VAE with a plane from -a to a, a = 3.39 or more, and z at 0."""
    return show(Book().vae())


def test_the_plane_begins_at_the_middle_of_the_prior(plane):
    assert plane.state()["z"] == [0, 0]


def test_a_drag_moves_the_picture(plane):
    before = plane.pixels()
    plane.drag(".plane", (0.5, 0.5), (0.7, 0.4), (0.75, 0.25))
    bounds = plane.js("return explorer.views[0].parts[1].axes.bounds")
    z = [low + share * (high - low) for (low, high), share in zip(bounds, (0.75, 0.75), strict=True)]
    assert plane.state()["z"] == pytest.approx(z, abs=0.05)
    assert plane.pixels() != before


def test_a_mouse_that_is_not_pressed_moves_nothing(plane):
    from selenium.webdriver import ActionChains

    before = plane.state()
    ActionChains(plane.driver, duration=0).move_to_element(plane.find(".plane")).perform()
    ActionChains(plane.driver, duration=0).move_by_offset(30, 30).perform()
    assert plane.state() == before


def test_a_drag_goes_on_outside_of_the_plane_and_stays_on_its_edge(plane):
    plane.drag(".plane", (0.5, 0.5), (1.2, 0.5))
    bounds = plane.js("return explorer.views[0].parts[1].axes.bounds")
    assert plane.state()["z"][0] == pytest.approx(bounds[0][1], abs=1e-5)


def test_a_finger_moves_the_picture_and_does_not_scroll(show):
    page = show(Book().vae(), width=360, height=640)
    before = page.pixels()
    box = page.find(".plane").rect
    page.touch(".plane", (0.5, 0.9), (0.4, 0.5), (0.3, 0.1))
    z = page.state()["z"]
    assert box["width"] > 200 and z[0] < -1 and z[1] > 1
    assert page.pixels() != before
    scrolled = page.js("return scrollY")
    page.touch(".plane", (0.5, 0.9), (0.5, 0.1))
    assert page.js("return scrollY") == scrolled


@pytest.mark.parametrize(
    ("key", "way"), [("ARROW_LEFT", [-1, 0]), ("ARROW_RIGHT", [1, 0]), ("ARROW_UP", [0, 1]), ("ARROW_DOWN", [0, -1])]
)
def test_arrow_keys_move_the_picture(plane, key, way):
    from selenium.webdriver import Keys

    before, width = plane.pixels(), plane.js("return explorer.views[0].parts[1].axes.width")
    plane.press(".plane", getattr(Keys, key) * 3)
    assert plane.state()["z"] == pytest.approx([3 * w * width / 100 for w in way], abs=1e-5)
    plane.press(".plane", Keys.SHIFT, getattr(Keys, key), Keys.NULL)
    assert plane.state()["z"] == pytest.approx([13 * w * width / 100 for w in way], abs=1e-5)
    assert plane.pixels() != before
    plane.press(".plane", Keys.HOME)
    assert plane.state()["z"] == [0, 0]
    assert plane.pixels() == before


def test_other_keys_keep_their_meaning(plane):
    from selenium.webdriver import Keys

    plane.press(".plane", Keys.TAB)
    assert plane.js("return document.activeElement.tagName") == "BUTTON"


def test_the_picture_is_what_the_decoder_says(plane):
    plane.drag(".plane", (0.5, 0.5), (0.6, 0.3))
    z = plane.state()["z"]
    (image,) = plane.run(0, "decoder", [[z]])
    assert np.abs(plane.grey() - 255 * np.array(image)).max() <= 1


def test_a_slider_moves_one_latent_variable(show):
    page = show(Book().vae(12))
    before, pixels = page.state()["z"], page.pixels()
    page.move_slider(page.find_all(".slider input")[1], 2.4)
    after = page.state()["z"]
    assert [i for i in range(12) if after[i] != before[i]] == [10]  # the second by its KL
    assert after[10] == pytest.approx(2.4, abs=0.02)
    assert page.pixels() != pixels


def test_sliders_are_sorted_by_their_kl_and_those_that_say_nothing_are_grey(show):
    page = show(Book().vae(3, kl=[0.002, 1.25, 3.5]))
    names = [slider.text.split("\n")[0] for slider in page.find_all(".sliders .slider")]
    assert names == ["z3, 3.50 nats", "z2, 1.25 nats", "z1, not used"]
    assert [s.text.split(",")[0] for s in page.find_all(".slider.unused")] == ["z1"]


def test_another_draw_is_a_new_picture_and_the_same_for_the_same_seed(show):
    page = show(Book().gan())
    first, z = page.pixels(), page.state()["z"]
    page.click("Another sample")
    assert page.pixels() != first and page.address() == "#seed=2"
    page.js("location.hash = ''")
    page.address()
    assert page.state()["z"] == z and page.pixels() == first


def test_draws_are_normal(show):
    page = show(Book().gan())
    draws = np.array(page.js("return Array.from(normal(5, 20000))"))
    assert abs(draws.mean()) < 0.03 and draws.std() == pytest.approx(1, abs=0.03)
    assert (np.abs(draws) < 1).mean() == pytest.approx(0.683, abs=0.015)


def test_a_class_changes_the_picture(show):
    page = show(Book().conditional_vae())
    before = page.pixels()
    page.find_all("input[type=radio]")[2].click()
    assert page.state()["label"] == 2
    (image,) = page.run(0, "decoder", [[[0, 0], [0, 0, 1]]])
    assert page.pixels() != before
    assert np.abs(page.grey() - 255 * np.array(image)).max() <= 1


def test_a_path_leads_from_one_code_to_the_other(show):
    page = show(Book().vae(), "#z=-1,0.5")
    slider = page.find(".board fieldset input")
    assert not slider.is_enabled()
    page.click("Start here")
    page.drag(".plane", (0.7, 0.7), (0.75, 0.75))
    page.click("End here")
    end = page.state()["z"]
    page.move_slider(slider, 0.25)
    assert page.state()["z"] == pytest.approx([-0.75 + end[0] / 4, 0.375 + end[1] / 4], abs=1e-4)


def test_a_path_plays_to_its_end(show):
    page = show(Book().gan())
    start = page.state()["z"]
    page.click("End at a sample")
    seen = page.played(1, 0.2, "along")
    state = page.state()
    assert seen[0] < 0.5 and seen == sorted(seen) and state["along"] == 1
    assert state["z"] == pytest.approx(state["to"]) and state["from"] == pytest.approx(start)


def test_a_path_can_be_stopped(show):
    page = show(Book().vae())
    page.click("End at a sample")
    page.click("Play the path")
    page.click("Stop the path")
    along = page.state()["along"]
    page.driver.execute_async_script("setTimeout(arguments[0], 100)")
    assert page.state()["along"] == along < 1


def test_with_less_motion_a_path_moves_in_a_few_steps(show):
    page = show(Book().vae())
    page.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    )
    page.click("End at a sample")
    steps = page.driver.execute_async_script(  # all of it in the page: a driver may be slower than a step
        "const [done] = arguments, { button } = explorer.views[0].parts.find((part) => part.player).player;"
        "explorer.times.length = 0; button.click();"
        "setTimeout(() => { button.click(); done(explorer.times.length); }, 300)"
    )
    assert steps == 1
