"""MADE: an autoencoder with masks, so that no output sees the pixels that it has to predict (section 9.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import backend
from ...checks import positive_integer
from ...errors import message
from ...layers import Input, MaskedDense
from ...model import Sequential
from .base import Autoregressive


class MADE(Autoregressive):
    """pixels → hidden relu → pixels, with masks that leave only the ways from earlier pixels to later ones.

    Pixel i is number d(i) in the order. Each hidden unit k gets a number m(k) and may look at the pixels d(i) <= m(k);
    the output for pixel i may look at the units with m(k) < d(i). So it sees pixels with d < d(i), and nothing else.

    pixels  how many there are
    hidden  the width of the hidden layer, or those of several
    order   None for raster order; a permutation, order[0] the first pixel; or "random" for a new order of the pixels at
            each step of training, known as order-agnostic. It evaluates and draws in one that it draws at the start, or
            in that of the last set_order(). It is good in orders like those it has seen, where the past is scattered
            over the image; raster order is none of these

    Any pixels can be given to inpaint() of an order-agnostic model, in an order that has them first:
    order = model.order; model.set_order(order[np.argsort(~known[order], kind="stable")]).

    The numbers m(k) are spread evenly over 0..pixels - 2. The order is saved with the weights. Raises ValueError for
    an order that is no permutation, and for sizes that are not positive integers or leave nothing to predict. Source:
    Germain, Gregor, Murray and Larochelle 2015, whose best is 86.6 nats on MNIST; karpathy/pytorch-made has 94.5 with
    500 hidden units.
    """

    def __init__(
        self,
        pixels: int = 784,
        hidden: int | Sequence[int] = 500,
        order: Any = None,
        name: str | None = None,
    ) -> None:
        fix = "MADE(784, hidden=(500,))"
        pixels = positive_integer("MADE: pixels", pixels, fix)
        if pixels == 1:
            where, expected = "MADE: pixels", "two or more: a single one has no past"
            raise ValueError(message(where, expected=expected, got=pixels, fix=fix))
        widths = [positive_integer("MADE: hidden", n, fix) for n in np.atleast_1d(np.asarray(hidden, object))]
        if not widths:
            raise ValueError(message("MADE: hidden", expected="one width or more", got=hidden, fix=fix))
        self.agnostic = isinstance(order, str) and order == "random"
        place = np.arange(pixels)
        self._units = [np.linspace(0, pixels - 2, n).round().astype(int) for n in widths]  # m(k)
        layers: list[Any] = [Input(shape=(pixels,))]
        before = place
        for numbers in self._units:
            layers.append(MaskedDense(len(numbers), before[:, None] <= numbers, "relu"))
            before = numbers
        layers.append(MaskedDense(pixels, before[:, None] < place))
        super().__init__(Sequential(layers), (pixels,), place, name)
        self.saved_order = self.add_weight("order", (pixels,), "zeros", trainable=False)
        if self.agnostic:
            order = backend.permutation(pixels)
        self._keep_order(place if order is None else order)

    def set_order(self, order: Any) -> None:
        """Predict the pixels in this order (pixels,) from now on: order[0] first.

        ValueError for no permutation, and for a model that has not learnt all orders.
        """
        if not self.agnostic:
            expected, got = 'a model of all orders, MADE(order="random")', "one that learns a single order"
            raise ValueError(message("MADE.set_order", expected=expected, got=got, fix="MADE(order=order)"))
        self._keep_order(order)

    def _keep_order(self, order: Any) -> None:
        found = self._checked(backend.to_numpy(order), "MADE: order")
        found.flags.writeable = False
        self._use_order(found)
        self.saved_order.assign(found.astype(self.dtype))

    def _checked(self, order: Any, where: str, kinds: str = "iu") -> np.ndarray:
        """A copy as integers, or ValueError; kinds "f" too, for an order that was saved among the weights."""
        pixels, found = self.image_shape[0], np.array(order)
        fits = found.shape == (pixels,) and found.dtype.kind in kinds
        if not fits or not np.array_equal(np.sort(found), np.arange(pixels)):
            got = "numbers missing or twice" if fits else f"{order!r}"[:60]
            expected, fix = f"integers, each of 0..{pixels - 1} once", f"np.arange({pixels})"
            raise ValueError(message(where, expected=expected, got=got, fix=fix))
        return found.astype(int)

    def _use_order(self, order: np.ndarray) -> None:
        """The masks of the first and the last layer for this order."""
        place = np.argsort(order)
        masked: list[Any] = self.logits.layers
        masked[0].mask = place[:, None] <= self._units[0]
        masked[-1].mask = self._units[-1][:, None] < place
        self.order = order

    def _assign(self, arrays: dict[str, Any], source: str = "set_weights") -> None:
        """Weights belong to the order that they were trained in: it comes with them."""
        order = backend.to_numpy(arrays.get("saved_order", self.order))
        if np.shape(order) == np.shape(self.order):  # else the weights do not fit at all
            order = self._checked(order, f"{self.label}: the order in {source}", "iuf")
        super()._assign(arrays, source)
        self._keep_order(order)

    def call(self, x: Any, training: bool = False) -> Any:
        """The probabilities of all pixels; in training, order-agnostic, for an order of its own."""
        if not (training and self.agnostic):
            return super().call(x, training)
        usual = self.order
        self._use_order(backend.permutation(len(usual)))
        try:
            return super().call(x, training)
        finally:
            self._use_order(usual)
