"""Heads on a shared encoder, and the linear probe."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Adam, Dense, Input, Model, Sequential, models
from minigen.datasets import mnist
from minigen.models import Head, linear_probe

(_images, _labels), _ = mnist.load_data("sample")
X, Y = _images[:500].reshape(500, 784).astype("float32") / 255, _labels[:500].astype("int64")


# ---- Head


@pytest.mark.parametrize("training", [False, True])
def test_a_head_reads_mu_with_and_without_training(training, xp):
    vae = models.vae(3, hidden=8)
    head = Head(vae.encoder, Dense(2), name="task")
    mu, _ = vae.encoder(X[:4])
    np.testing.assert_array_equal(head(X[:4], training).numpy(), head.head(mu).numpy())


def test_a_step_of_a_head_leaves_the_variance_alone():
    """The layer that predicts log Σ belongs to the encoder, and not to what leads to μ."""
    vae = models.vae(3, hidden=8)
    head = Head(vae.encoder, Dense(2, "softmax"), name="task")
    head.compile("adam", "sparse_categorical_crossentropy")
    before = vae.encoder.get_layer("logvar").get_weights(), vae.encoder.get_layer("mu").get_weights()
    head.train_on_batch(X[:8], Y[:8] % 2)
    assert np.array_equal(before[0][0], vae.encoder.get_layer("logvar").get_weights()[0])
    assert not np.array_equal(before[1][0], vae.encoder.get_layer("mu").get_weights()[0])


def test_an_encoder_with_one_output_is_taken_as_z():
    ae = models.latent_autoencoder(3, hidden=8)
    head = Head(ae.encoder, Sequential([Dense(4, "relu"), Dense(2)]))
    code = head.head(ae.encoder(X[:4])).numpy()
    assert np.array_equal(head(X[:4]).numpy(), code) and np.array_equal(head(X[:4], training=True).numpy(), code)


def test_weights_of_a_head_are_those_of_the_encoder_and_its_own():
    vae = models.vae(3, hidden=8)
    head = Head(vae.encoder, Dense(2), name="task")
    assert list(head.named_weights())[:2] == ["encoder/dense/kernel", "encoder/dense/bias"]
    assert list(head.named_weights())[-2:] == ["head/dense/kernel", "head/dense/bias"]
    shared = [w for w in head.weights() if any(w is own for own in vae.encoder.weights())]
    assert len(shared) == 4 and head.count_params() == sum(w.size for w in shared) + 3 * 2 + 2


def test_a_head_is_a_model_like_any_other():
    minigen.seed(0)
    head = Head(models.vae(4, hidden=32).encoder, Dense(10, "softmax"), name="digit")
    head.compile(Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = head.fit(X, Y, batch_size=20, epochs=10, verbose=0, validation_data=(X[:50], Y[:50])).history
    assert history["accuracy"][-1] > 0.8 and history["val_accuracy"][-1] > 0.8
    assert head.predict(X[:7]).shape == (7, 10)


def test_bad_heads_are_refused():
    x = Input(shape=(784,))
    with refused(TypeError, "Head: encoder"):
        Head(Dense(3), Dense(2))
    with refused(TypeError, "Head: encoder"):
        Head(None, Dense(2))
    with refused(TypeError, "Head: name"):
        Head(models.vae(2, hidden=4).encoder, Dense(2), name=3)
    with refused(ValueError, "outputs of the encoder"):
        Head(Model(x, [Dense(3)(x), Dense(4)(x)]), Dense(2))
    with refused(ValueError, "outputs of the encoder"):
        Head(Model(x, [Dense(3)(x) for _ in range(3)]), Dense(2))
    with refused(ValueError, "outputs of the encoder"):
        Head(Model(x, minigen.Reshape((28, 28))(x)), Dense(2))
    with refused(ValueError, "data_range"):
        Head(models.vae(2, hidden=4).encoder, Dense(2), data_range=(1, 0))
    head = Head(models.vae(2, hidden=4).encoder, Dense(2, "softmax"))
    with refused(RuntimeError, "not compiled"):
        head.fit(X, Y, verbose=0)
    head.compile("adam", "sparse_categorical_crossentropy")
    with refused(ValueError, "outside the range"):
        head.fit(X * 255, Y, verbose=0)
    with refused(ValueError, "differ in length"):
        head.fit(X, Y[:-1], verbose=0)


# ---- the linear probe


def test_a_linear_probe_finds_straight_borders():
    z = np.random.default_rng(0).normal(size=(600, 3))
    y = (z @ [1.0, -2.0, 0.5] > 0.3).astype(int)
    assert linear_probe(z[:400], y[:400], z[400:], y[400:]) > 0.97
    assert linear_probe(1e4 + 1e-3 * z[:400], y[:400], 1e4 + 1e-3 * z[400:], y[400:]) > 0.97  # whatever the scale


def test_a_linear_probe_takes_so_many_steps(monkeypatch):
    z, y, trained = np.random.default_rng(0).normal(size=(450, 3)), np.arange(450) % 2, {}
    fit = minigen.Model.fit

    def watched(model, *data, **options):
        trained["steps"], trained["rate"] = 3 * options["epochs"], model.optimizer.schedule
        return fit(model, *data, **options)

    monkeypatch.setattr(minigen.Model, "fit", watched)
    linear_probe(z, y, z, y, steps=6)
    assert trained["steps"] == 6 and trained["rate"].steps == 6


def test_a_linear_probe_finds_no_crooked_ones():
    """Exclusive or: no line does better than three corners of four."""
    z = np.random.default_rng(0).normal(size=(600, 2))
    y = (z[:, 0] * z[:, 1] > 0).astype(int)
    assert linear_probe(z[:400], y[:400], z[400:], y[400:]) < 0.7


def test_a_linear_probe_draws_nothing_from_the_caller():
    z, y = np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 2
    state = minigen.backend.random_state()
    first = linear_probe(z, y, z, y)
    assert minigen.backend.random_state() == state and linear_probe(z, y, z, y) == first


def test_bad_probes_are_refused():
    z, y = np.zeros((4, 2)), np.arange(4) % 2
    with refused(ValueError, "linear_probe"):
        linear_probe(z, y, np.zeros((4, 3)), y)
    with refused(ValueError, "linear_probe: steps"):
        linear_probe(z, y, z, y, steps=0)
    with refused(ValueError, "linear_probe"):
        linear_probe(z, y[:3], z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z, y, z, y[:3])
    with refused(ValueError, "linear_probe"):
        linear_probe(z * np.nan, y, z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z[:, 0], y, z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z[:0], y[:0], z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z[:, :0], y, z[:, :0], y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z, y / 2, z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z, y.astype(str), z, y)
    with refused(ValueError, "linear_probe"):
        linear_probe(z, None, z, y)


def test_columns_of_a_probe_may_be_huge_tiny_or_the_same_for_all():
    """Dead units of a hidden layer are the same for all training data, and not quite for the test data."""
    z = np.random.default_rng(0).normal(size=(300, 3))
    y = (z[:, 0] > 0).astype(int)
    plain = linear_probe(z[:200], y[:200], z[200:], y[200:])
    for scale in (1e200, 1e-30):
        assert linear_probe(scale * z[:200], y[:200], scale * z[200:], y[200:]) == pytest.approx(plain, abs=0.02)
    dead = np.column_stack([z, np.r_[np.ones(200), np.full(100, 1.001)]])
    assert linear_probe(dead[:200], y[:200], dead[200:], y[200:]) == pytest.approx(plain, abs=0.02)


def test_a_label_that_was_not_there_in_training_is_missed():
    z = np.random.default_rng(0).normal(size=(100, 2))
    y = 10**7 * (z[:, 0] > 0)
    assert linear_probe(z, y, z, y) > 0.95 and linear_probe(z, y, z, y + 1) == 0
