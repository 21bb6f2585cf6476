"""A judge of drawn digits: how sure a classifier is of them, which they are, and how far they lie from real ones."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from .. import backend, losses, metrics
from ..autograd import raw
from ..batches import check_range
from ..datasets import mnist
from ..errors import message
from ..layers import Input
from ..model import Model, Sequential
from ..optimizers import Adam
from .classifier import digit_classifier

IMAGE = (28, 28, 1)


class Scorer:
    """Judges images of digits in [0, 1], of shape (n, 784) or (n, 28, 28, 1), by a trained classifier P(y | x).

    classifier: a Sequential on (28, 28, 1) that ends in a softmax. What goes into its last layer, 128 numbers for
    models.digit_classifier(), are the features in which distance() is measured.
    """

    def __init__(self, classifier: Sequential) -> None:
        self.classifier = classifier
        self._to_features: Model = Sequential([Input(shape=IMAGE), *classifier.layers[:-1]])

    def probabilities(self, images: Any) -> np.ndarray:
        """P(y | x), (n, 10)."""
        return self.classifier.predict(_as_images("Scorer", images))

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

    x (n, 784) or (n, 28, 28, 1) in [0, 1]. 4 passes over 60,000 digits (a minute on 2 cores) make 99.2 % of the test
    digits right, 12 over 5,000 97 %. `cache` is the folder for the weights, by default that of the data sets; the name
    of the file has a checksum of x and y in it, so that other data means other weights. It draws from a generator of
    its own: the caller's draws are the same whether or not the weights were there.
    """
    x = _as_images("trained_scorer", x)
    y = losses.check_labels("trained_scorer", y, (len(x), 10))
    folder = Path(cache) if cache is not None else mnist.cache_folder()
    checksum = zlib.crc32(y.astype("int64").tobytes(), zlib.crc32(x.astype("float32").tobytes()))
    path = folder / f"scorer-{len(x)}-{checksum:08x}.npz"
    state = backend.random_state()
    backend.seed(0)
    classifier = digit_classifier()
    if path.exists():
        classifier.load_weights(path)
    else:
        if verbose:
            print(f"training the scorer on {len(x):,} digits", flush=True)
        passes = 1 if len(x) > 20_000 else 3
        for rate, epochs in ((1e-3, 2 * passes), (5e-4, passes), (2e-4, passes)):
            classifier.compile(Adam(rate), "sparse_categorical_crossentropy")
            classifier.fit(x, y, epochs=epochs, batch_size=64, verbose=0)
        folder.mkdir(parents=True, exist_ok=True)
        classifier.save_weights(path)
    backend.set_random_state(state)
    return Scorer(classifier)


def _as_images(where: str, images: Any) -> np.ndarray:
    """(n, 28, 28, 1) in [0, 1], or an error."""
    a = backend.to_numpy(raw(images))
    if a.ndim < 2 or len(a) == 0 or a[0].size != 784:
        write, expected = "x.reshape(-1, 784)", "(n, 784) or (n, 28, 28, 1), one image or more"
        raise ValueError(message(f"{where}: images", expected=expected, got=a.shape, write=write))
    check_range(a, (0.0, 1.0), where)
    return a.reshape(-1, *IMAGE)
