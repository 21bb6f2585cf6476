"""Targets, labels and predictions that a loss refuses, on every path by which they reach it."""

from functools import partial

import numpy as np
import pytest
from helpers.digit_models import BITS, X, autoencoder
from helpers.refusals import refused
from helpers.small_model import ONES
from helpers.small_model import X as ROWS

from minigen import Dense, Input, Model, Sequential, Tensor, losses, models, ops

RNG = np.random.default_rng(0)

GREYS, GREYS_HAT = RNG.random((2, 5, 12))


@pytest.fixture
def classifier():
    model = Sequential([Input((4,)), Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


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


# ---- shapes


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: losses.half_squared_error(GREYS, GREYS_HAT[:1]), "shapes of y_true and y_pred differ"),
        (lambda: losses.binary_crossentropy_per_image(GREYS * 255, GREYS_HAT), "probabilities"),
    ],
)
def test_bad_input(call, text):
    with pytest.raises(ValueError, match=text):
        call()


LOSSES = ["binary_crossentropy", "categorical_crossentropy", "half_squared_error", "mean_absolute_error", "mse"]


@pytest.mark.parametrize("name", LOSSES)
def test_losses_never_broadcast(name):
    """(8,) against (8, 1) would become (8, 8): a plausible number and a wrong gradient."""
    column, row = Tensor(ROWS[:, :1]), ROWS[:, 0]
    with refused(ValueError, expected="(8, 1)", got="(8,)", fix="y_true.reshape((8, 1))"):
        losses.get(name)(row, column)
    with refused(ValueError, expected="(8, 4)", got="(8, 3)"):
        losses.get(name)(ROWS[:, :3], Tensor(ROWS))


def test_fit_refuses_targets_of_another_shape(model):
    with refused(ValueError, where="mean_squared_error", expected="(8, 4)", got="(8, 3)"):
        model.fit(ROWS, ROWS[:, :3], verbose=0)


@pytest.mark.parametrize("name", [*LOSSES, "sparse_categorical_crossentropy"])
def test_a_loss_of_no_samples(name):
    y_true = np.zeros(0, int) if name.startswith("sparse") else ROWS[:0]
    with refused(ValueError, where="empty batch", expected="at least one sample", got="(0, 4)"):
        losses.get(name)(y_true, Tensor(ROWS[:0]))


# ---- labels


def test_float_labels(classifier):
    with refused(TypeError, expected="integers 0..2", got="float32", fix='y.astype("int64")'):
        classifier.fit(ROWS, np.zeros(8, "float32"), verbose=0)


def test_one_hot_labels_where_numbers_are_expected(classifier):
    with refused(ValueError, expected="(8,)", got="(8, 3)"):
        classifier.fit(ROWS, np.eye(3, dtype=int)[[0, 1, 2, 0, 1, 2, 0, 1]], verbose=0)
    with refused(ValueError, expected="(8,)", got="(8, 1)", fix="y.reshape(-1)"):
        classifier.fit(ROWS, np.zeros((8, 1), int), verbose=0)


def test_labels_out_of_range(classifier):
    with refused(ValueError, expected="0..2", got="0..3", fix="Dense(4)"):
        classifier.fit(ROWS, np.array([0, 1, 2, 3, 0, 0, 0, 0]), verbose=0)
    with refused(ValueError, expected="0..2", got="-1..2"):
        classifier.fit(ROWS, np.array([0, 1, 2, -1, 0, 0, 0, 0]), verbose=0)


def test_a_negative_label_is_not_cured_by_a_wider_layer():
    with pytest.raises(ValueError) as caught:
        losses.sparse_categorical_crossentropy(np.array([-1, 0]), Tensor(ROWS[:2]))
    assert "Dense(" not in str(caught.value)


LABELS_8 = np.arange(8) % 3


def of_three_classes(loss):
    model = Sequential([Input(shape=(4,)), Dense(3, "softmax")])
    model.compile("sgd", loss)
    return model


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
}


@pytest.mark.parametrize("mistake", ADVICE)
def test_targets_for_the_other_crossentropy_are_answered_with_the_conversion(mistake):
    call, fix = ADVICE[mistake]
    with refused((ValueError, TypeError, FloatingPointError), fix=fix):
        call()


def test_labels_for_rows_of_rows_and_labels_from_one():
    x = np.ones((6, 5, 4), "float32")
    model = Sequential([Input(shape=(5, 4)), Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with refused(ValueError, "Flatten()"):
        model.fit(x, np.arange(6) % 3, verbose=0)
    with refused(ValueError, "y - 1"):
        of_three_classes("sparse_categorical_crossentropy").fit(x[:, 0], 1 + np.arange(6) % 3)


# ---- targets that are no probabilities


@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch"])
@pytest.mark.parametrize(
    "y, shown", [(255 * ROWS, "25"), (2 * ROWS - 1, "-0.9")], ids=["pixels up to 255", "data in [-1, 1]"]
)
def test_targets_that_are_no_probabilities(verb, y, shown):
    """The binary cross-entropy of such targets has no lower bound: training would follow it down."""
    model = Sequential([Input((4,)), Dense(4, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    before = model.get_weights()
    with refused(ValueError, where="binary_crossentropy", expected="y in [0, 1]", got=shown, fix="x / 255"):
        getattr(model, verb)(ROWS, y)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


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


def test_binary_crossentropy_refuses_pixels_up_to_255():
    with pytest.raises(ValueError, match=r"got: +y in \[0, 255\](.|\n)*fix: +x / 255"):
        losses.binary_crossentropy(np.array([[0.0, 255.0]], "float32"), Tensor([[0.5, 0.5]]))


# ---- predictions


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


def test_a_list_of_tensors_is_no_prediction():
    """As an array it would have lost its history, and no gradient had passed."""
    parts = [Tensor([1.0], requires_grad=True), Tensor([2.0], requires_grad=True)]
    with pytest.raises(TypeError, match=r"minigen\.stack\(y_pred\)"):
        losses.mean_squared_error(np.zeros((2, 1)), parts)
    assert losses.mean_squared_error(np.zeros((2, 1)), ops.stack(parts)).op is not None


@pytest.mark.parametrize("loss", [losses.half_squared_error, losses.binary_crossentropy_per_image])
def test_a_single_number_has_no_batch(loss):
    with refused(ValueError, f"{loss.__name__}: a single number"):
        loss(1.0, 0.5)


@pytest.mark.parametrize(
    ("loss", "units", "wrong"),
    [
        ("sparse_categorical_crossentropy", "softmax", np.array([0] * 9 + [3])),
        (partial(losses.sparse_categorical_crossentropy, from_logits=True), None, np.array([0] * 9 + [3])),
        (partial(losses.binary_crossentropy, from_logits=True), None, np.array([[0.0] * 3] * 9 + [[0, 0, 3]])),
    ],
)
def test_all_targets_are_checked_before_the_first_step(loss, units, wrong):
    model = Sequential([Input((4,)), Dense(3, units)])
    model.compile("sgd", loss)
    with refused(ValueError, "Sequential.fit"):
        model.fit(np.ones((10, 4), "float32"), wrong, batch_size=2, shuffle=False, verbose=0)
    assert model.optimizer.iterations == 0


@pytest.mark.parametrize("options", [{"from_logits": True}, {"keepdims": True}])
def test_an_unknown_argument_is_stated_before_the_shapes(options):
    with refused(TypeError, "mean_squared_error: unknown argument"):
        losses.mean_squared_error(np.zeros(4), Tensor(np.zeros((4, 3))), **options)
