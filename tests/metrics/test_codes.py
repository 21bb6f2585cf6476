"""How well codes fit the prior, and their neighbours, against plain loops."""

import math

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import Tensor, losses, metrics

# ---- how well codes fit the prior

CORNERS = np.array(np.meshgrid([-1.0, 1.0], [-1.0, 1.0], [-1.0, 1.0])).reshape(3, -1).T  # (8, 3): mean 0, variance 1


@pytest.mark.parametrize("latent", [1, 2, 3])
def test_moment_kl_without_correlation(xp, latent):
    """1/2 Σ (s² + m² - 1 - log s²), the Loss z of one posterior."""
    s, m = np.array([0.5, 1.5, 3.0])[:latent], np.array([1.0, -0.25, 2.0])[:latent]
    found = metrics.moment_kl(Tensor(CORNERS[:, :latent] * s + m))
    assert found == pytest.approx((s**2 + m**2 - 1 - np.log(s**2)).sum() / 2, rel=1e-5)
    assert found == pytest.approx(
        losses.kl_standard_normal(Tensor(m[None]), Tensor(np.log(s**2)[None])).item(), rel=1e-5
    )
    assert type(found) is float


def test_moment_kl_of_correlation():
    """Both variances 1, correlation 0.8: all that is wrong is -1/2 log(1 - 0.8²)."""
    z = CORNERS[:, :2] @ [[1, 0.8], [0, 0.6]]
    assert metrics.moment_kl(z) == pytest.approx(-math.log(1 - 0.8**2) / 2)


def test_moment_kl_is_zero_for_whitened_codes():
    z = np.random.default_rng(0).random((200, 4)) ** 3
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(z.T @ z / len(z))).T
    assert metrics.moment_kl(z) == pytest.approx(0, abs=1e-10)
    assert metrics.moment_kl(z * 1.1) > 0.01 < metrics.moment_kl(z + 0.2)


def test_moment_kl_asks_neither_for_the_order_nor_for_the_axes():
    """Turned, mirrored, reordered or doubled codes fit the prior as well as before."""
    rng = np.random.default_rng(0)
    z = rng.standard_normal((50, 3)) @ rng.standard_normal((3, 3)) + [1, 2, 3]
    before = metrics.moment_kl(z)
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    for other in (z @ turn, z * [1, -1, 1], z[:, [2, 0, 1]], z[rng.permutation(50)], np.tile(z, (2, 1))):
        assert metrics.moment_kl(other) == pytest.approx(before)
    assert before > 1


def test_moment_kl_of_draws_from_the_prior():
    """Means and covariances that vary by chance cost about (latent + latent (latent + 1) / 2) / 2n."""
    rng = np.random.default_rng(0)
    found = [metrics.moment_kl(rng.standard_normal((400, 2))) for _ in range(200)]
    assert min(found) > 0 and np.mean(found) == pytest.approx(5 / 800, rel=0.15)


FLAT = {
    "a point": np.ones((5, 2)),
    "a plane": CORNERS * [1, 1, 0],
    "a line": CORNERS[:, :1] * [1, 2],
    "one unused": CORNERS[:, :1] * [0],
    "two codes": np.array([[1.0, 2.0], [3.0, 4.0]]),
    "a line, rounded": np.random.default_rng(0).random((30, 1)) * [0.1, 0.3],
    "one unused, rounded": np.random.default_rng(0).random((30, 2)) * [1, 0] + [0, 0.1],
    "a plane, rounded": np.random.default_rng(0).random((30, 2)) @ [[0.6, 0.1, 0.9], [0.3, 0.7, 0.2]],
}


@pytest.mark.parametrize("what", FLAT)
def test_moment_kl_of_flat_codes_is_infinite(what):
    for z in (FLAT[what], FLAT[what] + 100, FLAT[what].astype("float32")):
        assert metrics.moment_kl(z) == math.inf


