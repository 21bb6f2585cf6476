"""The scorer distance has no unit: what it is for images whose quality is known."""

from __future__ import annotations

import numpy as np

from .. import plot
from ..models import PCA
from .base import Run, book
from .judging import scorer


@book.recipe("scorer", "9.1", "A judge of digits, and its scale", epochs=1, chapter_epochs=1, optimizer=None)
def scale(run: Run) -> None:
    """A GAN's losses do not say how good its images are. A classifier of digits can: how sure it is of them, which
    they are, and how far the features that it sees in them lie from those of real digits (the Fréchet distance between
    the two). The distance has no unit and depends on the classifier and on the number of images, so here is a scale.
    """
    x, _, x_test, _ = run.digits()
    judge, n, rng = scorer(run), len(x_test), np.random.default_rng(run.settings.seed)
    mean = x.mean(axis=0)
    pca = PCA(x, 100)
    gaussian = mean + (rng.standard_normal((n, 100)) * np.sqrt(np.maximum(pca.eigenvalues[:100], 0))) @ pca.components.T
    noisy = x_test + 0.3 * rng.standard_normal(x_test.shape)
    halves = rng.permutation(len(x))[: 2 * n]
    shown = {
        "training digits": (x[halves[:n]], "0.5"),
        "test digits, 32 principal components": (PCA(x, 32).decode(PCA(x, 32).encode(x_test)), ""),
        "test digits with noise of 0.3": (noisy, ""),
        "test digits upside down": (x_test[:, ::-1], ""),
        "normal draws with the mean and covariance of digits": (gaussian, ""),
        "the mean image": (np.repeat(mean[None], n, axis=0), ""),
        "pixels in random order": (rng.permutation(x_test.ravel()).reshape(x_test.shape), ""),
    }
    rows = {}
    for name, (images, on_60k) in shown.items():
        images = np.clip(images, 0, 1).astype("float32")
        text = f"{judge.distance(images, x_test):.2f}, {judge.confidence(images):.3f}, {judge.count(images):.1f}"
        run.number(f"{name}: distance, confidence, digits", text, f"on the 60,000: {on_60k}" if on_60k else "")
        rows[name] = images[:10]
    run.figure("scale", plot.rows(*rows.values(), labels=list(rows)), "The scale, from best to worst.")
