"""Codes of an encoder: how well they fit the prior, and whether they keep neighbours and classes together."""

from __future__ import annotations

import math

import numpy as np

from ..arguments import checks_arguments
from ..types import ArrayLike
from .checks import check_as_many, labels_of, number_of_neighbours, points


def moment_kl(z: ArrayLike) -> float:
    """D_KL(N(m, S), N(0, Id)) in nats, with m and S the mean and the covariance of the codes z (n, latent).

    1/2 (tr S + ‖m‖² - latent - log det S): how far all codes together are from the prior, as far as their mean and
    covariance show it. 0 for a perfect fit; inf for codes that lie in a plane (or on a line, or at a point). Raises
    ValueError for fewer than two codes.
    """
    z = points("moment_kl", z)
    m = z.mean(axis=0)  # (latent,)
    s = (z - m).T @ (z - m) / len(z)  # (latent, latent)
    variances = np.linalg.eigvalsh(s)  # along the principal axes, ascending
    eps = np.finfo("float64").eps
    rounding = 64 * eps * variances[-1] + 64 * eps * eps * (m @ m)
    if variances[0] <= rounding:
        return math.inf
    return float(variances.sum() + m @ m - len(m) - np.log(variances).sum()) / 2


@checks_arguments
def neighbour_preservation(x: ArrayLike, z: ArrayLike, k: int = 5) -> float:
    """Share of the k nearest neighbours of each point that are the same in x (n, dim) and in its code z (n, latent).

    1 if the code keeps neighbours together, k / (n - 1) on average for a random one. It compares all pairs: n² numbers.
    Raises ValueError unless there are as many codes as points, and k < n.
    """
    x, z = points("neighbour_preservation: x", x), points("neighbour_preservation: z", z)
    k = number_of_neighbours("neighbour_preservation", k, len(x) - 1)
    check_as_many("neighbour_preservation", "codes z", len(z), "points x", len(x))
    near = []
    for a in (x, z):
        distances = squared_distances(a, a)  # (n, n)
        np.fill_diagonal(distances, np.inf)  # no point is its own neighbour
        near.append(np.argsort(distances, axis=1, kind="stable")[:, :k])  # (n, k)
    shared = [len(np.intersect1d(one, other)) for one, other in zip(*near, strict=True)]
    return sum(shared) / (k * len(x))


@checks_arguments
def neighbour_accuracy(x: ArrayLike, y: ArrayLike, x_test: ArrayLike, y_test: ArrayLike, k: int = 10) -> float:
    """Share of x_test (m, dim) whose label is the most frequent one among their k nearest points in x (n, dim).

    y (n,) and y_test (m,) are integer labels; a tie goes to the smaller label. Nothing is trained: it measures how well
    the points themselves are sorted by class, in [0, 1]. Raises ValueError for arrays that do not fit each other and
    for k > n.
    """
    x, x_test = points("neighbour_accuracy: x", x), points("neighbour_accuracy: x_test", x_test, least=1)
    y = labels_of("neighbour_accuracy: y", y, len(x))
    y_test = labels_of("neighbour_accuracy: y_test", y_test, len(x_test))
    k = number_of_neighbours("neighbour_accuracy", k, len(x))
    check_as_many("neighbour_accuracy", "features of x_test", x_test.shape[1], "of x", x.shape[1])
    classes, numbers = np.unique(y, return_inverse=True)
    right = 0
    for i in range(0, len(x_test), 500):  # a slice at a time: 500 x n distances
        near = np.argpartition(squared_distances(x_test[i : i + 500], x), k - 1, axis=1)[:, :k]  # (500, k)
        votes = np.stack([(numbers[near] == c).sum(axis=1) for c in range(len(classes))], axis=1)  # (500, classes)
        right += int((classes[votes.argmax(axis=1)] == y_test[i : i + 500]).sum())
    return right / len(x_test)


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """‖aᵢ - bⱼ‖² = ‖aᵢ‖² - 2 aᵢ·bⱼ + ‖bⱼ‖², with the mean of b subtracted first: far from 0 the terms would cancel."""
    centre = b.mean(axis=0)
    a, b = a - centre, b - centre
    distances: np.ndarray = (a * a).sum(axis=1)[:, None] - 2 * a @ b.T + (b * b).sum(axis=1)
    return distances  # (n, m)
