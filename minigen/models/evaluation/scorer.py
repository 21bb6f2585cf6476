"""A classifier that scores drawn digits: how sure it is, which they are, and how far they lie from real ones."""

from __future__ import annotations

import math
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ... import backend, losses, metrics
from ...arguments import checks_arguments
from ...arrays import as_array, as_pixels
from ...datasets import mnist
from ...errors import message
from ...layers import Input
from ...model import Model, Sequential
from ...optimizers import Adam, LinearDecay
from ...storage.files import as_path, make_folder
from .classifier import digit_classifier

IMAGE = (28, 28, 1)


class Scorer:
    """Judges images of digits in [0, 1], of shape (n, 784) or (n, 28, 28, 1), by a trained classifier P(y | x).

    classifier: a Sequential from (28, 28, 1) to ten probabilities. What goes into its last layer, 128 numbers for
    models.digit_classifier(), are the features in which distance() is measured. Raises TypeError for anything else. All
    methods raise ValueError for images of another size, outside [0, 1], or none, and TypeError for integers.
    """

    @checks_arguments
    def __init__(self, classifier: Sequential) -> None:
        shape = getattr(getattr(classifier, "outputs", None), "shape", None)
        if not isinstance(classifier, Sequential) or shape != (None, 10):
            got, fix = f"{type(classifier).__name__} with outputs {shape}", "models.digit_classifier()"
            expected = "a Sequential with ten outputs, the probabilities of the digits"
            raise TypeError(message("Scorer: classifier", expected=expected, got=got, fix=fix))
        self.classifier = classifier
        self._to_features: Model = Sequential([Input(shape=IMAGE), *classifier.layers[:-1]])

    def probabilities(self, images: Any) -> np.ndarray:
        """P(y | x), (n, 10)."""
        p = self.classifier.predict(_as_images("Scorer", images))
        if not np.allclose(p.sum(axis=1), 1, atol=1e-3):
            got, fix = f"rows with sums of {p.sum(axis=1).min():g} to {p.sum(axis=1).max():g}", 'Dense(10, "softmax")'
            raise ValueError(message("Scorer: the outputs", expected="probabilities of the digits", got=got, fix=fix))
        return p

    def labels(self, images: Any) -> np.ndarray:
        """The likeliest digit of each image, (n,)."""
        return self.probabilities(images).argmax(axis=1)

    def confidence(self, images: Any) -> float:
        """Mean probability of the likeliest digit: near 1 for real digits, 0.1 at the least."""
        return float(self.probabilities(images).max(axis=1).mean())

    def shares(self, images: Any) -> np.ndarray:
        """The share of each digit among the images, (10,): 0.1 each, if all are drawn equally often."""
        return np.bincount(self.labels(images), minlength=10) / len(images)

    def count(self, images: Any) -> float:
        """e^H of the shares, H their entropy in nats: 10 if all digits are equally frequent, 1 if all are the same."""
        return float(np.exp(metrics.entropy(self.shares(images))))

    def agreement(self, images: Any, labels: Any) -> float:
        """The share of images that the classifier calls by the label that they were drawn for, in [0, 1]."""
        images = _as_images("Scorer.agreement", images)
        labels = losses.check_labels("Scorer.agreement", labels, (len(images), 10))
        return float((self.labels(images) == labels).mean())

    def features(self, images: Any) -> np.ndarray:
        """What the classifier sees in each image, just before it decides: (n, 128) in float64."""
        return self._to_features.predict(_as_images("Scorer", images)).astype("float64")

    def distance(self, images: Any, real: Any) -> float:
        """The scorer distance: Fréchet distance between the features of the images and those of real ones.

        It has the formula of the "FID", but features of this classifier, so it can be compared with nothing but other
        scorer distances by the same weights. `minigen train scorer` prints its scale. It falls a little with the number
        of images: compare equal numbers.
        """
        return metrics.frechet_distance(self.features(images), self.features(real))


def trained_scorer(x: Any, y: Any, cache: Any = None, verbose: int = 0) -> Scorer:
    """models.digit_classifier() trained on the digits x with labels y as a Scorer; the weights are kept in a file.

    x (n, 784) or (n, 28, 28, 1) in [0, 1]. 4 passes over 60,000 digits take a minute on 2 cores; fewer digits get up to
    8. `cache` is the folder for the weights, by default that of the data sets; the name of the file has a checksum of x
    and y in it, so that other data means other weights, and a file that cannot be read is made anew. In a folder that
    cannot be written nothing is kept, and a line on stderr says so. It draws from a generator of its own: the caller's
    draws are the same whether or not the weights were there. Raises ValueError or TypeError for bad images or labels.
    """
    x = _as_images("trained_scorer", x)
    y = losses.check_labels("trained_scorer", y, (len(x), 10), "integer labels 0 to 9, one for each image")
    folder = mnist.cache_folder() if cache is None else as_path(cache)
    checksum = zlib.crc32(y.astype("int64").tobytes(), zlib.crc32(x.astype("float32").tobytes()))
    path = folder / f"scorer-{len(x)}-{checksum:08x}.npz"
    with backend.own_draws(0):
        classifier = digit_classifier()
        if not _has_loaded(classifier, path):
            if verbose:
                print(f"training the scorer on {len(x):,} digits", flush=True)
            epochs = min(8, max(4, 100_000 // len(x)))
            steps = epochs * math.ceil(len(x) / 64)
            classifier.compile(Adam(LinearDecay(1e-3, steps)), "sparse_categorical_crossentropy")
            classifier.fit(x, y, epochs=epochs, batch_size=64, verbose=0)
            _keep(classifier, path)
    return Scorer(classifier)


def _has_loaded(classifier: Model, path: Path) -> bool:
    """Load the weights if the file is there and whole."""
    try:
        classifier.load_weights(path)
    except (OSError, ValueError):
        return False
    return True


def _keep(classifier: Model, path: Path) -> None:
    """Save the weights; where that is not possible the next program trains again, and this one goes on."""
    try:
        make_folder(path.parent)
        classifier.save_weights(path)
    except OSError as error:
        reason = " ".join(str(error).split())
        print(f"minigen: the weights of the scorer are not kept: {reason}", file=sys.stderr)


def _as_images(where: str, images: Any) -> np.ndarray:
    """(n, 28, 28, 1) in [0, 1], or an error."""
    a = as_array(images, where)
    if a.size == 0 or a.shape[1:] not in ((784,), (28, 28), IMAGE):
        fix = "x[None]" if a.shape in ((784,), (28, 28), IMAGE) else "x.reshape(-1, 784)"
        expected = "(n, 784), (n, 28, 28) or (n, 28, 28, 1), one image or more"
        raise ValueError(message(f"{where}: images", expected=expected, got=a.shape, fix=fix))
    return as_pixels(a, where).reshape(-1, *IMAGE)
