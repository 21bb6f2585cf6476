"""The masks of MADE

MADE is a network of dense layers that predicts each pixel of an image from the pixels before it. Masks, which its
weights are multiplied by, remove all other connections. With the pixels 0, 1, ..., P - 1, each unit of a hidden layer
has a number, and

- a unit with the number m may depend on the pixels 0 ... m: unit k of a layer has the number k modulo P - 1,
- a hidden unit with the number m is connected to a pixel i with i <= m, and to a unit of the layer before whose number
  is <= m,
- the output for pixel i is connected to the units of the last hidden layer with a number < i.

The mask of a layer has one row for each of its inputs and one column for each of its outputs, 1 where they are
connected and 0 where not. Return the masks of all layers, the first one first.
"""

# ---- exercise

import numpy as np


def made_masks(pixels, widths):
    """pixels: P, widths: the numbers of units of the hidden layers -> a list of len(widths) + 1 arrays of 0 and 1."""
    # BEGIN SOLUTION
    masks, before = [], np.arange(pixels)
    for width in widths:
        numbers = np.arange(width) % (pixels - 1)
        masks.append((before[:, None] <= numbers).astype(float))
        before = numbers
    masks.append((before[:, None] < np.arange(pixels)).astype(float))
    return masks
    # END SOLUTION


# ---- tests

from ..pieces import Wrong, test

REFUSED = ("minigen.MaskedDense",)


@test(marks=2, public=True)
def hidden_mask(student):
    """The mask between 4 pixels and 5 hidden units."""
    return {"first mask": student.made_masks(4, [5])[0]}


@test(marks=2, public=True)
def output_mask(student):
    """The mask between 5 hidden units and 4 outputs."""
    masks = student.made_masks(4, [5])
    return {"number of masks": len(masks), "last mask": masks[-1]}


@test(marks=3)
def two_layers(student):
    """The masks of a network with hidden layers of 7 and 9 units."""
    masks = student.made_masks(5, [7, 9])
    return {"number of masks": len(masks), **{f"mask {i}": mask for i, mask in enumerate(masks)}}


@test(marks=3)
def dependence(student):
    """The number of paths from each pixel to each output."""
    paths = np.eye(6)
    for mask in student.made_masks(6, [8, 10, 7]):
        paths = paths @ mask
    return {"paths": paths}


HIDDEN, LAST = "before[:, None] <= numbers", "before[:, None] < np.arange(pixels)"
WRONG = (
    Wrong("off by one", LAST, "before[:, None] <= np.arange(pixels)", 2, "may a pixel be predicted from itself?"),
    Wrong("off by one", HIDDEN, "before[:, None] < numbers", 2, "may a unit with the number m depend on pixel m?"),
    Wrong("off by one", "% (pixels - 1)", "% pixels", 0, "which number would a unit have that no output can use?"),
    Wrong("sign", HIDDEN, "before[:, None] >= numbers", 2, "is a unit connected to earlier pixels or to later ones?"),
    Wrong(
        "axis",
        "masks.append((before[:, None] <= numbers).astype(float))",
        "masks.append((before <= numbers[:, None]).astype(float))",
        2,
        "a mask has a row for each input",
    ),
    Wrong(
        "wrong variable",
        "        before = numbers\n",
        "        before = np.arange(width)\n",
        2,
        "what is compared with the units of the next layer: their places, or their numbers?",
    ),
    Wrong("order", "return masks", "return masks[::-1]", 0, "the first mask is that of the first layer"),
)
