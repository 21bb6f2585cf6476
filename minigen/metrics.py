"""Numbers that say whether it works. They take arrays or Tensors and return floats."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import backend
from .arguments import checks_arguments
from .arrays import as_array, as_pixels
from .checks import positive_integer, positive_number
from .errors import message, named

Metric = Callable[[Any, Any], float]


def _array(where: str, x: Any, name: str = "x") -> np.ndarray:
    """`x` on the host, as an array of numbers."""
    return backend.to_numpy(as_array(x, where, name))


def _pair(metric: str, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both as NumPy arrays; ValueError if there is nothing to compare."""
    t, p = (_array(f"{metric}: {name}", a, name) for name, a in (("y_true", y_true), ("y_pred", y_pred)))
    if p.size == 0:
        raise ValueError(
            message(f"{metric}: no samples", expected="at least one sample", got=p.shape, fix="data[:n] with n > 0")
        )
    return t, p


def _check_shapes(metric: str, t: np.ndarray, p: np.ndarray) -> None:
    if t.shape != p.shape:
        hint = f"y_true.reshape({p.shape})" if t.size == p.size else "one target for each prediction"
        raise ValueError(message(f"{metric}: shapes differ", expected=f"y_true {p.shape}", got=t.shape, fix=hint))


@checks_arguments
def accuracy(y_true: Any, y_pred: Any) -> float:
    """Share of right answers, in [0, 1].

    y_pred (..., classes) against labels (...) or one-hot rows: the largest output wins. y_pred (batch, 1) or (batch,)
    against 0/1 targets of the same shape: 0.5 is the border. An output of NaN is a wrong answer. Raises ValueError for
    other targets, such as grey images, labels beyond the classes or rows with several ones.
    """
    t, p = _pair("accuracy", y_true, y_pred)
    if p.ndim > 1 and p.shape[-1] > 1:
        if t.shape == p.shape:
            _check_one_hot(t)
            t = t.argmax(axis=-1)
        _check_labels(t, p.shape[-1])
        p = np.where(np.isnan(p).any(axis=-1), -1, p.argmax(axis=-1))  # argmax would choose the NaN
    else:
        _check_shapes("accuracy", t, p)
        if not _is_binary(t):
            raise ValueError(
                message(
                    "accuracy: targets for one output",
                    expected="0 and 1",
                    got=f"{t.min():g}..{t.max():g}",
                    fix="Dense(classes, 'softmax') as the last layer, for labels that count classes",
                )
            )
        p = np.where(np.isnan(p), -1, p > 0.5)
    _check_shapes("accuracy", t, p)
    return float((t == p).mean())


def _check_labels(t: np.ndarray, classes: int) -> None:
    if t.size and not (t.min() >= 0 and t.max() < classes and (t == np.floor(t)).all()):
        expected, got = f"labels 0..{classes - 1}", f"{t.min():g}..{t.max():g}"
        fix = "labels that count the classes from 0, and an output for each"
        raise ValueError(message("accuracy: targets", expected=expected, got=got, fix=fix))


def _is_binary(t: np.ndarray) -> bool:
    return bool(((t == 0) | (t == 1)).all())


def _check_one_hot(t: np.ndarray) -> None:
    ones = t.sum(axis=-1)
    if not (_is_binary(t) and (ones == 1).all()):
        got = f"rows with {ones.min():g} to {ones.max():g} ones" if _is_binary(t) else "rows of other numbers"
        fix = "y.argmax(axis=-1) for rows of shares; ((p > 0.5) == y).mean() for several answers a row"
        raise ValueError(message("accuracy: targets", expected="labels, or one-hot rows", got=got, fix=fix))


@checks_arguments
def mean_squared_error(y_true: Any, y_pred: Any) -> float:
    """mean of (ŷ - y)²."""
    t, p = _pair("mean_squared_error", y_true, y_pred)
    _check_shapes("mean_squared_error", t, p)
    return float(np.square(p.astype("float64") - t).mean())


@checks_arguments
def peak_signal_to_noise(y_true: Any, y_pred: Any) -> float:
    """10 log₁₀(1 / MSE) in decibels, for images in [0, 1] (PSNR); inf for equal images."""
    error = mean_squared_error(y_true, y_pred)
    return -10 * math.log10(error) if 0 < error < math.inf else (-math.inf if error else math.inf)


