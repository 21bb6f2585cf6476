"""The view of each kind of model: what a page gets, and that its networks compute what the model does."""

import numpy as np
import pytest
from helpers.networks import rounded, run, unpacked
from helpers.refusals import refused
from helpers.small_diffusions import small_pictures

from minigen import Concatenate, Conv2D, Dense, Input, Model, Sequential, models
from minigen.explorer.arrays import Arrays
from minigen.explorer.films import Film
from minigen.explorer.views import Shown, kind_of, view

RNG = np.random.default_rng(0)
X, Y = RNG.random((12, 5, 4)).astype("float32"), np.arange(12) % 3
COLOUR = RNG.random((12, 8, 8, 3)).astype("float32")


def small_gan():
    return models.GAN(Sequential([Input(shape=(3,)), Dense(20, "sigmoid")]), Sequential([Input((20,)), Dense(1)]))


def small_conditional_gan():
    z, x, y = Input(shape=(3,)), Input(shape=(20,)), Input(shape=(3,))
    generator = Model([z, y], Dense(20, "sigmoid")(Concatenate()([z, y])))
    return models.ConditionalGAN(generator, Model([x, y], Dense(1)(Concatenate()([x, y]))))


def image_to_image():
    return Sequential([Input(shape=(5, 4, 1)), Conv2D(1, 3, padding="same", activation="sigmoid")])


# kind -> (a model, test images and labels)
KINDS = {
    "autoencoder": (lambda: models.latent_autoencoder(2, 8, (20,)), X, Y),
    "vae": (lambda: models.vae(3, 8, (5, 4)), X, Y),
    "conditional vae": (lambda: models.conditional_vae(2, 3, 8, (20,)), X, Y),
    "gan": (small_gan, X, Y),
    "conditional gan": (small_conditional_gan, X, Y),
    "reconstruction": (image_to_image, X, Y),
    "diffusion": (lambda: small_pictures(3), None, None),
}


def shown(kind, **options):
    make, x, y = KINDS[kind]
    model, arrays = rounded(make()), Arrays()
    found = view(Shown(model, "a title", x, y, **options), arrays)
    return model, found, unpacked(arrays.text(), arrays.described)


@pytest.mark.parametrize("kind", KINDS)
def test_every_view_has_all_entries(kind):
    _, found, arrays = shown(kind)
    assert sorted(found) == sorted(
        "kind title image range latent prior classes decoder encoder noise kl codes labels names examples films".split()
    )
    assert (found["kind"], found["title"]) == (kind, "a title")
    assert found["image"] == ([3, 2, 1] if kind == "diffusion" else [5, 4, 1])
    assert found["range"] == [0.0, 1.0]
    assert found["prior"] == (kind in ("vae", "conditional vae", "gan", "conditional gan"))
    assert found["latent"] == {"reconstruction": 0, "diffusion": 0, "autoencoder": 2, "conditional vae": 2}.get(kind, 3)
    assert found["classes"] == (["0", "1", "2"] if kind.startswith("conditional") else [])
    assert (found["encoder"] is not None) == (kind in ("autoencoder", "vae", "conditional vae"))
    assert (found["kl"] is not None) == (kind in ("vae", "conditional vae"))
    assert (found["codes"] is not None) == (found["labels"] is not None) == (found["encoder"] is not None)
    assert (found["decoder"] is None) == (kind == "diffusion")


@pytest.mark.parametrize("kind", ["autoencoder", "vae", "conditional vae"])
def test_codes_are_what_the_encoder_in_the_page_says_of_the_images(kind):
    model, found, arrays = shown(kind)
    given = [np.eye(3)[Y]] if kind.startswith("conditional") else []
    codes = model.encode(X.reshape(12, *found["encoder"]["inputs"][0]["shape"]), *([Y] if given else []))
    codes, logvar = codes if isinstance(codes, tuple) else (codes, None)
    np.testing.assert_allclose(arrays[found["codes"]], codes, rtol=2e-3, atol=1e-5)
    assert arrays[found["labels"]].tolist() == Y.tolist() and found["names"] == ["0", "1", "2"]
    for i in range(3):
        x = X[i].reshape(found["encoder"]["inputs"][0]["shape"])
        outputs = run(found["encoder"], arrays, x, *(rows[i] for rows in given))
        assert len(outputs) == (1 if kind == "autoencoder" else 2)
        np.testing.assert_allclose(outputs[0], codes[i], rtol=1e-4, atol=1e-5)
    if logvar is not None:
        kl = (np.exp(logvar) + codes**2 - 1 - logvar).mean(axis=0) / 2
        np.testing.assert_allclose(found["kl"], kl, rtol=1e-4)


