"""Scores of generated digits: by the scorer, a classifier of digits, and by nearest neighbours."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from ... import backend, metrics, models
from ...model import Model
from ...models import Scorer
from ...types import Array
from ..checks import check_uses_scorer
from ..run import Run


def scorer_of_digits(run: Run) -> Scorer | None:
    """The scorer on digits. None on other images, which it does not know: the run says that its scores are left out."""
    if run.are_digits:
        return scorer(run)
    run.leave_out("the scorer", "it is a classifier of handwritten digits, and these are other images")
    return None


def scorer(run: Run) -> Scorer:
    """The classifier of digits, trained once; its weights are kept in the output folder for other recipes.

    Raises RuntimeError for a recipe that does not declare uses_scorer=True.
    """
    check_uses_scorer(run.recipe)
    if run.scorer is None:
        x, y, x_test, y_test = run.flat_images()
        run.scorer = models.trained_scorer(x, y, cache=run.settings.out, verbose=run.settings.verbose)
        accuracy = metrics.accuracy(y_test, run.scorer.probabilities(x_test))
        run.number("test accuracy of the scorer", f"{accuracy:.4f}", recipe="scorer")
    return run.scorer


def report_weights(run: Run, model: Model) -> None:
    """Report how many weights the model trains."""
    run.number("weights", f"{sum(p.size for p in model.parameters()):,}")


def report_seconds(run: Run, n: int, start: float) -> None:
    """Report the time that a thousand samples take, from that of n samples since `start`."""
    run.number("seconds for 1,000 samples", f"{1000 / n * (time.perf_counter() - start):.3g}")


def score_samples(run: Run, sample: Callable[[int], Array], scale: str, n: int | None = None) -> Array:
    """Draw with sample: n -> images, report the time and the scores, and return the images.

    n is run.n_samples unless it is given; `scale` is that of score().
    """
    start = time.perf_counter()
    images = sample(n or run.n_samples)
    report_seconds(run, len(images), start)
    score(run, images, scale)
    return images


def score(run: Run, images: Array, scale: str) -> None:
    """Report confidence, shares of the digits, scorer distance and the nearest-neighbour test of new digits.

    `scale` says where to find distances of known images. Of others than digits there are no scores.
    """
    x_train, y_train, x_test, y_test = run.flat_images()
    classifier = scorer_of_digits(run)
    if classifier is None:
        return
    name = "mean confidence of the scorer in {n} samples"
    run.number(name, f"{classifier.confidence(images):.3f}", n=f"{len(images):,}")
    shares = classifier.shares(images)
    text = f"{shares.min():.1%} to {shares.max():.1%}, e^entropy {classifier.count(images):.2f}"
    run.number("share of the rarest and of the commonest digit", text)
    same = slice(min(len(images), len(x_test), len(x_train)))  # as many of each
    distance = classifier.distance(images[same], x_test[same])
    of_training = classifier.distance(x_train[same], x_test[same])
    run.number("scorer distance to the test digits", f"{distance:.2f} (training digits {of_training:.2f})", scale)
    flat, labels = images.reshape(len(images), -1), classifier.labels(images)  # (n, 784), (n,)
    right = metrics.neighbour_accuracy(flat, labels, x_test, y_test.astype("int64"), k=1)
    real = metrics.neighbour_accuracy(x_train[: len(images)], y_train[: len(images)], x_test, y_test, k=1)
    text = f"{right:.3f} (as many training digits {real:.3f})"
    run.number("test digits whose nearest sample has their label", text)


def show_classes(run: Run, draw: Callable[[Array, Array], Array], width: int) -> None:
    """The figure of a conditional model: a class in each row, up to twenty; one z of `width` numbers in each column.

    draw: (z, labels) -> images.
    """
    z = backend.to_numpy(backend.normal((10, width)))  # (10, width)
    classes = min(run.classes, 20)
    sheet = draw(np.tile(z, (classes, 1)), np.repeat(np.arange(classes), 10))  # (classes * 10, pixels)
    shown = run.rows(*sheet.reshape(classes, 10, -1), labels=[str(label) for label in range(classes)])
    run.figure("samples", shown, "One class in each row, one z in each column.")