@checks_arguments
def auc(y_true: Any, y_score: Any) -> float:
    """Area under the ROC curve, in [0, 1]: the probability that a 1 gets a higher score than a 0 does; ties count half.

    y_true (n,) of 0 and 1, both among them, y_score (n,) any numbers: probabilities or logits give the same. 0.5 is a
    coin, and nothing depends on a threshold. It is the Mann-Whitney statistic, computed from ranks. Raises ValueError
    for other targets, for shapes that differ and for scores that are not finite.
    """
    t, s = _pair("auc", y_true, y_score)
    _check_shapes("auc", t, s)
    t, s = t.reshape(-1), s.reshape(-1)
    if set(np.unique(t)) != {0, 1}:
        fix = "np.r_[np.ones(len(real)), np.zeros(len(fake))]"
        raise ValueError(message("auc: targets", expected="0 and 1, both", got=np.unique(t)[:5], fix=fix))
    if not np.isfinite(s).all():
        got, fix = f"{(~np.isfinite(s)).sum()} that are not", "a model that gives numbers"
        raise ValueError(message("auc: scores", expected="finite numbers", got=got, fix=fix))
    _, place, count = np.unique(s, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]  # from 1; equal scores share the mean of their ranks
    ones = int((t == 1).sum())
    return float((rank[t == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(t) - ones)))


def entropy(shares: Any) -> float:
    """-Σ p log p in nats, of shares p (k,) that sum to 1: log k if all are equal, 0 if one has all."""
    p = backend.finite_array("entropy", shares, 1, "counts / counts.sum()").astype("float64")
    if len(p) == 0 or p.min() < 0 or not math.isclose(p.sum(), 1, rel_tol=1e-5):
        got = f"sum {p.sum():g}, least {p.min() if len(p) else 'none'}"
        raise ValueError(message("entropy", expected="shares >= 0 with sum 1", got=got, fix="counts / counts.sum()"))
    p = p[p > 0]
    return max(0.0, float(-(p * np.log(p)).sum()))


def binary_entropy(x: Any) -> float:
    """mean of H(x) = -x log x - (1-x) log(1-x), in nats per pixel: the floor of the binary cross-entropy for targets x.

    Grey targets have a floor above 0: no prediction, not even p = x, does better. 0.0581 on MNIST's test set. Raises
    ValueError for numbers outside of [0, 1] and for none, TypeError for integers other than 0 and 1.
    """
    x = as_pixels(x, "binary_entropy").astype("float64")
    inside = np.clip(x, 1e-300, 1.0)  # 0 log 0 = 0
    outside = np.clip(1 - x, 1e-300, 1.0)
    return float(-(x * np.log(inside) + (1 - x) * np.log(outside)).mean())


def moment_kl(z: Any) -> float:
    """D_KL(N(m, S), N(0, Id)) in nats, with m and S the mean and the covariance of the codes z (n, latent).

    1/2 (tr S + ‖m‖² - latent - log det S): how far the codes of all images together are from the prior, as far as mean,
    spread and correlation tell. 0 for a perfect fit; inf for codes that lie in a plane (or on a line, or at a point).
    """
    z = _points("moment_kl", z)
    m = z.mean(axis=0)
    s = (z - m).T @ (z - m) / len(z)
    variances = np.linalg.eigvalsh(s)  # of the axes of the cloud, ascending
    eps = np.finfo("float64").eps
    rounding = 64 * eps * variances[-1] + 64 * eps * eps * (m @ m)
    if variances[0] <= rounding:
        return math.inf
    return float(variances.sum() + m @ m - len(m) - np.log(variances).sum()) / 2


