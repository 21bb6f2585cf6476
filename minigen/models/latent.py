"""Walks through a latent space: grids of codes, ways between two of them, and directions that mean something."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np

from .. import backend
from ..checks import number, positive_integer
from ..errors import message


def grid(low: Any, high: Any, n: int = 30) -> np.ndarray:
    """n x n codes (n², 2) over the box from `low` to `high`, as one reads a picture: z1 grows to the right, z2 upwards.

    low and high are (z1, z2), or one number for both. Raises ValueError unless low < high and n > 1.
    """
    low, high = _corner(low), _corner(high)
    if not (low < high).all():
        raise ValueError(
            message("latent.grid", expected="low < high", got=f"low {low}, high {high}", fix="latent.grid(-4, 4)")
        )
    n = _at_least_two("latent.grid: n", n)
    return _pairs(*np.linspace(low, high, n).T)


def quantile_grid(n: int = 20, low: float = 0.05, high: float = 0.95) -> np.ndarray:
    """n x n codes (n², 2) at the quantiles low..high of N(0, 1): each cell stands for an equal share of the prior.

    Raises ValueError unless 0 < low < high < 1 and n > 1.
    """
    low = number("latent.quantile_grid: low", low, "a number above 0, below 1", "low=0.05", low=1e-12, below=1.0)
    above = low + 1e-12
    high = number("latent.quantile_grid: high", high, "a number above low, below 1", "high=0.95", low=above, below=1.0)
    n = _at_least_two("latent.quantile_grid: n", n)
    z = np.array([NormalDist().inv_cdf(q) for q in np.linspace(low, high, n)])
    return _pairs(z, z)


def _corner(at: Any) -> np.ndarray:
    """(z1, z2)."""
    fix = "latent.grid(-4, 4), or latent.grid((-4, -2), (4, 2))"
    at = np.repeat(backend.to_numpy(at), 2) if np.isscalar(at) or getattr(at, "ndim", 1) == 0 else at
    corner = backend.finite_array("latent.grid", at, 1, fix)
    if len(corner) != 2:
        raise ValueError(message("latent.grid", expected="two numbers, or one for both", got=corner, fix=fix))
    return corner


def _at_least_two(where: str, n: int) -> int:
    if positive_integer(where, n, "n=30") == 1:
        raise ValueError(message(where, expected="2 or more: both ends are included", got=n, fix="n=30"))
    return int(n)


def _pairs(z1: np.ndarray, z2: np.ndarray) -> np.ndarray:
    """Every pair, row by row from the largest z2 down."""
    columns, rows = np.meshgrid(z1, z2[::-1])
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype("float32")


def interpolate(a: Any, b: Any, n: int = 10) -> np.ndarray:
    """n codes on the straight way from code a to code b, both ends included: (n, latent). ValueError for n < 2."""
    n = _at_least_two("latent.interpolate: n", n)
    a, b = (backend.finite_array("latent.interpolate", end, 1, "latent.interpolate(z[0], z[1])") for end in (a, b))
    if a.shape != b.shape:
        expected, got = "two codes of one shape (latent,)", f"{a.shape} and {b.shape}"
        raise ValueError(
            message("latent.interpolate", expected=expected, got=got, fix="latent.interpolate(z[0], z[1])")
        )
    t = np.linspace(0, 1, n)[:, None]
    return ((1 - t) * a + t * b).astype("float32")


def direction(z: Any, has: Any) -> np.ndarray:
    """An attribute as a vector (latent,): mean code of those who have it minus mean code of those who have not.

    z (n, latent), has (n,) booleans. Adding it to a code adds the attribute to the image, as far as the latent space is
    straight. Raises ValueError unless some have it and some do not. Source: Larsen et al. 2016.
    """
    z = backend.finite_array("latent.direction: z", z, 2, "codes (n, latent), such as vae.encode(x)[0]")
    try:
        has = backend.to_numpy(has)
    except ValueError:  # rows of different length
        has = np.array(None)
    if has.dtype != bool or has.shape != (len(z),) or has.all() or not has.any():
        raise ValueError(
            message(
                "latent.direction: has",
                expected=f"{len(z)} booleans, some True and some False",
                got=f"{has.dtype} of shape {has.shape}, True: {(has == True).sum()}",  # noqa: E712 (of any dtype)
                fix="latent.direction(z, ink > np.median(ink))",
            )
        )
    return z[has].mean(axis=0) - z[~has].mean(axis=0)
