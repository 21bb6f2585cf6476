"""Autoregressive models of images: p(x) = Π p(xᵢ | x₁, ..., xᵢ₋₁), one pixel after the other (section 9.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ... import backend, ops
from ...arrays import as_array
from ...autograd import no_grad
from ...checks import positive_integer
from ...errors import message
from ...layers import Input
from ...layers.symbolic import Symbolic
from ...model import Model
from ...model.checks import check_images
from ...training.loop import progress
from ...types import Data


class Autoregressive(Model):
    """A network whose output i, the probability that pixel i is 1, has seen the pixels before it and no others.

    It is trained on its own past with a trivial label: fit(x, x), and the masks inside make x₁, ..., xᵢ₋₁ → xᵢ of that.
    Images are zeros and ones (datasets.binarize); the loss is the exact -log p(x) in nats per image, whose pixels are
    all learnt at once. Drawing has to go one by one.

    logits       a Model from images to as many numbers aᵢ, with p(xᵢ = 1 | ...) = σ(aᵢ)
    image_shape  of one image, as the model takes it
    order        (pixels,): which pixel of the flattened image is the first, the second, ...

    Raises ValueError for data that is not black and white, for labels that are not the images, for an order that is no
    permutation and for a network that sees what it has to predict. A subclass makes the network.
    """

    def __init__(self, logits: Model, image_shape: tuple[int, ...], order: np.ndarray, name: str | None = None) -> None:
        super().__init__(name=name)
        self.logits: Any = logits
        self.image_shape, self.order = tuple(image_shape), np.array(order)
        logits.name = logits.name or "logits"
        self.named_weights()  # names them by their paths in the whole
        check_causal(self)

    def compile(self, optimizer: Any = "adam", loss: Any = "binary_crossentropy_per_image", metrics: Any = ()) -> None:
        """As for any Model; the loss is -log p(x) unless another is given."""
        super().compile(optimizer, loss, metrics)

    def call(self, x: Any, training: bool = False) -> Any:
        """The probabilities p(xᵢ = 1 | x₁, ..., xᵢ₋₁) of all pixels."""
        check_images(x.shape, self.image_shape, self.label)
        return ops.sigmoid(self.logits(x, training))

    def _check_inputs_of(self, data: Data, where: str) -> None:
        super()._check_inputs_of(data, where)
        check_binary(data[0], where)

    def input_symbols(self) -> list[Symbolic]:
        return [Input(shape=self.image_shape)]

    def _check_targets(self, data: Data, where: str, needed: bool) -> None:
        x, y = data[0], data[-1]
        same = y is x or (getattr(y, "shape", None) == x.shape and bool((y == x).all()))
        if (needed and len(data) == 1) or not same:
            expected, fix = "the images themselves, x → x", "fit(x, x), evaluate(x, x)"
            got = "none" if len(data) == 1 else "something else"
            raise ValueError(message(f"{where}: labels", expected=expected, got=got, fix=fix))
        super()._check_targets(data, where, needed)

    def nll(self, x: Any, batch_size: int = 256) -> np.ndarray:
        """-log p(x) of each image x, (n, *image) of zeros and ones, exact, in nats: (n,) float64."""
        where = f"{self.label}.nll"
        data = self.as_data(x, None, where)
        self._check_inputs_of(data, where)
        a = self.logits.predict(data[0], batch_size).astype("float64")
        signs = 1 - 2 * backend.to_numpy(data[0])  # -log σ(a) where x is 1, -log σ(-a) where it is 0
        return np.logaddexp(0, signs * a).reshape(len(a), -1).sum(axis=1)

    # ---- drawing

    def sample(self, n: int, verbose: int = 0) -> np.ndarray:
        """n new images, pixel after pixel: (n, *image), zeros and ones, float32."""
        n = positive_integer(f"{self.label}.sample: n", n, "sample(100)")
        return self.inpaint(np.zeros((n, *self.image_shape), "float32"), np.zeros(self.image_shape, bool), verbose)

    def inpaint(self, x: Any, known: Any, verbose: int = 0) -> np.ndarray:
        """The images x with the pixels that are not `known` drawn anew, each given all that come before it.

        x      (n, *image), zeros and ones
        known  booleans (*image). The answer is exact where what is known comes first in the order, such as the upper
               half; later pixels that are known are kept, and cannot be looked at

        Raises ValueError for other shapes and for grey images. verbose=1 shows a progress bar on a terminal.
        """
        film = self._film(x, known, f"{self.label}.inpaint")
        drawn = next(film)
        with progress(self.label, int((~np.asarray(backend.to_numpy(known))).sum()), 0, verbose) as bar:
            for picture in film:
                drawn = picture
                bar.update(1)
        return drawn

    def paint(self, x: Any, known: Any) -> Iterator[np.ndarray]:
        """The film of inpaint(): the images with nothing but what is known, and again after each pixel that is drawn.

        Arguments and errors as for inpaint(); RuntimeError if the order is changed on the way.
        """
        return self._film(x, known, f"{self.label}.paint")

    def _film(self, x: Any, known: Any, where: str) -> Iterator[np.ndarray]:
        (x,) = self.as_data(x, None, where)
        self._check_inputs_of((x,), where)
        known = backend.to_numpy(as_array(known, f"{where}: known", "known"))
        if known.dtype != bool or known.shape != self.image_shape:
            expected, got = f"booleans of shape {self.image_shape}", f"{known.dtype} {known.shape}"
            fix = "known = np.zeros(x.shape[1:], bool), and True where x is to stay"
            raise ValueError(message(f"{where}: known", expected=expected, got=got, fix=fix))
        return self._painted(np.where(known, backend.to_numpy(x), 0).astype("float32"), known.reshape(-1))

    def _painted(self, x: np.ndarray, known: np.ndarray) -> Iterator[np.ndarray]:
        flat, order = x.reshape(len(x), -1), self.order  # a view: what is drawn here stands in x
        yield x.copy()
        for i in order:
            if not np.array_equal(self.order, order):
                where, expected = f"{self.label}.paint: order", "that in which the picture was begun"
                raise RuntimeError(
                    message(where, expected=expected, got="another one", fix="a new film: paint(x, known)")
                )
            if not known[i]:
                with no_grad():
                    p = self.probability(x, int(i))
                flat[:, i] = backend.to_numpy(backend.uniform((len(x),))) < p
                yield x.copy()

    def probability(self, x: np.ndarray, i: int) -> np.ndarray:
        """p(xᵢ = 1 | what is before it) of each image, (n,); what is behind it does not matter."""
        return self(x).numpy().reshape(len(x), -1)[:, i]


def check_binary(x: Any, where: str) -> None:
    """ValueError for images that are not zeros and ones, TypeError for those of integers (arrays.black_and_white)."""
    a = backend.to_numpy(x)
    if a.dtype.kind != "f":
        got, fix = f"{a.dtype} up to {a.max()}", "datasets.binarize(x / 255, how=0.5) for pixels up to 255"
        raise TypeError(message(f"{where}: not black and white", expected="zeros and ones", got=got, fix=fix))
    bad = (a != 0) & (a != 1)
    if bad.any():
        got = f"{a[bad].flat[0]} and {int(bad.sum()) - 1:,} more"
        fix = 'datasets.binarize(x, how="sample"), or how=0.5'
        raise ValueError(message(f"{where}: not black and white", expected="zeros and ones", got=got, fix=fix))


def check_causal(model: Autoregressive) -> None:
    """ValueError if the network sees what it has to predict.

    Two images are turned over from one place of the order on, and no logit up to this place may change, by more than
    rounding. This is tried for up to 64 places: what only a few of many pixels see, a little ahead, can be missed.
    """
    pixels, order = int(np.prod(model.image_shape)), np.asarray(model.order)
    got = _looks_ahead(model, pixels, order)
    if got:
        expected = f"an order of {pixels} pixels, and as many logits, each of which depends on earlier pixels alone"
        fix = "MADE(784), PixelCNN(), or masks of your own: MaskedDense, MaskedConv2D"
        raise ValueError(message(f"{model.label}: not autoregressive", expected=expected, got=got, fix=fix))


def _looks_ahead(model: Autoregressive, pixels: int, order: np.ndarray) -> str:
    """What is wrong with it, or "" if nothing was found."""
    if order.dtype.kind not in "iu" or not np.array_equal(np.sort(order), np.arange(pixels)):
        return f"an order of shape {order.shape}, {order.dtype}, that is no permutation"
    cuts = np.unique(np.linspace(0, pixels - 1, 64).round().astype(int))
    image = (np.arange(pixels) * 7 % 11 < 5).astype("float32")  # black and white, with no regularity of an image
    for given in (image, 1 - image):
        images = np.tile(given, (len(cuts) + 1, 1))
        for turned, cut in zip(images[1:], cuts, strict=True):
            turned[order[cut:]] = 1 - turned[order[cut:]]
        with no_grad():
            logits = model.logits(images.reshape(-1, *model.image_shape)).numpy()
        if logits.size != images.size or not np.isfinite(logits).all():
            return f"logits of shape {logits.shape}" + (", not all finite" if logits.size == images.size else "")
        logits = logits.reshape(images.shape)[:, order]
        changed = abs(logits[1:] - logits[0]) > 1e-5 * abs(logits).max(axis=0) + 1e-6
        for row, cut in zip(changed, cuts, strict=True):
            if row[: cut + 1].any():
                return f"a network that looks ahead: logit {row.argmax()} of the order sees pixel {cut} or a later one"
    return ""
