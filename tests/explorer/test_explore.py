"""minigen.explore and Model.explore: one file, its arguments, and its size."""

import numpy as np
import pytest
from helpers.explorer_sizes import KINDS, sizes
from helpers.networks import run
from helpers.pages import Elements, read_page
from helpers.refusals import refused

import minigen
from minigen import Lambda, Sequential, models
from minigen.explorer import Film, Shown, explore, page_of

RNG = np.random.default_rng(0)
X, Y = RNG.random((12, 5, 4)).astype("float32"), np.arange(12) % 3


def vae(latent=2):
    return models.vae(latent, 8, (5, 4))


def test_a_model_is_one_file_from_which_it_can_be_run(tmp_path):
    model = vae()
    path = minigen.explore(model, tmp_path / "vae.html", X, Y)
    assert path == tmp_path / "vae.html" and minigen.explore is explore
    data, arrays = read_page(path.read_text(encoding="utf-8"))
    (view,) = data["views"]
    assert (data["format"], data["title"], view["title"], view["kind"]) == (1, "VAE", "VAE", "vae")
    (y,) = run(view["decoder"], arrays, np.float32([0.5, -1]))
    np.testing.assert_allclose(y, model.decode([[0.5, -1]])[0], atol=1e-3)


def test_a_model_explores_itself(tmp_path):
    model = vae()
    assert model.explore(tmp_path / "a.html", X, Y, titles="mine") == tmp_path / "a.html"
    explore(model, tmp_path / "b.html", X, Y, "mine")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    with refused(TypeError, "Sequential"):
        Sequential([minigen.Dense(3)]).explore(tmp_path / "c.html")


def test_the_noise_of_a_denoiser_is_that_of_the_argument(tmp_path):
    model = minigen.Sequential([minigen.Input(shape=(5, 4)), minigen.Dense(4)])
    for options, noise in (({}, 0.0), ({"noise": 0.25}, 0.25)):
        path = model.explore(tmp_path / "page.html", X, **options)
        assert read_page(path.read_text(encoding="utf-8"))[0]["views"][0]["noise"] == noise


def test_two_models_stand_side_by_side_and_share_the_arrays(tmp_path):
    shown = [models.latent_autoencoder(2, 8, (5, 4)), vae(3)]
    data, arrays = read_page(page_of([Shown(shown[0], "AE", X, Y), Shown(shown[1], "VAE", X, Y)]))
    assert data["title"] == "AE | VAE" and [view["kind"] for view in data["views"]] == ["autoencoder", "vae"]
    for model, view in zip(shown, data["views"], strict=True):
        z = RNG.normal(size=view["latent"]).astype("float32")
        np.testing.assert_allclose(run(view["decoder"], arrays, z)[0], model.decode(z[None])[0], atol=1e-3)


@pytest.mark.parametrize(
    ("options", "kind", "where"),
    [
        ({"titles": ["a", "b"]}, ValueError, "explore: titles"),
        ({"titles": 3}, TypeError, "explore: titles"),
        ({"film": [None, None]}, ValueError, "explore: film"),
        ({"film": "film.npz"}, TypeError, "explore: film"),
        ({"film": Film("", np.zeros((1, 1, 9, 9, 1), "uint8"), [""])}, ValueError, "explore: film"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_and_nothing_is_written(options, kind, where, tmp_path):
    with refused(kind, where=where):
        explore(vae(), tmp_path / "page.html", **options)
    assert not list(tmp_path.iterdir())


def test_no_model_is_refused_and_a_list_has_a_page_for_each(tmp_path):
    with refused(ValueError, where="explore", got="none"):
        explore([], tmp_path / "page.html")
    with refused(TypeError, got="None"):
        explore([vae(), None], tmp_path / "page.html")


def test_what_a_file_may_contain_stays_text(tmp_path):
    """Names of classes, models, layers and weights, and titles, with markup in them."""
    markup = "</script><script>alert(1)</script><!--"
    x = minigen.Input(shape=(5, 4), name=markup)
    h = minigen.Dense(8, name="<b>own</b>")(minigen.Flatten()(x))
    encoder = minigen.Model(x, models.vae_heads(h, 2), name=markup)
    z = minigen.Input(shape=(2,), name="<i>z</i>")
    own = minigen.Sequential([minigen.Input(shape=(2,)), minigen.Dense(20, name="<u>x"), minigen.Reshape((5, 4))])
    model = models.VAE(encoder, minigen.Model(z, own(z)), name=markup)
    for weight in model.weights():
        weight.name = markup
    names = np.array([markup, "a & b", "&lt;"])[Y]
    film = Film(markup, np.zeros((1, 1, 5, 4, 1), "uint8"), [markup], {markup: [1.0]})
    text = page_of([Shown(model, "", X, names, film)])
    data, _ = read_page(text)
    (view,) = data["views"]
    assert view["title"] == view["films"][0]["title"] == view["films"][0]["captions"][0] == markup
    assert sorted(view["names"]) == sorted([markup, "a & b", "&lt;"])
    tags = [tag for tag, *_ in Elements(text).found]
    assert tags.count("script") == 3 and tags == [tag for tag, *_ in Elements(page_of([Shown(vae())])).found]
    assert text.count("alert(1)") == text.count("\\u003cscript\\u003ealert(1)") + text.count("&lt;script&gt;alert(1)")


def test_problems_of_layers_name_the_network(tmp_path):
    z = minigen.Input(shape=(2,))
    decoder = minigen.Model(z, minigen.Reshape((5, 4))(minigen.Dense(20)(Lambda(lambda x: x, name="<b>")(z))))
    model = models.VAE(vae().encoder, decoder)
    with refused(ValueError, where="explore: decoder cannot run in a page", got="decoder/<b>: Lambda"):
        model.explore(tmp_path / "page.html")


@pytest.mark.parametrize(
    "name", ["vae(2)", "conv_vae(2)", "conditional_vae(2)", "conv_autoencoder()", "dcgan(32)", "diffusion()"]
)
def test_a_page_is_at_most_a_fifth_longer_than_its_weights_and_150_kb(name):
    weights, size, most = sizes(page_of([KINDS[name]()]))
    assert weights / 2 == WEIGHTS[name] and 70_000 < size <= most


def test_a_page_that_is_too_long_is_found():
    noise = RNG.integers(0, 256, (25, 10, 28, 28, 1), "uint8")
    shown = KINDS["dcgan(32)"]()
    _, size, most = sizes(page_of([shown._replace(film=shown.film._replace(frames=noise))]))
    assert size > most


# of both networks, or of the generator; a batch normalisation has two numbers for each channel in place of four
WEIGHTS = {
    "vae(2)": 807_700,
    "conv_vae(2)": 134_165,
    "conditional_vae(2)": 817_940,
    "conv_autoencoder()": 28_353,
    "dcgan(32)": 128_577,
    "diffusion()": 0,
}
