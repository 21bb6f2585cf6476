"""Problem B of section 9.1: a tool that tells fake pictures from real ones, when only a few fakes are at hand.

A generator that tries to fool the tool makes as many as one likes, and of every quality: the fakes of all its epochs
are a history of forgeries, from clumsy to good. A discriminator that has met all of them also knows those of other
forgers.
"""

from __future__ import annotations

import numbers
import re
from pathlib import Path
from typing import Any

import numpy as np

from ... import backend, losses, metrics
from ...arrays import as_array, black_and_white, check_filled, check_finite
from ...checks import positive_integer
from ...errors import message
from ...model import Model, as_list
from ...optimizers import Adam, get
from ...storage.files import make_folder
from .gan import GAN
from .monitor import GANMonitor

FILE = re.compile(r"generator-([0-9]{3,})\.npz")


class Archive(GANMonitor):
    """A monitor that also keeps the generator of every epoch, as weights in a folder.

        gan.monitor = archive = Archive("out/generators")

    The epochs count from 1, as those of fit() do: another fit() overwrites the first ones; clear() before it.
    Raises OSError if the folder cannot be made: FileExistsError if it is a file.
    """

    def __init__(self, folder: Any, scorer: Any = None) -> None:
        super().__init__(scorer)
        self.folder = make_folder(folder)

    def keep(self, gan: GAN, epoch: int) -> None:
        gan.generator.save_weights(self._path(epoch))

    def _path(self, epoch: int) -> Path:
        return self.folder / f"generator-{epoch:03d}.npz"

    def clear(self) -> None:
        """Delete what an earlier training has left in the folder."""
        for epoch in self.epochs():
            self._path(epoch).unlink(missing_ok=True)  # another program may have cleared it, too

    def epochs(self) -> list[int]:
        """The epochs that are kept, from 1."""
        names = {path.name for path in make_folder(self.folder).iterdir()}
        found = [int(name[1]) for name in map(FILE.fullmatch, names) if name]
        return sorted(epoch for epoch in found if self._path(epoch).name in names)

    def draw(self, gan: GAN, epoch: int, n: int, *given: Any) -> np.ndarray:
        """n fakes of the generator as it was after that epoch (for a conditional GAN of given labels)."""
        if isinstance(epoch, bool) or not isinstance(epoch, numbers.Integral) or epoch not in self.epochs():
            expected, fix = f"one of {self.epochs()}", "archive.epochs()[0]"
            raise ValueError(message(f"Archive.draw: epoch, {self.folder}", expected=expected, got=epoch, fix=fix))
        now = gan.generator.get_weights()
        try:
            gan.generator.load_weights(self._path(epoch))
            return gan.sample(n, *given)
        finally:
            gan.generator.set_weights(now)

    def draw_all(self, gan: GAN, n: int, without: int | None = None) -> np.ndarray:
        """n fakes of each epoch but the one that is left out. ValueError if no epoch remains."""
        epochs = [epoch for epoch in self.epochs() if epoch != without]
        if not epochs:
            where, fix = f"Archive.draw_all, {self.folder}", "gan.monitor = archive, then gan.fit(x, epochs=10)"
            raise ValueError(message(where, expected="an epoch or more", got="none", fix=fix))
        return np.concatenate([self.draw(gan, epoch, n) for epoch in epochs])


def train_discriminator(
    discriminator: Model, real: Any, fake: Any, steps: int, batch_size: int = 64, optimizer: Any = None
) -> None:
    """Train a discriminator on fixed images, as many real as fake ones in each batch, however few fakes there are.

    discriminator: images -> logits (n, 1); real, fake: images (n, ...) and (m, ...), drawn with repetition. It
    minimises -log D(real) - log(1 - D(fake)), with Adam(1e-3) unless an optimizer is given. Raises ValueError for no
    images, for NaN among them, for images of two shapes, and for a discriminator with several outputs.
    """
    steps = positive_integer("train_discriminator: steps", steps, "train_discriminator(d, real, fake, steps=300)")
    batch_size = positive_integer("train_discriminator: batch_size", batch_size, "batch_size=64")
    real, fake = _images("train_discriminator", real, fake)
    _check_one_logit("train_discriminator", discriminator)
    optimizer = Adam(1e-3) if optimizer is None else get(optimizer)
    for _ in range(steps):
        some_real, some_fake = (
            a[(backend.to_numpy(backend.uniform((batch_size,), "float64")) * len(a)).astype(int)] for a in (real, fake)
        )
        loss = losses.discriminator_loss(
            discriminator(some_real, training=True), discriminator(some_fake, training=True)
        )
        loss.backward(wrt=discriminator.parameters())
        optimizer.step(discriminator.parameters())


def detection_auc(discriminator: Model, real: Any, fake: Any) -> float:
    """The probability that it takes a real image for more real than a fake: 0.5 for a coin, 1 at best.

    Raises ValueError as train_discriminator does.
    """
    _check_one_logit("detection_auc", discriminator)
    logits = [discriminator.predict(images).ravel() for images in _images("detection_auc", real, fake)]
    return metrics.auc(np.repeat([1, 0], [len(a) for a in logits]), np.concatenate(logits))


def _images(where: str, real: Any, fake: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both as NumPy arrays of finite floats, one image or more, of one shape."""
    arrays = [black_and_white(backend.to_numpy(as_array(a, where))) for a in (real, fake)]
    for a in arrays:
        check_filled(a, where)
        check_finite(a, where)
    if arrays[0].shape[1:] != arrays[1].shape[1:]:
        expected, got = "real and fake images of one shape", f"{arrays[0].shape} and {arrays[1].shape}"
        raise ValueError(message(f"{where}: images", expected=expected, got=got, fix="gan.sample(20)"))
    return arrays[0], arrays[1]


def _check_one_logit(where: str, discriminator: Model) -> None:
    shapes = [o.shape[1:] for o in as_list(getattr(discriminator, "outputs", []))]
    if shapes != [(1,)]:
        got, fix = ", ".join(map(str, shapes)) or "no graph", "models.dcgan().discriminator"
        raise ValueError(message(f"{where}: discriminator", expected="one logit an image", got=got, fix=fix))
