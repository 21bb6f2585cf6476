"""Walks through a latent space: grids of codes, ways between two of them, and directions that mean something."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np

from ..backend import to_numpy
from ..errors import message, positive_integer


def grid(low: Any, high: Any, n: int = 30) -> np.ndarray:
    """n x n codes (n², 2) over the box from `low` to `high`, as one reads a picture: z1 grows to the right, z2 upwards.

    low and high are (z1, z2), or one number for both. Raises ValueError unless low < high.
    """
    n = positive_integer("latent.grid: n", n, "n=30")
    (left, bottom), (right, top) = np.broadcast_to(low, 2), np.broadcast_to(high, 2)
    if not (left < right and bottom < top):
        raise ValueError(
            message("latent.grid", expected="low < high", got=f"low {low}, high {high}", write="latent.grid(-4, 4)")
        )
    z1, z2 = np.meshgrid(np.linspace(left, right, n), np.linspace(top, bottom, n))
    return np.stack([z1.ravel(), z2.ravel()], axis=1).astype("float32")


def quantile_grid(n: int = 20, low: float = 0.05, high: float = 0.95) -> np.ndarray:
    """n x n codes (n², 2) at the quantiles low..high of N(0, 1): each cell stands for an equal share of the prior."""
    n = positive_integer("latent.quantile_grid: n", n, "n=20")
    if not 0 < low < high < 1:
        raise ValueError(
            message("latent.quantile_grid", expected="0 < low < high < 1", got=f"{low}, {high}", write="0.05, 0.95")
        )
    z = [NormalDist().inv_cdf(q) for q in np.linspace(low, high, n)]
    z1, z2 = np.meshgrid(z, z[::-1])
    return np.stack([z1.ravel(), z2.ravel()], axis=1).astype("float32")


def interpolate(a: Any, b: Any, n: int = 10) -> np.ndarray:
    """n codes on the straight way from code a to code b, both ends included: (n, latent)."""
    n = positive_integer("latent.interpolate: n", n, "n=10")
    a, b = to_numpy(a), to_numpy(b)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(
            message(
                "latent.interpolate",
                expected="two codes of one shape (latent,)",
                got=f"{a.shape} and {b.shape}",
                write="latent.interpolate(z[0], z[1])",
            )
        )
    t = np.linspace(0, 1, n)[:, None]
    return ((1 - t) * a + t * b).astype("float32")


def direction(z: Any, has: Any) -> np.ndarray:
    """An attribute as a vector (latent,): mean code of those who have it minus mean code of those who have not.

    z (n, latent), has (n,) booleans. Adding it to a code adds the attribute to the image, as far as the latent space is
    straight. Raises ValueError unless some have it and some do not. Source: Larsen et al. 2016.
    """
    z, has = to_numpy(z), to_numpy(has)
    if has.dtype != bool or has.shape != (len(z),) or has.all() or not has.any():
        raise ValueError(
            message(
                "latent.direction: has",
                expected=f"{len(z)} booleans, some True and some False",
                got=f"{has.dtype} of shape {has.shape}, {int(has.sum())} True",
                write="latent.direction(z, ink > np.median(ink))",
            )
        )
    return z[has].mean(axis=0) - z[~has].mean(axis=0)
