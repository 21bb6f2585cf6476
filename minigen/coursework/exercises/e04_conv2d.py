"""Conv2D, by loops and by patches

A convolution layer slides a kernel over an image. Images are arrays (images, rows, columns, channels), a kernel is
(height, width, channels, filters). Without padding, and with the step `stride` in both directions,

    y[n, i, j, f] = Σ over a, b, c of x[n, i stride + a, j stride + b, c] w[a, b, c, f]

where i runs over all places at which the kernel lies within the image. (As in all libraries of deep learning the kernel
is not flipped, which a convolution in mathematics does.)

First write `conv2d_loops`, with loops over i and j. Then `patches`, which gathers what the kernel sees at each place,
and `conv2d`, which is then one product and no loop. `np.lib.stride_tricks.sliding_window_view` makes the patches of an
array without copying it; look at its help for the order of the axes.
"""

# ---- exercise

import numpy as np


def conv2d_loops(x, w, stride=1):
    """x: (images, rows, columns, channels), w: (height, width, channels, filters) -> y, as in the text."""
    # BEGIN SOLUTION
    height, width, _, filters = w.shape
    rows, columns = (x.shape[1] - height) // stride + 1, (x.shape[2] - width) // stride + 1
    y = np.zeros((len(x), rows, columns, filters), x.dtype)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            window = x[:, top : top + height, left : left + width]  # (images, height, width, channels)
            y[:, i, j] = np.tensordot(window, w, 3)
    return y
    # END SOLUTION


def patches(x, height, width, stride=1):
    """x: (images, rows, columns, channels) -> (images, rows', columns', height, width, channels)."""
    # BEGIN SOLUTION
    view = np.lib.stride_tricks.sliding_window_view
    windows = view(x, (height, width), axis=(1, 2))  # (..., channels, height, width)
    return windows[:, ::stride, ::stride].transpose(0, 1, 2, 4, 5, 3)
    # END SOLUTION


def conv2d(x, w, stride=1):
    """What conv2d_loops gives, by patches() and one product."""
    # BEGIN SOLUTION
    return np.tensordot(patches(x, w.shape[0], w.shape[1], stride), w, 3)
    # END SOLUTION


# ---- tests

from ..pieces import Wrong, test

REFUSED = ("minigen.conv2d", "minigen.Conv2D", "minigen.ops.Conv")


@test(marks=2, public=True, sizes={"pixels of the kernel": 4})
def one_filter(student):
    """Loops: one image of 3 x 4 pixels, a kernel of 2 x 2."""
    x = np.arange(12.0).reshape(1, 3, 4, 1) ** 2
    return {"y": student.conv2d_loops(x, np.array([[1.0, 2.0], [3.0, -5.0]]).reshape(2, 2, 1, 1))}


@test(marks=2, sizes={"pixels of the kernel": 6})
def loops(student):
    """Loops: channels, filters and a stride."""
    rng = np.random.default_rng(40)
    return {"y": student.conv2d_loops(rng.normal(size=(3, 7, 8, 4)), rng.normal(size=(3, 2, 4, 5)), 2)}


@test(marks=2, public=True)
def gathered(student):
    """The patches of an image of 3 x 4 pixels."""
    return {"patches": student.patches(np.arange(12.0).reshape(1, 3, 4, 1), 2, 3)}


@test(marks=2)
def strided_patches(student):
    """Patches with channels and a stride."""
    return {"patches": student.patches(np.random.default_rng(41).normal(size=(3, 7, 9, 4)), 3, 3, 2)}


@test(marks=2, sizes={"pixels of the kernel": 6})
def product(student):
    """The convolution by patches."""
    rng = np.random.default_rng(42)
    x, w = rng.normal(size=(3, 7, 8, 4)), rng.normal(size=(3, 2, 4, 5))
    return {"y": student.conv2d(x, w), "y with a stride": student.conv2d(x, w, 3)}


WINDOW = "np.tensordot(window, w, 3)"
WRONG = (
    Wrong("order", WINDOW, "np.tensordot(window, w[::-1, ::-1], 3)", 6, "the kernel is not to be flipped"),
    Wrong("mean for sum", WINDOW, "np.tensordot(window, w, 3) / (height * width)", 6, "all products are added up"),
    Wrong(
        "off by one",
        "(x.shape[1] - height) // stride + 1, (x.shape[2] - width) // stride + 1",
        "(x.shape[1] - height) // stride, (x.shape[2] - width) // stride",
        6,
        "count the places at which a kernel of 2 lies within 3 pixels",
    ),
    Wrong(
        "wrong variable",
        "left : left + width]",
        "top : top + width]",
        6,
        "rows and columns of a window have places of their own",
    ),
    Wrong(
        "forgotten term",
        "top, left = i * stride, j * stride",
        "top, left = i, j",
        8,
        "what does the stride do to the place of a window?",
    ),
    Wrong(
        "axis",
        ".transpose(0, 1, 2, 4, 5, 3)",
        ".transpose(0, 1, 2, 5, 4, 3)",
        4,
        "rows and columns of a patch are exchanged",
    ),
    Wrong("axis", "[:, ::stride, ::stride]", "[:, ::stride]", 6, "the stride is for both directions"),
)
