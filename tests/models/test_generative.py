"""Labels beside images: the classes of conditional models."""

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_gans import LABELS, X, small_gan

from minigen import Dense, Input, Sequential, models
from minigen.models.generative import Conditional, GenerativeModel

RNG = np.random.default_rng(0)
IMAGES = RNG.random((40, 784)).astype("float32")
TEN_LABELS = RNG.integers(0, 10, 40)


ADVICE = {
    "two labels for three samples": (lambda: models.conditional_vae(2).sample(3, [1, 2]), "3 labels"),
}


@pytest.mark.parametrize("mistake", ADVICE)
def test_another_number_of_labels_than_samples_is_refused(mistake):
    call, fix = ADVICE[mistake]
    with refused((ValueError, TypeError, FloatingPointError), fix=fix):
        call()


def test_labels_of_a_conditional_vae():
    vae = models.conditional_vae()
    vae.compile()
    for call in (
        lambda: vae.fit(IMAGES, verbose=0),
        lambda: vae.sample(3),
        lambda: vae.encode(IMAGES),
        lambda: vae.predict(IMAGES),
    ):
        with refused(TypeError, where="ConditionalVAE", expected="labels", got="no labels"):
            call()
    for bad in (TEN_LABELS + 1, TEN_LABELS - 5):
        with refused(ValueError, where="label out of range", expected="0..9"):
            vae.fit(IMAGES, np.concatenate([bad]), verbose=0)
    with refused(ValueError, where="label out of range"):
        vae.sample(3, 10)
    with refused(ValueError, where="wrong shape of the labels"):
        vae.sample(3, [1, 2])
    with refused(TypeError, where="not integers"):
        vae.fit(IMAGES, TEN_LABELS + 0.5, verbose=0)


def test_labels_out_of_range_are_refused():
    gan = small_gan(models.ConditionalGAN)
    gan.compile()
    wrong = ((LABELS + 1, ValueError), (LABELS - 1, ValueError), (LABELS[:-1], ValueError), (LABELS * 1.0, TypeError))
    for labels, kind in wrong:
        with refused(kind, where="ConditionalGAN"):
            gan.fit(X, labels, verbose=0)
    with refused(ValueError, where="label out of range", expected="0..2", got="3"):
        gan.sample(2, 3)
    with refused(TypeError, where="arguments", got="no labels"):
        gan.sample(2)
    with refused(TypeError, where="arguments", got="no labels"):
        gan.fit(X, verbose=0)
    with refused(TypeError, where="GAN: 2 arguments", expected="no labels and no targets", got="a ndarray of shape"):
        plain = small_gan()
        plain.compile()
        plain.fit(X, LABELS, verbose=0)


def test_networks_get_the_names_of_their_attributes_and_weights_their_paths():
    gan = small_gan()
    assert gan.generator.name == "generator" and gan.discriminator.name == "discriminator"
    assert {path.partition("/")[0] for path in gan.named_weights()} == {"generator", "discriminator"}

    class Judge(GenerativeModel):
        usage, image_network = "train_step(x)", "network"

    network = Sequential([Input((3,)), Dense(1)], name="critic")
    judge = Judge(None, (-1, 1), network=network)
    assert judge.network is network and network.name == "critic" and judge.data_range == (-1, 1)
    assert [symbol.shape for symbol in judge.input_symbols()] == [(None, 3)] and judge.with_condition(X, ()) is X


def test_the_condition_is_a_one_hot_row_beside_each_image():
    gan = small_gan(models.ConditionalGAN)
    assert isinstance(gan, Conditional) and gan.classes == 3
    x, rows = gan.with_condition(X[:3], ([2, 0, 1],))
    assert x.shape == X[:3].shape and rows.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert gan.with_condition(X[:2], (np.array(1),))[1].tolist() == [[0, 1, 0]] * 2  # one label serves all
