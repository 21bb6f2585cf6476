"""Problem B of section 9.1: a tool that tells fake pictures from real ones, when only a few fakes are at hand.

A generator that tries to fool the tool makes as many as one likes, and of every quality: the fakes of all its epochs
are a history of forgeries, from clumsy to good. A discriminator that has seen all of them, not only the last, also
knows those of other forgers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import backend, losses, metrics
from ..errors import message, positive_integer
from ..model import Model
from ..optimizers import Adam, Optimizer
from .gan import GAN
from .gan_monitor import GANMonitor


class Archive(GANMonitor):
    """A monitor that also keeps the generator of every epoch, as weights in a folder.

    gan.monitor = Archive("out/generators"), then gan.fit(...), then archive.draw(gan, epoch, n).
    """

    def __init__(self, folder: Any, scorer: Any = None) -> None:
        super().__init__(scorer)
        self.folder = Path(folder)

    def watch(self, gan: GAN, history: dict[str, list[Any]]) -> dict[str, Any]:
        self.folder.mkdir(parents=True, exist_ok=True)
        gan.generator.save_weights(self._path(len(history["d_loss"])))
        return super().watch(gan, history)

    def _path(self, epoch: int) -> Path:
        return self.folder / f"generator-{epoch:03d}.npz"

    def clear(self) -> None:
        """Delete what an earlier training has left in the folder."""
        for epoch in self.epochs():
            self._path(epoch).unlink()

    def epochs(self) -> list[int]:
        """The epochs that are kept, from 1."""
        return sorted(int(path.stem.split("-")[1]) for path in self.folder.glob("generator-*.npz"))

    def draw(self, gan: GAN, epoch: int, n: int) -> np.ndarray:
        """n fakes of the generator as it was after that epoch; gan is as before afterwards."""
        if epoch not in self.epochs():
            expected, write = f"one of {self.epochs()}", "archive.epochs()[0]"
            raise ValueError(message(f"Archive.draw: epoch, {self.folder}", expected=expected, got=epoch, write=write))
        now = gan.generator.get_weights()
        gan.generator.load_weights(self._path(epoch))
        fakes = gan.sample(n)
        gan.generator.set_weights(now)
        return fakes

    def history(self, gan: GAN, n: int, without: int | None = None) -> np.ndarray:
        """n fakes of each epoch, but for the one that is left out."""
        return np.concatenate([self.draw(gan, epoch, n) for epoch in self.epochs() if epoch != without])


def train_detector(
    detector: Model, real: Any, fake: Any, steps: int, batch_size: int = 64, optimizer: Optimizer | None = None
) -> None:
    """Train a discriminator on fixed images, as many real as fake ones in each batch, however few fakes there are.

    detector: images -> logits (n, 1); real, fake: images (n, ...) and (m, ...), drawn with repetition; its loss is
    -log D(real) - log(1 - D(fake)). Adam(1e-3) unless an optimizer is given. Raises ValueError for no images or for
    images of two shapes.
    """
    real, fake = np.asarray(backend.to_numpy(real)), np.asarray(backend.to_numpy(fake))
    steps = positive_integer("train_detector: steps", steps, "train_detector(detector, real, fake, steps=300)")
    batch_size = positive_integer("train_detector: batch_size", batch_size, "batch_size=64")
    if len(real) == 0 or len(fake) == 0 or real.shape[1:] != fake.shape[1:]:
        expected, got = "real and fake images of one shape, one or more of each", f"{real.shape} and {fake.shape}"
        raise ValueError(message("train_detector: images", expected=expected, got=got, write="gan.sample(20)"))
    optimizer = optimizer or Adam(1e-3)
    for _ in range(steps):
        some_real, some_fake = (
            a[(backend.to_numpy(backend.uniform((batch_size,), "float64")) * len(a)).astype(int)] for a in (real, fake)
        )
        loss = losses.discriminator_loss(detector(some_real, training=True), detector(some_fake, training=True))
        loss.backward(wrt=detector.parameters())
        optimizer.step(detector.parameters())


def detection_auc(detector: Model, real: Any, fake: Any) -> float:
    """The probability that the detector takes a real image for more real than a fake: 0.5 for a coin, 1 at best."""
    logits = [detector.predict(images).ravel() for images in (real, fake)]
    return metrics.auc(np.repeat([1, 0], [len(a) for a in logits]), np.concatenate(logits))
