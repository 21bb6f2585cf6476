"""The film of a GAN: what the generator draws from the same noise after each epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..callbacks import Callback
from ..explorer import Film, in_bytes, read_film, write_film
from ..types import Logs, Shape

PICTURES = 10
FRAMES = 25  # at most: with more pictures a film would be longer than a small generator
CURVES = ("d_loss", "g_loss")


class FilmOfFakes(Callback):
    """Writes the film of a training to a file, with the losses of both players.

    path    of the file, written anew after each epoch with a frame
    shape   (rows, columns, channels) of a picture
    epochs  of the training; of more than 25 only every second has a frame, or every third, and the last
    resume  whether the frames in the file, of the epochs before, are kept

    The noise is always the same, in a resumed training too, and none of the random numbers of the training are used. A
    conditional GAN draws one class after the other.
    """

    def __init__(self, path: Path, shape: Shape, epochs: int, resume: bool = False) -> None:
        self.path, self.shape, self.epochs, self.resume = path, shape, epochs, resume
        self.every = -(-epochs // FRAMES)
        self.kept: dict[int, tuple[np.ndarray, list[float]]] = {}  # epoch -> its pictures and losses

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.kept = _of_file(self.path) if self.resume and self.path.exists() else {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        number = epoch + 1
        self.kept = {n: frame for n, frame in self.kept.items() if n < number}  # the file may be ahead of a checkpoint
        if number % self.every == 0 or number == self.epochs:
            self.kept[number] = self.draw(self.model), [float((logs or {}).get(name, np.nan)) for name in CURVES]
            write_film(self.path, self.film())

    def draw(self, gan: Any) -> np.ndarray:
        """The pictures (n, rows, columns, channels) of the noise, in bytes."""
        noise = np.random.default_rng(0).standard_normal((PICTURES, gan.noise_dim)).astype("float32")
        given = [np.arange(PICTURES) % gan.classes] if hasattr(gan, "classes") else []
        return in_bytes(gan.generate(noise, *given), *gan.data_range).reshape(PICTURES, *self.shape)

    def film(self) -> Film:
        """What there is so far."""
        pictures, numbers = zip(*self.kept.values(), strict=True)
        curves = dict(zip(CURVES, np.transpose(numbers).tolist(), strict=True))
        return Film("The same noise after each epoch", np.stack(pictures), [f"epoch {n}" for n in self.kept], curves)


def _of_file(path: Path) -> dict[int, tuple[np.ndarray, list[float]]]:
    """Epoch -> pictures and losses of a film that this callback has written."""
    film = read_film(path)
    numbers = zip(*(film.curves[name] for name in CURVES), strict=True)
    epochs = [int(caption.removeprefix("epoch ")) for caption in film.captions]
    return {n: (frame, list(values)) for n, frame, values in zip(epochs, film.frames, numbers, strict=True)}
