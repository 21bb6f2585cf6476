"""What convolution, pooling and up-sampling mean, written as loops: the specification that the fast code must equal.

Images are (images, rows, columns, channels), kernels (kh, kw, in, out). Every function loops over the pixels and does
all images and channels at once.
"""

import itertools
import math

import numpy as np


def windows(n, taps, stride, dilation, padding):
    """(how many windows, how much padding before the first pixel) on an axis of n pixels: TensorFlow's rule."""
    k = (taps - 1) * dilation + 1
    if padding == "valid":
        return (n - k) // stride + 1, 0
    count = math.ceil(n / stride)
    return count, max(0, (count - 1) * stride + k - n) // 2


def counts(image, taps, strides, padding, dilation=(1, 1)):
    """How many windows there are: (down, across)."""
    return tuple(windows(*axis, padding)[0] for axis in zip(image, taps, strides, dilation, strict=True))


def sights(image, taps, strides, padding, dilation=(1, 1)):
    """Every (window i, j; tap r, q; pixel a, b) where the tap of the window sees the pixel, row by row."""
    (h, w), (s, t), (d, e) = image, strides, dilation
    (rows, top), (cols, left) = (windows(*axis, padding) for axis in zip(image, taps, strides, dilation, strict=True))
    for i, j, r, q in itertools.product(range(rows), range(cols), range(taps[0]), range(taps[1])):
        a, b = i * s + r * d - top, j * t + q * e - left
        if 0 <= a < h and 0 <= b < w:
            yield i, j, r, q, a, b


# ---- convolution


def conv2d(x, w, strides=(1, 1), padding="valid", dilation=(1, 1)):
    """y of a window = the sum of what its taps see, each times its own weights"""
    y = np.zeros((len(x), *counts(x.shape[1:3], w.shape[:2], strides, padding, dilation), w.shape[3]))
    for i, j, r, q, a, b in sights(x.shape[1:3], w.shape[:2], strides, padding, dilation):
        y[:, i, j] += x[:, a, b] @ w[r, q]
    return y


def conv2d_input_gradient(x, w, g, strides=(1, 1), padding="valid", dilation=(1, 1)):
    """dL/dx for dL/dy = g"""
    dx = np.zeros(x.shape)
    for i, j, r, q, a, b in sights(x.shape[1:3], w.shape[:2], strides, padding, dilation):
        dx[:, a, b] += g[:, i, j] @ w[r, q].T
    return dx


def conv2d_kernel_gradient(x, w, g, strides=(1, 1), padding="valid", dilation=(1, 1)):
    """dL/dw for dL/dy = g"""
    dw = np.zeros(w.shape)
    for i, j, r, q, a, b in sights(x.shape[1:3], w.shape[:2], strides, padding, dilation):
        dw[r, q] += x[:, a, b].T @ g[:, i, j]
    return dw


