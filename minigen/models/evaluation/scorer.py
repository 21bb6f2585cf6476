"""Scores of generated digits by a classifier: its confidence, its labels, and the distance from real digits."""

from __future__ import annotations

import math
import os
import sys
import zlib
from pathlib import Path

import numpy as np

from ... import backend, losses, metrics, parallel
from ...arguments import checks_arguments
from ...arrays import as_array
from ...checks.values import check_verbose
from ...datasets import mnist
from ...datasets.checks import digit_images
from ...layers import Input
from ...model import Model, Sequential
from ...optimizers import Adam, LinearDecay
from ...storage.files import as_path, make_folder
from ...types import ArrayLike
from .checks import check_are_probabilities, check_classifier
from .classifier import digit_classifier


class Scorer:
    """Scores images of digits in [0, 1], of shape (n, 784), (n, 28, 28) or (n, 28, 28, 1), by a classifier P(y | x).

    classifier: a trained Sequential from (28, 28, 1) to ten probabilities. The inputs of its last layer, 128 numbers
    for models.digit_classifier(), are the features of an image. Raises TypeError for anything else. With verbose=1 all
    methods show a progress bar. All methods raise
    ValueError for images of another size, images outside [0, 1], and no images, and TypeError for integers.
    """

    @checks_arguments
    def __init__(self, classifier: Sequential, verbose: int = 0) -> None:
        check_classifier(classifier)
        check_verbose("Scorer", verbose)
        self.classifier, self.verbose = classifier, verbose
        self._to_features: Model = Sequential([Input(shape=(28, 28, 1)), *classifier.layers[:-1]])

    def __repr__(self) -> str:
        n, features = self.classifier.count_params(), self._to_features.outputs.shape[-1]
        return f"<Scorer of 28 x 28 digits: {features} features, 10 classes, {n:,} weights>"

    def __str__(self) -> str:
        return f"{self!r}\n{self.classifier}"

    def _repr_html_(self) -> str:
        """What a notebook shows: the layers of the classifier."""
        return f"<div>{repr(self)[1:-1]}</div>{self.classifier._repr_html_()}"

    def probabilities(self, images: ArrayLike) -> np.ndarray:
        """P(y | x), (n, 10). Raises ValueError for a classifier whose outputs do not have the sum 1."""
        p: np.ndarray = self.classifier.predict(_digits("Scorer", images), verbose=self.verbose)
        check_are_probabilities(p)
        return p

    def labels(self, images: ArrayLike) -> np.ndarray:
        """The most probable digit of each image, (n,)."""
        return self.probabilities(images).argmax(axis=1)

    def confidence(self, images: ArrayLike) -> float:
        """The mean probability of the most probable digit: near 1 for real digits, at least 0.1."""
        return float(self.probabilities(images).max(axis=1).mean())

    def shares(self, images: ArrayLike) -> np.ndarray:
        """The share of each digit among the images, (10,)."""
        return np.bincount(self.labels(images), minlength=10) / len(images)

    def count(self, images: ArrayLike) -> float:
        """e^H of the shares, H their entropy in nats: 10 if all digits are equally frequent, 1 if all are the same."""
        return float(np.exp(metrics.entropy(self.shares(images))))

    def agreement(self, images: ArrayLike, labels: ArrayLike) -> float:
        """The share of the images that the classifier assigns to their labels (n,), in [0, 1]."""
        images = _digits("Scorer.agreement", images)
        labels = losses.labels_in_range("Scorer.agreement", labels, (len(images), 10))
        return float((self.labels(images) == labels).mean())

    def features(self, images: ArrayLike) -> np.ndarray:
        """The inputs of the classifier's last layer, (n, 128) in float64."""
        return self._to_features.predict(_digits("Scorer", images), verbose=self.verbose).astype("float64")

    def distance(self, images: ArrayLike, real: ArrayLike) -> float:
        """The scorer distance: the Fréchet distance between the features of the images and those of real images.

        The formula is that of the FID (Heusel et al. 2017), but the features are those of this classifier. Distances
        can be compared only if they are computed with the same weights. They decrease slightly with the number of
        images, so compare equal numbers. `minigen train scorer` prints reference values.
        """
        return metrics.frechet_distance(self.features(images), self.features(real))


def trained_scorer(x: ArrayLike, y: ArrayLike, cache: str | os.PathLike[str] | None = None, verbose: int = 0) -> Scorer:
    """A Scorer with models.digit_classifier() trained on digits x and labels y; its weights are cached in a file.

    x (n, 784), (n, 28, 28) or (n, 28, 28, 1) in [0, 1], y (n,) integers 0..9. 4 epochs of 60,000 digits take a minute
    on 2 cores; fewer digits get up to 8 epochs. `cache` is the folder for the weights, by default that of the data
    sets. The name of the file contains a checksum of x and y; a file that cannot be read is replaced. If the folder
    cannot be written, the weights are not cached, and a line on stderr reports it. The training has a random generator
    of its own: the caller's draws do not depend on the cache. verbose=1 shows the training, and a progress bar in all
    methods of the Scorer. Raises ValueError or TypeError for bad images or labels.
    """
    x = _digits("trained_scorer", x)  # (n, 28, 28, 1)
    y = losses.labels_in_range("trained_scorer", y, (len(x), 10), "integer labels 0 to 9, one for each image")
    folder = mnist.cache_folder() if cache is None else as_path(cache)
    checksum = zlib.crc32(y.astype("int64").tobytes(), zlib.crc32(x.astype("float32").tobytes()))
    path = folder / f"scorer-{len(x)}-{checksum:08x}.npz"
    with backend.own_draws(0):
        classifier = digit_classifier()
        if not _load(classifier, path):
            if verbose:
                print(f"training the scorer on {len(x):,} digits", flush=True)
            epochs = min(8, max(4, 100_000 // len(x)))
            steps = epochs * math.ceil(len(x) / 64)
            classifier.compile(Adam(LinearDecay(1e-3, steps)), "sparse_categorical_crossentropy")
            classifier.fit(x, y, epochs=epochs, batch_size=64, verbose=verbose)
            _save(classifier, path)
    return Scorer(classifier, verbose)


def _digits(where: str, images: ArrayLike) -> np.ndarray:
    """Images as the classifier takes them, (n, 28, 28, 1)."""
    return digit_images(where, as_array(images, where))[..., None]


def _load(classifier: Model, path: Path) -> bool:
    """Load the weights, on rank 0 for all ranks; False if there is no file, or a damaged one."""

    def kept() -> list[np.ndarray] | None:
        try:
            classifier.load_weights(path)
        except (OSError, ValueError):
            return None
        return classifier.get_weights()

    weights = parallel.from_first(kept)
    if weights is not None:
        classifier.set_weights(weights)
    return weights is not None


def _save(classifier: Model, path: Path) -> None:
    """Save the weights, or report on stderr that this is not possible."""
    try:
        make_folder(path.parent)
        classifier.save_weights(path)
    except OSError as error:
        reason = " ".join(str(error).split())
        other = "MINIGEN_CACHE=FOLDER in the environment names another one"
        print(f"minigen: the weights of the scorer are not kept: {reason} ({other})", file=sys.stderr)
