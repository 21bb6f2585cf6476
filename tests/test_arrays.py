"""Data at the entrance: black and white, lists of numbers, text, and what is no array of numbers."""

import numpy as np
import pytest
from helpers.digit_models import (
    BITS,
    LABELS,
    SCORES,
    X,
    autoencoder,
    classifier,
    conditional,
    conditional_gan,
    conditional_vae,
    gan,
    vae,
)
from helpers.refusals import advice, refused, text_of
from helpers.small_model import ONES, compiled

import minigen
from minigen import Dense, Embedding, Flatten, Input, Model, Sequential, Tensor, losses, metrics, models
from minigen.datasets import attributes, binarize
from minigen.training import Task, alternate

# ---- no numbers


NO_FLOATS = {
    "text": np.array(["a", "b"]),
    "objects": np.array([None, 1.0]),
    "dates": np.array(["2020-01-01"], "M8[D]"),
    "complex numbers": np.array([1j]),
    "records": np.zeros(2, [("a", "f4")]),
}
FUNCTIONS = {
    "exp": minigen.exp,
    "softplus": minigen.softplus,
    "sum": minigen.sum,
    "logsumexp": minigen.logsumexp,
    "add": lambda x: minigen.ops.add(x, 1.0),
    "maximum": lambda x: minigen.maximum(x, 0.0),
    "sigmoid": minigen.sigmoid,
    "dropout": lambda x: minigen.dropout(x, 0.5),
    "gaussian_noise": lambda x: minigen.gaussian_noise(x, 0.5),
    "Tensor": Tensor,
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("kind", ["text", "objects", "dates", "records"])
def test_arrays_of_no_numbers_are_refused(function, kind):
    with refused(TypeError, str(NO_FLOATS[kind].dtype)):
        FUNCTIONS[function](NO_FLOATS[kind])


HIDDEN = np.ma.array(np.ones((6, 4)), mask=np.arange(24).reshape(6, 4) % 5 == 0)


@pytest.mark.parametrize(
    "take",
    [
        lambda x: metrics.frechet_distance(x, np.ones((6, 4))),
        lambda x: metrics.neighbour_accuracy(x, np.arange(6) % 2, np.ones((6, 4)), np.arange(6) % 2, k=1),
        lambda x: minigen.plot.grid(x),
        lambda x: minigen.to_numpy(x),
    ],
)
def test_masked_numbers_are_not_shown(take):
    with refused(TypeError, "a masked array"):
        take(HIDDEN)
    assert minigen.to_numpy(HIDDEN.filled(0)).shape == (6, 4)


# ---- no samples


EMPTY = {
    "predict": lambda: autoencoder().predict(X[:0]),
    "predict of []": lambda: autoencoder().predict([]),
    "fit of []": lambda: autoencoder().fit([], [], verbose=0),
    "evaluate": lambda: autoencoder().evaluate(X[:0], X[:0]),
    "encode": lambda: vae().encode(X[:0]),
    "decode": lambda: vae().decode(X[:0, :2]),
    "sample": lambda: vae().sample(0),
    "generate": lambda: gan().generate(X[:0, :3]),
    "discriminate": lambda: gan().discriminate(X[:0]),
    "nll": lambda: models.MADE(784, hidden=4).nll(X[:0]),
    "binarize": lambda: binarize(X[:0], how=0.5),
    "attributes": lambda: attributes.has_loop(X[:0]),
    "add_noise": lambda: models.add_noise(X[:0]),
    "median_filter": lambda: models.median_filter(X[:0].reshape(0, 28, 28, 1)),
    "ridge": lambda: models.RidgeDenoiser(X[:, :9], X[:, :9]).predict(X[:0, :9]),
    "PCA": lambda: models.PCA(X[:0], 2),
    "PCA.encode": lambda: models.PCA(X[:, :9], 2).encode(X[:0, :9]),
    "scorer": lambda: models.Scorer(models.digit_classifier()).labels(X[:0]),
    "entropy": lambda: metrics.binary_entropy(X[:0]),
    "no features": lambda: autoencoder().predict(np.zeros((3, 0))),
    "gradient_penalty": lambda: losses.gradient_penalty(lambda x: x.sum(axis=1), X[:0], X[:0]),
    "kl": lambda: losses.kl_standard_normal(X[:0, :2], X[:0, :2]),
}


@pytest.mark.parametrize("what", EMPTY)
def test_none_is_refused(what):
    text_of(EMPTY[what], ValueError)


# ---- lists of numbers, text, objects


NUMBERS = {
    "NumPy's": list(LABELS.astype("uint8")),
    "Python's": LABELS.tolist(),
    "0-d arrays": [np.array(n) for n in LABELS],
    "Tensors": [Tensor(n) for n in LABELS],
    "a mixture": [np.int64(n) if n % 2 else int(n) for n in LABELS],
}
LABELLED = {
    "fit": lambda y: classifier().fit(X, y, verbose=0).history["loss"],
    "validation": lambda y: classifier().fit(X, y, validation_data=(X, y), verbose=0).history["val_loss"],
    "evaluate": lambda y: classifier().evaluate(X, y),
    "train_on_batch": lambda y: classifier().train_on_batch(X, y),
    "task": lambda y: Task("a", classifier(), X, y).data[1],
    "vae": lambda y: conditional(conditional_vae).fit(X, y, verbose=0).history["loss"],
    "gan": lambda y: conditional(conditional_gan).fit(X, y, verbose=0).history["d_loss"],
    "encode": lambda y: conditional(conditional_vae).encode(X, y)[0],
    "loss": lambda y: losses.sparse_categorical_crossentropy(y, SCORES).item(),
    "accuracy": lambda y: metrics.accuracy(y, np.eye(10)[LABELS]),
}


@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("what", LABELLED)
def test_a_list_of_numbers_is_an_array(what, numbers):
    minigen.seed(0)
    found = LABELLED[what](NUMBERS[numbers])
    minigen.seed(0)
    np.testing.assert_array_equal(found, LABELLED[what](LABELS))


@pytest.mark.parametrize(
    "y", [[np.float32(0.5)] * 12, [0.5] * 12, [Tensor(0.5)] * 12], ids=["NumPy", "Python", "Tensor"]
)
def test_a_list_of_targets_is_an_array(y):
    class Line(Model):
        def __init__(self):
            super().__init__()
            self.inside = Dense(1)

        def call(self, x):
            return self.inside(x).reshape(-1)

    model = Line()
    model.compile("adam", "mse")
    assert np.isfinite(model.fit(X, y, verbose=0).history["loss"][0])


TEXT = LABELS.astype(str)
LABELS_TO_MEND = {
    "text": TEXT,
    "text in objects": TEXT.astype(object),
    "a list of text": list(TEXT),
    "bytes": TEXT.astype("S"),
    "integers in objects": LABELS.astype(object),
    "words": np.array(["cat", "dog"] * 6),
    "a generator": (n for n in LABELS),
    "a map": map(int, LABELS),
}


@pytest.mark.parametrize("what", LABELS_TO_MEND)
def test_what_is_said_of_labels_that_are_text_works_when_typed(what):
    y = LABELS_TO_MEND[what]
    mended = advice(lambda: classifier().fit(X, y, verbose=0), TypeError, y=y)
    classifier().fit(X, mended, verbose=0)
    if "text" in what:
        np.testing.assert_array_equal(mended, LABELS)
        text_of(lambda: losses.sparse_categorical_crossentropy(y, SCORES), TypeError)
        text_of(lambda: conditional(conditional_gan).sample(12, y), TypeError)


def objects(rows):
    a = np.empty(len(rows), object)
    for i, row in enumerate(rows):
        a[i] = row
    return a


IMAGES_TO_MEND = {
    "rows in objects": objects(list(X)),
    "lists in objects": objects(X.tolist()),
    "numbers in objects": X.astype(object),
    "numbers as text": X.astype(str),
    "complex": X.astype("complex64"),
    "hidden by a mask": np.ma.masked_greater(X, 0.5),
    "a dictionary": {"x": X},
    "dates": np.zeros((12, 784), "datetime64[D]"),
    "times": np.zeros((12, 784), "timedelta64[D]"),
    "columns": X.view([(f"p{i}", "float32") for i in range(784)]).reshape(12),
    "some None": np.concatenate([X.astype(object), np.full((1, 784), None)]),
}


@pytest.mark.parametrize("what", IMAGES_TO_MEND)
def test_what_is_said_of_images_that_are_no_numbers_works_when_typed(what):
    x = IMAGES_TO_MEND[what]
    mended = advice(lambda: autoencoder().predict(x), (TypeError, ValueError), x=x)
    assert autoencoder().predict(mended).shape == (12, 784)


def test_an_infinity_among_objects_is_no_integer():
    x = np.full((12, 784), np.inf, object)
    assert 'x.astype("float32")' in text_of(lambda: autoencoder().predict(x), TypeError)


@pytest.mark.parametrize("x", [[X[0].tolist(), X[1, :5].tolist()], objects([X[0], X[1, :5]])], ids=["list", "objects"])
def test_rows_of_different_length(x):
    for ask in (autoencoder().predict, lambda x: losses.mse(x, SCORES), lambda x: metrics.accuracy(x, SCORES)):
        assert "different length" in text_of(lambda ask=ask: ask(x), TypeError) or isinstance(x, np.ndarray)
    assert "np.stack([row[" in text_of(lambda: autoencoder().predict(x), TypeError)
    for ask in (lambda x: models.latent.grid(x, 4), lambda x: models.latent.direction(X[:2], x)):
        if isinstance(x, list):
            text_of(lambda ask=ask: ask(x), ValueError)


@pytest.mark.parametrize(
    "y",
    [None, "abc", {"y": X}, {1, 2}, (row for row in X), X * 1j, X.astype(str), object()],
    ids=["None", "text", "dict", "set", "generator", "complex", "strings", "object"],
)
def test_targets_that_are_no_numbers_are_refused_by_a_step_and_by_a_metric(y):
    text_of(lambda: autoencoder().train_step(Tensor(X), y), (TypeError, ValueError))
    text_of(lambda: metrics.accuracy(y, X), (TypeError, ValueError))


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_and_a_mask_that_hides_nothing_are_arrays():
    a, b, c = (autoencoder(), autoencoder(), autoencoder())
    for model in (b, c):
        model.set_weights(a.get_weights())
    np.testing.assert_array_equal(a.predict(X), b.predict(np.matrix(X)))
    np.testing.assert_array_equal(a.predict(X), c.predict(np.ma.array(X)))


# ---- black and white


BLACK_AND_WHITE = {
    "fit": lambda x: autoencoder().fit(x, x, verbose=0).history["loss"],
    "predict": lambda x: autoencoder().predict(x),
    "evaluate": lambda x: autoencoder().evaluate(x, x),
    "train_on_batch": lambda x: autoencoder().train_on_batch(x, x),
    "encode": lambda x: autoencoder().encode(x),
    "vae.fit": lambda x: vae().fit(x, verbose=0).history["loss"],
    "vae.encode": lambda x: vae().encode(x)[0],
    "gan.fit": lambda x: gan().fit(x, verbose=0).history["d_loss"],
    "discriminate": lambda x: gan().discriminate(x),
    "pixel_gradient": lambda x: gan().pixel_gradient(x),
    "made": lambda x: conditional(lambda: models.MADE(784, hidden=4)).fit(x, x, verbose=0).history["loss"],
    "nll": lambda x: models.MADE(784, hidden=4).nll(x),
    "inpaint": lambda x: models.MADE(784, hidden=4).inpaint(x, np.ones(784, bool)),
    "binarize": lambda x: binarize(x, how=0.5),
    "attributes": attributes.slant,
    "task": lambda x: alternate([(Task("a", autoencoder(), x, x), 1)], verbose=0).history["a/loss"],
    "counts": lambda x: models.ContextCounts(2).fit(minigen.to_numpy(x).reshape(12, 28, 28)).p,
}


@pytest.mark.parametrize("what", BLACK_AND_WHITE)
@pytest.mark.parametrize("kind", [bool, "uint8", "int64", Tensor])
def test_booleans_and_zeros_and_ones_are_black_and_white(what, kind):
    given = Tensor(BITS.astype("uint8")) if kind is Tensor else BITS.astype(kind)
    minigen.seed(0)
    found = BLACK_AND_WHITE[what](given)
    minigen.seed(0)
    np.testing.assert_array_equal(found, BLACK_AND_WHITE[what](BITS.astype("float32")))


def test_integers_stay_integers_where_a_model_takes_them():
    model = Sequential([Input(shape=(5,), dtype="int64"), Embedding(2, 3), Flatten(), Dense(1)])
    model.compile("adam", "mse")
    assert model.fit(np.ones((3, 5), int), np.ones((3, 1), bool), verbose=0).history["loss"][0] > 0
    vae, digits, predicted, losses_of = conditional(conditional_vae), classifier(), [], []
    for labels in (np.ones(12, bool), np.ones(12, int)):
        minigen.seed(0)
        predicted.append(vae.predict([X, labels]))
        losses_of.append(digits.evaluate(X, labels))
    np.testing.assert_array_equal(*predicted)
    assert losses_of[0] == losses_of[1]


@pytest.mark.parametrize("what", ["predict", "vae.fit", "gan.fit", "binarize", "attributes"])
def test_pixels_up_to_255_are_no_black_and_white(what):
    assert "/ 255" in text_of(lambda: BLACK_AND_WHITE[what]((X * 255).astype("uint8")), TypeError)


def test_booleans_are_not_divided_by_255():
    with refused(TypeError, 'x.astype("float32")'):
        compiled()(ONES > 0)
    with pytest.raises(TypeError) as error:
        compiled()(ONES > 0)
    assert "255" not in str(error.value)
