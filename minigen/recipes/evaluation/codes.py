"""Scores of a latent space: how its codes are distributed, and whether a classifier is sure of what they decode to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ... import metrics
from ...types import Array
from ..run import Run
from .samples import scorer_of_digits

SURE = 0.9  # the least probability of the most probable digit at which the scorer counts as sure


def score_images(run: Run, what: str, images: np.ndarray) -> None:
    """Report the share of the images (n, 784) that the scorer is sure of, and the entropy of the digits among these.

    Of other images than digits there is no such score. e^H, with H the entropy of the digits in nats, counts them: 10
    if all are equally frequent, 1 if all are the same.
    """
    classifier = scorer_of_digits(run)
    if classifier is None:
        return
    sure = classifier.probabilities(images).max(axis=1) >= SURE
    text = f"{sure.mean():.2f}"
    if sure.any():
        shares = classifier.shares(images[sure])
        text += f"; {(shares > 0).sum()} digits among them, e^entropy {classifier.count(images[sure]):.1f}"
    run.number(f"{what} that a classifier is sure of", text)


def describe(run: Run, z: np.ndarray) -> None:
    """Report mean, standard deviation and KL to the prior of the codes (n, latent) of all images together."""
    run.number("z of all test images: mean", " ".join(f"{m:+.2f}" for m in z.mean(axis=0)))
    run.number("z of all test images: standard deviation", " ".join(f"{s:.2f}" for s in z.std(axis=0)))
    run.number("KL of N(mean, covariance) of z to N(0, Id), nats", f"{metrics.moment_kl(z):.2f}")


def how_well_sorted(run: Run, encode: Callable[[Array], Array]) -> None:
    """Report the accuracy of a classifier by the 10 nearest training codes, if there are several classes."""
    x_train, y_train, x_test, y_test = run.flat_images()
    if y_train.max() == 0:
        return
    accuracy = metrics.neighbour_accuracy(encode(x_train), y_train, encode(x_test), y_test)
    run.number("class by the 10 nearest training codes", f"{accuracy:.3f}")
