"""The PixelCNN: masked convolutions predict every pixel from its neighbourhood above and to the left (section 9.3)."""

from __future__ import annotations

import numpy as np

from ... import ops
from ...checks.values import positive_integer
from ...layers import Conv2D, Input, Layer, MaskedConv2D
from ...layers.weights import check_room
from ...model import Model
from ...tensor import Tensor
from ...types import Shape
from ..checks import grey_shape
from .base import Autoregressive


class ResidualBlock(Layer):
    """y = h + conv₁ₓ₁(relu(masked conv₃ₓ₃ "B"(h))), shapes (batch, rows, columns, filters)"""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.look = MaskedConv2D(filters, 3, "B", activation="relu")
        self.mix = Conv2D(filters, 1)

    def call(self, h: Tensor) -> Tensor:
        return h + self.mix(self.look(h))


class PixelNet(Model):
    """The network of a PixelCNN, for images or crops of them: (batch, rows, columns, 1) → one logit for each pixel.

    `place`, a number for each pixel and filter, is added to the first layer. Without it the outputs do not depend on
    the position in the image, and a second digit is drawn below a complete one.
    """

    def __init__(self, image_shape: tuple[int, int], filters: int, blocks: int) -> None:
        super().__init__()
        self.first = MaskedConv2D(filters, 7, "A")
        self.place = self.add_weight("place", (*image_shape, filters), "zeros")
        self.blocks = [ResidualBlock(filters) for _ in range(blocks)]
        self.hidden = Conv2D(filters, 1, activation="relu")
        self.last = Conv2D(1, 1)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        return self.at(x, 0, 0)

    def at(self, x: Tensor, top: int, left: int) -> Tensor:
        """The logits of a crop whose first pixel is the image's pixel (top, left)."""
        rows, columns = x.shape[1:3]
        h = ops.relu(self.first(x) + self.place[top : top + rows, left : left + columns])  # (batch, ..., filters)
        for block in self.blocks:
            h = block(h)
        return self.last(self.hidden(h))  # (batch, rows, columns, 1)


class PixelCNN(Autoregressive):
    """image → masked 7 x 7 "A", plus position → residual blocks of masked 3 x 3 "B" → 1 x 1 → one logit for each pixel.

    A pixel is predicted from those at a distance of at most `reach` = 3 + blocks, so drawing it takes a forward pass of
    that crop instead of the image. The receptive field has a blind spot above and to the right: it contains only three
    pixels to the right in the row above, and more in the rows farther up (van den Oord et al. 2016b, who remove the
    blind spot with two stacks).

    image_shape  (rows, columns) or (rows, columns, 1); images are (n, rows, columns, 1)
    filters      the width of the network
    blocks       the number of residual blocks; each extends the receptive field by one pixel

    Raises ValueError for sizes that are not positive integers, and for images of several channels. Source: van den
    Oord, Kalchbrenner and Kavukcuoglu 2016, 81.3 nats on MNIST with a much larger network.
    """

    def __init__(
        self, image_shape: Shape = (28, 28), filters: int = 32, blocks: int = 5, name: str | None = None
    ) -> None:
        fix = "PixelCNN((28, 28), filters=32, blocks=5)"
        rows, columns = grey_shape("PixelCNN", image_shape, fix)
        filters = positive_integer("PixelCNN: filters", filters, fix)
        blocks = positive_integer("PixelCNN: blocks", blocks, fix)
        check_room("PixelCNN", "kernel", (blocks, 3, 3, filters, filters))  # before so many blocks are made
        net = PixelNet((rows, columns), filters, blocks)
        net(Input(shape=(rows, columns, 1)).zeros())  # creates the weights
        super().__init__(net, (rows, columns, 1), np.arange(rows * columns), name)
        self.reach = 3 + blocks

    def probability(self, x: np.ndarray, i: int) -> np.ndarray:
        """p(xᵢ = 1 | ...) of each image, (n,), computed from the pixels within reach alone."""
        row, column = divmod(i, x.shape[2])
        top, left = max(0, row - self.reach), max(0, column - self.reach)
        crop = self._to_tensor(x[:, top : row + 1, left : column + self.reach + 1])
        return ops.sigmoid(self.logits.at(crop, top, left)).numpy()[:, row - top, column - left, 0]
