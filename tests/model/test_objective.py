"""Weights of losses and of samples, dicts by output names, and what is logged: against Keras and by hand."""

import re
from functools import partial

import numpy as np
import pytest
from helpers.golden_losses import group
from helpers.refusals import refused

import minigen
from minigen import SGD, Dense, Input, Model, Sequential, Tensor, losses, metrics

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 4)).astype("float32")
RING = RNG.integers(0, 2, (12, 1)).astype("float32")
DIGIT = RNG.integers(0, 3, 12)
W = RNG.uniform(0.5, 2, 12).astype("float32")


def two_outputs(loss=("mse", "sparse_categorical_crossentropy"), **options):
    """Not trained; its outputs are called ring and digit."""
    minigen.seed(0)
    x = Input((4,))
    model = Model(x, [Dense(1, "sigmoid", name="ring")(x), Dense(3, "softmax", name="digit")(x)])
    model.compile("sgd", list(loss) if isinstance(loss, tuple) else loss, **options)
    return model


class Heads(Model):
    """Two outputs without a graph."""

    def __init__(self):
        super().__init__()
        self.one, self.other = Dense(1, "sigmoid"), Dense(3, "softmax")

    def call(self, x, training=False):
        return [self.one(x), self.other(x)]


def trained(model, y=(RING, DIGIT), **options):
    model.fit(X, list(y), epochs=2, batch_size=5, verbose=0, **options)
    return model.get_weights()


def assert_equal(one, other):
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


# ---- against Keras


def test_three_steps_of_keras(xp):
    """A dict of losses, loss_weights in another order, label smoothing, and weights of the samples in two steps."""
    given = group("steps")
    x = Input((4,))
    model = Model(x, [Dense(1, "sigmoid", name="ring")(x), Dense(3, "softmax", name="digit")(x)])
    model.astype("float64")
    model.set_weights([given[f"start{i}"] for i in range(4)])
    loss = {"digit": "SparseCategoricalCrossentropy", "ring": losses.BinaryCrossentropy(label_smoothing=0.2)}
    weights = {"digit": 3.0, "ring": 0.5}
    model.compile(SGD(0.1), loss, loss_weights=weights, metrics={"digit": "accuracy"})
    x, y = Tensor(given["x"]), [Tensor(given["ring"]), given["digit"]]
    for row, w in zip(given["logs"], [given["w"], [given["w"], Tensor(given["w"])], None], strict=True):
        logs = model.train_step(x, y, w)
        assert list(logs) == ["loss", "ring_loss", "digit_loss", "digit_accuracy"]
        np.testing.assert_allclose([float(v) for v in logs.values()], row, rtol=1e-6)
    for i, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(weight, given[f"end{i}"], rtol=1e-6, atol=1e-7)


# ---- loss_weights


def test_the_total_is_the_weighted_sum_and_the_parts_are_logged_without_weights():
    weighted, plain = two_outputs(loss_weights=[0.5, 3]), two_outputs()
    for y in ([RING, DIGIT], (RING, DIGIT)):
        total, ring, digit = weighted.evaluate(X, y)
        assert total == pytest.approx(0.5 * ring + 3 * digit, rel=1e-6)
        assert plain.evaluate(X, y) == pytest.approx([ring + digit, ring, digit], rel=1e-6)
    history = weighted.fit(X, [RING, DIGIT], validation_data=(X, [RING, DIGIT]), verbose=0).history
    names = ["loss", "ring_loss", "digit_loss"]
    assert set(history) == {f"{place}{name}" for name in names for place in ("", "val_")} | {
        f"{name}_end" for name in names
    }
    (total,), (ring,), (digit,) = (history[f"val_{name}"] for name in names)
    assert total == pytest.approx(0.5 * ring + 3 * digit, rel=1e-6)
    assert weighted.total_loss([RING, DIGIT], weighted(X)).item() == pytest.approx(total, rel=1e-6)


def test_weights_in_a_dict_are_those_of_the_names_in_any_order():
    want = trained(two_outputs(loss_weights=[0.5, 3.0]))
    by_name = {"ring": "mse", "digit": "sparse_categorical_crossentropy"}
    for loss in (("mse", "sparse_categorical_crossentropy"), by_name, dict(reversed(by_name.items()))):
        for weights in ({"ring": 0.5, "digit": 3.0}, {"digit": 3, "ring": np.float32(0.5)}, (0.5, 3.0)):
            assert_equal(trained(two_outputs(loss, loss_weights=weights)), want)