def test_moment_kl_of_integers():
    assert metrics.moment_kl(np.array([[0], [2]], "uint8")) == 0.5


# ---- neighbours


def nearest(point, others, k):
    """Indices of the k rows nearest to `point`, the first of equals first."""
    distance = np.square(np.asarray(others, "float64") - point).sum(axis=1)
    return sorted(range(len(others)), key=lambda j: (distance[j], j))[:k]


def shared_neighbours(x, z, k):
    """neighbour_preservation, point by point."""
    count = 0
    for i in range(len(x)):
        rest = [j for j in range(len(x)) if j != i]
        near = [{rest[j] for j in nearest(a[i], [a[j] for j in rest], k)} for a in (x, z)]
        count += len(near[0] & near[1])
    return count / (k * len(x))


@pytest.mark.parametrize("k", [1, 2, 5, 10, 11])
def test_neighbour_preservation_point_by_point(xp, k):
    rng = np.random.default_rng(k)
    x = rng.standard_normal((12, 4)).astype("float32")
    z = x[:, :2] + rng.standard_normal((12, 2)).astype("float32")
    found = metrics.neighbour_preservation(Tensor(x), Tensor(z), k)
    assert found == shared_neighbours(x, z, k) == metrics.neighbour_preservation(z, x, k)
    assert type(found) is float and (0 < found < 1 or k == 11)


def test_neighbour_preservation_by_hand():
    """Nearest in x: 1, 0, 1, 2. In z: 1, 0, 3, 1."""
    x, z = np.array([[0], [1], [3], [7]]), np.array([[0], [1], [10], [3]])
    assert metrics.neighbour_preservation(x, z, 1) == 0.5


def test_all_others_are_neighbours_in_every_code():
    rng = np.random.default_rng(0)
    assert metrics.neighbour_preservation(rng.random((9, 3)), rng.random((9, 1)), k=8) == 1
    assert metrics.neighbour_preservation([[0.0], [1.0]], [[5.0], [2.0]], k=1) == 1


def test_neighbours_survive_turning_and_scaling_but_not_chance():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 3))
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    assert metrics.neighbour_preservation(x, 7 * x @ turn + 1) == 1
    by_chance = [metrics.neighbour_preservation(x, rng.random((60, 2))) for _ in range(30)]
    assert np.mean(by_chance) == pytest.approx(5 / 59, rel=0.1)


@pytest.mark.parametrize("offset", [1e8, -1e9])
def test_neighbours_do_not_depend_on_the_origin(offset):
    x, y = np.random.default_rng(0).random((30, 3)), np.arange(30)
    assert metrics.neighbour_preservation(x, x + offset) > 0.99
    assert metrics.neighbour_accuracy(x + offset, y, x + offset, y, 1) == 1


