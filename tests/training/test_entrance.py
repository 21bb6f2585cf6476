"""Data at the entrance: what is accepted, what is refused, and whether the advice of a refusal works when typed."""

from functools import partial

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Concatenate, Dense, Embedding, Flatten, Input, Model, Sequential, Tensor, losses, metrics, models
from minigen.datasets import attributes, binarize
from minigen.training.data import to_device
from minigen.training.loop import Task, alternate

RNG = np.random.default_rng(0)
X = RNG.random((12, 784)).astype("float32")
IMAGES = X.reshape(-1, 28, 28)
BITS = X > 0.5
LABELS = np.arange(12) % 10
SCORES = np.full((12, 10), 0.1, "float32")


def autoencoder(loss="binary_crossentropy", **options):
    model = models.fc_autoencoder(4)
    model.compile("adam", loss, **options)
    return model


def vae():
    model = models.vae(2, 8)
    model.compile()
    return model


def gan():
    generator = Sequential([Input(shape=(3,)), Dense(784, "sigmoid")])
    model = models.GAN(generator, Sequential([Input(shape=(784,)), Dense(1)]))
    model.compile()
    return model


def classifier():
    model = Sequential([Input(shape=(784,)), Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def conditional(make):
    model = make()
    model.compile()
    return model


def conditional_vae():
    return models.conditional_vae(2, 10, 8)


def conditional_gan():
    z, x, y = Input(shape=(3,)), Input(shape=(784,)), Input(shape=(10,))
    generator = Model([z, y], Dense(784, "sigmoid")(Concatenate()([z, y])))
    return models.ConditionalGAN(generator, Model([x, y], Dense(1)(Concatenate()([x, y]))))


def images_classifier():
    model = Sequential([Input(shape=(28, 28, 1)), Flatten(), Dense(1)])
    model.compile("adam", "mse")
    return model


def text_of(action, kind):
    """The four parts of the refusal."""
    with pytest.raises(kind) as caught:
        action()
    text = str(caught.value)
    assert all(part in text for part in ("expected:", "got:", "fix:")), text
    return text


def advice(action, kind, **names):
    """What the refusal says to write, typed."""
    return eval(text_of(action, kind).split("fix:")[1].strip(), {"np": np, **names})


# ---- targets of a cross-entropy


class OwnStep(Model):
    def __init__(self):
        super().__init__()
        self.inside = Dense(784, "sigmoid")

    def call(self, x):
        return self.inside(x)

    def train_step(self, x):
        loss = losses.binary_crossentropy(x, self(x))
        loss.backward()
        self.optimizer.step(self.parameters())
        return {"loss": loss}


def own_step(x):
    model = OwnStep()
    model.compile("adam")
    return model.fit(x, verbose=0)


def vae_with_a_loss_of_ones_own(x):
    parts = models.vae(2, 8)
    model = models.VAE(parts.encoder, parts.decoder, data_range=None)
    model.compile(loss=lambda x, x_hat: losses.binary_crossentropy_per_image(x, x_hat))
    return model.fit(x, verbose=0)


PATHS = {
    "arrays": lambda x: losses.binary_crossentropy(x, Tensor(0.5 * np.ones_like(x))),
    "Tensors": lambda x: losses.binary_crossentropy(Tensor(x), Tensor(0.5 * np.ones_like(x))),
    "logits": lambda x: losses.binary_crossentropy(Tensor(x), Tensor(np.zeros_like(x)), from_logits=True),
    "per image": lambda x: losses.binary_crossentropy_per_image(Tensor(x), Tensor(0.5 * np.ones_like(x))),
    "own train_step": own_step,
    "fit": lambda x: autoencoder().fit(x, x, verbose=0),
    "partial": lambda x: autoencoder(partial(losses.binary_crossentropy, from_logits=False)).fit(x, x, verbose=0),
    "lambda": lambda x: autoencoder(lambda t, p: losses.bce(t, p)).fit(x, x, verbose=0),
    "evaluate": lambda x: autoencoder(lambda t, p: losses.bce(t, p)).evaluate(x, x),
    "train_step called by hand": lambda x: autoencoder().train_step(Tensor(x), Tensor(x)),
    "test_step called by hand": lambda x: autoencoder().test_step(Tensor(x), Tensor(x)),
    "VAE": vae_with_a_loss_of_ones_own,
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("x", [255 * X, 2 * X - 1, 1.1 * X], ids=["pixels up to 255", "[-1, 1]", "noise"])
def test_targets_outside_0_and_1_are_refused_on_every_path(path, x):
    with refused(ValueError, "needs targets that are probabilities"):
        PATHS[path](x)
    PATHS[path](X)


@pytest.mark.parametrize("path", ["arrays", "Tensors", "logits", "per image", "train_step called by hand"])
def test_a_target_that_is_nan_is_refused(path):
    with refused(ValueError, "needs targets that are probabilities"):
        PATHS[path](np.where(BITS, np.nan, X))


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, Tensor])
def test_rows_that_are_no_probabilities_are_refused(kind, from_logits):
    p = Tensor(np.full((1, 3), 1 / 3, "float32"))
    loss = partial(losses.categorical_crossentropy, y_pred=p, from_logits=from_logits)
    for row in ([0, -1, 2], [1, 1, 0], [np.nan, 1, 0], [0, 255, 0]):
        with refused(ValueError, "categorical_crossentropy: targets"):
            loss(kind(np.array([row], "float32")))
    for row in ([0, 1, 0], [0.05, 0.05, 0.9], [0.5, 0.5, 0], [0, 0.3, 0], [0, 0, 0]):  # the last two: weights 0.3 and 0
        assert np.isfinite(loss(kind(np.array([row], "float32"))).item())


def test_rows_that_are_no_probabilities_are_refused_before_the_first_step():
    model = classifier()
    model.compile("adam", "categorical_crossentropy")
    with refused(ValueError, "Sequential.fit: categorical_crossentropy"):
        model.fit(X, np.ones((12, 10)), verbose=0)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "categorical_crossentropy"])
