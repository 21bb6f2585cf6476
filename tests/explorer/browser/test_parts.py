"""The drawing pad with an encoder or before a network from image to image, the films, and what the plane shows."""

import numpy as np
import pytest
from helpers.explorer_pages import SIZE, Book


def pad_of(page):
    return np.array(page.js("return Array.from(explorer.views[0].parts[0].pad.data)")).reshape(SIZE, SIZE)


def centre_of(picture):
    """The centre of mass (down, across) of a picture whose black is 0."""
    places = np.arange(SIZE)
    return np.array([picture.sum(1) @ places, picture.sum(0) @ places]) / picture.sum()


def in_the_middle(picture):
    """The picture moved by whole pixels; none with something on it may leave the image."""
    return np.roll(picture, np.rint(SIZE / 2 - centre_of(picture)).astype(int), (0, 1))


def code_of(page):
    return page.js("const c = explorer.views[0].code; return c && [Array.from(c.mu), c.sigma && Array.from(c.sigma)]")


def test_a_drawing_is_encoded_and_the_picture_is_its_reconstruction(show):
    page = show(Book().vae())
    assert code_of(page) is None
    page.drag(".pad", (0.25, 0.25), (0.5, 0.5))
    drawn = pad_of(page)
    assert drawn[2, 2] == drawn[3, 3] == 1 and drawn[7, 0] == drawn[0, 7] == 0
    given = in_the_middle(drawn).ravel().tolist()
    (mu,), (logvar,) = (page.run(0, "encoder", [[given]], output) for output in (0, 1))
    found_mu, sigma = code_of(page)
    assert found_mu == pytest.approx(mu) and sigma == pytest.approx(np.exp(np.array(logvar) / 2))
    assert page.state()["z"] == pytest.approx(mu)
    (image,) = page.run(0, "decoder", [[mu]])
    assert np.abs(page.grey() - 255 * np.array(image)).max() <= 1


@pytest.mark.parametrize("low", [0, -1])
def test_the_network_gets_a_drawing_with_its_centre_of_mass_in_the_middle(show, low):
    page = show(Book().denoiser(range=[low, 1], noise=0.0))
    page.drag(".pad", (0.2, 0.1), (0.4, 0.1))
    drawn = pad_of(page) - low
    given = page.grey(INPUT).reshape(SIZE, SIZE) * (1 - low) / 255
    np.testing.assert_allclose(given, in_the_middle(drawn), atol=0.01)
    assert np.abs(centre_of(given) - SIZE / 2).max() <= 0.51 < np.abs(centre_of(drawn) - SIZE / 2).min()
    assert drawn[:2].any() and not given[:2].any()
    page.click("Clear")
    assert not page.grey(INPUT).any()
    page.click("A test image")
    assert np.abs(page.grey(INPUT) - 255 * (pad_of(page).ravel() - low) / (1 - low)).max() <= 1


def test_the_ellipse_of_the_code_is_drawn(show):
    page = show(Book().vae(), width=360)
    page.click("A test image")
    page.js("const v = explorer.views[0]; v.change({z: new Float32Array([3, 3])})")
    before = page.pixels(".plane")
    page.js("const v = explorer.views[0]; v.code.sigma[0] *= 1.5; v.draw()")
    wider = page.pixels(".plane")
    page.js("const v = explorer.views[0]; v.code = null; v.draw()")
    assert before != wider != page.pixels(".plane") != before


def test_an_autoencoder_has_a_code_without_deviations(show):
    page = show(Book().autoencoder())
    page.drag(".pad", (0.5, 0.2), (0.5, 0.8))
    assert code_of(page)[1] is None


def test_the_class_belongs_to_the_code(show):
    page = show(Book().conditional_vae())
    page.click("A test image")
    first, z = code_of(page), page.state()["z"]
    page.find_all("input[type=radio]")[1].click()
    assert code_of(page) != first
    assert page.state()["z"] == z  # the same style, another class


def test_a_finger_draws(show):
    page = show(Book().autoencoder())
    page.touch(".pad", (0.2, 0.5), (0.8, 0.5))
    assert (pad_of(page)[3:5, 2:6] == 1).all()


def test_keys_draw(show):
    from selenium.webdriver import Keys

    page = show(Book().autoencoder())
    page.press(".pad", Keys.ARROW_UP, Keys.ARROW_LEFT)
    assert not pad_of(page).any()
    page.press(".pad", Keys.SHIFT, Keys.ARROW_RIGHT * 3, Keys.NULL)
    drawn = pad_of(page)
    assert (drawn[2:4, 3:6] == 1).all() and not drawn[6:].any()
    assert code_of(page)[0] == page.state()["z"]


def test_clear_empties_the_pad_and_a_test_image_fills_it(show):
    page = show(Book().autoencoder())
    page.click("A test image")
    first = pad_of(page)
    assert first.std() > 0.1 and page.state()["example"] == 0
    page.click("A test image")
    assert (pad_of(page) != first).any() and page.state()["example"] == 1
    page.click("Clear")
    assert not pad_of(page).any() and page.state()["example"] is None and code_of(page) is None


def test_a_test_image_has_its_pixels_in_the_range_of_the_model(show):
    page = show(Book().denoiser(range=[-1, 1]))
    assert (pad_of(page) == -1).all()
    page.click("A test image")
    assert -1 <= pad_of(page).min() < -0.9 and 0.9 < pad_of(page).max() <= 1


