"""Samples of a generative model: how varied and how sharp they are, and how close to the data."""

from __future__ import annotations

import math

import numpy as np

from ..arguments import checks_arguments
from ..checks.values import positive_number
from ..progress import progress
from ..types import ArrayLike
from .checks import check_as_many, distribution, images_with_neighbours, points
from .codes import squared_distances


def entropy(shares: ArrayLike) -> float:
    """-Σ p log p in nats, of probabilities p (k,): log k if all are equal, 0 if one of them is 1.

    Raises ValueError for negative numbers and for another sum than 1.
    """
    p = distribution("entropy", shares)
    p = p[p > 0]
    return max(0.0, float(-(p * np.log(p)).sum()))


@checks_arguments
def frechet_distance(a: ArrayLike, b: ArrayLike) -> float:
    """‖m₁ - m₂‖² + tr(S₁ + S₂ - 2 (S₁S₂)^½), with mᵢ and Sᵢ mean and covariance of points a and b (n, dim).

    The squared Fréchet (Wasserstein-2) distance between normal distributions with these moments: 0 for equal moments.
    The trace of the root is the sum of the roots of the eigenvalues of S₁^½ S₂ S₁^½. Raises ValueError for fewer than
    two points and for widths that differ. Dowson and Landau 1982; on features of a network, Heusel et al. 2017.
    """
    a, b = points("frechet_distance: a", a), points("frechet_distance: b", b)
    check_as_many("frechet_distance", "features of b", b.shape[1], "of a", a.shape[1])
    s1, s2 = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))  # (dim, dim)
    values, vectors = np.linalg.eigh(s1)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T  # S₁^½
    trace_of_root = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ s2 @ root), 0)).sum()
    shift = a.mean(axis=0) - b.mean(axis=0)  # (dim,)
    return max(0.0, float(shift @ shift + np.trace(s1) + np.trace(s2) - 2 * trace_of_root))


def gradient_energy(x: ArrayLike) -> float:
    """Σ over neighbouring pixels of their squared difference, mean over images x (n, rows, columns[, channels]): ‖∇x‖².

    How sharp images are. A blur more than halves it and noise raises it, so compare it with that of real images (56 on
    MNIST). Raises ValueError for other shapes and for images of one pixel.
    """
    a = images_with_neighbours("gradient_energy", x)
    return float((np.square(np.diff(a, axis=1)).sum() + np.square(np.diff(a, axis=2)).sum()) / len(a))


@checks_arguments
def parzen_log_likelihood(x: ArrayLike, samples: ArrayLike, sigma: float, verbose: int = 0) -> float:
    """mean over x of log 1/m Σⱼ N(x; sⱼ, σ² Id), in nats: test images x (n, dim) under a Gaussian on each of m samples.

    The measure of the first GAN paper (Goodfellow et al. 2014, 225 nats on MNIST), of historical interest: it rewards
    memorised and blurred images, and in 784 dimensions 10,000 samples are few (Theis et al. 2016). sigma > 0, usually
    from parzen_sigma(). verbose=1 shows a progress bar. Raises ValueError for widths that differ.
    """
    x, samples = points("parzen_log_likelihood: x", x, least=1), points("parzen_log_likelihood: samples", samples)
    check_as_many("parzen_log_likelihood", "features of samples", samples.shape[1], "of x", x.shape[1])
    sigma = positive_number("parzen_log_likelihood: sigma", sigma, "parzen_sigma(x_validation, samples)")
    dim, total = x.shape[1], 0.0
    with progress("parzen_log_likelihood", len(x), 0, verbose) as bar:
        for i in range(0, len(x), 500):  # a slice at a time: 500 x m distances
            exponents = -squared_distances(x[i : i + 500], samples) / (2 * sigma**2)  # (500, m)
            top = exponents.max(axis=1)  # (500,)
            total += (top + np.log(np.exp(exponents - top[:, None]).mean(axis=1))).sum()
            bar.update(len(top))
    return float(total / len(x) - dim / 2 * math.log(2 * math.pi * sigma**2))


def parzen_sigma(x: ArrayLike, samples: ArrayLike, verbose: int = 0) -> float:
    """Of ten widths σ from 0.1 to 1, on a logarithmic scale, the one under which held-out images x are likeliest.

    Goodfellow et al. 2014 choose theirs in this way, on 1,000 validation images. verbose=1 shows a progress bar.
    """
    widths = [float(s) for s in np.logspace(-1, 0, 10)]
    return max(widths, key=lambda sigma: parzen_log_likelihood(x, samples, sigma, verbose))
