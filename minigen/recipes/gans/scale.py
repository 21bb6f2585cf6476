"""Section 9.1: the scorer distance has no unit; its values for images of known quality are its scale."""

from __future__ import annotations

import numpy as np

from ...models import PCA
from ..evaluation.samples import scorer
from ..recipe import UNTRAINED, recipe
from ..run import Run


@recipe("scorer", "9.1", "A scorer of digits, and its scale", uses_scorer=True, data="digits", **UNTRAINED)
def scale(run: Run) -> None:
    """The losses of a GAN do not measure how good its images are. A classifier of digits does: by its confidence, by
    the digits that it recognises, and by the Fréchet distance between its features of these images and of real digits
    (Heusel et al. 2017, with another network). The distance has no unit and depends on the classifier and on the number
    of images; the values below serve as a scale.
    """
    data = run.flat_images()
    x, x_test = data.x_train, data.x_test
    classifier, n, rng = scorer(run), len(x_test), np.random.default_rng(run.settings.seed)
    mean, compressed, pca = x.mean(axis=0), PCA(x, 32), PCA(x, 100)
    normal = pca.decode(rng.standard_normal((n, 100)) * np.sqrt(np.maximum(pca.eigenvalues[:100], 0)))
    kinds = {
        "training digits": x[rng.permutation(len(x))[:n]],
        "test digits from 32 principal components": compressed.decode(compressed.encode(x_test)),
        "test digits with noise of 0.3": x_test + 0.3 * rng.standard_normal(x_test.shape),
        "test digits upside down": x_test[:, ::-1],
        "normal draws in 100 principal components": normal,
        "the mean image": np.repeat(mean[None], n, axis=0),
        "pixels in random order": rng.permutation(x_test.ravel()).reshape(x_test.shape),
    }
    kinds = {name: np.clip(images, 0, 1).astype("float32") for name, images in kinds.items()}
    distances = {name: classifier.distance(images, x_test) for name, images in kinds.items()}
    by_distance = sorted(kinds, key=lambda name: distances[name])
    for name in by_distance:
        images = kinds[name]
        text = f"{distances[name]:.2f}, {classifier.confidence(images):.3f}, {classifier.count(images):.1f}"
        run.number(f"{name}: distance, confidence, digits", text)
    shown = run.rows(*(kinds[name][:10] for name in by_distance), labels=by_distance)
    run.figure("scale", shown, "Images of each kind, from the smallest distance to the largest.")