@checks_arguments
def neighbour_preservation(x: Any, z: Any, k: int = 5) -> float:
    """Share of the k nearest neighbours of each point that are the same in x (n, dim) and in its code z (n, latent).

    1 if the code keeps neighbours together, k / (n - 1) on average for a random one. It compares all pairs: n² numbers.
    """
    x, z = _points("neighbour_preservation: x", x), _points("neighbour_preservation: z", z)
    k = _neighbours("neighbour_preservation", k, len(x) - 1)
    _check_as_many("neighbour_preservation", "codes z", len(z), "points x", len(x))
    near = []
    for a in (x, z):
        distances = _square_distances(a, a)
        np.fill_diagonal(distances, np.inf)  # nobody is a neighbour of himself
        near.append(np.argsort(distances, axis=1, kind="stable")[:, :k])
    shared = [len(np.intersect1d(one, other)) for one, other in zip(*near, strict=True)]
    return sum(shared) / (k * len(x))


@checks_arguments
def neighbour_accuracy(x: Any, y: Any, x_test: Any, y_test: Any, k: int = 10) -> float:
    """Share of x_test (m, dim) whose class is that of most of their k nearest neighbours in x (n, dim), in [0, 1].

    y (n,) and y_test (m,) are integer labels; a tie goes to the smaller label. Nothing is trained: it tells how well
    the points themselves are sorted by class.
    """
    x, x_test = _points("neighbour_accuracy: x", x), _points("neighbour_accuracy: x_test", x_test, least=1)
    y, y_test = _labels("neighbour_accuracy: y", y, len(x)), _labels("neighbour_accuracy: y_test", y_test, len(x_test))
    k = _neighbours("neighbour_accuracy", k, len(x))
    _check_as_many("neighbour_accuracy", "features of x_test", x_test.shape[1], "of x", x.shape[1])
    classes, numbers = np.unique(y, return_inverse=True)
    right = 0
    for i in range(0, len(x_test), 500):  # a slice at a time: 500 x n distances
        near = np.argpartition(_square_distances(x_test[i : i + 500], x), k - 1, axis=1)[:, :k]
        votes = np.stack([(numbers[near] == c).sum(axis=1) for c in range(len(classes))], axis=1)
        right += int((classes[votes.argmax(axis=1)] == y_test[i : i + 500]).sum())
    return right / len(x_test)


@checks_arguments
def frechet_distance(a: Any, b: Any) -> float:
    """‖m₁ - m₂‖² + tr(S₁ + S₂ - 2 (S₁S₂)^½), with mᵢ and Sᵢ mean and covariance of points a and b (n, dim).

    The squared Fréchet (Wasserstein-2) distance between normal distributions with these moments: 0 for equal moments.
    The trace of the root is the sum of the roots of the eigenvalues of S₁^½ S₂ S₁^½. Raises ValueError for fewer than
    two points and for widths that differ. Dowson and Landau 1982; on features of a network, Heusel et al. 2017.
    """
    a, b = _points("frechet_distance: a", a), _points("frechet_distance: b", b)
    _check_as_many("frechet_distance", "features of b", b.shape[1], "of a", a.shape[1])
    s1, s2 = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    values, vectors = np.linalg.eigh(s1)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    crossed = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ s2 @ root), 0)).sum()
    apart = a.mean(axis=0) - b.mean(axis=0)
    return max(0.0, float(apart @ apart + np.trace(s1) + np.trace(s2) - 2 * crossed))


def gradient_energy(x: Any) -> float:
    """Σ over neighbouring pixels of their squared difference, mean over images x (n, rows, columns[, channels]): ‖∇x‖².

    How sharp images are: a blur halves it and more, and noise raises it, so compare it with that of real images (56 on
    MNIST). Raises ValueError for other shapes and for images without neighbours.
    """
    fix = "x.reshape(-1, 28, 28)"
    a = _array("gradient_energy", x)
    if a.ndim not in (3, 4) or 0 in a.shape or max(a.shape[1:3]) < 2:
        expected = "images (n, rows, columns[, channels])"
        raise ValueError(message("gradient_energy: shape", expected=expected, got=a.shape, fix=fix))
    a = backend.finite_array("gradient_energy", a, a.ndim, fix).astype("float64")
    return float((np.square(np.diff(a, axis=1)).sum() + np.square(np.diff(a, axis=2)).sum()) / len(a))


