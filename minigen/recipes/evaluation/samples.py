"""How good are drawn digits? What the scorer and a few older measures say about the samples of any model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import backend, metrics, models, plot
from ...errors import message
from ...models import Scorer
from ..base import Run

SAMPLES = 10_000


def scorer(run: Run) -> Scorer:
    """The run's classifier of digits; its weights are kept in the output folder, for the recipes that follow."""
    if not run.recipe.uses_scorer:
        where, fix = f"recipe {run.recipe.name}: it asks the scorer", "@recipe(..., uses_scorer=True)"
        raise RuntimeError(message(where, expected="uses_scorer=True", got="uses_scorer=False", fix=fix))
    if run.scorer is None:
        x, y, x_test, y_test = run.digits()
        run.scorer = models.trained_scorer(x, y, cache=run.settings.out, verbose=run.settings.verbose)
        right = metrics.accuracy(y_test, run.scorer.probabilities(x_test))
        run.number("test accuracy of the scorer", f"{right:.4f}", "on the 60,000: 0.99 or more")
    return run.scorer


def score_samples(run: Run, sample: Callable[[int], np.ndarray], bars: tuple[str, str, str]) -> np.ndarray:
    """Report confidence, shares of the digits, scorer distance and the nearest-neighbour test of 10,000 samples.

    sample: n -> images; `bars` says what to expect of the first three. Returns the samples.
    """
    x_train, y_train, x_test, y_test = run.digits()
    images = sample(SAMPLES if len(x_train) > 20_000 else 2000)
    digit_scorer = scorer(run)
    shares = digit_scorer.shares(images)
    run.number(
        f"mean confidence of the scorer in {len(images):,} samples", f"{digit_scorer.confidence(images):.3f}", bars[0]
    )
    text = f"{shares.min():.1%} to {shares.max():.1%}, e^entropy {digit_scorer.count(images):.2f}"
    run.number("share of the rarest and of the commonest digit", text, bars[1])
    distance = digit_scorer.distance(images[: len(x_test)], x_test)
    scale = digit_scorer.distance(x_train[: len(x_test)], x_test)
    run.number("scorer distance to the test digits", f"{distance:.2f} (training digits {scale:.2f})", bars[2])
    right = metrics.neighbour_accuracy(
        images.reshape(len(images), -1), digit_scorer.labels(images), x_test, y_test.astype("int64"), k=1
    )
    real = metrics.neighbour_accuracy(x_train[: len(images)], y_train[: len(images)], x_test, y_test, k=1)
    text = f"{right:.3f} (as many training digits {real:.3f})"
    run.number("test digits whose nearest sample has their label", text)
    return images


def show_classes(run: Run, draw: Callable[[Any, Any], np.ndarray], width: int) -> None:
    """The figure of a conditional model: one class for each row, one z of that width for each column.

    draw: (z, labels) -> images.
    """
    z = backend.to_numpy(backend.normal((10, width)))
    sheet = draw(np.tile(z, (10, 1)), np.repeat(np.arange(10), 10))
    shown = plot.rows(*sheet.reshape(10, 10, -1), labels=[str(digit) for digit in range(10)])
    run.figure("samples", shown, "One class for each row, one z for each column.")
