"""Losses as objects: Keras' arguments and reductions, in models, and a loss of one's own. Values: test_reduction.py."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Dense, Input, Sequential, Tensor, losses, metrics, models
from minigen.arguments import INSTEAD
from minigen.losses.arguments import check_targets, without_check
from minigen.losses.objects import LossOfFunction

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 4)).astype("float32")
BITS = RNG.integers(0, 2, (12, 3)).astype("float32")
LABELS = np.arange(12) % 3
CLASSES = {
    "BinaryCrossentropy": ("binary_crossentropy", BITS, "sigmoid"),
    "CategoricalCrossentropy": ("categorical_crossentropy", np.eye(3, dtype="float32")[LABELS], "softmax"),
    "SparseCategoricalCrossentropy": ("sparse_categorical_crossentropy", LABELS, "softmax"),
    "MeanSquaredError": ("mean_squared_error", BITS, None),
    "MeanAbsoluteError": ("mean_absolute_error", BITS, None),
}
OF_LOGITS = [name for name in CLASSES if name.endswith("Crossentropy")]


def trained(loss, y, activation=None, **options):
    """The losses of two epochs, and the weights after them."""
    minigen.seed(0)
    model = Sequential([Input((4,)), Dense(3, activation)])
    model.compile("sgd", loss, **options)
    history = model.fit(X, y, batch_size=5, epochs=2, verbose=0).history
    return history["loss"], model.get_weights()


def assert_same(one, other):
    for a, b in zip([one[0], *one[1]], [other[0], *other[1]], strict=True):
        np.testing.assert_array_equal(a, b)


# ---- in a model


@pytest.mark.parametrize("name", CLASSES)
def test_an_object_trains_as_the_name_and_as_the_function(xp, name):
    function, y, activation = CLASSES[name]
    by_name = trained(function, y, activation)
    kind = getattr(losses, name)
    for loss in (kind(), kind, name, kind(name="mine"), kind(reduction="mean")):
        assert_same(trained(loss, y, activation), by_name)


@pytest.mark.parametrize("name", OF_LOGITS)
def test_an_object_of_logits_trains_as_the_partial_function(name):
    function, y, _ = CLASSES[name]
    of_function = trained(partial(getattr(losses, function), from_logits=True), y)
    assert_same(trained(getattr(losses, name)(from_logits=True), y), of_function)


@pytest.mark.parametrize("name", OF_LOGITS)
def test_all_targets_are_checked_before_the_first_step(name):
    y = {"SparseCategoricalCrossentropy": np.where(LABELS == 2, 7, LABELS)}.get(name, 2 * CLASSES[name][1])
    model = Sequential([Input((4,)), Dense(3)])
    model.compile("sgd", getattr(losses, name)(from_logits=True))
    with refused(ValueError, "Sequential.fit"):
        model.fit(X, y, batch_size=2, shuffle=False, verbose=0)
    assert model.optimizer.iterations == 0


def test_the_form_without_a_check_is_the_same_loss():
    y = CLASSES["CategoricalCrossentropy"][1]
    for reduction in ("sum_over_batch_size", "sum"):
        loss = losses.CategoricalCrossentropy(label_smoothing=0.3, reduction=reduction)
        unchecked = without_check(loss)
        assert unchecked(y, y).item() == loss(y, y).item() and np.isfinite(unchecked(2 * y, y).item())
        with refused(ValueError, "categorical_crossentropy: targets"):
            loss(2 * y, y)  # the object itself keeps its check
        weighted = partial(loss, sample_weight=np.arange(12.0))
        assert without_check(weighted)(y, y).item() == weighted(y, y).item()
    with refused(ValueError, "fit: categorical_crossentropy"):
        check_targets(loss, 2 * y, "fit", np.dtype("float32"), (12, 3))


def test_accuracy_of_logits_is_refused():
    model = Sequential([Input((4,)), Dense(3)])
    for metric in ("accuracy", "binary_accuracy", "BinaryAccuracy", metrics.binary_accuracy):
        with refused(ValueError, "compile: ", expected="probabilities"):
            model.compile("sgd", losses.BinaryCrossentropy(from_logits=True), metrics=[metric])
    at_0 = partial(metrics.binary_accuracy, threshold=0)
    model.compile("sgd", losses.BinaryCrossentropy(from_logits=True), metrics=[at_0])
    assert model.evaluate(X, BITS)[1] == pytest.approx(((model.predict(X) > 0) == BITS).mean())


@pytest.mark.parametrize(
    "loss",
    [
        losses.BinaryCrossentropy(reduction="none"),
        losses.MeanSquaredError(reduction=None),
        partial(losses.mean_squared_error, reduction="none"),
        partial(losses.mean_squared_error, axis=-1),
    ],
)
def test_a_compiled_loss_gives_one_number(loss):
    model = Sequential([Input((4,)), Dense(3, "sigmoid")])
    with refused(ValueError, where="compile: loss", expected="one number"):
        model.compile("sgd", loss)
    model.compile("sgd", lambda t, p: loss(t, p))  # its reduction cannot be seen
    with refused(ValueError, where="the loss", expected="a Tensor of one number"):
        model.fit(X, BITS, verbose=0)


def test_a_mean_over_pixels_is_none_for_a_vae():
    for loss in (losses.BinaryCrossentropy(), losses.MeanSquaredError(), partial(losses.mse, reduction="sum")):
        with refused(ValueError, "mean over the pixels"):
            models.vae(2, 8).compile(loss=loss)
    models.vae(2, 8).compile(loss=partial(losses.binary_crossentropy_per_image, label_smoothing=0.1))


# ---- names


@pytest.mark.parametrize("name", CLASSES)
def test_names(name):
    function, _, _ = CLASSES[name]
    kind = getattr(losses, name)
    assert kind().name == function and kind(name="mine").name == "mine"
    assert losses.get(name) is losses.get(function) is kind().func
    assert isinstance(losses.get(kind), kind) and losses.get(loss := kind()) is loss


def test_the_name_of_an_object_is_in_a_checkpoint(tmp_path):
    y, path = BITS, tmp_path / "run.npz"

    def run(loss, epochs):
        model = Sequential([Input((4,)), Dense(3, "sigmoid")])
        model.compile("sgd", loss)
        return model.fit(X, y, epochs=epochs, verbose=0, checkpoint=path, resume=True)

    run(losses.BinaryCrossentropy(name="mine"), 1)
    assert len(run(losses.BinaryCrossentropy(name="mine"), 2).history["loss"]) == 2
    with refused(ValueError, "mine"):
        run(losses.BinaryCrossentropy(), 3)


def test_an_object_can_be_copied_pickled_and_is_a_metric():
    loss = losses.BinaryCrossentropy(label_smoothing=0.25)
    p = np.full((12, 3), 0.5, "float32")
    for same in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert same(BITS, p).item() == loss(BITS, p).item()
    assert metrics.name_of(loss) == "binary_crossentropy" and metrics.name_of(losses.mse) == "mean_squared_error"


# ---- a loss of one's own


class Huber(losses.Loss):
    def call(self, y_true, y_pred):
        e = abs(y_pred - y_true)
        return minigen.where(e < 1, e * e / 2, e - 0.5).mean(axis=-1)


def test_a_loss_of_ones_own_is_weighted_and_reduced(xp):
    t, p, w = Tensor(np.zeros((2, 2))), Tensor(np.array([[0.5, 1.0], [3.0, -2.0]])), np.array([1.0, 3.0])
    each = np.array([(0.125 + 0.5) / 2, (2.5 + 1.5) / 2])
    assert Huber()(t, p).item() == pytest.approx(each.mean())
    assert Huber(reduction="sum")(t, p, w).item() == pytest.approx((each * w).sum())
    np.testing.assert_allclose(minigen.to_numpy(Huber(reduction="none")(t, p, w)), each * w)
    assert Huber().name == "huber" and Huber("mine").name == "mine"
    minigen.gradcheck(lambda p: Huber()(t, p, w), [p + 0.1])


def test_a_loss_of_ones_own_trains():
    loss, weights = trained(Huber(), BITS)
    assert loss[1] < loss[0] and np.isfinite(weights[0]).all()
    with refused(ValueError, "sample_weight"):
        Huber()(BITS, Tensor(BITS), -np.ones(12))
    with refused(ValueError, "compile: loss"):
        trained(Huber(reduction="none"), BITS)


def test_a_loss_of_ones_own_takes_arrays_and_keeps_the_precision(xp):
    t, p = np.zeros((2, 2)), np.ones((2, 2), "float32")  # the targets in float64
    found = Huber(reduction="none")(t, p, [1, 2])
    assert str(found.dtype) == "float32" and minigen.to_numpy(found).tolist() == [0.5, 1.0]


@pytest.mark.parametrize("value", [np.zeros(3), 3.0, None])
def test_a_call_that_gives_no_tensor_is_refused(value):
    class Constant(losses.Loss):
        def call(self, y_true, y_pred):
            return value

    for weights in (None, np.ones(12)):
        with refused(TypeError, "constant: call()", expected="a Tensor"):
            Constant()(BITS, Tensor(BITS), weights)


def test_one_number_for_the_batch_cannot_be_weighted():
    class Whole(losses.Loss):
        def call(self, y_true, y_pred):
            return abs(y_pred - y_true).mean()

    assert Whole()(BITS, Tensor(0 * BITS)).item() == pytest.approx(BITS.mean())
    with refused(ValueError, where="shape of sample_weight", expected="a number for each sample"):
        Whole()(BITS, Tensor(BITS), np.ones(12))


def test_a_loss_without_a_call():
    class Empty(losses.Loss):
        """Nothing."""

    with refused(NotImplementedError, "Empty has no call()"):
        Empty()(BITS, Tensor(BITS))


# ---- what is refused


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"reduction": "avg"}, ValueError, {"where": "reduction", "got": "'avg'"}),
        ({"reduction": 3}, ValueError, {"where": "reduction"}),
        ({"reduction": []}, ValueError, {"where": "reduction"}),
        ({"reduction": "mean_with_sample_weight"}, ValueError, {"fix": "sample_weight / sample_weight.mean()"}),
        ({"weights": [1.0]}, TypeError, {"where": "unknown argument 'weights'"}),
    ],
)
def test_refused(name, options, error, words):
    with refused(error, name, **words):
        getattr(losses, name)(**options)


def test_a_name_is_text():
    for name in (3, ["mine"], True):
        with refused(TypeError, "MeanSquaredError: name", fix="name='mean_squared_error'"):
            losses.MeanSquaredError(name=name)


@pytest.mark.parametrize("name", OF_LOGITS)
def test_options_are_checked_when_the_object_is_made(name):
    kind = getattr(losses, name)
    with refused(TypeError, f"{name}: from_logits"):
        kind(from_logits="False")
    if name != "SparseCategoricalCrossentropy":
        with refused(ValueError, f"{name}: label_smoothing", expected="[0, 1]"):
            kind(label_smoothing=1.5)
    if name != "BinaryCrossentropy":
        for axis in (1, 0, None, (-1,), True):
            with refused(ValueError, f"{name}: axis", expected="-1, the last"):
                kind(axis=axis)
    with refused(ValueError, "binary_crossentropy: axis"):
        losses.BinaryCrossentropy(axis=2)(BITS, BITS)
    with refused(TypeError, "unknown argument 'ignore_class'", fix="sample_weight"):
        losses.SparseCategoricalCrossentropy(ignore_class=255)


def test_bad_weights_of_an_object():
    loss, y = losses.SparseCategoricalCrossentropy(from_logits=True), LABELS
    with refused(ValueError, where="sample_weight", fix="sample_weight.reshape(-1)"):
        loss(y, X[:, :3], np.ones((2, 6)))
    with refused(ValueError, where="sample_weight", expected="none below 0"):
        loss(y, X[:, :3], -np.ones(12))
    with refused(TypeError, "unknown argument 'weight'"):
        loss(y, X[:, :3], weight=np.ones(12))
    assert issubclass(losses.BinaryCrossentropy, LossOfFunction)


def test_a_call_takes_targets_and_outputs():
    with refused(TypeError, where="Mine.call", got="(self, y)", fix="def call(self, y_true, y_pred)"):
        type("Mine", (losses.Loss,), {"call": lambda self, y: y})


def test_a_loss_that_does_not_call_the_init_of_its_base():
    class Mine(losses.Loss):
        def __init__(self):
            pass

        def call(self, y_true, y_pred):
            return (y_pred - y_true) ** 2

    with refused(AttributeError, where="Mine.name", fix="super().__init__()"):
        Mine()(np.zeros((2, 1)), Tensor(np.ones((2, 1))))


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "none"])
def test_weights_of_what_another_axis_leaves(xp, reduction):
    """axis=0 is the batch: its means, (3,), are weighted, as in Keras."""
    p, w = RNG.uniform(0.1, 0.9, (12, 3)), np.array([1.0, 2.0, 4.0])
    of_columns = -(BITS * np.log(p) + (1 - BITS) * np.log(1 - p)).mean(axis=0) * w
    want = {"sum_over_batch_size": of_columns.mean(), "sum": of_columns.sum(), "none": of_columns}[reduction]
    found = losses.BinaryCrossentropy(axis=0, reduction=reduction)(BITS, p, w)
    np.testing.assert_allclose(minigen.to_numpy(found), want, rtol=1e-6)
    with refused(ValueError, where="binary_crossentropy: wrong shape of sample_weight", expected="(3,)"):
        losses.BinaryCrossentropy(axis=0, reduction=reduction)(BITS, p, np.ones(12))


def test_a_label_that_is_left_out():
    """As advised for ignore_class: the mean over the other labels."""
    p, y = RNG.uniform(0.1, 0.9, (12, 3)), np.arange(12) % 4
    c, loss = 3, losses.SparseCategoricalCrossentropy()
    given = INSTEAD["ignore_class"].partition("sample_weight=")[2].split(", ", 1)
    weights, labels = eval(given[0]), eval(given[1].partition(" as labels")[0])
    assert loss(labels, p, weights).item() == pytest.approx(loss(y[y != c], p[y != c]).item())


def test_an_array_as_axes(xp):
    found = losses.BinaryCrossentropy(axis=np.array([0, 1]))(BITS, np.full((12, 3), 0.5))
    assert found.item() == pytest.approx(np.log(2))
