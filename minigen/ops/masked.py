"""The masked convolution: each window covers only pixels that come before its own pixel in raster order."""

from __future__ import annotations

from ..autograd import Op, is_recorded
from ..checks.values import switch
from ..kernels import masked
from ..kernels.windows import Axes, WindowAxis
from ..types import Array, TensorLike
from .checks import check_convolution, check_masked_kernel
from .conv import ConvInputGradient, ConvKernelGradient, sum_over_pixels, through_relu
from .shape import PutItem


class MaskedConv(Op):
    """y = (w · M) ⋆ x + b,   dL/dx = (w · M)ᵀ ⋆ g,   dL/dw = M · (x ⋆ g),   dL/db = Σ g

    With relu, y = max(..., 0), and g is replaced by g [y > 0]. M is 1 for the taps that come before the middle one in
    raster order, and with sees_itself for the middle one. Derivation: that of Conv, for the taps with M = 1; y does not
    depend on the others. They form two rectangles: the rows above the middle one, and the first taps of the middle row.
    """

    def __init__(self, sees_itself: bool, relu: bool = False) -> None:
        self.sees_itself, self.relu = sees_itself, relu

    def forward(self, x: Array, w: Array, *b: Array) -> Array:
        return masked.masked_conv2d(x, w, self.sees_itself, b[0] if b else None, self.relu)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, w: TensorLike, *b: TensorLike) -> TensorLike:
        if self.relu:
            g = through_relu(g, y)
        if is_recorded(g):
            dx, dw = self.on_tensors(g, x, w)
        else:
            dx, dw = masked.masked_conv2d_gradients(x, w, g, self.sees_itself, self.needs[0])
        return (dx, dw, sum_over_pixels(g)) if b else (dx, dw)

    def way(self, x: Array, w: Array, *b: Array) -> str:
        """For trace(): there is one way, patches of the live taps."""
        return "with relu" if self.relu else ""

    def on_tensors(self, g: TensorLike, x: TensorLike, w: TensorLike) -> tuple[TensorLike, TensorLike]:
        """(dL/dx, dL/dw), recorded: a masked convolution is the sum of two without a mask."""
        dxs, dws = [], []
        for taps, axes in self.rectangles(x, w):
            dxs += [ConvInputGradient(axes)(g, w[taps])] if self.needs[0] else []
            dws.append(PutItem(taps, w.shape)(ConvKernelGradient(axes)(x, g)))
        return sum(dxs[1:], dxs[0]) if dxs else None, sum(dws[1:], dws[0])

    def rectangles(self, x: TensorLike, w: TensorLike) -> list[tuple[tuple[slice, slice], Axes]]:
        """The taps of each rectangle, and their windows on the image."""
        (rows, cols), kw = x.shape[1:3], w.shape[1]
        (up, beside), left = masked.live_taps(w.shape[:2], self.sees_itself), kw // 2

        def axis(size: int, taps: int, before: int) -> WindowAxis:
            return WindowAxis(size, taps, stride=1, dilation=1, before=before, count=size)

        middle = (slice(up, up + 1), slice(0, beside)), (axis(rows, 1, 0), axis(cols, beside, left))
        above = (slice(0, up), slice(0, kw)), (axis(rows, up, up), axis(cols, kw, left))
        return [middle, above] if up else [middle]


def masked_conv2d(
    x: TensorLike,
    w: TensorLike,
    b: TensorLike | None = None,
    sees_itself: bool = False,
    relu: bool = False,
    where: str = "masked_conv2d",
) -> TensorLike:
    """conv2d(x, w · M, b, padding="same"); M is 1 for the rows of taps above the pixel and those to its left, else 0.

    With sees_itself, M is also 1 for the tap at the pixel itself. Masked taps are skipped, not multiplied by 0: only 24
    of 7 x 7 taps are computed. With relu the result is max(y, 0), in the same pass: forward and backward of a layer
    take 0.88 of the time.

    Shapes: x (images, rows, columns, in), w (kh, kw, in, out), both sizes odd, b (out,) -> (images, rows, columns,
    out). Raises ValueError for wrong shapes and for even sizes, TypeError for integer data. Source: van den Oord et al.
    2016.
    """
    check_convolution(where, x, w, b)
    check_masked_kernel(f"{where}: kernel", w.shape[:2], sees_itself)
    op = MaskedConv(sees_itself, switch(f"{where}: relu", relu))
    return op(x, w) if b is None else op(x, w, b)
