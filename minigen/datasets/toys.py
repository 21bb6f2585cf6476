"""Small generated data sets whose right answer is known."""

from __future__ import annotations

import numpy as np

from .. import backend
from ..checks.values import number, positive_integer
from ..types import ArrayLike
from .checks import means_and_deviations

PLANE = np.array([[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5]])  # (2, 4): two orthonormal directions


def near_a_plane(n: int = 1000, noise: float = 0.05, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(x, z): points x (n, 4) on a plane spanned by z (n, 2), plus noise in all four directions. float32.

    The data of Fig 9.3: four numbers explained by two. z₁ has standard deviation 1, z₂ 0.5. Raises ValueError unless n
    is a positive integer and noise >= 0.
    """
    n = positive_integer("near_a_plane: n", n, "near_a_plane(1000)")
    noise = number("near_a_plane: noise", noise, "a number, 0 or more", "near_a_plane(noise=0.05)")
    rng = backend.generator(seed, "near_a_plane: seed")
    z = rng.standard_normal((n, 2)) * [1.0, 0.5]
    x = z @ PLANE + noise * rng.standard_normal((n, 4))  # (n, 4)
    return x.astype("float32"), z.astype("float32")


def eight_points() -> tuple[np.ndarray, np.ndarray]:
    """(x, labels): the eight points of Figs 9.7 and 9.8 in the unit square, (8, 2) float32, along a falling line.

    Three circles (label 0) lie on one side and five crosses (label 1) on the other.
    """
    x = [(0.77, 0.04), (0.84, 0.19), (0.68, 0.24), (0.56, 0.40), (0.62, 0.56), (0.46, 0.60), (0.51, 0.77), (0.35, 0.82)]
    return np.array(x, "float32"), np.array([0, 0, 0, 1, 1, 1, 1, 1])


def not_digits(x: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Three kinds of images that are not digits, each as many as x (n, 28, 28) and of its dtype.

    noise        every pixel drawn from the pixels of x at random
    shuffled     the pixels of each digit in one fixed wrong order
    upside down  each digit rotated by 180 degrees: hard, since a 6 becomes a 9 and 0, 1 and 8 stay digits

    Raises ValueError for other shapes than (n, h, w).
    """
    x = backend.finite_array("not_digits: x", x, 3, "x.reshape(-1, 28, 28)")
    rng = backend.generator(seed, "not_digits: seed")
    flat = x.reshape(len(x), -1)  # (n, 784)
    return {
        "noise": rng.permutation(flat.reshape(-1)).reshape(x.shape),
        "shuffled": flat[:, rng.permutation(flat.shape[1])].reshape(x.shape),
        # Rotated about pixel (14, 14), the centre of mass of MNIST's digits. Rotated about the centre of the image,
        # (13.5, 13.5), they would all be one pixel off, and a detector would find this offset instead of the shape.
        "upside down": np.roll(x[:, ::-1, ::-1], 1, axis=(1, 2)),
    }


class Mixture:
    """A known density on the line, for the 1-D toy GAN: p(x) = mean over k of N(x; meanₖ, deviationₖ²).

    Mixture([-1.5, 1.0], [0.5, 0.7]) has two modes, Mixture([0.0], [1.2]) one. Raises ValueError unless there are as
    many means as deviations, at least one, and the deviations are above 0.
    """

    def __init__(self, means: ArrayLike, deviations: ArrayLike) -> None:
        self.means, self.deviations = means_and_deviations(means, deviations)

    def density(self, x: ArrayLike) -> np.ndarray:
        """p(x), of the shape of x."""
        z = (np.asarray(x)[..., None] - self.means) / self.deviations  # (..., k)
        return (np.exp(-z * z / 2) / (self.deviations * np.sqrt(2 * np.pi))).mean(axis=-1)  # (...)

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """n stratified draws (n, 1) in float32, ascending: the i-th lies between the quantiles i / n and (i + 1) / n.

        Only together are they distributed as p. They cover it more evenly than independent draws, so a mean over them
        is closer to the integral. Raises ValueError unless n is a positive integer.
        """
        n = positive_integer("toys.Mixture.draw: n", n, "draw(100, np.random.default_rng(0))")
        low, high = self.means - 6 * self.deviations, self.means + 6 * self.deviations
        x = np.linspace(low.min(), high.max(), 20_001)
        probability = np.cumsum(self.density(x)) * (x[1] - x[0])  # the distribution function at x
        u = (np.arange(n) + rng.random(n)) / n
        return np.interp(u, probability / probability[-1], x).astype("float32")[:, None]  # (n, 1)
