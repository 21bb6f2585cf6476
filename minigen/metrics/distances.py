"""Distances between all pairs of points."""

from __future__ import annotations

import numpy as np


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """‖aᵢ - bⱼ‖² = ‖aᵢ‖² - 2 aᵢ·bⱼ + ‖bⱼ‖², with the mean of b subtracted first: far from 0 the terms would cancel."""
    centre = b.mean(axis=0)
    a, b = a - centre, b - centre
    return (a * a).sum(axis=1)[:, None] - 2 * a @ b.T + (b * b).sum(axis=1)  # (n, dim), (m, dim) -> (n, m)
