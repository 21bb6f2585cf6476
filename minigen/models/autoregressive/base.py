"""Autoregressive models of images: p(x) = Π p(xᵢ | x₁, ..., xᵢ₋₁), pixel by pixel (section 9.3)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from ... import backend, ops
from ...autograd import no_grad
from ...checks.values import positive_integer
from ...layers import Input
from ...layers.symbolic import Symbolic
from ...layers.weights import come_from_file
from ...model import Model
from ...model.checks import check_images
from ...progress import progress
from ...tensor import Tensor
from ...types import ArrayLike, Data, Shape, TensorLike
from ..checks import known_elements
from . import checks


class Autoregressive(Model):
    """A network whose output i, the probability that pixel i is 1, depends on the pixels before it and on no others.

    The targets are the images themselves, fit(x, x): masks inside the network hide pixel i and all later ones from
    output i, so that one pass predicts every pixel from its past. Images are zeros and ones (datasets.binarize). The
    loss is the exact -log p(x) in nats per image. Sampling needs a pass for each pixel.

    logits       a Model from images to as many numbers aᵢ, with p(xᵢ = 1 | ...) = σ(aᵢ)
    image_shape  of one image, as the model takes it
    order        (pixels,): which pixel of the flattened image is the first, the second, ...

    Raises ValueError for images that are not black and white, for targets that are not the images, for an order that is
    no permutation and for outputs that depend on their own pixel or on later ones. Subclasses define the network.
    """

    cuts: ClassVar[int] = 64  # how many places in the order it is tried at whether the network looks ahead

    def __init__(self, logits: Model, image_shape: Shape, order: np.ndarray, name: str | None = None) -> None:
        super().__init__(name=name)
        self.logits: Any = logits
        self.image_shape, self.order = tuple(image_shape), np.array(order)
        logits.name = logits.name or "logits"
        self.named_weights()  # names them by their paths in the whole model
        pixels = math.prod(self.image_shape)
        checks.permutation(f"{self.label}: not autoregressive, its order", self.order, pixels)
        if not come_from_file():  # such a model was tested when it was made
            problem = dependence_on_later(logits, self.image_shape, self.order, self.cuts)
            checks.check_causal(self.label, problem, pixels)

    def compile(  # type: ignore[override]
        self, optimizer: Any = "adam", loss: Any = "binary_crossentropy_per_image", metrics: Any = ()
    ) -> None:
        """As for any Model; the loss is -log p(x) unless another is given."""
        super().compile(optimizer, loss, metrics)

    def call(self, x: TensorLike, training: bool = False) -> Tensor:
        """The probabilities p(xᵢ = 1 | x₁, ..., xᵢ₋₁) of all pixels, (batch, *image)."""
        check_images(x.shape, self.image_shape, self.label)
        return ops.sigmoid(self.logits(x, training=training))

    def check_inputs(self, data: Data, where: str) -> None:
        super().check_inputs(data, where)
        checks.check_black_and_white(where, data[0])

    def input_symbols(self) -> list[Symbolic]:
        return [Input(shape=self.image_shape)]

    def check_targets(self, data: Data, where: str, needed: bool) -> None:
        checks.check_targets_are_inputs(where, data, needed)
        super().check_targets(data, where, needed)

    def nll(self, x: ArrayLike, batch_size: int = 256, verbose: int = 0) -> np.ndarray:
        """-log p(x) of each image x, (n, *image) of zeros and ones, exact, in nats: (n,) float64.

        verbose=1 shows a progress bar.
        """
        x = self.checked_inputs(x, f"{self.label}.nll")
        a = self.logits.predict(x, batch_size, verbose).astype("float64")  # (n, *image)
        signs = 1 - 2 * backend.to_numpy(x)  # -log σ(a) where x is 1, -log σ(-a) where it is 0
        return np.logaddexp(0, signs * a).reshape(len(a), -1).sum(axis=1)  # (n,)

    # ---- sampling

    def sample(self, n: int, verbose: int = 0) -> np.ndarray:
        """n new images, drawn pixel by pixel: (n, *image), zeros and ones, float32. verbose=1 shows a progress bar."""
        n = positive_integer(f"{self.label}.sample: n", n, "sample(100)")
        return self.inpaint(np.zeros((n, *self.image_shape), "float32"), np.zeros(self.image_shape, bool), verbose)

    def inpaint(self, x: ArrayLike, known: ArrayLike, verbose: int = 0) -> np.ndarray:
        """The images x with the pixels that are not `known` drawn anew, each conditioned on all pixels before it.

        x      (n, *image), zeros and ones
        known  booleans (*image). The samples are exact if the known pixels come first in the order, such as the upper
               half. Known pixels that come later are kept, but the pixels before them do not depend on them

        Raises ValueError for other shapes and for grey images. verbose=1 shows a progress bar.
        """
        x, known = self._known_part(x, known, f"{self.label}.inpaint")
        images = self._draw(x, known)
        drawn = next(images)
        with progress(self.label, int((~known).sum()), 0, verbose) as bar:
            for step in images:
                drawn = step
                bar.update(1)
        return drawn

    def paint(self, x: ArrayLike, known: ArrayLike) -> Iterator[np.ndarray]:
        """The steps of inpaint(): the images with their known pixels alone, and again after each pixel that is drawn.

        Arguments and errors as for inpaint(). Raises RuntimeError if the order is changed between two steps.
        """
        return self._draw(*self._known_part(x, known, f"{self.label}.paint"))

    def _known_part(self, x: ArrayLike, known: ArrayLike, where: str) -> tuple[np.ndarray, np.ndarray]:
        """The images with 0 in the pixels that are not known, (n, *image), and the mask `known`, (pixels,)."""
        x = self.checked_inputs(x, where)
        known = known_elements(where, known, self.image_shape)
        return np.where(known, backend.to_numpy(x), 0).astype("float32"), known.reshape(-1)

    def _draw(self, x: np.ndarray, known: np.ndarray) -> Iterator[np.ndarray]:
        """x, and x again after each pixel that is drawn."""
        flat, order, predict = x.reshape(len(x), -1), self.order, self.predictor(x)  # (n, pixels), a view of x
        yield x.copy()
        for i in order:
            checks.check_same_order(self.label, self.order, order)
            if not known[i]:
                with no_grad():
                    p = predict(int(i))  # (n,)
                flat[:, i] = backend.to_numpy(backend.uniform((len(x),))) < p
                yield x.copy()

    def predictor(self, x: np.ndarray) -> Callable[[int], np.ndarray]:
        """The function i → p(xᵢ = 1 | ...) of each image, (n,). It is called in the order, while x is being drawn."""
        return functools.partial(self.probability, x)

    def probability(self, x: np.ndarray, i: int) -> np.ndarray:
        """p(xᵢ = 1 | the pixels before it) of each image, (n,); the values of the other pixels do not matter."""
        return self(x).numpy().reshape(len(x), -1)[:, i]


def dependence_on_later(logits: Model, image_shape: Shape, order: np.ndarray, cuts: int) -> str:
    """A description of how a logit depends on its own pixel or on a later one in the order, or "".

    Two images are inverted from one place of the order on. No logit up to this place may change by more than rounding.
    This is tested at up to `cuts` places, so a dependence of few pixels on pixels a little later can be missed.
    """
    pixels = math.prod(image_shape)
    places = np.unique(np.linspace(0, pixels - 1, cuts).round().astype(int))  # in the order, (cuts,)
    image = (np.arange(pixels) * 7 % 11 < 5).astype("float32")  # black and white, without the structure of an image
    for original in (image, 1 - image):
        images = np.tile(original, (len(places) + 1, 1))  # (1 + cuts, pixels)
        for inverted, place in zip(images[1:], places, strict=True):
            inverted[order[place:]] = 1 - inverted[order[place:]]
        with no_grad():
            a = logits(images.reshape(-1, *image_shape)).numpy()
        if a.size != images.size or not np.isfinite(a).all():
            return f"logits of shape {a.shape}" + (", not all finite" if a.size == images.size else "")
        a = a.reshape(images.shape)[:, order]  # (1 + cuts, pixels)
        changed = abs(a[1:] - a[0]) > 1e-5 * abs(a).max(axis=0) + 1e-6  # (cuts, pixels)
        for row, place in zip(changed, places, strict=True):
            if row[: place + 1].any():
                first = row.argmax()
                return f"a network that looks ahead: logit {first} in the order depends on pixel {place} or a later one"
    return ""
