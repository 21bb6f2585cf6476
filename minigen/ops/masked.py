"""The masked convolution: a window that ends before its pixel in raster order."""

from __future__ import annotations

from typing import Any

from ..autograd import Op, sum_over, unwrap
from ..errors import message
from ..kernels import masked
from ..kernels.windows import Axes, Axis, check_images
from .conv import ConvInputGradient, ConvKernelGradient, check_kernel
from .shape import PutItem


class MaskedConv(Op):
    """y = (w · M) ⋆ x + b,   dL/dx = (w · M)ᵀ ⋆ g,   dL/dw = M · (x ⋆ g),   dL/db = Σ g

    With relu y = max(..., 0), and g [y > 0] takes the place of g. M keeps the taps that come before the middle one in
    raster order, and the middle one where sees_itself. Derivation: that of Conv, for the taps that M keeps; y does not
    depend on the others. They are two rectangles: the rows above, and what is left of the middle.
    """

    def __init__(self, sees_itself: bool, relu: bool = False) -> None:
        self.sees_itself, self.relu = sees_itself, relu

    def forward(self, x: Any, w: Any, *b: Any) -> Any:
        return masked.masked_conv2d(x, w, self.sees_itself, b[0] if b else None, self.relu)

    def backward(self, g: Any, y: Any, x: Any, w: Any, *b: Any) -> Any:
        if unwrap(g) is g:
            behind = y if self.relu else None
            gradients = masked.masked_conv2d_gradients(x, w, g, self.sees_itself, behind, self.needs[0])
        else:
            gradients = self.on_tensors(g * (unwrap(y) > 0) if self.relu else g, x, w)
        return gradients[: len(self.needs)]

    def on_tensors(self, g: Any, x: Any, w: Any) -> tuple[Any, ...]:
        """The same, recorded: a masked convolution is the sum of two without a mask."""
        dxs, dws = [], []
        for taps, axes in self.rectangles(x, w):
            dxs += [ConvInputGradient(axes)(g, w[taps])] if self.needs[0] else []
            dws.append(PutItem(taps, w.shape)(ConvKernelGradient(axes)(x, g)))
        dx, dw = sum(dxs[1:], dxs[0]) if dxs else None, sum(dws[1:], dws[0])
        return dx, dw, sum_over(g, (0, 1, 2))

    def rectangles(self, x: Any, w: Any) -> list[tuple[tuple[slice, slice], Axes]]:
        """The live taps, and where their windows lie on the image."""
        (rows, cols), kw = x.shape[1:3], w.shape[1]
        (up, beside), left = masked.live_taps(w.shape[:2], self.sees_itself), kw // 2

        def axis(size: int, taps: int, before: int) -> Axis:
            return Axis(size, taps, stride=1, dilation=1, before=before, count=size)

        middle = (slice(up, up + 1), slice(0, beside)), (axis(rows, 1, 0), axis(cols, beside, left))
        above = (slice(0, up), slice(0, kw)), (axis(rows, up, up), axis(cols, kw, left))
        return [middle, above] if up else [middle]


def masked_conv2d(
    x: Any, w: Any, b: Any = None, sees_itself: bool = False, relu: bool = False, where: str = "masked_conv2d"
) -> Any:
    """conv2d(x, w · M, b, padding="same"), where M keeps the rows of taps above, and those left in the pixel's row.

    With sees_itself the tap in the middle is kept too. The other taps are skipped, not multiplied by 0: of 7 x 7 only
    24 are alive. With relu the result is max(y, 0), in the same pass: 0.88 of the time of a layer and back.

    Shapes: x (images, rows, columns, in), w (kh, kw, in, out), both sizes odd, b (out,) -> (images, rows, columns,
    out). Raises ValueError for wrong shapes and for even sizes, TypeError for integer data. Source: van den Oord et al.
    2016.
    """
    check_kernel(where, w, b, outputs=3)
    check_images(where, x, w.shape[2])
    check_masked_kernel(f"{where}: kernel", w.shape[:2], sees_itself)
    op = MaskedConv(sees_itself, relu)
    return op(x, w) if b is None else op(x, w, b)


def check_masked_kernel(where: str, size: tuple[int, int], sees_itself: bool) -> None:
    """ValueError unless both sizes are odd, and a pixel that does not see itself sees one to its left."""
    if size[0] % 2 == 0 or size[1] % 2 == 0 or (size[1] == 1 and not sees_itself):
        expected = "odd sizes; 3 columns or more where a pixel does not see itself"
        raise ValueError(message(where, expected=expected, got=f"{size[0]} x {size[1]}", fix="kernel_size=3"))
