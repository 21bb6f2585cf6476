"""fit(): which data it trains on: splits, weights of samples, epochs of other lengths."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Dense, Input, Model, Sequential, models
from minigen.callbacks import Callback
from minigen.streams import Streamed
from minigen.training.checks import checked_split

X = np.arange(20, dtype="float32").reshape(10, 2) / 20
LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])


class Seeing(Model):
    """Notes the numbers of the samples in each step, and their weights."""

    def __init__(self):
        super().__init__()
        self.inner = Sequential([Input((2,)), Dense(1)])
        self.steps, self.tests, self.given = [], [], []

    def note(self, seen, x, sample_weight):
        seen.append([round(float(v) * 10) for v in x.numpy()[:, 0]])
        self.given.append(None if sample_weight is None else sample_weight.numpy().tolist())
        return {"loss": float(x.numpy().mean())}

    def train_step(self, x, y=None, sample_weight=None):
        return self.note(self.steps, x, sample_weight)

    def test_step(self, x, y=None, sample_weight=None):
        return self.note(self.tests, x, sample_weight)


def fit(**options):
    minigen.seed(0)
    model = Seeing()
    options = {"x": X, "y": LABELS, "batch_size": 4, "verbose": 0, "shuffle": False} | options
    return model, model.fit(**options)


# ---- validation_split


def test_the_end_of_the_data_is_held_out_before_the_shuffle():
    for shuffle in (False, True):
        model, history = fit(validation_split=0.3, shuffle=shuffle, epochs=2)
        assert sorted(sum(model.steps, [])) == sorted(2 * list(range(7)))
        assert [7, 8, 9] in model.tests and list(history) == ["loss", "loss_end", "val_loss"]


@pytest.mark.parametrize(("split", "kept"), [(0.25, 7), (0.05, 9), (0.7, 3), (0.9, 1)])
def test_a_sample_that_is_cut_is_held_out(split, kept):
    model, _ = fit(validation_split=split)
    assert len(sum(model.steps, [])) == kept


def test_a_share_in_percent_is_exact():
    """In floating-point numbers 100 · 0.07 is a little more than 7, and 100 · (1 - 0.9), which Keras takes, less than
    10."""
    data = (np.zeros((100, 1), "float32"),)
    assert [checked_split("fit", k / 100, None, data) for k in range(1, 100)] == list(range(99, 0, -1))


def test_weights_are_split_too_and_those_of_classes_are_for_the_training():
    w = np.arange(10.0)
    model, _ = fit(validation_split=0.2, sample_weight=w, class_weight={0: 1.0, 1: 10.0, 2: 100.0}, batch_size=8)
    assert model.given[-3:] == [[0, 10, 200, 3, 40, 500, 6, 70], [0, 10], [8, 9]]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"validation_split": 1.0}, "validation_split"),
        ({"validation_split": -0.1}, "validation_split"),
        ({"validation_split": "0.1"}, "validation_split"),
        ({"validation_split": None}, "validation_split"),
        ({"validation_split": math.nan}, "validation_split"),
        ({"validation_split": 0.95}, "validation_split"),
        ({"validation_split": 0.2, "validation_data": (X, LABELS)}, "validation_split"),
    ],
)
def test_splits_that_cannot_be(options, error):
    with refused(ValueError, where=error):
        fit(**options)


SORTED = np.array([0] * 4 + [1] * 4 + [2] * 2)


@pytest.mark.parametrize(
    "y",
    [SORTED, SORTED[:, None], np.eye(3, dtype="float32")[SORTED], (SORTED[:, None] > 0).astype("float32"), SORTED > 1],
    ids=["labels", "column", "rows", "zeros and ones", "booleans"],
)
def test_labels_in_their_order_are_no_split(y):
    """As an ImageFolder has them: the end of the data would be the last class alone."""
    with refused(ValueError, where="validation_split", expected="random order", fix="folder.split(0.2)"):
        fit(y=y, validation_split=0.2)
    mixed = np.random.default_rng(0).permutation(10)
    fit(y=y[mixed], validation_split=0.2)
    fit(y=y, validation_data=(X, y))


def test_other_targets_may_ascend():
    for y in (np.zeros(10, int), X, X[:, :1], None):
        fit(y=y, validation_split=0.2)
    fit(x=np.eye(10, dtype="float32")[:, :2], y=None, validation_split=0.2)


# ---- weights of samples


def test_each_sample_keeps_its_weight_in_every_order():
    model, _ = fit(sample_weight=np.arange(10), shuffle=True, epochs=2)
    assert model.steps[:3] != model.steps[3:]
    assert [[round(w) for w in weights] for weights in model.given] == model.steps


def test_weights_of_classes_by_labels_and_by_rows():
    classes = {0: 1.0, 1: 2.0, 2: 0.5}
    expected = [[classes[int(label)] for label in LABELS[i : i + 4]] for i in (0, 4, 8)]
    for y in (LABELS, np.eye(3, dtype="float32")[LABELS], LABELS.astype("uint8"), LABELS.astype("float32")):
        assert fit(y=y, class_weight=classes)[0].given == expected


@pytest.mark.parametrize("kind", ["int64", "float32", "bool"])
def test_one_column_of_zeros_and_ones_has_labels_and_weights(kind):
    """The targets of a Dense(1, "sigmoid"), and weights[y] of them."""
    y, weights = (LABELS == 1)[:, None].astype(kind), np.array([1.0, 5.0])
    expected = [[1, 5, 1, 1], [5, 1, 1, 5], [1, 1]]
    assert fit(y=y, class_weight={0: 1.0, 1: 5.0})[0].given == expected
    assert fit(y=y, sample_weight=weights[y.astype("int64")])[0].given == expected


def test_validation_data_may_have_weights():
    model, _ = fit(validation_data=(X[:3], LABELS[:3], np.array([1, 2, 3])))
    assert model.given[-1] == [1, 2, 3] and model.tests[-1] == [0, 1, 2]


def test_evaluate_and_train_on_batch_take_weights():
    model = Seeing()
    model.evaluate(X, LABELS, sample_weight=np.arange(10), batch_size=5)
    model.train_on_batch(X, LABELS, sample_weight=np.arange(10), class_weight={0: 2, 1: 1, 2: 1})
    assert model.given == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [0, 1, 2, 6, 4, 5, 12, 7, 8, 18]]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"sample_weight": np.ones(9)}, "sample_weight"),
        ({"sample_weight": np.ones((10, 2))}, "sample_weight"),
        ({"sample_weight": np.ones((1, 10))}, "sample_weight"),
        ({"sample_weight": 1.0}, "sample_weight"),
        ({"sample_weight": -np.ones(10)}, "sample_weight"),
        ({"sample_weight": np.zeros(10)}, "sample_weight"),
        ({"sample_weight": np.full(10, np.nan)}, "sample_weight"),
        ({"sample_weight": ["a"] * 10}, "sample_weight"),
        ({"sample_weight": np.ones(10), "y": None}, "sample_weight"),
        ({"class_weight": {0: 1.0, 1: 1.0}}, "class_weight"),
        ({"class_weight": [1.0, 1.0, 1.0]}, "class_weight"),
        ({"class_weight": {0: -1.0, 1: 1.0, 2: 1.0}}, "class_weight"),
        ({"class_weight": {0: "a", 1: 1.0, 2: 1.0}}, "class_weight"),
        ({"class_weight": {0: 0, 1: 0.0, 2: 0}}, "class_weight"),
        ({"class_weight": {"0": 1.0, 1: 1.0, 2: 1.0}}, "class_weight"),
        ({"class_weight": {0: 1.0}, "y": X}, "class_weight"),
        ({"class_weight": {0: 1.0}, "y": X[:, 0]}, "class_weight"),
        ({"class_weight": {0: 1.0, 1: 1.0}, "y": np.full((10, 1), 0.5)}, "class_weight"),
        ({"class_weight": {0: 1.0, 1: 1.0}, "y": np.full((10, 1), np.nan)}, "class_weight"),
        ({"class_weight": {0: 1.0}, "y": np.zeros((10, 0))}, "no data"),
        ({"class_weight": {0: 1.0}, "y": np.zeros((10, 2, 2))}, "class_weight"),
        ({"class_weight": {0: 1.0}, "y": None}, "class_weight"),
    ],
)
def test_weights_that_cannot_be(options, error):
    with refused((TypeError, ValueError), where=error):
        fit(**options)


def test_a_step_that_takes_no_weights_refuses_them():
    class Own(Seeing):
        def train_step(self, x, y):
            return {"loss": 1.0}

    with refused(TypeError, "Own.train_step: sample_weight", fix="sample_weight=None"):
        Own().fit(X, LABELS, sample_weight=np.ones(10), verbose=0)
    vae = models.vae(2, hidden=4)
    vae.compile()
    images = np.full((4, 784), 0.5, "float32")
    with refused(TypeError, "VAE.train_step: sample_weight"):
        vae.fit(images, images, sample_weight=np.ones(4), verbose=0)
    with refused(ValueError, "VAE.fit: sample_weight", expected="fit(x, y)"):
        vae.fit(images, sample_weight=np.ones(4), verbose=0)


# ---- epochs of other lengths


def test_steps_per_epoch_of_data_in_their_order_go_on():
    model, history = fit(steps_per_epoch=2, epochs=3)
    assert model.steps == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(history["loss"]) == 3


def test_steps_per_epoch_of_shuffled_data():
    model, _ = fit(steps_per_epoch=5, epochs=1, shuffle=True)
    assert list(map(len, model.steps)) == [4, 4, 2, 4, 4] and sorted(sum(model.steps[:3], [])) == list(range(10))


def test_steps_per_epoch_is_resumed(tmp_path):
    options = {"steps_per_epoch": 2, "checkpoint": tmp_path / "run.npz", "resume": True}
    _, unbroken = fit(steps_per_epoch=2, epochs=4, shuffle=True)
    for epochs in (1, 3, 4):
        model, resumed = fit(epochs=epochs, shuffle=True, **options)
    assert resumed.history == unbroken.history and len(model.steps) == 2


def test_the_number_of_the_first_epoch():
    class Noting(Callback):
        epochs = ()

        def on_epoch_end(self, epoch, logs=None):
            self.epochs = (*self.epochs, epoch)

    noting = Noting()
    _, history = fit(initial_epoch=3, epochs=5, callbacks=[noting])
    assert noting.epochs == (3, 4) and history.epoch == [3, 4] and len(history["loss"]) == 2
    assert fit(initial_epoch=5, epochs=5)[1].history == {}


@pytest.mark.parametrize(
    "options",
    [
        {"initial_epoch": -1},
        {"initial_epoch": 1.5},
        {"initial_epoch": None},
        {"initial_epoch": 1, "checkpoint": "run.npz"},
        {"steps_per_epoch": 0},
        {"steps_per_epoch": -2},
        {"steps_per_epoch": 2.0},
        {"steps_per_epoch": "2"},
    ],
)
def test_numbers_of_epochs_and_steps_that_cannot_be(options):
    with refused(ValueError, where=next(iter(options))):
        fit(**options)


# ---- the same numbers as the real Keras

KERAS = json.loads((Path(__file__).parents[1] / "golden" / "fit.json").read_text())["cases"]


OUTPUTS = {  # (units, activation, loss)
    "plain": (3, "softmax", "sparse_categorical_crossentropy"),
    "rows": (3, "softmax", "categorical_crossentropy"),
    "column": (1, "sigmoid", "binary_crossentropy"),
    "column_weight": (1, "sigmoid", "binary_crossentropy"),
}


def of_keras():
    """name -> the positional arguments and the options of fit(); tests/golden/make_fit.py has the same lines."""
    x = np.sin(np.arange(88.0)).reshape(22, 4).astype("float32")
    y = (np.arange(22) * 7 % 11 % 3).astype("int64")
    w = (1 + np.cos(np.arange(22.0))).astype("float32")
    classes = {0: 1.0, 1: 3.0, 2: 0.5}

    def generator():
        while True:
            for i in range(0, len(x), 5):
                yield x[i : i + 5], y[i : i + 5], w[i : i + 5]

    return {
        "plain": ((x, y), {}),
        "sample_weight": ((x, y), {"sample_weight": w}),
        "class_weight": ((x, y), {"class_weight": classes}),
        "rows": ((x, np.eye(3, dtype="float32")[y]), {"class_weight": classes}),
        "validation_split": ((x, y), {"validation_split": 0.3, "sample_weight": w}),
        "validation_data": ((x[:15], y[:15]), {"validation_data": (x[15:], y[15:], w[15:])}),
        "generator": ((generator(),), {"steps_per_epoch": 3}),
        "column": ((x, (y == 1)[:, None].astype("int64")), {"class_weight": classes}),
        "column_weight": ((x, (y == 1)[:, None].astype("float32")), {"sample_weight": w[:, None]}),
    }


@pytest.mark.parametrize("name", KERAS)
def test_a_training_logs_what_keras_logs(name, xp):
    given, options = of_keras()[name]
    units, activation, loss = OUTPUTS.get(name, OUTPUTS["plain"])
    model = Sequential([Input((4,)), Dense(units, activation)])
    model.set_weights([np.cos(np.arange(12.0)).reshape(4, 3)[:, :units], np.zeros(units)])
    model.compile(minigen.SGD(0.5), loss, metrics=["accuracy"])
    history = model.fit(*given, batch_size=8, epochs=3, shuffle=False, verbose=0, **options)
    for log, values in KERAS[name]["history"].items():
        np.testing.assert_allclose(history[log], values, rtol=2e-5, err_msg=log)
    for ours, theirs in zip(model.get_weights(), KERAS[name]["weights"], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_samples_that_are_read_batch_by_batch_are_split_without_being_read():
    class Rows(Streamed):
        read_so_far = 0

        def read(self, indices):
            Rows.read_so_far += len(indices)
            return X[indices]

    rows, model = Rows(X.shape, data_range=(0.0, 1.0)), Seeing()
    model.fit(rows, LABELS, batch_size=4, validation_split=0.2, shuffle=False, verbose=0)
    assert model.steps == [[0, 1, 2, 3], [4, 5, 6, 7]] and [8, 9] in model.tests
    assert Rows.read_so_far <= 8 + 2 + 2 + 2  # the steps, the held-out samples twice, as many of the training samples


# ---- what is refused


def small(units=1, loss="mse"):
    model = Sequential([Input((2,)), Dense(units, "sigmoid" if loss == "binary_crossentropy" else None)])
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize("targets", [LABELS, X])
@pytest.mark.parametrize("method", ["fit", "evaluate"])
@pytest.mark.parametrize("pair", [tuple, list])
def test_targets_are_an_argument_of_their_own(targets, method, pair):
    with refused(ValueError, f"Sequential.{method}: x", fix=f"{method}(x, y) in the place of {method}((x, y))"):
        getattr(small(3), method)(pair([X, targets]), verbose=0)


def test_a_function_that_makes_batches_is_called_first():
    def batches():
        yield X, X

    with refused(TypeError, got="function", fix="x(), what the function returns"):
        small(2).fit(batches)
    small(2).fit(batches(), verbose=0)


def test_a_dict_of_targets_is_answered_with_a_list_in_the_order_of_the_outputs():
    with refused(TypeError, fix="[y[key] for key in ['ring']]  # in the order of the outputs"):
        small().fit(X, {"ring": X[:, :1]})
    with refused(TypeError, fix="[x[key] for key in ['rows']]  # in the order of the inputs"):
        small().fit({"rows": X}, X[:, :1])


@pytest.mark.parametrize("labels", [LABELS, LABELS.reshape(-1, 1).astype("float32")])
def test_labels_of_classes_are_no_targets_of_one_output(labels):
    """The advice, typed, trains; pixels beyond 1 have an advice of their own."""
    with refused(ValueError, "probabilities", fix="Dense(3, 'softmax') at last, and 'sparse_categorical_crossentropy'"):
        small(1, "binary_crossentropy").fit(X, labels)
    model = Sequential([Input((2,)), Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, LABELS, verbose=0)
    with refused(ValueError, "probabilities", fix="x / 255"):
        small(2, "binary_crossentropy").fit(X, np.round(255 * X))


@pytest.mark.parametrize("name", ["q.weights.h5", "q.h5", "q.keras", "q.minigen", "q.safetensors"])
def test_a_checkpoint_has_no_name_of_another_format(name, tmp_path):
    with refused(ValueError, "Sequential.fit: checkpoint", got=name, fix='checkpoint="q.npz"'):
        small(2).fit(X, X, checkpoint=tmp_path / name, verbose=0)
    assert not list(tmp_path.iterdir())
    model = small(2)
    model.fit(X, X, checkpoint=tmp_path / "q.npz", verbose=0)
    model.load_weights(tmp_path / "q.npz")
    model.save(tmp_path / "q.keras")