def test_a_denoiser_gets_the_picture_with_the_noise_that_the_slider_says(show):
    page = show(Book().denoiser())
    page.click("A test image")
    drawn = pad_of(page).ravel()
    assert (page.grey(INPUT) - 255 * drawn).std() > 0.2 * 255
    page.move_slider(page.find(".slider input"), 0.3)
    found = page.grey(INPUT)
    assert (found - 255 * drawn).std() == pytest.approx(0.3 * 255, rel=0.5)
    assert page.state()["noise"] == pytest.approx(0.3)
    page.click("Another noise")
    assert (page.grey(INPUT) != found).any()


INPUT, OUTPUT = (f"figure:nth-of-type({i}) .picture" for i in (1, 2))


def test_a_network_from_image_to_image_gets_a_picture_without_noise_at_first(show):
    page = show(Book().denoiser(noise=0.0), "#example=1")
    drawn = pad_of(page).ravel()
    assert np.abs(page.grey(INPUT) - 255 * drawn).max() <= 1
    (image,) = page.run(0, "decoder", [[drawn.tolist()]])
    assert np.abs(page.grey(OUTPUT) - 255 * np.array(image)).max() <= 1
    error = ((drawn - np.array(image)) ** 2).mean()
    assert page.find(".reading").text == f"Mean squared error: input 0.0000, output {error:.4f}."
    another = page.find_all("button")[-1]
    assert another.text == "Another noise" and not another.is_enabled()
    page.move_slider(page.find(".slider input"), 0.01)
    assert another.is_enabled()


def test_a_film_shows_its_frames_and_the_curves_move_along(show):
    book = Book()
    frames = np.arange(3)[:, None, None, None, None] * 100 + np.zeros((3, 2, SIZE, SIZE, 1))
    curves = {"d_loss": [1.5, 1.25, 1.0], "g_loss": [0.5, None, 0.75]}
    film = book.film(3) | {"frames": book.arrays.uint8(frames), "curves": curves}
    page = show(book.add(films=[film], title="A film alone"))
    assert page.state()["frames"] == [2] and page.grey(".film")[0] == 200
    page.move_slider(page.find(".slider input"), 1)
    assert page.grey(".film")[0] == 100
    assert page.find("figcaption").text == "epoch 2"
    assert [item.text for item in page.find_all(".legend li")] == ["d_loss 1.25", "g_loss unknown"]
    before = page.pixels(".curves")
    page.move_slider(page.find(".slider input"), 0)
    assert page.pixels(".curves") != before


def test_a_film_plays_from_its_first_frame_to_its_last(show):
    page = show(Book().gan())
    seen = [frame for (frame,) in page.played(2, 0.4, "frames")]
    assert seen[0] == 0 and seen[-1] == 4 and seen == sorted(seen) and len(set(seen)) >= 3


def test_the_images_of_a_film_leave_no_gap_where_they_can(show):
    page = show(Book().gan())
    assert page.js("return [1, 2, 4, 7, 8, 9, 10, 16].map(columnsFor)") == [1, 2, 2, 3, 4, 3, 5, 4]


def test_what_is_drawn_on_the_plane_is_said(show):
    page = show(Book().autoencoder().vae().gan(2))
    words = [board.text for board in page.find_all(".board .help")]
    assert ["The large circles" in text for text in words] == [False, True, True]
    assert [text.partition("A cross is the code of the drawing")[2] for text in words] == [
        ".",
        ", its ellipses 1 and 2 standard deviations.",
        "",
    ]
    assert all(text in page.find_all(".plane")[i].get_attribute("aria-label") for i, text in enumerate(words))


def test_films_do_not_run_the_decoder(show):
    page = show(Book().gan())
    page.js("explorer.views[0].decoder.calls = null")
    page.move_slider(page.find_all("fieldset:has(.film) input")[0], 1)
    assert page.state()["frames"] == [1]


def test_codes_are_drawn_as_the_signs_of_their_classes(show):
    page = show(Book().vae(names=["T-shirt", "Trouser", "Bag", "Coat", "Dress", "Boot", "Shirt", "Sandal", "Cap", "X"]))
    items = [item.text for item in page.find_all(".legend li")]
    assert items[:3] == ["0 T-shirt", "1 Trouser", "2 Bag"]  # several begin with the same letter
    assert page.js("return signsOf(['cat', 'dog', 'Eel'])") == ["C", "D", "E"]
    assert page.js("return signsOf(['7', '9'])") == ["7", "9"]
    assert page.js("return signsOf(['', 'a'])") == ["0", "1"]


def test_the_nearest_test_image_is_named(show):
    book = Book()
    codes = book.arrays.float16("codes", np.array([[1, 1], [-1, -1], [2, 0]]))
    page = show(book.vae(codes=codes, labels=book.arrays.uint8(np.array([4, 7, 9]))), "#z=-0.5,-2")
    assert page.find(".reading").text == "z = (-0.50, -2.00). Nearest test image: 7"


def test_all_codes_lie_inside_of_the_plane_with_a_margin(show):
    book = Book()
    codes = book.arrays.float16("codes", np.array([[10, -4], [50, 7]]))
    page = show(book.autoencoder(codes=codes, labels=None))
    (left, right), (bottom, top) = page.js("return explorer.views[0].parts[1].axes.bounds")
    assert left < 10 and 50 < right and bottom < -4 and 7 < top
    assert right - left == pytest.approx(top - bottom) and right - left < 45


def test_colours_are_shown_as_red_green_and_blue(show):
    from minigen import Sequential
    from minigen.layers import Dense, Input

    model = Sequential([Input(shape=(2,)), Dense(12, "sigmoid")])
    page = show(Book().add(model, image=[2, 2, 3]))
    (image,) = page.run(0, "decoder", [[[0, 0]]])
    found = np.frombuffer(page.pixels(), "uint8").reshape(4, 4)[:, :3].ravel()
    assert np.abs(found - 255 * np.array(image)).max() <= 1
