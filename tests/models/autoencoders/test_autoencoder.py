"""Autoencoders: numbers that are known without training, the optimum that PCA gives, and the price on the code."""

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_model import uncompiled as model

import minigen
from minigen import Adam, Dense, Input, Sequential, losses, metrics, models
from minigen.datasets import toys

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (models.fc_autoencoder, 50_992),
        (models.sparse_fc_autoencoder, 50_992),
        (models.deep_fc_autoencoder, 784 * 128 + 128 * 64 + 64 * 32 + 32 * 64 + 64 * 128 + 128 * 784 + 1_200),
        (lambda: models.linear_autoencoder(784, 2), 784 * 2 + 2 + 2 * 784 + 784),
        (models.toy_autoencoder, 4 * 2 + 2 + 2 * 4 + 4),
    ],
)
def test_number_of_parameters(model, count):
    assert model().count_params() == count


def test_encode_then_decode_is_predict(digits):
    x = digits[2][:5]
    model = models.deep_fc_autoencoder()
    assert model.encode(x).shape == (5, 32)
    np.testing.assert_allclose(model.decode(model.encode(x)), model.predict(x), rtol=1e-6)


def anneal(model, x, stages):
    for rate, epochs, batch_size in stages:
        model.compile(Adam(rate), "mse")
        model.fit(x, x, epochs=epochs, batch_size=batch_size, verbose=0)
    return metrics.mean_squared_error(x, model.predict(x))


def test_linear_toy_autoencoder_reaches_pca_and_never_beats_it():
    x, _ = toys.near_a_plane()
    minigen.seed(0)
    best = models.PCA(x, 2).residual
    error = anneal(models.toy_autoencoder(), x, [(1e-2, 300, 100), (1e-3, 100, 100), (1e-4, 50, 100)])
    assert 0 <= error / best - 1 < 1e-4


def test_a_tanh_code_cannot_reach_pca():
    x, _ = toys.near_a_plane()
    minigen.seed(0)
    error = anneal(models.toy_autoencoder("tanh"), x, [(1e-2, 200, 100), (1e-3, 100, 100)])
    assert error / models.PCA(x, 2).residual > 1.05


def test_linear_autoencoder_on_digits_reaches_pca_and_never_beats_it(digits):
    x = digits[0]
    minigen.seed(0)
    best = models.PCA(x, 2).residual
    error = anneal(models.linear_autoencoder(784, 2), x, [(1e-2, 20, 250), (1e-3, 40, 500), (1e-4, 20, 1000)])
    assert 0 <= error - best < 1e-4
    assert error / best - 1 < 1e-3


def test_first_listing_learns_with_adadelta_as_printed(digits):
    x_train, _, x_test, _ = digits
    minigen.seed(0)
    model = models.fc_autoencoder()
    model.compile(optimizer="adadelta", loss="binary_crossentropy")
    model.fit(x_train, x_train, epochs=30, batch_size=64, verbose=0)
    mean_image = np.broadcast_to(x_train.mean(axis=0), x_test.shape)
    assert model.evaluate(x_test, x_test) < losses.binary_crossentropy(x_test, mean_image).item() - 0.03


def test_a_price_on_the_code_makes_it_smaller(digits):
    x = digits[0][:2000]
    codes = {}
    for penalty in (0.0, 1e-3):
        minigen.seed(0)
        model = models.sparse_fc_autoencoder(penalty=penalty)
        model.compile("adam", "binary_crossentropy")
        model.fit(x, x, epochs=10, batch_size=64, verbose=0)
        codes[penalty] = model.encode(x).mean()
    assert codes[1e-3] < 0.5 * codes[0.0]


def test_zero_price_is_the_plain_autoencoder(digits):
    x = digits[0][:256]
    losses_seen = []
    for make in (models.fc_autoencoder, lambda: models.sparse_fc_autoencoder(penalty=0.0)):
        minigen.seed(0)
        model = make()
        model.compile("adam", "binary_crossentropy")
        losses_seen.append(model.fit(x, x, epochs=2, verbose=0).history["loss"])
    assert losses_seen[0] == losses_seen[1]


def test_a_sparse_autoencoder_is_checked_as_any_other():
    x = np.ones((4, 784), "float32")
    model = models.sparse_fc_autoencoder()
    with pytest.raises(RuntimeError, match=r"not compiled(.|\n)*fix: +model.compile"):
        model.fit(x, x, verbose=0)
    model.compile("adam", "binary_crossentropy")
    with pytest.raises(ValueError, match="x / 255"):
        model.fit(255 * x, 255 * x, verbose=0)


def test_the_convolutional_models():
    listing, small = models.conv_autoencoder(), models.conv_autoencoder_128()
    assert (listing.count_params(), small.count_params()) == (28353, 4385)
    x = RNG.random((2, 28, 28, 1)).astype("float32")
    assert listing.encode(x).shape == (2, 7, 7, 32) and listing.predict(x).shape == x.shape
    assert small.encode(x).shape == (2, 4, 4, 8) and small.decode(small.encode(x)).shape == x.shape


def test_parts_of_an_autoencoder():
    encoder, decoder = model(), Sequential([Input(shape=(2,)), Dense(4)])
    models.Autoencoder(encoder, decoder)
    with refused(TypeError, "Autoencoder: encoder"):
        models.Autoencoder(Dense(3), decoder)
    with refused(TypeError, "Autoencoder: decoder"):
        models.Autoencoder(encoder, None)
    with refused(ValueError, "data_range"):
        models.Autoencoder(encoder, decoder, data_range="0..1")
    with refused(ValueError, "SparseAutoencoder: penalty"):
        models.SparseAutoencoder(encoder, decoder, penalty="much")