@pytest.mark.parametrize("kind", ["autoencoder", "vae", "conditional vae", "gan", "conditional gan"])
def test_the_decoder_in_the_page_draws_what_the_model_does(kind):
    model, found, arrays = shown(kind)
    z = RNG.normal(size=(2, found["latent"])).astype("float32")
    draw = model.generate if "gan" in kind else model.decode
    given = [np.array([2, 0])] if found["classes"] else []
    for i, expected in enumerate(draw(z, *given)):
        (y,) = run(found["decoder"], arrays, z[i], *(np.eye(3)[labels[i]] for labels in given))
        np.testing.assert_allclose(y, expected, atol=1e-5)


def test_a_reconstruction_is_one_network_from_image_to_image():
    model, found, arrays = shown("reconstruction")
    (y,) = run(found["decoder"], arrays, X[0][..., None])
    np.testing.assert_allclose(y, model.predict(X[:1, :, :, None])[0], atol=1e-5)
    np.testing.assert_array_equal(arrays[found["examples"]][0, :, :, 0], np.rint(255 * X[0].astype("float64")))
    assert len(arrays[found["examples"]]) == 10
    code_of_maps = models.conv_autoencoder((8, 8, 3))
    found = view(Shown(code_of_maps, x=COLOUR), Arrays())
    assert (found["kind"], found["image"], found["encoder"], found["latent"]) == ("reconstruction", [8, 8, 3], None, 0)


def test_the_noise_at_first_is_that_of_a_denoiser():
    assert shown("reconstruction")[1]["noise"] == 0 and shown("reconstruction", noise=1)[1]["noise"] == 1
    for wrong in (-0.1, 1.01, np.nan, "0.5"):
        with refused(ValueError, where="explore: noise", expected="from 0 to 1", fix="noise=0.5"):
            shown("reconstruction", noise=wrong)


def test_an_autoencoder_of_graphs_is_one_too():
    x, z = Input(shape=(20,)), Input(shape=(2,))
    model = models.Autoencoder(Model([x], [Dense(2)(x)]), Model([z], [Dense(20)(z)]))
    assert kind_of(model) == "autoencoder" and view(Shown(model, x=X), Arrays())["latent"] == 2


def test_subclasses_are_of_the_kind_of_their_base():
    assert kind_of(models.vae_gan(2, 8)) == "vae" and kind_of(models.wgan_gp(4, image_shape=(8, 8, 1))) == "gan"
    assert kind_of(models.sparse_fc_autoencoder(4)) == "autoencoder"


def test_codes_of_many_latent_variables_are_fewer():
    """At most 10,000 numbers, and at most 1,000 images."""
    x = RNG.random((1100, 16)).astype("float32")
    for latent, n in ((2, 1000), (50, 200)):
        arrays = Arrays()
        found = view(Shown(models.vae(latent, 4, 16), x=x), arrays)
        assert arrays.described[found["codes"]]["shape"] == [n, latent]
        assert found["labels"] is None and found["names"] == []


def test_the_classes_of_a_conditional_model_have_the_names_of_the_labels():
    names = np.array(["<b>", "bag", "coat"])[Y]
    found = view(Shown(models.conditional_vae(2, 3, 8, (20,)), x=X, y=names), Arrays())
    assert found["classes"] == found["names"] == ["<b>", "bag", "coat"]


def test_large_examples_are_fewer():
    arrays = Arrays()
    found = view(Shown(models.conv_autoencoder((64, 64, 3)), x=RNG.random((4, 64, 64, 3)).astype("float32")), arrays)
    assert arrays.described[found["examples"]]["shape"] == [2, 64, 64, 3]


