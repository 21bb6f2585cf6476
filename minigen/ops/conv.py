"""Convolution, the transposed convolution, and their gradients. Images are (images, rows, columns, channels)."""

from __future__ import annotations

from typing import Any

from ..arguments import checks_arguments
from ..autograd import Op, is_recorded, sum_over, unwrap
from ..checks.values import positive_pair, refuse_missing_method, switch
from ..kernels import conv, routes
from ..kernels.blocks import Lazy
from ..kernels.checks import padding_name
from ..kernels.relu import ThroughRelu
from ..kernels.windows import Axes, lay
from ..types import Array, TensorLike
from .checks import check_convolution

OneOrTwo = int | tuple[int, int]


class Sliding(Op):
    """An op with windows on an image; `axes` is their geometry."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes


class Convolution(Sliding):
    """A convolution, or its adjoint, with dL/db = Σ g.

    With relu, y = max(..., 0), and g is replaced by g [y > 0]. Subclasses compute dL/dx and dL/dw twice: on_arrays()
    fast, on_tensors() as recorded ops.
    """

    def __init__(self, axes: Axes, relu: bool = False) -> None:
        super().__init__(axes)
        self.relu = relu

    def in_words(self, way: str) -> str:
        """The way to y, for trace()."""
        return f"{'with relu, ' if self.relu else ''}y {way}"

    def on_arrays(self, g: Array | Lazy, x: Array, w: Array) -> tuple[Array, Array]:
        """(dL/dx, dL/dw), each None if it is not needed: one function, because both use the patches of g."""
        refuse_missing_method(self, "on_arrays(self, g, x, w)")

    def on_tensors(self, g: TensorLike, x: TensorLike, w: TensorLike) -> tuple[TensorLike, TensorLike]:
        """The same, as recorded ops."""
        refuse_missing_method(self, "on_tensors(self, g, x, w)")

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, w: TensorLike, *b: TensorLike) -> TensorLike:
        if self.relu:
            g = through_relu(g, y)
        dx, dw = self.on_tensors(g, x, w) if is_recorded(g) else self.on_arrays(g, x, w)
        if not b:
            return dx, dw
        return dx, dw, sum_over_pixels(g) if self.needs[2] else None  # (out,)


def through_relu(g: TensorLike, y: TensorLike) -> Any:
    """g [y > 0]: recorded if g is a Tensor, otherwise block by block."""
    return g * (unwrap(y) > 0) if is_recorded(g) else ThroughRelu(g, y)


def sum_over_pixels(g: Any) -> TensorLike:
    """Σ g over images, rows and columns: (channels,)"""
    return g.sum() if isinstance(g, ThroughRelu) else sum_over(g, (0, 1, 2))


class Conv(Convolution):
    """y = w ⋆ x + b,   dL/dx = wᵀ ⋆ g,   dL/dw = x ⋆ g,   dL/db = Σ g

    With relu, y = max(..., 0), and g is replaced by g [y > 0].

    y[n, i, j, o] = Σ x[n, i s + r d - p, j s + q d - p, c] w[r, q, c, o] + b[o]   over taps r, q and channels c

    for stride s, dilation d and padding p. Derivation: y is linear in x and in w, and every product x w is a term of
    one y. So dL/dx of a pixel is the sum of g w over all windows and taps that cover it (ConvInputGradient), and dL/dw
    of a tap is the sum of g x over all windows (ConvKernelGradient). The kernel is not flipped: in the terms of signal
    processing this is a cross-correlation.
    """

    def forward(self, x: Array, w: Array, *b: Array) -> Array:
        return conv.conv2d(x, w, self.axes, b[0] if b else None, self.relu)

    def way(self, x: Array, w: Array, *b: Array) -> str:
        """How y is computed, for trace(); kernels/routes.py says why."""
        return self.in_words(routes.way_to_output(len(x), self.axes, *w.shape[2:]))

    def way_back(self, x: Array, w: Array, *b: Array) -> str:
        """How the gradients are computed."""
        channels, out = w.shape[2:]
        return routes.way_to_gradients(len(x), self.axes, channels, out, self.needs[:2])

    def on_arrays(self, g: Array | Lazy, x: Array, w: Array) -> tuple[Array, Array]:
        return conv.conv2d_gradients(x, w, g, self.axes, self.needs[:2])

    def on_tensors(self, g: TensorLike, x: TensorLike, w: TensorLike) -> tuple[TensorLike, TensorLike]:
        dx = ConvInputGradient(self.axes)(g, w) if self.needs[0] else None
        return dx, ConvKernelGradient(self.axes)(x, g) if self.needs[1] else None


class ConvInputGradient(Convolution):
    """y = wᵀ ⋆ x + b,   dL/dx = w ⋆ g,   dL/dw = g ⋆ x,   dL/db = Σ g

    With relu, y = max(..., 0), and g is replaced by g [y > 0].

    The transposed convolution: the gradient of a convolution to its input, as a function. x has an entry for each
    window and y an entry for each pixel, which is the sum of x w over the windows that cover the pixel.
    """

    def forward(self, x: Array, w: Array, *b: Array) -> Array:
        return conv.input_gradient(x, w, self.axes, b[0] if b else None, self.relu)

    def way(self, x: Array, w: Array, *b: Array) -> str:
        """How y is computed, for trace(); its gradients are gathered, where it pays by Winograd."""
        return self.in_words(routes.way_to_input_gradient(len(x), self.axes, *w.shape[2:]))

    def on_arrays(self, g: Array | Lazy, x: Array, w: Array) -> tuple[Array, Array]:
        return conv.input_gradient_gradients(x, w, g, self.axes, self.needs[:2])

    def on_tensors(self, g: TensorLike, x: TensorLike, w: TensorLike) -> tuple[TensorLike, TensorLike]:
        dx = Conv(self.axes)(g, w) if self.needs[0] else None
        return dx, ConvKernelGradient(self.axes)(g, x) if self.needs[1] else None


class ConvKernelGradient(Sliding):
    """y = x ⋆ h,   dL/dx = gᵀ ⋆ h,   dL/dh = g ⋆ x

    The gradient of a convolution to its kernel, as a function of x and h = dL/dy:
    y[r, q, c, o] = Σ x[n, i s + r d - p, j s + q d - p, c] h[n, i, j, o]   over the images n and the windows i, j.
    """

    def forward(self, x: Array, h: Array) -> Array:
        return conv.kernel_gradient(x, h, self.axes)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, h: TensorLike) -> TensorLike:
        dx = ConvInputGradient(self.axes)(h, g) if self.needs[0] else None
        return dx, Conv(self.axes)(x, g) if self.needs[1] else None


@checks_arguments
def conv2d(
    x: TensorLike,
    w: TensorLike,
    b: TensorLike | None = None,
    strides: OneOrTwo = 1,
    padding: str = "valid",
    dilation_rate: OneOrTwo = 1,
    where: str = "conv2d",
    relu: bool = False,
) -> TensorLike:
    """w ⋆ x + b: the kernel w slides over the images x, and the bias b is added.

    Shapes: x (images, rows, columns, in), w (kh, kw, in, out), b (out,) -> (images, rows', columns', out), where n
    pixels become ⌈n / s⌉ with "same" padding and ⌊(n - k) / s⌋ + 1 with "valid", with k = (taps - 1) dilation + 1. With
    relu the result is max(w ⋆ x + b, 0). Errors begin with `where`. Raises ValueError for wrong shapes, strides and
    dilations that are not positive integers and kernels larger than the image, TypeError for integer data. Source:
    Dumoulin and Visin 2016, with TensorFlow's padding.
    """
    axes = conv_axes(where, x, w, b, strides, padding, dilation_rate)
    op = Conv(axes, switch(f"{where}: relu", relu))
    return op(x, w) if b is None else op(x, w, b)


@checks_arguments
def conv2d_transpose(
    x: TensorLike,
    w: TensorLike,
    b: TensorLike | None = None,
    strides: OneOrTwo = 1,
    padding: str = "valid",
    dilation_rate: OneOrTwo = 1,
    where: str = "conv2d_transpose",
    relu: bool = False,
) -> TensorLike:
    """wᵀ ⋆ x + b: the adjoint of conv2d with the same kernel, ⟨conv2d(y, w), x⟩ = ⟨y, conv2d_transpose(x, w)⟩.

    Shapes: x (images, rows, columns, in), w (kh, kw, out, in), b (out,) -> (images, rows', columns', out), where n
    pixels become n s with "same" padding and n s + max(k - s, 0) with "valid", as in Keras. With relu the result is
    max(wᵀ ⋆ x + b, 0). Raises what conv2d raises (but no kernel is too large).
    """
    check_convolution(where, x, w, b, outputs=2)
    strides, dilation_rate = pairs(where, strides, dilation_rate)
    padding = padding_name(where, padding)
    sizes = []
    for n, taps, s, d in zip(x.shape[1:3], w.shape[:2], strides, dilation_rate, strict=True):
        sizes.append(n * s if padding == "same" else n * s + max((taps - 1) * d + 1 - s, 0))
    axes = lay(where, tuple(sizes), w.shape[:2], strides, padding, dilation_rate)
    op = ConvInputGradient(axes, switch(f"{where}: relu", relu))
    return op(x, w) if b is None else op(x, w, b)


def conv_axes(
    where: str, x: TensorLike, w: TensorLike, b: TensorLike | None, strides: OneOrTwo, padding: str, dilation: OneOrTwo
) -> Axes:
    """The windows of conv2d on x. Raises what conv2d raises."""
    check_convolution(where, x, w, b)
    strides, dilation = pairs(where, strides, dilation)
    return lay(where, x.shape[1:3], w.shape[:2], strides, padding, dilation)


def pairs(where: str, strides: OneOrTwo, dilation_rate: OneOrTwo) -> tuple[tuple[int, int], tuple[int, int]]:
    """Strides and dilation as (rows, columns); ValueError unless they are positive integers."""
    strides = positive_pair(f"{where}: strides", strides, "strides=2 or strides=(2, 2)")
    return strides, positive_pair(f"{where}: dilation_rate", dilation_rate, "dilation_rate=1")
