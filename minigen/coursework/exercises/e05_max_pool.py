"""Max-pooling and its gradient

`max_pool` takes the maximum of each window of 2 x 2 pixels. Its gradient goes to the pixel that was the maximum, and to
no other. Where several pixels of a window are equal, as the zeros behind a relu often are, the first of them, row by
row, gets all of it: this is what TensorFlow, PyTorch and minigen do.

The functions `to_windows` and `from_windows` are given. In what `to_windows` returns, axis 3 has the four pixels of a
window, row by row. Rows and columns are even. Do not write into the arrays that you get.
"""

# ---- exercise

import numpy as np


def to_windows(x):
    """x: (images, rows, columns, channels) -> (images, rows / 2, columns / 2, 4, channels)."""
    n, rows, columns, channels = x.shape
    split = x.reshape(n, rows // 2, 2, columns // 2, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    return split.reshape(n, rows // 2, columns // 2, 4, channels)


def from_windows(windows):
    """The inverse of to_windows."""
    n, rows, columns, _, channels = windows.shape
    split = windows.reshape(n, rows, columns, 2, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    return split.reshape(n, 2 * rows, 2 * columns, channels)


def max_pool(x):
    """x: (images, rows, columns, channels) -> y: (images, rows / 2, columns / 2, channels)."""
    # BEGIN SOLUTION
    return to_windows(x).max(axis=3)
    # END SOLUTION


def max_pool_backward(g, x):
    """g = dL/dy: (images, rows / 2, columns / 2, channels), x: (images, rows, columns, channels) -> dL/dx, as x."""
    # BEGIN SOLUTION
    windows = to_windows(x)
    winner = windows.argmax(axis=3, keepdims=True)
    spread = np.zeros_like(windows)
    np.put_along_axis(spread, winner, g[:, :, :, None], axis=3)
    return from_windows(spread)
    # END SOLUTION


# ---- tests

from ..pieces import Wrong, test

REFUSED = ("minigen.max_pool2d", "minigen.MaxPooling2D", "minigen.ops.MaxPool")


@test(marks=2, public=True, sizes={"pixels of a window": 4})
def values(student):
    """The maxima of an image of 2 x 6 pixels."""
    x = np.array([[3.0, 1.0, 4.0, 1.0, 5.0, 9.0], [2.0, 6.0, 5.0, 3.0, 5.0, -8.0]])
    return {"y": student.max_pool(x.reshape(1, 2, 6, 1))}


@test(marks=2, public=True)
def gradient(student):
    """The gradient of an image of 2 x 6 pixels, all of them different."""
    x = np.array([[3.0, 1.0, 4.0, 1.5, 5.0, 9.0], [2.0, 6.0, 4.5, 3.5, 5.5, -8.0]])
    g = np.array([1.0, -2.0, 3.0])
    return {"dL/dx": student.max_pool_backward(g.reshape(1, 1, 3, 1), x.reshape(1, 2, 6, 1))}


@test(marks=2)
def random_images(student):
    """Values and gradient of images with channels."""
    rng = np.random.default_rng(50)
    x, g = rng.normal(size=(3, 4, 6, 5)), rng.normal(size=(3, 2, 3, 5))
    return {"y": student.max_pool(x), "dL/dx": student.max_pool_backward(g, x)}


@test(marks=3)
def ties(student):
    """The gradient where pixels of a window are equal."""
    rng = np.random.default_rng(51)
    x, g = np.maximum(rng.integers(-2, 3, (3, 8, 6, 2)), 0).astype(float), rng.normal(size=(3, 4, 3, 2))
    return {"dL/dx": student.max_pool_backward(g, x)}


@test(marks=1)
def untouched(student):
    """x and g are unchanged."""
    rng = np.random.default_rng(52)
    x, g = rng.normal(size=(1, 2, 2, 3)), rng.normal(size=(1, 1, 1, 3))
    before = x.copy(), g.copy()
    student.max_pool(x)
    dx = student.max_pool_backward(g, x)
    return {"dL/dx": dx, "change of x": x - before[0], "change of g": g - before[1]}


PUT = "    np.put_along_axis(spread, winner, g[:, :, :, None], axis=3)\n"
WRONG = (
    Wrong(
        "ties",
        PUT,
        "    spread += g[:, :, :, None] * (windows == windows.max(axis=3, keepdims=True))\n",
        7,
        "all pixels that are equal to the maximum get the whole gradient",
    ),
    Wrong(
        "ties",
        PUT,
        "    mask = windows == windows.max(axis=3, keepdims=True)\n"
        "    spread += g[:, :, :, None] * mask / mask.sum(axis=3, keepdims=True)\n",
        7,
        "the gradient is shared among equal pixels",
    ),
    Wrong(
        "ties",
        "windows.argmax(axis=3, keepdims=True)",
        "3 - windows[:, :, :, ::-1].argmax(axis=3, keepdims=True)",
        7,
        "the last of equal pixels gets the gradient",
    ),
    Wrong("sign", "windows.argmax(", "windows.argmin(", 2, "the gradient goes to the smallest pixel"),
    Wrong(
        "factor",
        PUT,
        "    spread += g[:, :, :, None] / 4\n",
        2,
        "a maximum depends on one pixel, a mean would depend on all of them",
    ),
    Wrong(
        "axis", "to_windows(x).max(axis=3)", "to_windows(x).max(axis=2)", 6, "which axis has the pixels of a window?"
    ),
    Wrong(
        "aliasing",
        "np.zeros_like(windows)",
        "windows",
        2,
        "the gradient is written into an array that still holds the pixels",
    ),
)