def test_a_weight_of_0_leaves_an_output_out():
    model = two_outputs(loss_weights={"ring": 0, "digit": 1})
    before = model.get_weights()
    after = trained(model)
    assert_equal(before[:2], after[:2])
    assert (before[2] != after[2]).any()


def test_one_output_may_have_a_weight_too():
    model = Sequential([Input((4,)), Dense(1, name="out")])
    for weight in (2.5, [2.5], {"out": 2.5}):
        model.compile("sgd", "mse", loss_weights=weight)
        assert model.evaluate(X, RING) == pytest.approx(2.5 * losses.mse(RING, model.predict(X)).item(), rel=1e-6)
    model.compile("sgd", {"out": "mae"}, metrics={"out": ["mse"]})
    assert list(model.fit(X, RING, verbose=0).history) == ["loss", "mse"]
    model.compile("sgd", "mse")
    assert model.loss_weights is None


def test_one_loss_for_all_outputs_and_a_weight_for_each():
    y = [RING, np.eye(3, dtype="float32")[DIGIT]]
    total, ring, digit = two_outputs("mse", loss_weights=[1, 4]).evaluate(X, y)
    assert total == pytest.approx(ring + 4 * digit, rel=1e-6)


def test_outputs_without_names():
    model = Heads()
    model.compile("sgd", ["mse", "sparse_categorical_crossentropy"], loss_weights=[1.0, 2.0])
    logs = model.fit(X, [RING, DIGIT], verbose=0).history
    assert list(logs) == ["loss", "output_0_loss", "output_1_loss"]
    assert logs["loss"][0] == pytest.approx(logs["output_0_loss"][0] + 2 * logs["output_1_loss"][0], rel=1e-6)
    model.compile("sgd", "mse", loss_weights=[1.0, 2.0, 3.0])
    with refused(ValueError, where="Heads: loss_weights", expected="2", got="3"):
        model.fit(X, [RING, np.zeros((12, 3))], verbose=0)
    with refused(ValueError, expected="a list: these outputs have no names", fix="in the order of the outputs"):
        model.compile("sgd", {"one": "mse", "other": "mse"})


@pytest.mark.parametrize(
    ("weights", "error"),
    [
        ([1.0], ValueError),
        ([1.0, 2.0, 3.0], ValueError),
        (2.0, ValueError),
        ([1.0, np.nan], ValueError),
        ([1.0, np.inf], ValueError),
        ([1.0, "2"], ValueError),
        ([1.0, None], ValueError),
        ([1.0, True], ValueError),
        ("ring", ValueError),
        ({"ring": 1.0}, ValueError),
        ({"ring": 1.0, "digt": 2.0}, ValueError),
        ({"ring": 1.0, "digit": 2.0, "third": 1.0}, ValueError),
        ({}, ValueError),
    ],
    ids=str,
)
def test_weights_that_do_not_fit_are_refused_and_change_nothing(weights, error):
    model = two_outputs(loss_weights=[1.0, 2.0])
    before = model.loss, model.loss_weights, model.optimizer
    with refused(error, where="compile: loss_weights"):
        model.compile("adam", ["mae", "mse"], loss_weights=weights)
    assert (model.loss, model.loss_weights, model.optimizer) == before


@pytest.mark.parametrize("loss", [{"ring": "mse"}, {"ring": "mse", "digt": "mse"}, {}])
def test_a_dict_of_losses_names_every_output(loss):
    with refused(ValueError, where="compile: loss", expected="ring, digit", fix="{'ring': ..., 'digit': ...}"):
        two_outputs(loss)


@pytest.mark.parametrize("loss", [("mse", None), {"ring": None, "digit": "mse"}])
def test_an_output_without_a_loss_has_the_weight_0(loss):
    with refused(
        ValueError, where="compile: loss", expected="a loss for each output", fix="in its place, and loss_weights="
    ):
        two_outputs(loss)


def test_weights_in_the_place_of_metrics():
    """Keras 3 has loss_weights third."""
    for weights in ([1.0, 2.0], [1], (np.float32(0.5), 1)):
        with refused(TypeError, where="compile: metrics", fix="loss_weights="):
            two_outputs().compile("sgd", ["mse", "mse"], weights)


