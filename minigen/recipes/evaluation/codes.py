"""What one asks of a latent space: how its codes lie, and whether a digit classifier is sure of what they decode to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import metrics
from ..base import Run
from .samples import scorer

SURE = 0.9  # the probability of the likeliest digit


def score_images(run: Run, what: str, images: np.ndarray, expected: str = "") -> None:
    """Report the share of the images that the scorer is sure of, and how evenly these fall on the ten digits.

    e^H, with H the entropy of the digits in nats, counts them: 10 if all are equally frequent, 1 if all are the same.
    """
    sure = scorer(run).probabilities(images).max(axis=1) >= SURE
    text = f"{sure.mean():.2f}"
    if sure.any():
        shares = scorer(run).shares(images[sure])
        text += f"; {(shares > 0).sum()} digits among them, e^entropy {scorer(run).count(images[sure]):.1f}"
    run.number(f"{what} that a classifier is sure of", text, expected)


def describe(run: Run, z: np.ndarray, expected: tuple[str, str, str]) -> None:
    """Mean, spread and distance from the prior of the codes of all images together."""
    run.number("z of all test images: mean", " ".join(f"{m:+.2f}" for m in z.mean(axis=0)), expected[0])
    run.number("z of all test images: standard deviation", " ".join(f"{s:.2f}" for s in z.std(axis=0)), expected[1])
    run.number("KL of N(mean, covariance) of z to N(0, Id), nats", f"{metrics.moment_kl(z):.2f}", expected[2])


def how_well_sorted(run: Run, encode: Callable[[Any], np.ndarray], expected: str) -> None:
    """Accuracy of a vote of the 10 nearest training codes."""
    x_train, y_train, x_test, y_test = run.digits()
    z_train, z_test = encode(x_train), encode(x_test)
    run.number(
        "class by the 10 nearest training codes",
        f"{metrics.neighbour_accuracy(z_train, y_train, z_test, y_test):.3f}",
        expected,
    )
