"""MADE: an autoencoder whose masks remove all paths from a pixel to its own output and earlier ones (section 9.3)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import backend
from ...layers import Input, MaskedDense, Reshape
from ...layers.weights import check_room
from ...model import Sequential
from ...tensor import Tensor
from ...types import Array, ArrayLike, Shape, TensorLike
from ..checks import image_shape_of, two_or_more
from ..shapes import flattening
from . import checks
from .base import Autoregressive


class MADE(Autoregressive):
    """pixels → hidden relu → pixels, with masks that leave only the connections from earlier pixels to later ones.

    Pixel i has place d(i) in the order. Each hidden unit k gets a number m(k) and is connected to the pixels with
    d(i) <= m(k); the output for pixel i is connected to the units with m(k) < d(i). So it depends on the pixels with
    d < d(i) alone. The numbers m(k) are spread evenly over 0..pixels - 2.

    image_shape  of one image: the number of pixels of flat images, or (rows, columns)
    hidden       the width of the hidden layer, or of several
    order        None for raster order; a permutation (pixels,), order[0] the first pixel; or "random" for a new order
                 in each step of training (order-agnostic training). The model then evaluates and samples in an order
                 that is drawn at the start, or in that of the last set_order(). It predicts well in orders in which the
                 preceding pixels are scattered over the image, as in training; in raster order they are not

    An order-agnostic model can inpaint any pixels, in an order that has the known ones first:
    order = model.order; model.set_order(order[np.argsort(~known[order], kind="stable")]).

    The order is saved with the weights. Raises ValueError for an order that is no permutation, for less than 2 pixels
    and for widths that are not positive integers. Source: Germain, Gregor, Murray and Larochelle 2015, whose best is
    86.6 nats on MNIST; karpathy/pytorch-made has 94.5 with 500 hidden units.
    """

    def __init__(
        self,
        image_shape: int | Shape = 784,
        hidden: int | Sequence[int] = 500,
        order: ArrayLike = None,
        name: str | None = None,
    ) -> None:
        fix = "MADE(784, hidden=(500,))"
        shape = image_shape_of("MADE", image_shape, fix)
        pixels = two_or_more("MADE: pixels", math.prod(shape), "a single pixel has no past", fix)
        widths = checks.hidden_widths(hidden, fix)
        for sizes in itertools.pairwise([pixels, *widths, pixels]):
            check_room("MADE", "kernel", sizes)  # before the masks, which are as large
        self._units = [np.linspace(0, pixels - 2, n).round().astype(int) for n in widths]  # m(k), one (width,) a layer
        self.agnostic = isinstance(order, str) and order == "random"
        place = np.arange(pixels)  # d(i) in raster order
        masked: list[MaskedDense] = []
        before = place
        for m in self._units:
            masked.append(MaskedDense(len(m), before[:, None] <= m, "relu"))  # mask (before, width)
            before = m
        masked.append(MaskedDense(pixels, before[:, None] < place))
        reshaped = [Reshape(shape)] if len(shape) > 1 else []
        super().__init__(Sequential([Input(shape=shape), *flattening(shape), *masked, *reshaped]), shape, place, name)
        self.saved_order = self.add_weight("order", (pixels,), "zeros", trainable=False)
        if self.agnostic:
            order = backend.permutation(pixels)
        self._keep_order(place if order is None else order)

    def init_arguments(self) -> dict[str, Any]:
        """With the order that it has now, unless it learns all of them."""
        return super().init_arguments() | {"order": "random" if self.agnostic else self.order}

    def set_order(self, order: ArrayLike) -> None:
        """Predict the pixels in this order (pixels,) from now on: order[0] first.

        Raises ValueError for an order that is no permutation, and for a model that is not order-agnostic.
        """
        checks.check_has_all_orders(self.agnostic)
        self._keep_order(order)

    def _keep_order(self, order: ArrayLike) -> None:
        order = checks.permutation("MADE: order", backend.to_numpy(order), math.prod(self.image_shape))
        order.flags.writeable = False
        self._use_order(order)
        self.saved_order.assign(order.astype(self.dtype))

    def _use_order(self, order: np.ndarray) -> None:
        """Set the masks of the first and the last layer for this order."""
        place = np.argsort(order)  # d(i), (pixels,)
        masked = [layer for layer in self.logits.layers if isinstance(layer, MaskedDense)]
        masked[0].mask = place[:, None] <= self._units[0]  # (pixels, first width)
        masked[-1].mask = self._units[-1][:, None] < place  # (last width, pixels)
        self.order = order

    def assign_weights(self, arrays: dict[str, Array], source: str = "set_weights") -> None:
        """The weights and the order that they were trained in."""
        order = backend.to_numpy(arrays.get("saved_order", self.order))
        if order.shape == self.order.shape:  # otherwise super().assign_weights() refuses the weights
            order = checks.permutation(f"{self.label}: the order in {source}", order, len(self.order), "iuf")
        super().assign_weights(arrays, source)
        self._keep_order(order)

    def call(self, x: TensorLike, training: bool = False) -> Tensor:
        """The probabilities of all pixels, (batch, *image_shape); order-agnostic training draws an order each time."""
        if not (training and self.agnostic):
            return super().call(x, training=training)
        usual = self.order
        self._use_order(backend.permutation(len(usual)))
        try:
            return super().call(x, training=training)
        finally:
            self._use_order(usual)