def test_an_object_and_a_class_of_losses_as_metrics():
    given = [losses.MeanAbsoluteError(name="error"), losses.MeanAbsoluteError, losses.mean_squared_error]
    model = Sequential([Input((4,)), Dense(1)])
    model.compile("sgd", "mse", metrics=given)
    mse, error, mae, again = model.evaluate(X, RING)
    assert mse == pytest.approx(again) and error == pytest.approx(mae)
    assert list(model.fit(X, RING, verbose=0).history) == ["loss", "error", "mean_absolute_error", "mean_squared_error"]


def test_a_dict_of_metrics_may_leave_outputs_out():
    logs = two_outputs(metrics={"digit": ["accuracy", "acc"]}).fit(X, [RING, DIGIT], verbose=0).history
    assert list(logs) == ["loss", "ring_loss", "digit_loss", "digit_accuracy", "digit_acc"]
    both = two_outputs(metrics={"digit": "accuracy", "ring": "mse"}).fit(X, [RING, DIGIT], verbose=0).history
    assert list(both)[3:] == ["ring_mse", "digit_accuracy"]
    with refused(ValueError, where="compile: metrics", expected="ring, digit", got="digits"):
        two_outputs(metrics={"digits": ["accuracy"]})


@pytest.mark.parametrize("metric", [losses.BinaryCrossentropy(reduction="none"), partial(losses.mse, axis=-1)])
def test_a_loss_as_a_metric_gives_one_number(metric):
    with refused(ValueError, where="metrics", expected="one number"):
        two_outputs(metrics=[[metric], []])


def test_no_two_numbers_of_one_name_are_logged():
    x = Input((4,))
    model = Model(x, [Dense(1, name="val")(x), Dense(1, name="b")(x)])
    with refused(ValueError, where="metrics", expected="every name once", got="val_loss"):
        model.compile("sgd", "mse")

    def val_loss(y_true, y_pred):
        return 0.0

    with refused(ValueError, where="metrics", got="val_loss"):
        Sequential([Input((4,)), Dense(1)]).compile("sgd", "mse", metrics=[val_loss])


# ---- weights of the samples


@pytest.mark.parametrize("loss", ["mse", losses.BinaryCrossentropy(), partial(losses.bce, label_smoothing=0.1)])
def test_weights_of_samples_reach_the_loss(loss):
    model = Sequential([Input((4,)), Dense(1, "sigmoid")])
    model.compile("sgd", loss)
    y_pred = model(X)
    want = losses.get(loss)(RING, y_pred, sample_weight=W).item()
    assert model.total_loss(RING, y_pred, W).item() == pytest.approx(want, rel=1e-6)
    assert model.test_step(Tensor(X), Tensor(RING), Tensor(W))["loss"].item() == pytest.approx(want, rel=1e-6)
    # A weight of 2 is the sample twice, and of 0 never, but for the number by which the sum is divided.
    half = np.repeat([2.0, 0.0], 6)
    one = model.total_loss(RING, y_pred, half).item()
    assert one == pytest.approx(losses.get(loss)(RING[:6], y_pred.numpy()[:6]).item(), rel=1e-6)


def test_weights_of_samples_of_several_outputs():
    model = two_outputs(loss_weights=[1.0, 2.0])
    y_pred = model(X)
    ring, digit = losses.mse(RING, y_pred[0], sample_weight=W), model.loss[1](DIGIT, y_pred[1], sample_weight=W)
    assert model.total_loss([RING, DIGIT], y_pred, W).item() == pytest.approx((ring + 2 * digit).item(), rel=1e-6)
    of_ring = model.losses_of([RING, DIGIT], y_pred, [W, np.ones(12)])
    assert of_ring["ring_loss"].item() == pytest.approx(ring.item(), rel=1e-6)
    assert of_ring["digit_loss"].item() == pytest.approx(model.loss[1](DIGIT, y_pred[1]).item(), rel=1e-6)
    with refused(ValueError, where="sample_weight", expected="2 arrays", got="3"):
        model.total_loss([RING, DIGIT], y_pred, [W, W, W])


