"""Accuracy, squared errors, PSNR, entropy and AUC against numbers counted by hand, and the names of metrics."""

import math

import numpy as np
import pytest
from helpers.digit_models import X, autoencoder
from helpers.golden_losses import GOLDEN
from helpers.refusals import refused
from helpers.small_model import X as ROWS

from minigen import Tensor, losses, metrics
from minigen.checks.values import snake_case
from minigen.metrics.checks import NO_MEANS

SCORES = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6], [0.3, 0.4, 0.3]], "float32")


# ---- accuracy, squared errors, entropy


def test_metrics_never_broadcast():
    with refused(ValueError, where="accuracy", expected="(8, 1)", got="(8,)", fix="reshape("):
        metrics.accuracy(ROWS[:, 0], ROWS[:, :1])
    with refused(ValueError, where="mean_squared_error", expected="(8, 1)", got="(8,)"):
        metrics.mean_squared_error(ROWS[:, 0], ROWS[:, :1])


@pytest.mark.parametrize("metric", metrics.METRICS)
def test_a_metric_of_no_samples(metric):
    with refused(ValueError, expected="at least one sample", got="(0,"):
        metrics.get(metric)(ROWS[:0], ROWS[:0])


@pytest.mark.parametrize("rows", [[[1, 1, 0], [0, 1, 1]], [[0, 0, 0], [0, 1, 0]], [[0.1, 0.7, 0.2]] * 2, X[:2, :3]])
def test_accuracy_refuses_rows_that_are_not_one_hot(rows):
    with refused(ValueError, "accuracy: targets"):
        metrics.accuracy(np.array(rows), np.ones((2, 3)))
    with refused(ValueError, "accuracy: targets"):
        autoencoder(metrics=["accuracy"]).fit(X, X, verbose=0)
    assert metrics.accuracy(np.eye(3, dtype=bool), np.eye(3)) == metrics.accuracy(np.eye(3), np.eye(3)) == 1


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("accuracy: targets", lambda: metrics.accuracy([7, 7], [[0.1, 0.9], [0.2, 0.8]]), ValueError),
        ("accuracy: targets", lambda: metrics.accuracy([0.5, 1], [[0.1, 0.9], [0.2, 0.8]]), ValueError),
    ],
)
def test_accuracy_refuses_labels_beyond_the_classes_and_fractions(problem, call, error):
    with refused(error, problem):
        call()


def test_an_output_of_nan_is_a_wrong_answer():
    nan = np.nan
    assert metrics.accuracy([0, 1, 1], [[nan, 1], [1, nan], [0, 1]]) == 1 / 3
    assert metrics.accuracy([0, 1], [nan, nan]) == 0


def test_accuracy_takes_the_largest_output(xp):
    assert metrics.accuracy(np.array([1, 0, 2, 0]), Tensor(SCORES)) == 0.75
    assert metrics.accuracy(np.eye(3)[[1, 0, 2, 0]], Tensor(SCORES)) == 0.75
    assert metrics.accuracy([1, 0, 2, 1], SCORES) == 1.0


def test_accuracy_of_one_output_has_its_border_at_a_half(xp):
    p = np.array([0.2, 0.6, 0.9, 0.4], "float32")
    assert metrics.accuracy(np.array([0, 1, 0, 0]), p) == 0.75
    assert metrics.accuracy(np.array([[0], [1], [0], [0]]), Tensor(p.reshape(-1, 1))) == 0.75


@pytest.mark.parametrize("shapes", [((4,), (4, 1)), ((4, 1), (4, 3)), ((3,), (4, 3)), ((4, 1), (4,))])
def test_accuracy_refuses_shapes_that_would_broadcast(shapes):
    with pytest.raises(ValueError, match="accuracy: shapes differ"):
        metrics.accuracy(np.zeros(shapes[0], int), np.zeros(shapes[1]))


def test_accuracy_refuses_class_numbers_where_it_takes_0_and_1():
    """accuracy(labels, labels) would count every 2 as wrong: predictions are outputs, not classes."""
    with pytest.raises(ValueError, match="accuracy"):
        metrics.accuracy([0, 1, 2], [0, 1, 2])


def test_mean_squared_error(xp):
    assert metrics.mean_squared_error(np.array([0.0, 1.0, 3.0]), Tensor([0.0, 2.0, 1.0])) == pytest.approx(5 / 3)


