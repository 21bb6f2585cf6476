"""conv2d_transpose: kernels, strides, dilation, both paddings, with and without bias."""

from __future__ import annotations

from minigen import ops

from . import draws
from .case import Case
from .conv import convolution

RULES = [(ops.ConvInputGradient, "forward"), (ops.ConvInputGradient, "backward"), (ops.ConvKernelGradient, "forward")]


def draw(rng: draws.Rng) -> Case:
    return convolution(rng, "conv2d_transpose", draws.images(rng, 6))
