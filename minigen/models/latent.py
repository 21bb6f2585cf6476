"""Latent spaces: grids of codes, straight lines between two codes, and directions that stand for an attribute."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np

from .. import backend
from ..checks.values import number
from ..types import ArrayLike
from . import checks

BOTH_ENDS = "both ends are included"  # why one code is not enough


def grid(low: ArrayLike, high: ArrayLike, n: int = 30) -> np.ndarray:
    """n x n codes (n², 2) over the box from `low` to `high`, row by row from the top: z1 grows rightwards, z2 upwards.

    low and high are (z1, z2), or one number for both. Raises ValueError unless low < high and n > 1.
    """
    low, high = checks.corners(low, high)  # (2,)
    n = checks.two_or_more("latent.grid: n", n, BOTH_ENDS, "n=30")
    return _pairs(*np.linspace(low, high, n).T)


def quantile_grid(n: int = 20, low: float = 0.05, high: float = 0.95) -> np.ndarray:
    """n x n codes (n², 2) at the quantiles low..high of N(0, 1): all cells have the same probability under the prior.

    Raises ValueError unless 0 < low < high < 1 and n > 1.
    """
    low = number("latent.quantile_grid: low", low, "a number above 0, below 1", "low=0.05", low=1e-12, below=1.0)
    above = low + 1e-12
    high = number("latent.quantile_grid: high", high, "a number above low, below 1", "high=0.95", low=above, below=1.0)
    n = checks.two_or_more("latent.quantile_grid: n", n, BOTH_ENDS, "n=30")
    z = np.array([NormalDist().inv_cdf(q) for q in np.linspace(low, high, n)])  # (n,)
    return _pairs(z, z)


def _pairs(z1: np.ndarray, z2: np.ndarray) -> np.ndarray:
    """All pairs (z1, z2), row by row from the largest z2 down, (n², 2)."""
    columns, rows = np.meshgrid(z1, z2[::-1])  # (n, n)
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype("float32")  # (n², 2)


def interpolate(a: ArrayLike, b: ArrayLike, n: int = 10) -> np.ndarray:
    """(1 - t) a + t b for n values of t from 0 to 1: codes on the straight line from a to b, (n, latent).

    a and b are codes (latent,). Raises ValueError for two shapes and unless n > 1.
    """
    n = checks.two_or_more("latent.interpolate: n", n, BOTH_ENDS, "n=30")
    expected, fix = "two codes of one shape (latent,)", "latent.interpolate(z[0], z[1])"
    a, b = checks.vectors_of_one_shape("latent.interpolate", a, b, expected, fix)  # (latent,)
    t = np.linspace(0, 1, n)[:, None]  # (n, 1)
    return ((1 - t) * a + t * b).astype("float32")  # (n, latent)


def direction(z: ArrayLike, has: Any) -> np.ndarray:
    """An attribute as a vector (latent,): the mean code of the samples that have it minus that of the others.

    z (n, latent), has (n,) booleans. Added to a code, it adds the attribute to the image, as far as the latent space is
    linear in it. Raises ValueError unless some samples have the attribute and some do not. Source: Larsen et al. 2016.
    """
    z = backend.finite_array("latent.direction: z", z, 2, "codes (n, latent), such as vae.encode(x)[0]")
    has = checks.attribute_of(has, len(z))
    return z[has].mean(axis=0) - z[~has].mean(axis=0)  # (latent,)