def test_binary_entropy_is_the_floor_of_the_cross_entropy(xp):
    x = np.array([[0.0, 0.5, 1.0, 0.25]], "float32")
    floor = (math.log(2) - 0.25 * math.log(0.25) - 0.75 * math.log(0.75)) / 4
    assert metrics.binary_entropy(Tensor(x)) == pytest.approx(floor)
    assert losses.binary_crossentropy(x, x).item() == pytest.approx(floor, abs=1e-6)
    assert losses.binary_crossentropy(x, x + 0.01 * (x == 0.25)).item() > floor


@pytest.mark.parametrize("name", metrics.METRICS)
def test_metrics_are_floats(xp, name):
    p = Tensor(np.full((4, 7), 1 / 7, "float32"))
    targets = np.array([0, 1, 2, 0]) if name.startswith("sparse") else np.eye(7)[[0, 1, 2, 0]]
    assert type(metrics.get(name)(targets, p)) is float


def test_names():
    assert metrics.get("mse") is metrics.mean_squared_error
    assert metrics.name_of("accuracy") == metrics.name_of(metrics.accuracy) == "accuracy"


# ---- by Keras' names, against Keras: two batches of different size, whose weighted mean is the metric of all data


@pytest.mark.parametrize("i", range(len(GOLDEN["metrics"])), ids=GOLDEN["metrics"][:, 0].tolist())
def test_as_keras(xp, i):
    name, y, p = GOLDEN["metrics"][i].tolist()
    y, p = GOLDEN[y], GOLDEN[p]
    metric = metrics.get(name)
    assert metric(y, p) == pytest.approx(GOLDEN["values"][i], rel=2e-6)
    if np.isnan(p).any() or name.endswith("binary_crossentropy"):
        return
    mean = (metric(y[:1], p[:1]) + (len(y) - 1) * metric(y[1:], p[1:])) / len(y)
    assert mean == pytest.approx(metric(y, p), rel=1e-9)


def test_binary_accuracy_of_several_questions(xp):
    t, p = [[1, 0, 1], [0, 0, 1]], Tensor([[0.9, 0.6, 0.4], [0.1, 0.5, np.nan]])
    assert metrics.binary_accuracy(t, p) == 3 / 6
    assert metrics.binary_accuracy(t, p, threshold=0.3) == 3 / 6
    assert metrics.binary_accuracy(t, p, threshold=-1) == 2 / 6
    for threshold in ("0.5", None, np.nan):
        with refused(ValueError, "binary_accuracy: threshold"):
            metrics.binary_accuracy(t, p, threshold=threshold)
    with refused(ValueError, "binary_accuracy: targets"):
        metrics.binary_accuracy([[0.5]], [[0.5]])
    with refused(ValueError, "binary_accuracy: shapes differ"):
        metrics.binary_accuracy([1, 0], [[1], [0]])


def test_categorical_accuracy_of_soft_targets_and_of_nan(xp):
    t, p = [[0.2, 0.5, 0.3], [0.6, 0.2, 0.2]], [[0.1, 0.8, 0.1], [np.nan, 0, 1]]
    assert metrics.categorical_accuracy(t, p) == 1 / 2
    assert metrics.sparse_categorical_accuracy([1, 0], p) == 1 / 2
    assert metrics.sparse_categorical_accuracy([[1, 0]], [p]) == 1 / 2  # (batch, time)
    for bad in ([3, 0], [-1, 0], [0.5, 0], [[1], [0]]):
        with refused(ValueError, "accuracy"):
            metrics.sparse_categorical_accuracy(bad, p)
    with refused(ValueError, "categorical_accuracy: predictions", fix="binary_accuracy"):
        metrics.categorical_accuracy([[1]], [[0.5]])


def test_of_equal_outputs_the_first_is_predicted(xp):
    """As by argmax, and by Keras; among the k largest each of them counts."""
    labels, ties = np.arange(10) % 4, np.zeros((10, 4))
    assert metrics.sparse_categorical_accuracy(labels, ties) == metrics.accuracy(labels, ties) == 3 / 10
    assert metrics.categorical_accuracy(np.eye(4)[labels], ties) == 3 / 10
    assert metrics.sparse_top_k_categorical_accuracy(labels, ties, 1) == 1
    with refused(ValueError, where="sparse_categorical_accuracy: targets"):
        metrics.sparse_categorical_accuracy([4, 0], ties[:2])


