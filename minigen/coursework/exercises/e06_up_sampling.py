"""Up-sampling and its adjoint

A decoder enlarges its images. `up_sampling` repeats each pixel in a block of s x t pixels:

    y[n, s i + a, t j + b, c] = x[n, i, j, c]     for a = 0 ... s - 1 and b = 0 ... t - 1

for each image n and each channel c. This is a linear map U, and the backward pass of a linear map multiplies by its
transpose, which is also called the adjoint: with g = dL/dy, dL/dx = Uᵀ g. The two belong together by the equation
⟨U x, g⟩ = ⟨x, Uᵀ g⟩, for all x and g, where ⟨a, b⟩ is the sum of the products of all elements. Use it to test what you
write.
"""

# ---- exercise

import numpy as np


def up_sampling(x, s, t):
    """x: (images, rows, columns, channels) -> y: (images, s * rows, t * columns, channels)."""
    # BEGIN SOLUTION
    return x.repeat(s, axis=1).repeat(t, axis=2)
    # END SOLUTION


def up_sampling_backward(g, s, t):
    """g = dL/dy: (images, s * rows, t * columns, channels) -> dL/dx: (images, rows, columns, channels)."""
    # BEGIN SOLUTION
    n, rows, columns, channels = g.shape
    blocks = g.reshape(n, rows // s, s, columns // t, t, channels)
    return blocks.sum(axis=(2, 4))
    # END SOLUTION


# ---- tests

from ..pieces import Wrong, test

REFUSED = ("minigen.up_sampling2d", "minigen.UpSampling2D", "minigen.ops.UpSample")


@test(marks=2, public=True)
def values(student):
    """2 x 3 pixels become 4 x 9."""
    return {"y": student.up_sampling(np.arange(6.0).reshape(1, 2, 3, 1) ** 2, 2, 3)}


@test(marks=2, public=True, sizes={"pixels of a block": 6})
def gradient(student):
    """The gradient of 4 x 6 pixels, for blocks of 2 x 3."""
    return {"dL/dx": student.up_sampling_backward(np.arange(24.0).reshape(1, 4, 6, 1) ** 2, 2, 3)}


@test(marks=2)
def random_images(student):
    """Images with channels, blocks of 3 x 2."""
    return {"y": student.up_sampling(np.random.default_rng(60).normal(size=(3, 4, 5, 2)), 3, 2)}


@test(marks=2, sizes={"pixels of a block": 6})
def random_gradients(student):
    """The gradient of images with channels, for blocks of 3 x 2."""
    return {"dL/dx": student.up_sampling_backward(np.random.default_rng(61).normal(size=(3, 6, 8, 2)), 3, 2)}


@test(marks=2, sizes={"pixels of a block": 20})
def adjoint(student):
    """⟨U x, g⟩ and ⟨x, Uᵀ g⟩ for blocks of 4 x 5."""
    rng = np.random.default_rng(62)
    x, g = rng.normal(size=(2, 3, 3, 1)), rng.normal(size=(2, 12, 15, 1))
    y, back = student.up_sampling(x, 4, 5), student.up_sampling_backward(g, 4, 5)
    return {"⟨U x, g⟩": (y * g).sum(), "⟨x, Uᵀ g⟩": (x * back).sum()}


UP, DOWN = "return x.repeat(s, axis=1).repeat(t, axis=2)", "return blocks.sum(axis=(2, 4))"
WRONG = (
    Wrong(
        "mean for sum",
        DOWN,
        "return blocks.mean(axis=(2, 4))",
        4,
        "a pixel that is used for a whole block gets the gradients of all of it",
    ),
    Wrong(
        "forgotten term", DOWN, "return g[:, ::s, ::t]", 4, "each pixel of a block has a gradient, not the first alone"
    ),
    Wrong(
        "order",
        UP,
        "return np.tile(x, (1, s, t, 1))",
        4,
        "the image is repeated as a whole: each pixel is to be repeated beside itself",
    ),
    Wrong(
        "forgotten term",
        UP,
        "y = np.zeros((len(x), s * x.shape[1], t * x.shape[2], x.shape[3]))\n    y[:, ::s, ::t] = x\n    return y",
        4,
        "zeros are between the pixels: this is another up-sampling",
    ),
    Wrong("axis", UP, "return x.repeat(t, axis=1).repeat(s, axis=2)", 4, "which of s and t is for the rows?"),
    Wrong(
        "order",
        "g.reshape(n, rows // s, s, columns // t, t, channels)",
        "g.reshape(n, s, rows // s, t, columns // t, channels).transpose(0, 2, 1, 4, 3, 5)",
        4,
        "which pixels of g belong to one block? They are neighbours",
    ),
    Wrong("factor", DOWN, "return blocks.sum(axis=(2, 4)) / s", 4, "each pixel of a block has the weight 1"),
)