def conv2d_transpose(x, w, strides=(1, 1), padding="valid", dilation=(1, 1)):
    """Every pixel puts its multiple of the kernel onto the output, `strides` apart. Kernels are (kh, kw, out, in)."""
    (n, h, width, _), (kh, kw, out, _), (s, t), (d, e) = x.shape, w.shape, strides, dilation
    beyond = max((kh - 1) * d + 1 - s, 0), max((kw - 1) * e + 1 - t, 0)  # what the last pixel's kernel needs
    top, left = (beyond[0] // 2, beyond[1] // 2) if padding == "same" else (0, 0)
    y = np.zeros((n, h * s + beyond[0], width * t + beyond[1], out))
    for i, j, r, q in itertools.product(range(h), range(width), range(kh), range(kw)):
        y[:, i * s + r * d, j * t + q * e] += x[:, i, j] @ w[r, q].T
    return y[:, top : top + h * s, left : left + width * t] if padding == "same" else y


# ---- pooling


def max_pool2d(x, size, strides, padding="valid"):
    """(the largest number of each window, the number of the first tap that sees it)"""
    y = np.full((len(x), *counts(x.shape[1:3], size, strides, padding), x.shape[3]), -np.inf)
    first = np.zeros(y.shape, int)
    for i, j, r, q, a, b in sights(x.shape[1:3], size, strides, padding):
        first[:, i, j] = np.where(x[:, a, b] > y[:, i, j], r * size[1] + q, first[:, i, j])
        y[:, i, j] = np.maximum(x[:, a, b], y[:, i, j])
    return y, first


def max_pool2d_gradient(x, g, size, strides, padding="valid"):
    """dL/dx: each g goes to the first pixel of its window that is the largest."""
    dx, (_, first) = np.zeros(x.shape), max_pool2d(x, size, strides, padding)
    for i, j, r, q, a, b in sights(x.shape[1:3], size, strides, padding):
        dx[:, a, b] += g[:, i, j] * (first[:, i, j] == r * size[1] + q)
    return dx


def window_sum(x, size, strides, padding="valid"):
    """The sum of each window."""
    y = np.zeros((len(x), *counts(x.shape[1:3], size, strides, padding), x.shape[3]))
    for i, j, _, _, a, b in sights(x.shape[1:3], size, strides, padding):
        y[:, i, j] += x[:, a, b]
    return y


def window_spread(g, image, size, strides, padding="valid"):
    """dL/dx of window_sum on an image of (rows, columns): each g goes to every pixel of its window."""
    dx = np.zeros((len(g), *image, g.shape[3]))
    for i, j, _, _, a, b in sights(image, size, strides, padding):
        dx[:, a, b] += g[:, i, j]
    return dx


def average_pool2d(x, size, strides, padding="valid"):
    """The mean of the pixels that a window sees; padding is no pixel."""
    return window_sum(x, size, strides, padding) / window_sum(np.ones(x.shape), size, strides, padding)


# ---- up-sampling


def up_sampling2d(x, size):
    """Every pixel repeated."""
    n, h, w, c = x.shape
    y = np.zeros((n, h * size[0], w * size[1], c))
    for i, j in np.ndindex(y.shape[1:3]):
        y[:, i, j] = x[:, i // size[0], j // size[1]]
    return y


def up_sampling2d_bilinear(x, size):
    """Pixels are squares, and their centres are half a pixel from their edges; beyond the edge the image goes on."""
    n, h, w, c = x.shape
    y = np.zeros((n, h * size[0], w * size[1], c))
    for i, j in np.ndindex(y.shape[1:3]):
        (top, bottom, u), (left, right, v) = neighbours(i, size[0], h), neighbours(j, size[1], w)
        upper = (1 - v) * x[:, top, left] + v * x[:, top, right]
        lower = (1 - v) * x[:, bottom, left] + v * x[:, bottom, right]
        y[:, i, j] = (1 - u) * upper + u * lower
    return y


def neighbours(i, factor, n):
    """(pixel before, pixel behind, how far between the two) of pixel i of the large image."""
    place = min(max((i + 0.5) / factor - 0.5, 0), n - 1)
    before = math.floor(place)
    return before, min(before + 1, n - 1), place - before


def zero_insertion2d(x, size):
    """Every pixel at the top left of a block of zeros."""
    n, h, w, c = x.shape
    y = np.zeros((n, h * size[0], w * size[1], c))
    for i, j in np.ndindex(h, w):
        y[:, i * size[0], j * size[1]] = x[:, i, j]
    return y


# ---- recurrent nets, number by number: x (steps, batch, gates · units) with the input kernel already applied


def _sigmoid(a):
    return 1 / (1 + np.exp(-a))


def _after(h, u, n, j):
    """Σ over the units k of h[n, k] u[k, j]"""
    return sum(h[n, k] * u[k, j] for k in range(len(u)))


def simple_recurrence(x, u, h):
    y = np.zeros_like(x)
    for t in range(len(x)):
        for n in range(x.shape[1]):
            for j in range(len(u)):
                y[t, n, j] = np.tanh(x[t, n, j] + _after(y[t - 1] if t else h, u, n, j))
    return y


def gated_recurrence(x, u, b, h):
    units = len(u)
    y = np.zeros((*x.shape[:2], units))
    for t in range(len(x)):
        before = y[t - 1] if t else h
        for n in range(x.shape[1]):
            for j in range(units):
                update, reset, new = j, units + j, 2 * units + j
                z = _sigmoid(x[t, n, update] + _after(before, u, n, update) + b[update])
                r = _sigmoid(x[t, n, reset] + _after(before, u, n, reset) + b[reset])
                c = np.tanh(x[t, n, new] + r * (_after(before, u, n, new) + b[new]))
                y[t, n, j] = z * before[n, j] + (1 - z) * c
    return y


def long_short_term_memory(x, u, h, c):
    units = len(u)
    y = np.zeros((*x.shape[:2], 2 * units))
    for t in range(len(x)):
        h, c = (y[t - 1, :, :units], y[t - 1, :, units:]) if t else (h, c)
        for n in range(x.shape[1]):
            for j in range(units):
                i, f, k, o = (x[t, n, gate * units + j] + _after(h, u, n, gate * units + j) for gate in range(4))
                y[t, n, units + j] = _sigmoid(f) * c[n, j] + _sigmoid(i) * np.tanh(k)
                y[t, n, j] = _sigmoid(o) * np.tanh(y[t, n, units + j])
    return y
