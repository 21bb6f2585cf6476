"""Small generated data sets whose right answer is known."""

from __future__ import annotations

import numpy as np

from .. import backend
from ..checks.values import number, positive_integer
from ..types import ArrayLike
from .checks import check_points, means_and_covariances, means_and_deviations, shares_of

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


class GaussianMixture:
    """A known density of points: p(x) = Σ shareₖ N(x; meanₖ, covarianceₖ), and what a diffusion makes of it.

    x_t = a x₀ + s ε of such points is a mixture again, with means a meanₖ and covariances a² covarianceₖ + s² Id. So
    all that a diffusion model has to learn is known: the score, and E[x₀ | x_t].

    means        (k, d)
    covariances  (k, d, d), symmetric, positive definite; or (k,), the variances of round clusters
    shares       (k,), positive, divided by their sum; None: all the same

    Where methods take signal a and noise s, these are numbers, or (n, 1) for each point its own; without them it is the
    mixture itself. Results are float64. Raises ValueError for shapes that do not fit, covariances that are none, and
    shares that are not positive.
    """

    def __init__(self, means: ArrayLike, covariances: ArrayLike, shares: ArrayLike | None = None) -> None:
        self.means, self.covariances = means_and_covariances(means, covariances)
        self.shares = shares_of(shares, len(self.means))
        variances, axes = np.linalg.eigh(self.covariances)  # which s² Id does not turn
        self.variances, self.axes = variances, axes  # (k, d) along the columns of (k, d, d)

    @property
    def mean(self) -> np.ndarray:
        """The mean of all points, (d,)."""
        return self.shares @ self.means

    @property
    def covariance(self) -> np.ndarray:
        """The covariance of all points, (d, d): that within the clusters and that of their means."""
        apart = self.means - self.mean  # (k, d)
        return np.einsum("k,kij->ij", self.shares, self.covariances + apart[:, :, None] * apart[:, None, :])

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(x, labels): n points (n, d) in float32 and the numbers of their clusters (n,)."""
        n = positive_integer("toys.GaussianMixture.draw: n", n, "draw(100, np.random.default_rng(0))")
        labels = rng.choice(len(self.shares), n, p=self.shares)
        z = rng.standard_normal((n, self.means.shape[1])) * np.sqrt(self.variances)[labels]  # (n, d)
        return (self.means[labels] + np.einsum("nij,nj->ni", self.axes[labels], z)).astype("float32"), labels

    def cluster(self, label: int) -> GaussianMixture:
        """One cluster by itself: p(x | label)."""
        one = slice(label, label + 1)
        return GaussianMixture(self.means[one], self.covariances[one])

    def diffused(self, signal: float, noise: float) -> GaussianMixture:
        """The mixture of x_t = a x₀ + s ε."""
        spread = noise**2 * np.eye(self.means.shape[1])
        return GaussianMixture(signal * self.means, signal**2 * self.covariances + spread, self.shares)

    def log_density(self, x: ArrayLike, signal: ArrayLike = 1.0, noise: ArrayLike = 0.0) -> np.ndarray:
        """log p(x), or that of x_t, of points (n, d): (n,)."""
        return np.logaddexp.reduce(self._log_joint(*self._along_axes(x, signal, noise), self.shares), axis=1)

    def density(self, x: ArrayLike, signal: ArrayLike = 1.0, noise: ArrayLike = 0.0) -> np.ndarray:
        """p(x), (n,)."""
        return np.exp(self.log_density(x, signal, noise))

    def responsibilities(self, x: ArrayLike, signal: ArrayLike = 1.0, noise: ArrayLike = 0.0) -> np.ndarray:
        """p(k | x), (n, k): how likely each cluster is for each point."""
        return self._responsibilities(*self._along_axes(x, signal, noise), self.shares)

    def score(self, x: ArrayLike, signal: ArrayLike = 1.0, noise: ArrayLike = 0.0) -> np.ndarray:
        """∇ log p(x), (n, d): Σ p(k | x) Cₖ⁻¹ (meanₖ - x)."""
        z, variances = self._along_axes(x, signal, noise)
        p = self._responsibilities(z, variances, self.shares)
        return self._summed(p, -z / variances)

    def denoise(
        self, x_t: ArrayLike, signal: ArrayLike, noise: ArrayLike, shares: ArrayLike | None = None
    ) -> np.ndarray:
        """E[x₀ | x_t = a x₀ + s ε], (n, d): what the best denoiser says.

            Σ p(k | x_t) (meanₖ + a Σₖ (a² Σₖ + s² Id)⁻¹ (x_t - a meanₖ))

        shares: (n, k), other shares for each point, such as the one-hot row of a cluster that is known.
        """
        z, variances = self._along_axes(x_t, signal, noise)
        p = self._responsibilities(z, variances, self.shares if shares is None else shares)
        gains = np.asarray(signal)[..., None] * self.variances / variances  # (n, k, d)
        return p @ self.means + self._summed(p, gains * z)

    def _along_axes(self, x: ArrayLike, signal: ArrayLike, noise: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """(x - a meanₖ, variances a² λ + s²), both along the axes of each cluster: (n, k, d)."""
        x = check_points("toys.GaussianMixture: points", x, self.means.shape[1])
        a, s = (np.asarray(v, "float64")[..., None] for v in (signal, noise))  # (1,) or (n, 1, 1)
        z = np.einsum("nki,kij->nkj", x[:, None] - a * self.means, self.axes)
        return z, np.broadcast_to(a**2 * self.variances + s**2, z.shape)

    def _summed(self, p: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Σ pₖ zₖ, (n, d), of vectors along the axes of each cluster, (n, k, d)."""
        return np.einsum("nkj,kij->ni", p[..., None] * z, self.axes)

    def _log_joint(self, z: np.ndarray, variances: np.ndarray, shares: ArrayLike) -> np.ndarray:
        """log shareₖ N(x; meanₖ, Cₖ), (n, k); -inf for a share of 0."""
        with np.errstate(divide="ignore"):
            return np.log(shares) - (z * z / variances + np.log(2 * np.pi * variances)).sum(axis=2) / 2

    def _responsibilities(self, z: np.ndarray, variances: np.ndarray, shares: ArrayLike) -> np.ndarray:
        log_joint = self._log_joint(z, variances, shares)
        return np.exp(log_joint - np.logaddexp.reduce(log_joint, axis=1, keepdims=True))


THREE_CLUSTERS = GaussianMixture(
    means=[[0.0, 1.2], [1.2, -0.8], [-1.2, -0.8]],
    covariances=[[[0.12, 0.0], [0.0, 0.04]], [[0.06, 0.03], [0.03, 0.06]], [[0.05, -0.02], [-0.02, 0.08]]],
    shares=[0.5, 0.3, 0.2],
)