def test_ties_between_neighbours_go_to_the_first():
    """A lattice, and a code that says nothing at all."""
    x = np.stack(np.meshgrid(range(4), range(4)), axis=-1).reshape(-1, 2)
    for z in (np.zeros((16, 1)), x[:, :1], x // 2, x):
        for k in (1, 3, 4):
            assert metrics.neighbour_preservation(x, z, k) == shared_neighbours(x, z, k)


def test_neighbours_of_small_integers():
    """Differences of uint8 would wrap around."""
    x = np.random.default_rng(0).integers(0, 256, (20, 3)).astype("uint8")
    assert metrics.neighbour_preservation(x, x.astype("float64") / 255, 3) == 1


def votes(x, y, x_test, k):
    """The class of each test point by its k nearest, one at a time."""
    found = []
    for point in x_test:
        labels = [int(y[j]) for j in nearest(point, x, k)]
        found.append(max(sorted(set(labels)), key=labels.count))
    return np.array(found)


@pytest.mark.parametrize("k", [1, 2, 10, 300, 700])
def test_neighbour_accuracy_point_by_point(xp, k):
    rng = np.random.default_rng(k)
    x, x_test = rng.standard_normal((700, 3)).astype("float32"), rng.standard_normal((25, 3)).astype("float32")
    y, y_test = rng.integers(0, 4, 700), rng.integers(0, 4, 25)
    expected = (votes(x, y, x_test, k) == y_test).mean()
    found = metrics.neighbour_accuracy(*map(Tensor, (x, y, x_test, y_test)), k)
    assert found == expected and type(found) is float
    assert metrics.neighbour_accuracy(x, y, x_test, votes(x, y, x_test, k), k) == 1


def test_neighbour_accuracy_of_more_than_one_slice():
    """Rows 500 and 1000 start a slice: each of them meets its own label."""
    rng = np.random.default_rng(0)
    x, x_test, y = rng.standard_normal((12, 2)), rng.standard_normal((1003, 2)), rng.integers(0, 3, 12)
    right = votes(x, y, x_test, 3)
    assert metrics.neighbour_accuracy(x, y, x_test, right, 3) == 1
    for wrong in (499, 500, 1000, 1002):
        y_test = right.copy()
        y_test[wrong] += 1
        assert metrics.neighbour_accuracy(x, y, x_test, y_test, 3) == 1002 / 1003


def test_a_tied_vote_goes_to_the_smaller_label():
    x, y = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([2, 1, 0, 2])
    assert metrics.neighbour_accuracy(x, y, [[0.4], [10.6]], [1, 0], k=2) == 1
    assert metrics.neighbour_accuracy(x, y, [[0.4], [10.6]], [2, 2], k=2) == 0


def test_each_point_is_its_own_nearest():
    x, y = np.random.default_rng(0).random((30, 2)), np.arange(30)
    assert metrics.neighbour_accuracy(x, y, x, y, k=1) == 1
    assert metrics.neighbour_accuracy(x, y, x[3:4], [3], k=1) == 1  # one test point is enough


def test_with_all_points_as_neighbours_the_largest_class_wins():
    x, y = np.random.default_rng(0).random((7, 2)), np.array([0, 0, 1, 1, 1, 2, 2])
    assert metrics.neighbour_accuracy(x, y, x, y, k=7) == 3 / 7


def test_a_class_that_nobody_has_is_never_voted_for():
    x = np.random.default_rng(0).random((6, 2))
    assert metrics.neighbour_accuracy(x, np.zeros(6, int), x, np.full(6, 1), k=3) == 0


@pytest.mark.parametrize(
    "low, high, dtype", [(0, 9, "uint8"), (253, 255, "uint8"), (-2, -1, "int8"), (0, 10**12, "int64")]
)
def test_labels_of_any_integer_type(low, high, dtype):
    x, y = np.arange(6).reshape(6, 1), np.array([low] * 3 + [high] * 3, dtype)
    assert metrics.neighbour_accuracy(x, y, x.astype("uint8"), list(map(int, y)), k=3) == 1


# ---- bad input

CODE_METRICS = {
    "moment_kl": metrics.moment_kl,
    "neighbour_preservation": lambda a: metrics.neighbour_preservation(a, np.eye(2), 1),
    "neighbour_preservation of z": lambda a: metrics.neighbour_preservation(np.eye(2), a, 1),
    "neighbour_accuracy": lambda a: metrics.neighbour_accuracy(a, [0, 1], np.eye(2), [0, 1], 1),
    "neighbour_accuracy of x_test": lambda a: metrics.neighbour_accuracy(np.eye(2), [0, 1], a, [0, 1], 1),
}


@pytest.mark.parametrize("metric", CODE_METRICS)
@pytest.mark.parametrize(
    "a, expected, got",
    [
        (np.zeros(()), "2 axes", "shape ()"),
        (np.zeros(5), "2 axes", "shape (5,)"),
        (np.zeros((5, 2, 2)), "2 axes", "shape (5, 2, 2)"),
        (np.zeros((0, 2)), "rows or more of one number or more", "(0, 2)"),
        (np.zeros((2, 0)), "rows or more of one number or more", "(2, 0)"),
        ([["a"], ["b"]], "finite numbers", "<U1"),
        ([[1.0, 2.0], [3.0, np.nan]], "finite numbers", "NaN"),
        ([[1.0, 2.0], [3.0, -np.inf]], "finite numbers", "infinity"),
    ],
    ids=["a number", "a vector", "images", "no rows", "no columns", "text", "NaN", "infinity"],
)
def test_codes_that_are_no_rows_of_numbers(metric, a, expected, got):
    where = metric.replace(" of", ":")
    with refused(ValueError, where=where, expected=expected, got=got, fix="reshape(len(x), -1)"):
        CODE_METRICS[metric](a)


@pytest.mark.parametrize("metric", ["moment_kl", "neighbour_preservation", "neighbour_preservation of z"])
def test_one_code_has_no_neighbours_and_no_spread(metric):
    with refused(ValueError, where=metric.split()[0], expected="2 rows or more", got="(1, 2)"):
        CODE_METRICS[metric](np.zeros((1, 2)))


LABELS = np.arange(30) % 3

BAD_LABELS = {
    "a label more": (np.append(LABELS, 0), "30 labels", "31"),
    "one label": (LABELS[:1], "30 labels", "1"),
    "a column": (LABELS[:, None], "1 axes", "shape (30, 1)"),
    "one-hot": (np.eye(3)[LABELS], "1 axes", "shape (30, 3)"),
    "floats": (LABELS.astype(float), "integer labels", "float64"),
    "text": (list("abc" * 10), "finite numbers", "<U1"),
    "nothing": (None, "finite numbers", "object"),
}


@pytest.mark.parametrize("what", BAD_LABELS)
def test_labels_that_are_none(what):
    x, (bad, expected, got) = np.random.default_rng(0).random((30, 3)), BAD_LABELS[what]
    for where, y, y_test in (("y", bad, LABELS), ("y_test", LABELS, bad)):
        with refused(ValueError, where=f"neighbour_accuracy: {where}", expected=expected, got=got):
            metrics.neighbour_accuracy(x, y, x, y_test, 3)


def test_booleans_are_labels():
    x, y = np.random.default_rng(0).random((30, 3)), LABELS > 0
    assert metrics.neighbour_accuracy(x, y, x, y, 3) == metrics.neighbour_accuracy(
        x, y.astype(int), x, y.astype(int), 3
    )


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "5", None])
def test_how_many_neighbours(k):
    x, y = np.eye(4), np.arange(4)
    for metric, call in {
        "neighbour_preservation": lambda: metrics.neighbour_preservation(x, x, k),
        "neighbour_accuracy": lambda: metrics.neighbour_accuracy(x, y, x, y, k),
    }.items():
        with refused(ValueError, where=f"{metric}: k", expected="a positive integer", got=repr(k), fix="k=5"):
            call()


def test_more_neighbours_than_points():
    """Nobody is a neighbour of himself, but a test point may have them all."""
    x, y = np.eye(4), np.arange(4)
    with refused(ValueError, where="neighbour_preservation: k", expected="at most 3", got="4"):
        metrics.neighbour_preservation(x, x, 4)
    with refused(ValueError, where="neighbour_accuracy: k", expected="at most 4", got="5"):
        metrics.neighbour_accuracy(x, y, x, y, 5)


def test_codes_of_other_points():
    with refused(ValueError, where="neighbour_preservation", expected="10 codes z", got="9"):
        metrics.neighbour_preservation(np.zeros((10, 3)), np.zeros((9, 2)))
    with refused(ValueError, where="neighbour_accuracy", expected="3 features of x_test", got="2"):
        metrics.neighbour_accuracy(np.zeros((4, 3)), np.arange(4), np.zeros((4, 2)), np.arange(4), 3)