def test_fit_looks_at_its_targets_once_and_no_step_does_again(stand_in, loss):
    """A GPU would wait for it. Targets that come from elsewhere are looked at in each step."""
    with minigen.using("cupy"):
        model = Sequential([Input(shape=(10,)), Dense(10, "sigmoid" if loss[0] == "b" else "softmax")])
        model.compile("adam", loss)
        data = (X[:, :10], np.eye(10, dtype="float32")[LABELS])
        model.check_training(data, "here")  # as fit() does, with all the data
        x, y = to_device(data)
        model.train_step(x, y)
        with stand_in.counting() as moved:
            model.train_step(x, y)
        assert moved["sync"] == 0
        with stand_in.counting() as moved:
            model.train_step(x, Tensor(y.data))
        assert moved["sync"] > 0


@pytest.mark.parametrize("loss", [name for name in losses.LOSSES if name != "sparse_categorical_crossentropy"])
@pytest.mark.parametrize("kind", [bool, "uint8", "int64", list, Tensor, "Tensors"])
def test_targets_of_zeros_and_ones_may_be_of_any_type(loss, kind):
    p, t = Tensor(np.full((10, 10), 0.1, "float32")), np.eye(10)
    makers = {list: t.tolist, Tensor: lambda: Tensor(t.astype(int)), "Tensors": lambda: [Tensor(row) for row in t]}
    given = makers[kind]() if kind in makers else t.astype(kind)
    assert losses.get(loss)(given, p).item() == losses.get(loss)(t.astype("float32"), p).item()


# ---- metrics


def two_outputs(metrics_):
    x = Input(shape=(784,))
    model = Model(x, [Dense(1, "sigmoid", name="ring")(x), Dense(10, "softmax", name="digit")(x)])
    model.compile("adam", ["binary_crossentropy", "sparse_categorical_crossentropy"], metrics=metrics_)
    return model


def test_metrics_of_several_outputs():
    model, y = two_outputs([["accuracy", "mse"], ["accuracy"]]), [np.zeros((12, 1)), LABELS]
    history = model.fit(X, y, validation_data=(X, y), verbose=0).history
    names = {"ring_accuracy", "ring_mse", "digit_accuracy"}
    assert set(history) >= names | {f"val_{name}" for name in names}
    ring, digit = model.predict(X)
    want = [metrics.accuracy(y[0], ring), metrics.mean_squared_error(y[0], ring), metrics.accuracy(y[1], digit)]
    assert model.evaluate(X, y)[1:] == pytest.approx(want)
    assert set(two_outputs([None, "accuracy"]).fit(X, y, verbose=0).history) == {"loss", "digit_accuracy"}


