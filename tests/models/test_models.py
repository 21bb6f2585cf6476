"""The chapter's networks against numbers that are known without training."""

import numpy as np
import pytest

import minigen
from minigen import Adam, losses, metrics, models
from minigen.datasets import mnist, toys


@pytest.fixture(scope="module")
def digits():
    (x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
    as_rows = [x.reshape(len(x), -1).astype("float32") / 255 for x in (x_train, x_test)]
    return as_rows[0], y_train, as_rows[1], y_test


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (models.fc_autoencoder, 50_992),
        (models.sparse_fc_autoencoder, 50_992),
        (models.deep_fc_autoencoder, 784 * 128 + 128 * 64 + 64 * 32 + 32 * 64 + 64 * 128 + 128 * 784 + 1_200),
        (lambda: models.linear_autoencoder(784, 2), 784 * 2 + 2 + 2 * 784 + 784),
        (models.toy_autoencoder, 4 * 2 + 2 + 2 * 4 + 4),
        (models.logistic_regression, 7_850),
        (models.detector, 784 * 64 + 64 + 64 + 1),
    ],
)
def test_number_of_parameters(model, count):
    assert model().count_params() == count


def test_encode_then_decode_is_predict(digits):
    x = digits[2][:5]
    model = models.deep_fc_autoencoder()
    assert model.encode(x).shape == (5, 32)
    np.testing.assert_allclose(model.decode(model.encode(x)), model.predict(x), rtol=1e-6)


def test_pca_residual_is_the_sum_of_the_eigenvalues_left_out():
    x, _ = toys.near_a_plane()
    for k in (1, 2, 3, 4):
        pca = models.PCA(x, k)
        error = np.square(pca.decode(pca.encode(x)) - x).mean()
        assert error == pytest.approx(pca.residual, abs=1e-12)
    np.testing.assert_allclose(pca.components.T @ pca.components, np.eye(4), atol=1e-12)
    assert models.PCA(x, 2).explained > 0.95


def test_pca_of_a_wrong_size():
    with pytest.raises(ValueError, match="1..4"):
        models.PCA(np.zeros((5, 4)), 5)


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


def test_logistic_regression_reads_digits(digits):
    x_train, y_train, x_test, y_test = digits
    minigen.seed(0)
    model = models.logistic_regression()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=15, batch_size=128, verbose=0)
    loss, accuracy = model.evaluate(x_test, y_test)
    assert accuracy > 0.87
    assert accuracy == pytest.approx(metrics.accuracy(y_test, model.predict(x_test)))


def test_not_digits():
    (x, _), _ = mnist.load_data("sample")
    kinds = toys.not_digits(x[:50])
    assert list(kinds) == ["noise", "shuffled", "upside down"]
    for kind in kinds.values():
        assert kind.shape == (50, 28, 28) and kind.dtype == x.dtype
    np.testing.assert_array_equal(np.sort(kinds["noise"], axis=None), np.sort(x[:50], axis=None))
    np.testing.assert_array_equal(np.sort(kinds["shuffled"].reshape(50, -1)), np.sort(x[:50].reshape(50, -1)))


def test_upside_down_keeps_the_centre_of_mass():
    """Turned about the middle of the image the digits would lie one pixel off, and a detector would learn only that."""
    (x, _), _ = mnist.load_data("sample")
    turned = toys.not_digits(x)["upside down"]

    def centre(images):
        mass = images.astype("float64").sum(axis=0)
        return (mass.sum(axis=1) @ np.arange(28) / mass.sum(), mass.sum(axis=0) @ np.arange(28) / mass.sum())

    np.testing.assert_allclose(centre(x), centre(turned), atol=0.1)


def test_a_sparse_autoencoder_is_checked_as_any_other():
    x = np.ones((4, 784), "float32")
    model = models.sparse_fc_autoencoder()
    with pytest.raises(RuntimeError, match=r"not compiled(.|\n)*fix: +model.compile"):
        model.fit(x, x, verbose=0)
    model.compile("adam", "binary_crossentropy")
    with pytest.raises(ValueError, match="x / 255"):
        model.fit(255 * x, 255 * x, verbose=0)