def test_without_images_a_page_has_no_codes():
    found = view(Shown(models.conditional_vae(2, 3, 8, (16,))), Arrays())
    assert (found["codes"], found["labels"], found["kl"], found["examples"]) == (None,) * 4
    assert found["encoder"] and found["title"] == "ConditionalVAE" and found["image"] == [4, 4, 1]
    assert found["classes"] == ["0", "1", "2"]


def test_images_without_their_classes_are_refused_where_the_encoder_takes_them():
    with refused(ValueError, where="explore: y", got="None", fix="y=y_test"):
        view(Shown(models.conditional_vae(2, 3, 8, (20,)), x=X), Arrays())


def test_a_film_has_a_number_or_null_for_each_frame():
    frames = RNG.integers(0, 256, (3, 2, 5, 4, 1)).astype("uint8")
    film = Film("fakes", frames, ["epoch 1", "epoch 2", "epoch 3"], {"d_loss": [1.0, np.nan, np.float32(2)]})
    _, found, arrays = shown("gan", film=film)
    (entry,) = found["films"]
    assert entry | {"frames": 0} == {
        "title": "fakes",
        "frames": 0,
        "captions": ["epoch 1", "epoch 2", "epoch 3"],
        "curves": {"d_loss": [1.0, None, 2.0]},
    }
    np.testing.assert_array_equal(arrays[entry["frames"]], frames)


def test_a_diffusion_model_is_a_film():
    _, found, arrays = shown("diffusion")
    assert arrays[found["films"][0]["frames"]].shape == (8, 10, 3, 2, 1)
    own = Film("own", np.zeros((1, 1, 3, 2, 1), "uint8"), ["one"])
    assert shown("diffusion", film=own)[1]["films"][0]["title"] == "own"


ZEROS = np.zeros((2, 1, 5, 4, 1), "uint8")


@pytest.mark.parametrize(
    ("film", "kind", "word"),
    [
        (Film("", ZEROS, ["a"]), ValueError, "1 captions"),
        (Film("", ZEROS, ["a", "b"], {"d_loss": [1.0]}), ValueError, "1 d_loss"),
        (Film("", ZEROS.astype("float32"), ["a", "b"]), ValueError, "float32"),
        (Film("", ZEROS[0], ["a", "b"]), ValueError, "(1, 5, 4, 1)"),
        (Film("", ZEROS[:, :, :4], ["a", "b"]), ValueError, "(2, 1, 4, 4, 1)"),
        (Film("", ZEROS[:0], []), ValueError, "(0, 1, 5, 4, 1)"),
        ("film.npz", TypeError, "a str"),
        (Film("", ZEROS, ["a", "b"], None), TypeError, "a Film"),
        (Film("", ZEROS, None), TypeError, "a Film"),
    ],
)
def test_a_film_that_does_not_fit_is_refused(film, kind, word):
    with refused(kind, where="explore: film", got=word, fix="Film(title, frames, captions)"):
        shown("gan", film=film)


@pytest.mark.parametrize("curve", [["a", "b"], [None, 1.0], 3.0, "ab", [[1.0], [2.0]]])
def test_curves_that_are_no_numbers_are_refused(curve):
    with refused(TypeError, where="explore: film", got="others in d_loss", fix="nan"):
        shown("gan", film=Film("", ZEROS, ["a", "b"], {"d_loss": curve}))


class Own(Model):
    def call(self, x):
        return x


@pytest.mark.parametrize(
    "model",
    [
        Sequential([Input(shape=(784,)), Dense(10)]),
        Sequential([Dense(10)]),
        Own(),
        models.PCA(X.reshape(12, 20), 2),
        None,
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_model_of_another_kind_is_refused(model):
    with refused(TypeError, where="explore: no page for this model", expected="an autoencoder, a VAE"):
        view(Shown(model), Arrays())


def test_points_are_no_images():
    with refused(ValueError, where="explore: no image"):
        view(Shown(models.toy_gan()), Arrays())
    with refused(ValueError, where="explore: no image"):
        view(Shown(models.toy_diffusion()), Arrays())