@pytest.mark.parametrize("flat", [["accuracy"], ["accuracy", "mse"], [["accuracy"]], [["mse"]] * 3])
def test_metrics_that_are_not_one_list_for_each_output(flat):
    text = text_of(lambda: two_outputs(flat), ValueError)
    assert "each of the 2 outputs" in text
    two_outputs(eval(text.split("fix:      metrics=")[1]))


def test_metrics_of_a_model_without_a_graph_are_refused_at_the_first_step():
    class Heads(Model):
        def __init__(self):
            super().__init__()
            self.one, self.other = Dense(1, "sigmoid"), Dense(10, "softmax")

        def call(self, x):
            return [self.one(x), self.other(x)]

    model = Heads()
    model(X)
    before = model.get_weights()
    model.compile("adam", ["binary_crossentropy", "sparse_categorical_crossentropy"], metrics=["accuracy"])
    with refused(ValueError, "Heads: metrics"):
        model.fit(X, [np.zeros((12, 1)), LABELS], verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_one_output_in_a_list():
    x = Input(shape=(784,))
    model = Model(x, [Dense(1, "sigmoid")(x)])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    for y in (np.zeros((12, 1)), [np.zeros((12, 1))]):
        assert set(model.fit(X, y, verbose=0).history) == {"loss", "accuracy"}
        assert len(model.evaluate(X, y)) == 2
    assert [y.shape for y in model.predict(X)] == [(12, 1)]


@pytest.mark.parametrize("wrong", [3, {"a": ["accuracy"]}, [3]])
def test_metrics_that_are_none(wrong):
    text_of(lambda: autoencoder(metrics=wrong), TypeError)
    text_of(lambda: autoencoder(loss=3), TypeError)
    assert set(autoencoder(metrics=[partial(metrics.mean_squared_error)]).fit(X, X, verbose=0).history) == {
        "loss",
        "mean_squared_error",
    }


@pytest.mark.parametrize("rows", [[[1, 1, 0], [0, 1, 1]], [[0, 0, 0], [0, 1, 0]], [[0.1, 0.7, 0.2]] * 2, X[:2, :3]])
def test_accuracy_refuses_rows_that_are_not_one_hot(rows):
    with refused(ValueError, "accuracy: targets"):
        metrics.accuracy(np.array(rows), np.ones((2, 3)))
    with refused(ValueError, "accuracy: targets"):
        autoencoder(metrics=["accuracy"]).fit(X, X, verbose=0)
    assert metrics.accuracy(np.eye(3, dtype=bool), np.eye(3)) == metrics.accuracy(np.eye(3), np.eye(3)) == 1


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


# ---- a rounding above 1


RANGES = {
    "vae": lambda x: vae().fit(x, verbose=0),
    "targets": lambda x: autoencoder().fit(x, x, verbose=0),
    "loss": lambda x: losses.binary_crossentropy(x, Tensor(np.full((4, 784), 0.5, "float32"))),
    "add_noise": models.add_noise,
    "binarize": lambda x: binarize(x, how=0.5),
    "attributes": attributes.thickness,
    "scorer": lambda x: models.Scorer(models.digit_classifier()).labels(x),
    "entropy": metrics.binary_entropy,
}


@pytest.mark.parametrize("what", RANGES)
def test_only_what_is_outside_after_rounding_is_refused(what):
    RANGES[what](np.full((4, 784), 1 + 2**-52))  # 1.0 in float32
    RANGES[what](np.full((4, 784), 1 + 2**-25))
    above = np.full((4, 784), 1 + 2**-23, "float32")
    text = text_of(lambda: RANGES[what](above), ValueError)
    assert "1.0000001" in text and "np.clip(x, 0, 1)" in text
    RANGES[what](eval("np.clip(x, 0, 1)", {"np": np, "x": above}))


def test_a_model_of_float64_sees_more():
    model = vae().astype("float64")
    model.compile()
    assert "1.0000000000000002" in text_of(lambda: model.fit(np.full((4, 784), 1 + 2**-52), verbose=0), ValueError)


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


def test_integers_stay_integers_where_a_model_takes_them():
    model = Sequential([Input(shape=(5,), dtype="int64"), Embedding(2, 3), Flatten(), Dense(1)])
    model.compile("adam", "mse")
    model.fit(np.ones((3, 5), int), np.ones((3, 1), bool), verbose=0)
    labels = np.ones(12, bool)
    conditional(conditional_vae).predict([X, labels])
    classifier().fit(X, labels, verbose=0)


@pytest.mark.parametrize("what", ["predict", "vae.fit", "gan.fit", "binarize", "attributes"])
def test_pixels_up_to_255_are_no_black_and_white(what):
    assert "/ 255" in text_of(lambda: BLACK_AND_WHITE[what]((X * 255).astype("uint8")), TypeError)


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


def objects(rows):
    a = np.empty(len(rows), object)
    for i, row in enumerate(rows):
        a[i] = row
    return a


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


IMAGES_TO_MEND = {
    "rows in objects": objects(list(X)),
    "lists in objects": objects(X.tolist()),
    "numbers in objects": X.astype(object),
    "numbers as text": X.astype(str),
    "complex": X.astype("complex64"),
    "hidden by a mask": np.ma.masked_greater(X, 0.5),
    "a generator": (row for row in X),
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
def test_a_step_given_something_else(y):
    text_of(lambda: autoencoder().train_step(Tensor(X), y), (TypeError, ValueError))
    text_of(lambda: metrics.accuracy(y, X), (TypeError, ValueError))


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_and_a_mask_that_hides_nothing_are_arrays():
    a, b, c = (autoencoder(), autoencoder(), autoencoder())
    for model in (b, c):
        model.set_weights(a.get_weights())
    np.testing.assert_array_equal(a.predict(X), b.predict(np.matrix(X)))
    np.testing.assert_array_equal(a.predict(X), c.predict(np.ma.array(X)))


# ---- nothing, and sizes


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
def test_nothing_is_refused(what):
    text_of(EMPTY[what], ValueError)


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


class TakesData(Model):
    def call(self, x):
        return x

    def train_step(self, data):
        return {}


ONES = np.ones((6, 4), "float32")
INPUT = Input(shape=(4,))


def compiled(loss="mse"):
    model = Sequential([Input(shape=(4,)), Dense(2)])
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("inputs and outputs", lambda: Model([INPUT, INPUT], Dense(2)(INPUT)), ValueError),
        ("inputs and outputs", lambda: Model(INPUT, []), ValueError),
        ("numbers beyond float32", lambda: compiled().predict(ONES.astype("float64") * 1e300), ValueError),
        ("numbers beyond float32", lambda: compiled().fit(ONES, ONES[:, :2].astype("float64") * 1e300), ValueError),
        ("the loss", lambda: compiled(lambda y, p: (y - p) ** 2).evaluate(ONES, ONES[:, :2]), ValueError),
        ("the loss", lambda: compiled(lambda y, p: None).fit(ONES, ONES[:, :2], verbose=0), TypeError),
        ("TakesData.train_step", lambda: TakesData().fit(ONES, ONES, verbose=0), TypeError),
        ("TakesData.train_step", lambda: TakesData().train_on_batch(ONES, ONES), TypeError),
        ("name", lambda: Dense(2, name="a\0b"), ValueError),
        ("accuracy: targets", lambda: metrics.accuracy([7, 7], [[0.1, 0.9], [0.2, 0.8]]), ValueError),
        ("accuracy: targets", lambda: metrics.accuracy([0.5, 1], [[0.1, 0.9], [0.2, 0.8]]), ValueError),
    ],
)
def test_a_mistake_at_the_entrance_is_answered(problem, call, error):
    with refused(error, problem):
        call()


