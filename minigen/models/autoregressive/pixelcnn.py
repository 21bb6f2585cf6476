"""The PixelCNN: masked convolutions, which predict every pixel from its neighbourhood above and to the left (9.3)."""

from __future__ import annotations

import numpy as np

from ... import ops
from ...checks import positive_integer, positive_pair
from ...layers import Conv2D, Layer, MaskedConv2D
from ...model import Model
from ...tensor import Tensor
from .base import Autoregressive


class ResidualBlock(Layer):
    """h + 1 x 1(relu(3 x 3 "B"(h)))"""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.look = MaskedConv2D(filters, 3, "B", activation="relu")
        self.mix = Conv2D(filters, 1)

    def call(self, h: Tensor) -> Tensor:
        return h + self.mix(self.look(h))


class PixelNet(Model):
    """The network of a PixelCNN, for images or a cut-out of them: (batch, rows, columns, 1) → one logit for each pixel.

    `place`, a number for each pixel and filter, is added to the first layer: convolutions alone, of a net that sees a
    part of the image only, do not know where they are, and begin another digit below the one that is done.
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
        """The logits of a cut-out whose first pixel is the image's pixel (top, left)."""
        rows, columns = x.shape[1:3]
        h = ops.relu(self.first(x) + self.place[top : top + rows, left : left + columns])
        for block in self.blocks:
            h = block(h)
        return self.last(self.hidden(h))


class PixelCNN(Autoregressive):
    """image → masked 7 x 7 "A", plus where → residual blocks of masked 3 x 3 "B" → 1 x 1 → one logit for each pixel.

    A pixel is predicted from those within `reach`, so drawing it costs a forward pass of that neighbourhood and not of
    the image. There is a blind spot, a wedge above and to the right: of the row above only three pixels to the right
    are seen, and farther up more, row by row (van den Oord et al. 2016b, who close it with two stacks).

    image_shape  (rows, columns); images are (n, rows, columns, 1)
    filters      the width of the net
    blocks       how many there are; each sees one pixel farther

    Raises ValueError for sizes that are not positive integers. Source: van den Oord, Kalchbrenner and Kavukcuoglu 2016,
    81.3 nats on MNIST with a much larger net.
    """

    def __init__(
        self,
        image_shape: tuple[int, int] = (28, 28),
        filters: int = 32,
        blocks: int = 5,
        name: str | None = None,
    ) -> None:
        fix = "PixelCNN((28, 28), filters=32, blocks=5)"
        rows, columns = positive_pair("PixelCNN: image_shape", image_shape, fix)
        filters = positive_integer("PixelCNN: filters", filters, fix)
        blocks = positive_integer("PixelCNN: blocks", blocks, fix)
        net = PixelNet((rows, columns), filters, blocks)
        net(np.zeros((1, rows, columns, 1), "float32"))  # now the weights are there
        super().__init__(net, (rows, columns, 1), np.arange(rows * columns), name)
        self.reach = 3 + blocks

    def probability(self, x: np.ndarray, i: int) -> np.ndarray:
        """p(xᵢ = 1 | ...) of each image, (n,), from the pixels within reach alone."""
        row, column = divmod(i, x.shape[2])
        top, left = max(0, row - self.reach), max(0, column - self.reach)
        seen = self._to_tensor(x[:, top : row + 1, left : column + self.reach + 1])
        return ops.sigmoid(self.logits.at(seen, top, left)).numpy()[:, row - top, column - left, 0]
