"""Heads on a shared encoder."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Adam, Dense, Input, Model, Sequential, models
from minigen.datasets import mnist
from minigen.models import Head

(_images, _labels), _ = mnist.load_data("sample")
X, Y = _images[:500].reshape(500, 784).astype("float32") / 255, _labels[:500].astype("int64")


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
