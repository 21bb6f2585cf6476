"""What one asks of a latent space: how its codes lie, and whether a digit classifier is sure of what they decode to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import backend, metrics, models
from ..model import Model
from .base import Run

SURE = 0.9  # the probability of the likeliest digit


def digit_classifier(run: Run) -> Model:
    """The run's classifier of digits, trained when it is first asked for; its accuracy is reported then."""
    if run.classifier is None:
        run.classifier = _trained_classifier(run)
        _, _, x_test, y_test = run.digits()
        right = metrics.accuracy(y_test, run.classifier.predict(x_test.reshape(-1, 28, 28, 1)))
        run.number("test accuracy of the classifier that judges", f"{right:.3f}", "on the 60,000: 0.989")
    return run.classifier


def _trained_classifier(run: Run) -> Model:
    """models.digit_classifier() with weights from the output folder, where they are kept for the recipes that follow.

    It draws from a generator of its own, so that a recipe gives the same numbers whether or not the weights are there.
    """
    x, y, _, _ = run.digits()
    model = models.digit_classifier()
    path = Path(run.settings.out) / f"digit-classifier-{len(x)}.npz"
    if path.exists():
        model.load_weights(path)
        return model
    state = backend.random_state()
    backend.seed(0)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x.reshape(-1, 28, 28, 1), y, epochs=max(2, 20_000 // len(x)), batch_size=64, verbose=0)
    backend.set_random_state(state)
    model.save_weights(path)
    return model


def judge(run: Run, what: str, images: np.ndarray, expected: str = "") -> None:
    """Report the share of the images that the classifier is sure of, and how evenly these fall on the ten digits.

    e^H, with H the entropy of the digits in nats, counts them: 10 if all are equally frequent, 1 if all are the same.
    """
    probabilities = digit_classifier(run).predict(images.reshape(-1, 28, 28, 1))
    sure = probabilities.max(axis=1) >= SURE
    share = np.bincount(probabilities[sure].argmax(axis=1), minlength=10) / max(1, sure.sum())
    evenly = np.exp(-(share * np.log(np.maximum(share, 1e-12))).sum()) if sure.any() else 0.0
    text = f"{sure.mean():.2f}; {(share > 0).sum()} digits among them, e^entropy {evenly:.1f}"
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