def test_an_output_of_nan_is_a_wrong_answer():
    nan = np.nan
    assert metrics.accuracy([0, 1, 1], [[nan, 1], [1, nan], [0, 1]]) == 1 / 3
    assert metrics.accuracy([0, 1], [nan, nan]) == 0


def test_numbers_beyond_float32_are_fine_in_float64():
    model = compiled().astype("float64")
    assert np.isfinite(model.predict(ONES.astype("float64") * 1e300)).all()


def test_booleans_are_not_divided_by_255():
    with refused(TypeError, 'x.astype("float32")'):
        compiled()(ONES > 0)
    with pytest.raises(TypeError) as error:
        compiled()(ONES > 0)
    assert "255" not in str(error.value)


def test_targets_are_checked_again_for_a_loss_that_came_later():
    class Changing(Sequential):
        def on_epoch_end(self, history):
            self.compile("sgd", "binary_crossentropy")
            return {}

    model = Changing([Input(shape=(4,)), Dense(2, "sigmoid")])
    model.compile("sgd", "mse")
    with refused(ValueError, "binary_crossentropy"):
        model.fit(ONES, 2 * ONES[:, :2], epochs=2, verbose=0)


UNKNOWN = {
    "vae": lambda: models.vae(2, latent=3),
    "gan": lambda: models.gan(latent_dim=3),
    "VAE.sample": lambda: vae().sample(3, seed=1),
    "VAE.encode": lambda: vae().encode(X, batch_size=1),
    "Sequential.summary": lambda: compiled().summary(expand_nested=True),
    "Sequential.save_weights": lambda: compiled().save_weights("x", overwrite=True),
    "Sequential.get_layer": lambda: compiled().get_layer(index=0),
    "grid": lambda: minigen.plot.grid(IMAGES, cmap="gray"),
    "linear_probe": lambda: models.linear_probe(X, LABELS, X, LABELS, epochs=3),
    "alternate": lambda: alternate([], callbacks=[]),
    "seed": lambda: minigen.seed(seed=1),
}