def test_a_function_of_ones_own_takes_weights_or_is_refused():
    def of_pairs(y_true, y_pred):
        return minigen.mean(abs(y_pred - y_true))

    def of_weights(y_true, y_pred, sample_weight=None):
        return losses.mae(y_true, y_pred, sample_weight=sample_weight)

    def of_options(y_true, y_pred, **options):
        return losses.mae(y_true, y_pred, **options)

    class Own(losses.Loss):
        def call(self, y_true, y_pred):
            return abs(y_pred - y_true).mean(axis=-1)

    model = Sequential([Input((4,)), Dense(1, "sigmoid")])
    for loss in (of_weights, of_options, Own(), partial(of_weights)):
        model.compile("sgd", loss)
        want = losses.mae(RING, model(X), sample_weight=W).item()
        assert model.train_step(Tensor(X), Tensor(RING), Tensor(W))["loss"].item() == pytest.approx(want, rel=1e-6)
    for loss in (of_pairs, lambda t, p: losses.mae(t, p)):
        model.compile("sgd", loss)
        with refused(TypeError, where="sample_weight", got="(", fix="sample_weight=None"):
            model.train_step(Tensor(X), Tensor(RING), Tensor(W))
        assert model.train_step(Tensor(X), Tensor(RING))["loss"].item() > 0


@pytest.mark.parametrize("w", [W[:5], -W, np.where(W > 1, np.nan, 1), "balanced"])
def test_bad_weights_of_samples_move_no_weight(w):
    model = two_outputs()
    before = model.get_weights()
    with refused((ValueError, TypeError), where="sample_weight"):
        model.train_step(Tensor(X), [Tensor(RING), DIGIT], w)
    assert_equal(before, model.get_weights())


# ---- a total_loss of one's own


def test_a_subclass_may_have_its_own_total_loss():
    class Penalised(Sequential):
        def total_loss(self, y, y_pred):
            return super().total_loss(y, y_pred) + abs(self.layers[-1].kernel).sum()

    model = Penalised([Input((4,)), Dense(1)])
    model.compile("sgd", "mse")
    want = losses.mse(RING, model.predict(X)).item() + abs(model.get_weights()[0]).sum()
    assert model.evaluate(X, RING) == pytest.approx(want, rel=1e-5)
    assert model.fit(X, RING, batch_size=12, verbose=0).history["loss"] == pytest.approx([want], rel=1e-5)


def with_total(total, loss="mse"):
    """Dense(1) with this total_loss of its own."""
    model = type("Mine", (Sequential,), {"total_loss": total})([Input((4,)), Dense(1)])
    model.compile("sgd", loss)
    return model


TOTALS = {
    "nothing": (lambda self, y, p: None, TypeError),
    "a float": (lambda self, y, p: 1.0, TypeError),
    "an array": (lambda self, y, p: np.array(1.0), TypeError),
    "a tuple": (lambda self, y, p: (p.mean(), p.mean()), TypeError),
    "a dict": (lambda self, y, p: {"loss": p.mean()}, TypeError),
    "a vector": (lambda self, y, p: ((p - y) ** 2).mean(axis=-1), ValueError),
    "an array of one": (lambda self, y, p: ((p - y) ** 2).mean(axis=0), ValueError),
}


@pytest.mark.parametrize("given", TOTALS)
@pytest.mark.parametrize("verb", ["train_on_batch", "evaluate"])
def test_a_total_loss_gives_one_number(given, verb):
    total, kind = TOTALS[given]
    with refused(kind, where="Mine.total_loss", expected="shape ()", fix="return minigen.mean("):
        getattr(with_total(total), verb)(X, RING)


def test_a_loss_of_ones_own_of_shape_1_is_refused():
    model = with_total(Sequential.total_loss, lambda y, p: ((p - y) ** 2).mean(axis=0))
    with refused(ValueError, where="the loss", expected="shape ()", got="shape (1,)", fix="lambda y_true, y_pred"):
        model.evaluate(X, RING)


def test_a_total_loss_takes_the_weights_of_samples_or_is_refused():
    model = with_total(lambda self, y, p: ((p - y) ** 2).mean())
    for call in (model.train_on_batch, model.evaluate):
        with refused(TypeError, where="Mine.total_loss: sample_weight", fix="def total_loss(self, y, y_pred, sample"):
            call(X, RING, sample_weight=W)
    model = with_total(lambda self, y, p, sample_weight=None: losses.mse(y, p, sample_weight=sample_weight))
    want = losses.mse(RING, model.predict(X), sample_weight=W).item()
    assert model.evaluate(X, RING, sample_weight=W) == pytest.approx(want)


# ---- metrics that are no means