def test_the_top_k(xp):
    p = np.array([[0.1, 0.5, 0.4], [0.3, 0.3, 0.4]])
    labels, one_hot = [2, 0], np.eye(3)[[2, 0]]
    for k, share in ((1, 0), (2, 1)):  # in the second row two are as large: both are among the best two
        assert metrics.sparse_top_k_categorical_accuracy(labels, p, k) == share
        assert metrics.top_k_categorical_accuracy(one_hot, p, k=k) == share
    for k in (3, 0, -1, 2.0, True, None):
        with refused(ValueError, "top_k_categorical_accuracy: k", fix="functools.partial"):
            metrics.top_k_categorical_accuracy(one_hot, p, k)


def test_cosine_similarity_and_kl_divergence(xp):
    assert metrics.cosine_similarity([[3.0, 4.0]], [[6.0, 8.0]]) == pytest.approx(1)
    assert metrics.cosine_similarity([[1, 0], [0, 0]], [[0, 1], [1, 1]]) == 0
    half = np.log(2)
    assert metrics.kl_divergence([[1.0, 0.0]], [[0.5, 0.5]]) == pytest.approx(half, abs=2e-6)
    assert metrics.kl_divergence([[0.3, 0.7]], [[0.3, 0.7]]) == pytest.approx(0, abs=1e-12)
    for t, p in (([[0.5, 1.5]], [[0.5, 0.5]]), ([[0.5, 0.5]], [[-1.0, 2.0]]), ([[np.nan, 1]], [[0.5, 0.5]])):
        with refused(ValueError, "kl_divergence", expected="[0, 1]"):
            metrics.kl_divergence(t, p)


def test_a_loss_as_a_metric_of_the_same_name(xp):
    p = Tensor(SCORES, requires_grad=True)
    found = metrics.get("SparseCategoricalCrossentropy")([1, 0, 2, 0], p)
    assert found == losses.sparse_categorical_crossentropy([1, 0, 2, 0], p).item()
    assert metrics.name_of(metrics.binary_crossentropy) == "binary_crossentropy"


def test_peak_signal_to_noise():
    x = np.zeros((2, 3))
    assert metrics.peak_signal_to_noise(x, x + 0.1) == pytest.approx(20)  # MSE 1/100
    assert metrics.peak_signal_to_noise(x, x + 1) == 0
    assert metrics.peak_signal_to_noise(x, x) == float("inf")


# ---- AUC


def test_auc_counts_the_pairs_in_the_right_order(xp):
    t = np.array([0, 0, 1, 1, 1])
    assert metrics.auc(t, [0.1, 0.4, 0.35, 0.8, 0.9]) == pytest.approx(5 / 6)
    assert metrics.auc(t, [5, 5, 5, 5, 5]) == 0.5
    assert metrics.auc(t, [1, 2, 3, 4, 5]) == 1 and metrics.auc(t, [5, 4, 3, 2, 1]) == 0
    rng = np.random.default_rng(0)
    t, s = rng.integers(0, 2, 200), rng.integers(0, 20, 200)  # many ties
    ones, zeros = s[t == 1], s[t == 0]
    pairs = (ones[:, None] > zeros).mean() + (ones[:, None] == zeros).mean() / 2
    assert metrics.auc(t, s) == pytest.approx(pairs, rel=1e-12)
    assert metrics.auc(t, 1 / (1 + np.exp(-s / 5))) == pytest.approx(pairs, rel=1e-12)  # only the order counts
    assert metrics.auc(t[:, None], Tensor(s[:, None].astype("float32"))) == pytest.approx(pairs, rel=1e-12)


@pytest.mark.parametrize("name", metrics.METRICS)
def test_a_class_of_keras_is_answered_with_the_function(name):
    """metrics=[metrics.BinaryAccuracy()] is written metrics=[metrics.binary_accuracy]."""
    function = metrics.METRICS[name]
    of_class = {"kl_divergence": "KLDivergence"}.get(function.__name__) or function.__name__.title().replace("_", "")
    with refused(AttributeError, f"minigen.metrics.{of_class}", fix=f"minigen.metrics.{function.__name__}"):
        getattr(metrics, of_class)
    with pytest.raises(ImportError, match=f"minigen.metrics.{function.__name__}"):
        exec(f"from minigen.metrics import {of_class}")


def test_a_class_of_keras_that_is_no_mean_over_samples_is_answered_as_its_name():
    for name in ("AUC", "F1Score", "Precision", "RootMeanSquaredError", "MeanIoU"):
        with refused(AttributeError, f"minigen.metrics.{name}", fix=NO_MEANS[snake_case(name)]):
            getattr(metrics, name)
    with refused(AttributeError, fix='return {"loss": loss}'):
        metrics.Mean  # noqa: B018