@pytest.mark.parametrize("where", UNKNOWN)
def test_an_unknown_argument_of_a_method_or_function_is_answered(where):
    with refused(TypeError, f"{where}: unknown argument"):
        UNKNOWN[where]()


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("noise: n", lambda: models.gan(4).noise("3"), ValueError),
        ("noise: n", lambda: models.gan(4).noise(-1), ValueError),
        ("initializer", lambda: Dense(3, kernel_initializer=2.5)(ONES), TypeError),
        (
            "initializer of kernel",
            lambda: Dense(3, kernel_initializer=lambda s, d: np.ones(4))(ONES),
            ValueError,
        ),
        ("set_weights", lambda: compiled().set_weights({0: np.ones(2)}), TypeError),
        ("no layer", lambda: compiled().get_layer(["dense"]), ValueError),
        ("layers", lambda: Sequential(np.array(3)), TypeError),
        ("validation_text", lambda: models.CharRNN("ab").fit("ab" * 900, validation_text=""), ValueError),
        ("the outputs", lambda: models.Scorer(digits_without_softmax()).confidence(X), ValueError),
    ],
)
def test_what_ended_in_a_traceback_or_was_ignored_is_answered(problem, call, error):
    with refused(error, problem):
        call()


def digits_without_softmax():
    return Sequential([Input(shape=(28, 28, 1)), Flatten(), Dense(10)])


def test_a_dict_of_weights_may_hold_lists():
    model = compiled()
    model.set_weights({path: np.ones(w.shape).tolist() for path, w in model.named_weights().items()})
    assert all((w == 1).all() for w in model.get_weights())


