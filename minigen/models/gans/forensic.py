"""Problem B of section 9.1: a detector of fake images, when only few fakes are available to train it.

A generator that is trained against a discriminator supplies any number of fakes, and those of its epochs range from
crude to good. A detector trained on the fakes of all epochs also detects those of other generators.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from ... import backend, losses, metrics
from ...checks.values import positive_integer
from ...model import Model
from ...optimizers import Adam, Optimizer, get
from ...storage.files import make_folder
from ...types import ArrayLike
from ..checks import check_kept_epoch, check_one_logit, check_some_epochs, real_and_fake
from .gan import GAN
from .monitor import GANMonitor

FILE = re.compile(r"generator-([0-9]{3,})\.npz")


class Archive(GANMonitor):
    """A monitor that also keeps the generator of every epoch, as weights in a folder.

        gan.monitor = archive = Archive("out/generators")

    Epochs are counted from 1, as in fit(): a second fit() overwrites the first files. Call clear() before it. Raises
    OSError if the folder cannot be made (FileExistsError if it is a file) and TypeError as GANMonitor does.
    """

    def __init__(self, folder: str | os.PathLike[str], scorer: Any = None) -> None:
        super().__init__(scorer)
        self.folder = make_folder(folder)

    def keep(self, gan: GAN, epoch: int) -> None:
        gan.generator.save_weights(self._path(epoch))

    def _path(self, epoch: int) -> Path:
        return self.folder / f"generator-{epoch:03d}.npz"

    def clear(self) -> None:
        """Delete all generators in the folder."""
        for epoch in self.epochs():
            self._path(epoch).unlink(missing_ok=True)  # another program may have deleted it since

    def epochs(self) -> list[int]:
        """The epochs whose generators are in the folder, from 1."""
        names = {path.name for path in make_folder(self.folder).iterdir()}
        found = [int(name[1]) for name in map(FILE.fullmatch, names) if name]
        return sorted(epoch for epoch in found if self._path(epoch).name in names)

    def draw(self, gan: GAN, epoch: int, n: int, *given: ArrayLike) -> np.ndarray:
        """n fakes of the generator after that epoch, for the given labels if the GAN is conditional.

        The generator of `gan` is unchanged afterwards. Raises ValueError for an epoch that is not in the folder.
        """
        check_kept_epoch(self.folder, epoch, self.epochs())
        now = gan.generator.get_weights()
        try:
            gan.generator.load_weights(self._path(epoch))
            return gan.sample(n, *given)
        finally:
            gan.generator.set_weights(now)

    def draw_all(self, gan: GAN, n: int, without: int | None = None) -> np.ndarray:
        """n fakes of each epoch except `without`. Raises ValueError if no epoch remains."""
        epochs = [epoch for epoch in self.epochs() if epoch != without]
        check_some_epochs(self.folder, epochs)
        return np.concatenate([self.draw(gan, epoch, n) for epoch in epochs])  # (epochs * n, *image)


def train_discriminator(
    discriminator: Model,
    real: ArrayLike,
    fake: ArrayLike,
    steps: int,
    batch_size: int = 64,
    optimizer: str | Optimizer | None = None,
) -> None:
    """Minimise -log D(real) - log(1 - D(fake)) on fixed images, with Adam(1e-3) unless an optimizer is given.

    discriminator: images -> logits (n, 1); real, fake: images (n, ...) and (m, ...). Each step draws batch_size images
    of either kind with replacement, so that both have the same weight, however few fakes there are. Raises ValueError
    for no images, for NaN, for images of two shapes, and for a discriminator with several outputs.
    """
    steps = positive_integer("train_discriminator: steps", steps, "train_discriminator(d, real, fake, steps=300)")
    batch_size = positive_integer("train_discriminator: batch_size", batch_size, "batch_size=64")
    real, fake = real_and_fake("train_discriminator", real, fake)
    check_one_logit("train_discriminator", discriminator)
    optimizer = Adam(1e-3) if optimizer is None else get(optimizer)
    for _ in range(steps):
        some_real, some_fake = _draw(real, batch_size), _draw(fake, batch_size)
        a_real, a_fake = discriminator(some_real, training=True), discriminator(some_fake, training=True)  # (n, 1)
        losses.discriminator_loss(a_real, a_fake).backward(wrt=discriminator.parameters())
        optimizer.step(discriminator.parameters())


def _draw(images: np.ndarray, n: int) -> np.ndarray:
    """n of the images, each with the same probability, with replacement."""
    u = backend.uniform_on_host(n)
    return images[(u * len(images)).astype(int)]


def detection_auc(discriminator: Model, real: ArrayLike, fake: ArrayLike) -> float:
    """The probability that a random real image gets a larger logit than a random fake: 0.5 is chance, 1 perfect.

    Raises ValueError as train_discriminator does.
    """
    check_one_logit("detection_auc", discriminator)
    logits = [discriminator.predict(images).ravel() for images in real_and_fake("detection_auc", real, fake)]
    return metrics.auc(np.repeat([1, 0], [len(a) for a in logits]), np.concatenate(logits))