@pytest.mark.parametrize(
    ("metric", "fix"),
    [
        ("AUC", "metrics.auc"),
        ("auc", "metrics.auc"),
        (metrics.auc, "metrics.auc"),
        (partial(metrics.auc), "metrics.auc"),
        ("psnr", "peak_signal_to_noise"),
        (metrics.peak_signal_to_noise, "peak_signal_to_noise"),
        ("precision", "/ p.sum()"),
        ("Recall", "/ t.sum()"),
        ("F1Score", "2 *"),
        ("TruePositives", ".sum()"),
        ("false_negatives", ".sum()"),
        ("RootMeanSquaredError", "square root"),
        ("root_mean_squared_error", "square root"),
        ("R2Score", "y.var(axis=0)"),
        ("MeanIoU", ".sum()"),
    ],
)
def test_a_metric_that_is_no_mean_over_samples_is_refused(metric, fix):
    model = Sequential([Input((4,)), Dense(1, "sigmoid")])
    with refused(ValueError, "metric", expected="a mean over samples", fix=fix):
        model.compile("sgd", "mse", metrics=[metric])


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_what_is_advised_for_a_metric_that_is_no_mean(shape):
    """Each piece of advice is a program: it runs, and gives the number of all data, for targets (n,) and (n, 1)."""
    y = RING[:, 0]
    model = Sequential([Input((4,)), Dense(1, "sigmoid")])
    scores = model.predict(X)[:, 0]
    p, y1 = scores > 0.5, y == 1
    want = {
        "precision": (p & y1).sum() / max(p.sum(), 1),
        "recall": (p & y1).sum() / y1.sum(),
        "f1_score": 2 * (p & y1).sum() / (p.sum() + y1.sum()),
        "mean_io_u": (p & y1).sum() / (p | y1).sum(),
        "r2_score": 1 - ((y - scores) ** 2).sum() / ((y - y.mean()) ** 2).sum(),
        "true_positives": (p & y1).sum(),
        "auc": metrics.auc(y, scores),
    }
    for name, value in want.items():
        *lines, last = re.sub(", and .*| for each class", "", metrics.checks.NO_MEANS[name]).split("; ")
        names = {"model": model, "x": X, "y": y.reshape(shape), "minigen": minigen, "np": np}
        for line in lines:
            exec(line, names)
        assert eval(last, names) == pytest.approx(value), name


@pytest.mark.parametrize("what", ["loss", "metric"])
@pytest.mark.parametrize("function", [lambda p: p.mean(), lambda t, p, w: p.mean()])
def test_a_loss_or_metric_takes_targets_and_outputs(what, function):
    model = Sequential([Input((3,)), Dense(1)])
    model.compile("sgd", function if what == "loss" else "mse", [function] if what == "metric" else ())
    x, y = np.ones((4, 3), "float32"), np.ones((4, 1), "float32")
    for action in (model.fit, model.evaluate):
        with refused(TypeError, f"the {what}", expected="(y_true, y_pred)", fix=f"def {what}(y_true, y_pred)"):
            action(x, y)


# ---- targets that would be broadcast


class OwnTotal(Model):
    """Dense(1) with a total_loss of its own."""

    def __init__(self):
        super().__init__()
        self.dense = Dense(1)

    def call(self, x, training=False):
        return self.dense(x)

    def total_loss(self, y, y_pred):
        return ((y_pred - y) ** 2).mean()


class OwnLoss(losses.Loss):
    """The mean of each row."""

    def call(self, y_true, y_pred):
        return ((y_pred - y_true) ** 2).mean(axis=-1)


def squared(y_true, y_pred):
    return ((y_pred - y_true) ** 2).mean()


@pytest.mark.parametrize("loss", [squared, OwnLoss(), None])
@pytest.mark.parametrize("verb", ["fit", "evaluate", "train_on_batch"])
def test_targets_without_the_last_axis_are_not_broadcast(xp, loss, verb):
    """y (n,) and outputs (n, 1) would be compared each with each."""
    model = OwnTotal() if loss is None else Sequential([Input((4,)), Dense(1)])
    model.compile("sgd", loss or squared)
    with refused(ValueError, "broadcasting", fix="y[..., None]"):
        getattr(model, verb)(X, RING[:, 0], **{"verbose": 0} if verb == "fit" else {})
    assert model.evaluate(X, RING[:, 0][..., None]) == pytest.approx(np.square(model.predict(X) - RING).mean())


def test_a_loss_of_ones_own_called_by_itself_does_not_broadcast():
    with refused(ValueError, where="own_loss: the shapes", fix="y[..., 0]"):
        OwnLoss()(RING, RING[:, 0])
    assert OwnLoss()(RING, RING).item() == 0