def test_targets_that_a_step_has_written_to_are_checked_again():
    class Doubling(Sequential):
        def train_step(self, x, y):
            y.assign(y.numpy() * 2)
            return super().train_step(x, y)

    model = Doubling([Input(shape=(4,)), Dense(2, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    with refused(ValueError, "binary_crossentropy"):
        model.train_on_batch(ONES, ONES[:, :2])


SWITCHES = {
    "Dense: use_bias": lambda: Dense(2, use_bias="False"),
    "Conv2D: use_bias": lambda: minigen.Conv2D(2, 3, use_bias="no"),
    "LSTM: return_sequences": lambda: minigen.LSTM(2, return_sequences="False"),
    "GRU: return_state": lambda: minigen.GRU(2, return_state=2),
    "GlobalAveragePooling2D: keepdims": lambda: minigen.GlobalAveragePooling2D(keepdims="no"),
    "Sum: keepdims": lambda: Tensor(ONES).sum(keepdims="no"),
    "Sequential: fuse": lambda: Sequential([], fuse="no"),
    "Sequential.fit: shuffle": lambda: compiled().fit(ONES, ONES[:, :2], shuffle="no"),
    "Sequential.fit: resume": lambda: compiled().fit(ONES, ONES[:, :2], resume="no"),
    "binary_crossentropy: from_logits": lambda: losses.binary_crossentropy(ONES, ONES, "no"),
    "categorical_crossentropy: from_logits": lambda: losses.categorical_crossentropy(ONES / 4, ONES, "no"),
    "backward: retain_graph": lambda: Tensor(ONES, requires_grad=True).sum().backward(retain_graph="no"),
    "grad: create_graph": lambda: minigen.grad(Tensor(ONES, requires_grad=True).sum(), [], create_graph="no"),
}


@pytest.mark.parametrize("where", SWITCHES)
def test_a_word_is_no_switch(where):
    with refused(TypeError, where):
        SWITCHES[where]()


def test_what_is_a_switch():
    for yes in (True, np.True_, 1, np.int64(1)):
        assert Dense(2, use_bias=yes).use_bias is True
    for no in (False, np.False_, 0):
        assert Dense(2, use_bias=no).use_bias is False


def test_a_word_as_verbose():
    with refused(ValueError, "verbose"):
        compiled().fit(ONES, ONES[:, :2], verbose="no")
    with refused(ValueError, "verbose"):
        compiled().predict(ONES, verbose="no")


def test_a_model_that_changes_the_number_of_samples_cannot_predict():
    x = Input(shape=(4,))
    model = Model(x, minigen.Activation(lambda x: x[::2])(x))
    with refused(ValueError, "Model.predict"):
        model.predict(ONES)
    assert model(ONES).shape[0] == (len(ONES) + 1) // 2


def test_a_weight_that_a_dict_has_twice():
    model = compiled()
    before = model.get_weights()
    name = next(iter(model.named_weights())).partition("/")[0]
    both = {name: [np.ones_like(w) for w in before], f"{name}/kernel": np.zeros_like(before[0])}
    with refused(ValueError, f"{name}/kernel"):
        model.set_weights(both)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


LABELS_8 = np.arange(8) % 3


def of_three_classes(loss):
    model = Sequential([Input(shape=(4,)), Dense(3, "softmax")])
    model.compile("sgd", loss)
    return model


def measuring(value):
    model = Sequential([Input(shape=(4,)), Dense(2)])
    model.compile("sgd", "mse", metrics=[lambda y, p: value])
    return lambda: model.fit(ONES, ONES[:, :2], verbose=0)


class TwoArguments(Model):
    def __init__(self):
        super().__init__()
        self.inner = Dense(2)

    def call(self, a, b=None):
        return self.inner(a)


ADVICE = {
    "labels for categorical_crossentropy": (
        lambda: of_three_classes("categorical_crossentropy").fit(np.ones((8, 4)), LABELS_8[:, None], verbose=0),
        "sparse_categorical_crossentropy",
    ),
    "one-hot rows for sparse_categorical_crossentropy": (
        lambda: of_three_classes("sparse_categorical_crossentropy").fit(
            np.ones((8, 4)), np.eye(3)[LABELS_8], verbose=0
        ),
        "y.argmax(axis=-1)",
    ),
    "one-hot rows for a scorer": (
        lambda: models.Scorer(models.digit_classifier()).agreement(np.zeros((3, 784), "float32"), np.eye(10)[:3]),
        "y.argmax(axis=-1)",
    ),
    "two labels for three samples": (lambda: models.conditional_vae(2).sample(3, [1, 2]), "3 labels"),
    "images of two sizes": (
        lambda: minigen.plot.grid([np.zeros((28, 28)), np.zeros((28, 29))]),
        "one call for each size",
    ),
    "one sample for Reshape": (lambda: minigen.Reshape((2, 2))(np.ones(4, "float32")), "x[None]"),
    "one image for Conv2D": (lambda: minigen.Conv2D(2, 3)(np.ones((28, 28), "float32")), "x[None, :, :, None]"),
    "a list of samples": (lambda: models.fc_autoencoder()([np.zeros(784), np.zeros(784)]), "np.stack(samples)"),
    "a metric without a number": (measuring(None), "lambda y_true, y_pred"),
    "a metric that gives a word": (measuring("high"), "lambda y_true, y_pred"),
    "a metric of NaN": (measuring(float("nan")), "a metric that is finite"),
    "a list for two arguments": (lambda: TwoArguments().predict([ONES, ONES]), "def call(self, xs): a, b = xs"),
}


@pytest.mark.parametrize("mistake", ADVICE)
def test_the_advice_leads_on(mistake):
    call, fix = ADVICE[mistake]
    with pytest.raises((ValueError, TypeError, FloatingPointError)) as error:
        call()
    assert fix in str(error.value).partition("fix:")[2]


def test_a_dictionary_of_inputs_is_answered_with_its_keys():
    with pytest.raises(TypeError) as error:
        compiled().predict({"b": ONES, "a": ONES})
    assert "[x[key] for key in ['b', 'a']]" in str(error.value)


def test_a_tilde_is_the_home_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    model = compiled()
    model.save_weights("~/w.npz")
    assert (tmp_path / "w.npz").exists()
    model.load_weights("~/w.npz")


def test_a_link_that_leads_nowhere_is_told_from_a_missing_folder(tmp_path):
    (tmp_path / "w.npz").symlink_to(tmp_path / "gone" / "w.npz")
    with pytest.raises(FileNotFoundError, match="a link to .*gone.*whose folder is not there"):
        compiled().save_weights(tmp_path / "w.npz")
    with pytest.raises(FileNotFoundError, match="no folder .*missing"):
        compiled().save_weights(tmp_path / "missing" / "w.npz")


def test_accuracy_of_logits_is_refused():
    model = Sequential([Input(shape=(4,)), Dense(1)])
    of_logits = partial(losses.binary_crossentropy, from_logits=True)
    with refused(ValueError, "compile: accuracy"):
        model.compile("sgd", of_logits, metrics=["accuracy"])
    model.compile("sgd", of_logits, metrics=[lambda y, x: metrics.accuracy(y, x > 0)])
    logs = model.fit(ONES, np.ones((len(ONES), 1)), verbose=0).history
    assert set(logs["<lambda>"]) <= {0.0, 1.0}
    model.compile("sgd", losses.binary_crossentropy, metrics=["accuracy"])


PREDICTIONS = {
    "binary, no activation": lambda: losses.binary_crossentropy(np.ones((1, 1)), [[2.5]]),
    "binary, tanh": lambda: losses.binary_crossentropy(np.ones((1, 1)), [[-0.9]]),
    "binary per image": lambda: losses.binary_crossentropy_per_image(np.ones((1, 2)), [[2.5, 0.5]]),
    "categorical": lambda: losses.categorical_crossentropy(np.eye(3)[:1], [[-5.0, 3.0, 1.0]]),
    "sparse": lambda: losses.sparse_categorical_crossentropy([0], [[-5.0, 3.0, 1.0]]),
}


@pytest.mark.parametrize("loss", PREDICTIONS)
def test_a_cross_entropy_of_predictions_that_are_no_probabilities(loss):
    """Clipped, or divided by their sum, the worst of them would have looked best: a loss of 1e-7."""
    with refused(ValueError, "predictions"):
        PREDICTIONS[loss]()


@pytest.mark.parametrize(
    ("units", "activation", "loss"),
    [
        (1, None, "binary_crossentropy"),
        (1, "tanh", "binary_crossentropy"),
        (4, None, "sparse_categorical_crossentropy"),
        (4, "tanh", "sparse_categorical_crossentropy"),
    ],
)
def test_a_last_layer_that_gives_no_probabilities(units, activation, loss):
    x = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
    model = Sequential([Input(shape=(4,)), Dense(units, activation)])
    model.compile("sgd", loss)
    y = np.ones((200, 1)) if units == 1 else np.arange(200) % 4
    with refused(ValueError, "in the last layer"):
        model.fit(x, y, verbose=0)


def test_rounding_of_probabilities_is_no_mistake():
    assert losses.binary_crossentropy([[1.0, 0.0]], [[1.000001, -1e-7]]).item() < 1e-6
    assert losses.categorical_crossentropy(np.eye(2), np.eye(2) * 1.000001).item() < 1e-6


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


INPUTS = {
    "dtype": lambda: Input((4,), dtype=object),
    "dtype of text": lambda: Input((4,), dtype="S3"),
    "dtype of a class": lambda: Input((4,), dtype=Dense),
    "name": lambda: Input((4,), name=5),
}


@pytest.mark.parametrize("argument", INPUTS)
def test_what_an_input_is_not(argument):
    with refused(TypeError, argument.split()[0]):
        INPUTS[argument]()
    assert Input((4,), dtype=None).dtype == "float32"


def compiled_in_another_way(**attributes):
    model = compiled()
    for name, value in attributes.items():
        setattr(model, name, value)
    return lambda: model.fit(ONES, ONES[:, :2], verbose=0)


@pytest.mark.parametrize("attributes", [{"optimizer": "adam"}, {"optimizer": None}, {"loss": "mae"}, {"loss": [None]}])
def test_a_model_that_is_compiled_by_its_attributes(attributes):
    with refused(TypeError, "compiled in another way"):
        compiled_in_another_way(**attributes)()


def test_a_dictionary_for_a_model_with_one_input():
    with refused(TypeError, "an input that is no array"):
        compiled()({"x": ONES})


def test_a_device_without_an_end_is_not_read():
    for read in (minigen.datasets.text.read, compiled().load_weights, minigen.datasets.idx.read_idx):
        with refused(OSError, "got:      a device"):
            read("/dev/zero")


def test_predictions_in_place_of_targets():
    """PyTorch's order. The other loss would have been trained, without a word."""
    model = Sequential([Input(shape=(4,)), Dense(4, "sigmoid")])
    for loss in (losses.binary_crossentropy, losses.mean_squared_error):
        with refused(TypeError, "arguments"):
            loss(model(ONES), ONES)
        assert loss(ONES, model(ONES)).op is not None


@pytest.mark.parametrize(
    ("activation", "loss", "y"),
    [
        ("sigmoid", losses.binary_crossentropy, np.ones((6, 3))),
        ("softmax", losses.categorical_crossentropy, np.eye(3)[[0, 1, 2, 0, 1, 2]]),
        ("softmax", losses.sparse_categorical_crossentropy, np.array([0, 1, 2, 0, 1, 2])),
    ],
)
def test_an_activation_is_not_taken_twice(activation, loss, y):
    x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    model = Sequential([Input(shape=(4,)), Dense(3, activation)])
    with refused(ValueError, "from_logits=True"):
        loss(y, model(x), from_logits=True)
    model.compile("sgd", partial(loss, from_logits=True))
    with refused(ValueError, "from_logits=True"):
        model.fit(x, y, verbose=0)


def test_labels_for_rows_of_rows_and_labels_from_one():
    x = np.ones((6, 5, 4), "float32")
    model = Sequential([Input(shape=(5, 4)), Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with refused(ValueError, "Flatten()"):
        model.fit(x, np.arange(6) % 3, verbose=0)
    with refused(ValueError, "y - 1"):
        of_three_classes("sparse_categorical_crossentropy").fit(x[:, 0], 1 + np.arange(6) % 3)


def with_epoch_end(function):
    class Own(Sequential):
        on_epoch_end = function

    model = Own([Input(shape=(4,)), Dense(2)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    "function", [lambda self: None, lambda self, epoch, logs: None, lambda self, epoch, logs=None: None]
)
def test_an_on_epoch_end_as_keras_has_it(function):
    with refused(TypeError, "on_epoch_end"):
        with_epoch_end(function).fit(ONES, ONES[:, :2], verbose=0)


def test_other_ways_to_take_a_history():
    for function in (lambda self, history: None, lambda self, h, more=1: None, lambda self, *all_of_it: None):
        with_epoch_end(function).fit(ONES, ONES[:, :2], verbose=0)


def test_there_is_no_switch_to_stop():
    with pytest.raises(AttributeError, match="epochs=1"):
        compiled().stop_training = True
    assert compiled().stop_training is False


def test_a_model_without_weights_yet_saves_nothing(tmp_path):
    model = Sequential([Dense(2)])
    with refused(ValueError, "it has no weights yet"):
        model.save_weights(tmp_path / "w.npz")
    assert not list(tmp_path.iterdir())
    model(ONES)
    model.save_weights(tmp_path / "w.npz")
    Sequential([Flatten()]).save_weights(tmp_path / "none.npz")  # it will never have any


def test_a_part_that_forgets_super_init_is_told():
    class Own(models.GAN):
        def __init__(self):
            self.generator = Dense(2)

    with pytest.raises(AttributeError, match=r"super\(\).__init__"):
        Own().margin  # noqa: B018
