"""Convolution, the transposed convolution, and their gradients. Images are (images, rows, columns, channels)."""

from __future__ import annotations

from typing import Any

from ..arguments import checks_arguments
from ..autograd import Op, sum_over, unwrap
from ..checks import positive_pair
from ..errors import message
from ..kernels import conv
from ..kernels.windows import Axes, check_images, check_padding, lay

OneOrTwo = int | tuple[int, int]


class Sliding(Op):
    """An op whose windows lie on the image as `axes` says."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes

    def with_bias(self, dx: Any, dw: Any, g: Any) -> tuple[Any, ...]:
        """The gradients of x and w, and dL/db = Σ g if there is a bias."""
        if len(self.needs) == 2:
            return dx, dw
        return dx, dw, sum_over(g, (0, 1, 2)) if self.needs[2] else None


class Conv(Sliding):
    """y = w ⋆ x + b,   dL/dx = wᵀ ⋆ g,   dL/dw = x ⋆ g,   dL/db = Σ g

    y[n, i, j, o] = Σ x[n, i s + r d - p, j s + q d - p, c] w[r, q, c, o] + b[o]   over taps r, q and channels c, for
    stride s, dilation d and padding p. Derivation: y is linear in x and in w, and every product x w stands in one
    sum y. So dL/dx of a pixel adds up g w over all windows and taps that see it (ConvInputGradient), and dL/dw of a tap
    adds up g x over all windows (ConvKernelGradient). The kernel is not turned round: strictly a cross-correlation.
    """

    def forward(self, x: Any, w: Any, *b: Any) -> Any:
        return conv.conv2d(x, w, self.axes, *b)

    def backward(self, g: Any, y: Any, x: Any, w: Any, *b: Any) -> Any:
        if unwrap(g) is g:  # on arrays: together, because they share the patches of g
            dx, dw = conv.conv2d_gradients(x, w, g, self.axes, self.needs[:2])
        else:
            dx = ConvInputGradient(self.axes)(g, w) if self.needs[0] else None
            dw = ConvKernelGradient(self.axes)(x, g) if self.needs[1] else None
        return self.with_bias(dx, dw, g)


class ConvInputGradient(Sliding):
    """y = wᵀ ⋆ x + b,   dL/dx = w ⋆ g,   dL/dw = g ⋆ x,   dL/db = Σ g

    The gradient of a convolution to its input as a function of its own, the transposed convolution: it takes an x with
    a place for each window to a y with a place for each pixel, and adds x w at every pixel that the window sees.
    """

    def forward(self, x: Any, w: Any, *b: Any) -> Any:
        return conv.input_gradient(x, w, self.axes, *b)

    def backward(self, g: Any, y: Any, x: Any, w: Any, *b: Any) -> Any:
        if unwrap(g) is g:  # on arrays: together, because they share the patches of g
            dx, dw = conv.input_gradient_gradients(x, w, g, self.axes, self.needs[:2])
        else:
            dx = Conv(self.axes)(g, w) if self.needs[0] else None
            dw = ConvKernelGradient(self.axes)(g, x) if self.needs[1] else None
        return self.with_bias(dx, dw, g)


class ConvKernelGradient(Sliding):
    """y = x ⋆ h,   dL/dx = gᵀ ⋆ h,   dL/dh = g ⋆ x

    The gradient of a convolution to its kernel as a function of its own, for dL/dy = h:
    y[r, q, c, o] = Σ x[n, i s + r d - p, j s + q d - p, c] h[n, i, j, o]   over the images n and the windows i, j.
    """

    def forward(self, x: Any, h: Any) -> Any:
        return conv.kernel_gradient(x, h, self.axes)

    def backward(self, g: Any, y: Any, x: Any, h: Any) -> Any:
        dx = ConvInputGradient(self.axes)(h, g) if self.needs[0] else None
        return dx, Conv(self.axes)(x, g) if self.needs[1] else None


@checks_arguments
def conv2d(
    x: Any,
    w: Any,
    b: Any = None,
    strides: OneOrTwo = 1,
    padding: str = "valid",
    dilation_rate: OneOrTwo = 1,
    where: str = "conv2d",
) -> Any:
    """Slide the kernel w over the images x; b, one number for each output channel, is added.

    Shapes: x (images, rows, columns, in), w (kh, kw, in, out), b (out,) -> (images, rows', columns', out), where of n
    pixels "same" padding leaves ⌈n / s⌉ and "valid" ⌊(n - k) / s⌋ + 1, with k = (taps - 1) dilation + 1. Errors name
    `where`. Raises ValueError for wrong shapes, numbers that are not positive integers and kernels larger than the
    image; TypeError for integer data. Source: Dumoulin and Visin 2016, with TensorFlow's padding.
    """
    axes = conv_axes(where, x, w, b, strides, padding, dilation_rate)
    return Conv(axes)(x, w) if b is None else Conv(axes)(x, w, b)


@checks_arguments
def conv2d_transpose(
    x: Any,
    w: Any,
    b: Any = None,
    strides: OneOrTwo = 1,
    padding: str = "valid",
    dilation_rate: OneOrTwo = 1,
    where: str = "conv2d_transpose",
) -> Any:
    """The adjoint of conv2d with the same kernel: ⟨conv2d(y, w), x⟩ = ⟨y, conv2d_transpose(x, w)⟩ for all x and y.

    Shapes: x (images, rows, columns, in), w (kh, kw, out, in), b (out,) -> (images, rows', columns', out), where n
    pixels become n s with "same" padding and n s + max(k - s, 0) with "valid", as in Keras. Errors as for conv2d.
    """
    check_kernel(where, w, b, outputs=2)
    check_images(where, x, w.shape[3])
    strides, dilation_rate = pairs(where, strides, dilation_rate)
    padding = check_padding(where, padding)
    sizes = []
    for n, taps, s, d in zip(x.shape[1:3], w.shape[:2], strides, dilation_rate, strict=True):
        sizes.append(n * s if padding == "same" else n * s + max((taps - 1) * d + 1 - s, 0))
    axes = lay(where, (sizes[0], sizes[1]), w.shape[:2], strides, padding, dilation_rate)
    return ConvInputGradient(axes)(x, w) if b is None else ConvInputGradient(axes)(x, w, b)


def conv_axes(where: str, x: Any, w: Any, b: Any, strides: OneOrTwo, padding: str, dilation_rate: OneOrTwo) -> Axes:
    """The windows of conv2d on x, once all arguments have been checked."""
    check_kernel(where, w, b, outputs=3)
    check_images(where, x, w.shape[2])
    strides, dilation_rate = pairs(where, strides, dilation_rate)
    return lay(where, x.shape[1:3], w.shape[:2], strides, padding, dilation_rate)


def pairs(where: str, strides: OneOrTwo, dilation_rate: OneOrTwo) -> tuple[tuple[int, int], tuple[int, int]]:
    """Both as (rows, columns)."""
    strides = positive_pair(f"{where}: strides", strides, "strides=2 or strides=(2, 2)")
    return strides, positive_pair(f"{where}: dilation_rate", dilation_rate, "dilation_rate=1")


def check_kernel(where: str, w: Any, b: Any, outputs: int) -> None:
    """Raise unless w has four axes and b one number for each entry of w's axis `outputs`; TypeError for no floats."""
    order = "(kh, kw, in, out)" if outputs == 3 else "(kh, kw, out, in)"
    for what, a in (("kernel", w), ("bias", b)):
        kind = str(getattr(a, "dtype", type(a).__name__))
        if not (hasattr(a, "shape") and kind.startswith("float")) and not (what == "bias" and a is None):
            fix = f'np.asarray({what}, "float32")'
            raise TypeError(message(f"{where}: {what}", expected="a Tensor or array of floats", got=kind, fix=fix))
    if len(w.shape) != 4 or 0 in w.shape:
        raise ValueError(message(f"{where}: kernel", expected=order, got=tuple(w.shape), fix="w.reshape(...)"))
    if b is not None and tuple(b.shape) != (w.shape[outputs],):
        expected = f"({w.shape[outputs]},) for a kernel {order} of shape {tuple(w.shape)}"
        raise ValueError(message(f"{where}: bias", expected=expected, got=tuple(b.shape), fix="one for each output"))
