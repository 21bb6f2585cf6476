"""Image GPT: a Transformer that predicts each pixel from all those before it, in raster order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ... import ops
from ...initializers import RandomNormal
from ...layers import Dense, Input
from ...layers.weights import check_room
from ...model import Model
from ...tensor import Tensor
from ...types import Shape
from ..checks import grey_shape, two_or_more
from . import checks
from .base import Autoregressive
from .transformer import STDDEV, Transformer


class PixelTransformer(Model):
    """The network of an ImageGPT: images (batch, rows, columns, 1) → one logit for each pixel.

    Position i reads pixel i - 1, and position 0 a token for the beginning. A pixel is a black or a white token:
    embeddings (3, width) has the features of black, white and the beginning.
    """

    computes_in_blocks = True

    def __init__(self, image_shape: tuple[int, int], blocks: int, heads: int, width: int, dropout: float) -> None:
        super().__init__()
        self.pixels = image_shape[0] * image_shape[1]
        self.embeddings = self.add_weight("embeddings", (3, width), RandomNormal(stddev=STDDEV))
        self.transformer = Transformer(self.pixels, blocks, heads, width, dropout)
        self.head = Dense(1, kernel_initializer=RandomNormal(stddev=STDDEV))

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        read = self.read_by(x.reshape((len(x), self.pixels)), 0, self.pixels)
        return self.head(self.transformer(read, training=training)).reshape(x.shape)

    def read_by(self, pixels: Tensor, begin: int, end: int) -> Tensor:
        """What positions begin..end - 1 read of images (batch, pixels): features (batch, end - begin, width).

        Of a pixel black + x (white - black): a look-up that has a derivative.
        """
        black, white, start = (self.embeddings[i] for i in range(3))
        before = pixels[:, max(0, begin - 1) : end - 1]
        h = black + before.reshape((*before.shape, 1)) * (white - black)
        return h if begin else ops.concatenate([ops.broadcast_to(start, (len(h), 1, h.shape[2])), h], axis=1)


class ImageGPT(Autoregressive):
    """pixels → embedding of black and white + position → blocks of attention → one logit for each pixel.

    The pixels are read in raster order, `order`, as a text of two characters, and each is predicted from all before it.
    A pass costs pixels² in its attentions; a drawing keeps the keys and values of what is drawn (transformer.Cache).

    image_shape  (rows, columns) or (rows, columns, 1); images are (n, rows, columns, 1)
    blocks, heads, width, dropout  as for GPT

    Raises ValueError for sizes that are not positive integers, for less than 2 pixels, for images of several channels
    and for heads that do not divide the width. Source: Chen et al. 2020, with 8 to 512 colours in place of two.
    """

    cuts = 4  # all positions go through the same weights and the same mask: few places show what the network sees

    def __init__(
        self,
        image_shape: Shape = (28, 28),
        blocks: int = 4,
        heads: int = 4,
        width: int = 64,
        dropout: float = 0.0,
        name: str | None = None,
    ) -> None:
        fix = "ImageGPT((28, 28), blocks=4, heads=4, width=64)"
        rows, columns = grey_shape("ImageGPT", image_shape, fix)
        blocks, heads, width = checks.transformer_sizes("ImageGPT", blocks, heads, width, fix)
        pixels = two_or_more("ImageGPT: pixels", rows * columns, "a single pixel has no past", fix)
        check_room("ImageGPT", "positions", (pixels, width))
        net = PixelTransformer((rows, columns), blocks, heads, width, dropout)
        net(Input(shape=(rows, columns, 1)).zeros())  # creates the weights
        super().__init__(net, (rows, columns, 1), np.arange(pixels), name)

    def predictor(self, x: np.ndarray) -> Callable[[int], np.ndarray]:
        """p(xᵢ = 1 | ...) of each image for one pixel i after the other, from the pixels that were not read before."""
        net, pixels = self.logits, x.reshape(len(x), -1)
        cache = net.transformer.cache(len(x))

        def predict(i: int) -> np.ndarray:
            read = net.read_by(self._to_tensor(pixels), cache.length, i + 1)
            h = net.transformer.read(read, cache)  # (n, pixels that were not read before, width)
            return ops.sigmoid(net.head(h[:, -1])).numpy()[:, 0]

        return predict
