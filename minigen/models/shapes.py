"""The ends of a network of dense layers for images of any shape.

image_shape is that of one image: (784,) for flat images, (28, 28), (32, 32, 3) for colour. With (784,) the networks are
those of the chapter; with more axes they flatten the image at first and give what they draw its shape at last.
"""

from __future__ import annotations

import math
from typing import Any

from ..layers import Activation, Dense, Flatten, Layer, Reshape
from ..types import Shape


def flattening(image_shape: Shape) -> list[Layer]:
    """The layers that make a row of numbers of an image: none for flat images."""
    return [Flatten()] if len(image_shape) > 1 else []


def drawing(image_shape: Shape, activation: str | None = None) -> list[Layer]:
    """A dense layer with an output for each number of an image, in the image's shape.

    The activation comes last: a loss finds the logits only right behind a sigmoid.
    """
    pixels = math.prod(image_shape)
    if len(image_shape) == 1:
        return [Dense(pixels, activation)]
    return [Dense(pixels), Reshape(image_shape), *([Activation(activation)] if activation else [])]


def chained(layers: list[Layer], h: Any) -> Any:
    """What the layers, one after the other, make of h."""
    for layer in layers:
        h = layer(h)
    return h
