"""One sample, lists of samples, and sizes: what fit, predict and evaluate say about data of another form."""

import numpy as np
import pytest
from helpers.digit_models import (
    BITS,
    IMAGES,
    LABELS,
    X,
    autoencoder,
    classifier,
    gan,
    images_classifier,
    two_outputs,
    vae,
)
from helpers.refusals import advice, text_of

import minigen
from minigen import Tensor, models
from minigen.datasets import attributes

# ---- one sample without its batch axis


LONE = {
    "predict": (X[0], lambda x: autoencoder().predict(x)),
    "evaluate": (X[0], lambda x: autoencoder().evaluate(x, x)),
    "fit": (X[0], lambda x: autoencoder().fit(x, x, verbose=0)),
    "fit with its label": (X[0], lambda x: classifier().fit(x, 5, verbose=0)),
    "encode": (X[0], lambda x: autoencoder().encode(x)),
    "decode": (X[0, :4], lambda z: autoencoder().decode(z)),
    "call": (X[0], lambda x: autoencoder()(x)),
    "validation": (X[0], lambda x: autoencoder().fit(X, X, validation_data=(x, x), verbose=0)),
    "vae.fit": (X[0], lambda x: vae().fit(x, verbose=0)),
    "vae.encode": (X[0], lambda x: vae().encode(x)),
    "vae.predict": (X[0], lambda x: vae().predict(x)),
    "vae.decode": (X[0, :2], lambda z: vae().decode(z)),
    "gan.fit": (X[0], lambda x: gan().fit(x, verbose=0)),
    "gan.discriminate": (X[0], lambda x: gan().discriminate(x)),
    "gan.generate": (X[0, :3], lambda z: gan().generate(z)),
    "nll": (BITS[0].astype("float32"), lambda x: models.MADE(784, hidden=4).nll(x)),
    "attributes": (X[0], attributes.has_loop),
    "an image without channels": (IMAGES[0], lambda x: images_classifier().predict(x)),
    "a row for an image": (X[0], lambda x: images_classifier().predict(x)),
    "an image for a row": (IMAGES[0], lambda x: autoencoder().predict(x)),
}


@pytest.mark.parametrize("what", LONE)
def test_a_lone_sample_is_shown_as_it_came(what):
    x, call = LONE[what]
    text = text_of(lambda: call(x), ValueError)
    assert str(x.shape) in text.split("got:")[1].split("fix:")[0]
    written = text.split("fix:")[1].partition(" for ")[0].strip()
    if what not in ("fit", "evaluate", "fit with its label"):  # these ask for a label beside it
        call(eval(written, {"x": x, "z": x}))
    assert "None" in written or "reshape(1, " in written


# ---- a list of samples


LISTS = {
    "predict": lambda x: autoencoder().predict(x),
    "fit": lambda x: autoencoder().fit(x, x, verbose=0),
    "targets": lambda y: autoencoder().fit(X, y, verbose=0),
    "evaluate": lambda x: autoencoder().evaluate(x, x),
    "train_on_batch": lambda x: autoencoder().train_on_batch(x, x),
    "vae.fit": lambda x: vae().fit(x, verbose=0),
    "vae.encode": lambda x: vae().encode(x),
    "gan.fit": lambda x: gan().fit(x, verbose=0),
    "discriminate": lambda x: gan().discriminate(x),
}


@pytest.mark.parametrize("what", LISTS)
@pytest.mark.parametrize(
    "x", [list(X), tuple(X), [X[0]], [Tensor(row) for row in X]], ids=["list", "tuple", "one", "Tensors"]
)
def test_a_list_of_images_is_no_list_of_inputs(what, x):
    if what == "targets" and len(x) == 1:
        return
    text = text_of(lambda: LISTS[what](x), ValueError)
    assert f"np.stack({'y' if what == 'targets' else 'x'})" in text
    LISTS[what](np.stack([minigen.to_numpy(row) for row in x]))


def test_a_list_of_batches_and_a_list_of_inputs():
    assert advice(lambda: autoencoder().predict([X[:8], X[8:]]), ValueError, x=[X[:8], X[8:]]).shape == (12, 784)
    np.testing.assert_array_equal(autoencoder().predict([X]).shape, (12, 784))
    assert len(two_outputs([]).fit(X, [np.zeros((12, 1)), LABELS], verbose=0).history["loss"]) == 1
    assert "val_loss" in autoencoder().fit(X, X, validation_data=[X, X], verbose=0).history


# ---- one array


@pytest.mark.parametrize("x", [BITS, BITS.tolist(), Tensor(BITS), X], ids=["array", "list", "Tensor", "grey"])
def test_fit_x_x_stays_one_array(x):
    seen = []

    class Watching(models.Autoencoder):
        def train_step(self, x, y):
            seen.append(x is y)
            return super().train_step(x, y)

    parts = models.fc_autoencoder(4)
    model = Watching(parts.encoder, parts.decoder)
    model.compile("adam", "mse")
    model.fit(x, x, verbose=0)
    assert seen == [True]


# ---- sizes


def test_sizes_may_be_numpy_integers():
    autoencoder().fit(X, X, batch_size=np.int32(5), epochs=np.int64(2), verbose=0)
    assert autoencoder().predict(X, batch_size=np.uint8(5)).shape == (12, 784)
    assert models.MADE(784, hidden=4).nll(BITS, batch_size=np.int64(5)).shape == (12,)
    assert vae().sample(np.int64(2)).shape == (2, 784)


@pytest.mark.parametrize("size", [32.0, True, 0, None, X, [1, 2], Tensor(X)], ids=lambda v: type(v).__name__)
@pytest.mark.parametrize("verb", ["predict", "fit", "epochs", "evaluate", "nll"])
def test_a_size_that_is_none(verb, size):
    call = {
        "predict": lambda: autoencoder().predict(X, size),
        "fit": lambda: autoencoder().fit(X, X, size, verbose=0),
        "epochs": lambda: autoencoder().fit(X, X, 32, size, verbose=0),
        "evaluate": lambda: autoencoder().evaluate(X, X, size),
        "nll": lambda: models.MADE(784, hidden=4).nll(BITS, size),
    }
    text = text_of(call[verb], ValueError)
    assert len(text) < 300 and ("evaluate(x, y)" in text) == (np.ndim(minigen.to_numpy(size)) > 0)