@checks_arguments
def parzen_log_likelihood(x: Any, samples: Any, sigma: float) -> float:
    """mean over x of log 1/m Σⱼ N(x; sⱼ, σ² Id), in nats: test images x (n, dim) under a Gaussian on each of m samples.

    The measure of the first GAN paper (Goodfellow et al. 2014, 225 nats on MNIST), here as history: it rewards memory
    and blur, and in 784 dimensions 10,000 samples are few (Theis et al. 2016). sigma > 0, usually from parzen_sigma().
    """
    x, samples = _points("parzen_log_likelihood: x", x, least=1), _points("parzen_log_likelihood: samples", samples)
    _check_as_many("parzen_log_likelihood", "features of samples", samples.shape[1], "of x", x.shape[1])
    sigma = positive_number("parzen_log_likelihood: sigma", sigma, "parzen_sigma(x_validation, samples)")
    dim, total = x.shape[1], 0.0
    for i in range(0, len(x), 500):  # a slice at a time: 500 x m distances
        exponents = -_square_distances(x[i : i + 500], samples) / (2 * sigma**2)
        top = exponents.max(axis=1)
        total += (top + np.log(np.exp(exponents - top[:, None]).mean(axis=1))).sum()
    return float(total / len(x) - dim / 2 * math.log(2 * math.pi * sigma**2))


def parzen_sigma(x: Any, samples: Any) -> float:
    """Of ten widths σ from 0.1 to 1, on a logarithmic scale, the one under which held-out images x are likeliest.

    It is how Goodfellow et al. 2014 choose theirs, on 1,000 validation images.
    """
    widths = [float(s) for s in np.logspace(-1, 0, 10)]
    return max(widths, key=lambda sigma: parzen_log_likelihood(x, samples, sigma))


def _points(metric: str, x: Any, least: int = 2) -> np.ndarray:
    """(n, dim) in float64, at least so many rows of at least one number."""
    x = backend.finite_array(metric, x, 2, "x.reshape(len(x), -1)").astype("float64")
    if len(x) < least or x.shape[1] == 0:
        expected = f"{least} rows or more of one number or more"
        raise ValueError(message(metric, expected=expected, got=x.shape, fix="x.reshape(len(x), -1)"))
    return x


def _labels(metric: str, y: Any, n: int) -> np.ndarray:
    """n integers."""
    y = backend.finite_array(metric, y, 1, 'labels such as [3, 0, 7], one for each point; y.astype("int64") of text')
    if y.dtype.kind not in "iu":
        raise ValueError(message(metric, expected="integer labels", got=y.dtype, fix='y.astype("int64")'))
    _check_as_many(metric, "labels", len(y), "points", n)
    return y


def _check_as_many(metric: str, what: str, n: int, others: str, m: int) -> None:
    if n != m:
        raise ValueError(message(metric, expected=f"{m} {what}, as {others}", got=n, fix="arrays of one length"))


def _neighbours(metric: str, k: int, most: int) -> int:
    k = positive_integer(f"{metric}: k", k, "k=5")
    if k > most:
        raise ValueError(message(f"{metric}: k", expected=f"at most {most}, the points there are", got=k, fix="k=5"))
    return k


def _square_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """‖aᵢ - bⱼ‖² = ‖aᵢ‖² - 2 aᵢ·bⱼ + ‖bⱼ‖², about the mean of b: far from 0 the three terms would cancel."""
    centre = b.mean(axis=0)
    a, b = a - centre, b - centre
    return (a * a).sum(axis=1)[:, None] - 2 * a @ b.T + (b * b).sum(axis=1)


METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "mse": mean_squared_error,
    "mean_squared_error": mean_squared_error,
    "psnr": peak_signal_to_noise,
}


def get(metric: str | Metric) -> Metric:
    """The metric of that name (or the function itself)."""
    found = named("metric", metric, METRICS)
    if not callable(found):
        expected, fix = "a name, or a function (y_true, y_pred) -> a number", "'accuracy'"
        raise TypeError(message("metric", expected=expected, got=repr(metric), fix=fix))
    return found


def name_of(metric: str | Metric) -> str:
    """How a history calls it."""
    if isinstance(metric, str):
        return metric
    named_one = getattr(metric, "func", metric)  # of a functools.partial the function inside
    return getattr(named_one, "__name__", type(named_one).__name__)
