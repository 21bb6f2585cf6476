"""Arithmetic and elementary functions, element by element, with broadcasting as in NumPy."""

from __future__ import annotations

import numbers

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Op, unwrap
from ..types import Array, ArrayLike, TensorLike
from .checks import bound, check_bounds, check_broadcast, refuse_bounds


class Elementwise(Op):
    """An op whose inputs broadcast against each other."""

    elementwise = True


class Add(Elementwise):
    """y = a + b,   dL/da = g,   dL/db = g"""

    def forward(self, a: Array, b: Array) -> Array:
        return a + b

    def backward(self, g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
        return g, g


class Subtract(Elementwise):
    """y = a - b,   dL/da = g,   dL/db = -g"""

    def forward(self, a: Array, b: Array) -> Array:
        return a - b

    def backward(self, g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
        return g, -g


class Multiply(Elementwise):
    """y = a b,   dL/da = g b,   dL/db = g a"""

    def forward(self, a: Array, b: Array) -> Array:
        return a * b

    def backward(self, g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
        return g * b, g * a


class Divide(Elementwise):
    """y = a / b,   dL/da = g / b,   dL/db = -g y / b"""

    def forward(self, a: Array, b: Array) -> Array:
        return a / b

    def backward(self, g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
        return g / b, -g * y / b


class Negative(Op):
    """y = -x,   dL/dx = -g"""

    def forward(self, x: Array) -> Array:
        return -x

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return -g


class Power(Elementwise):
    """y = xᵏ,   dL/dx = g k xᵏ⁻¹, 0 where k = 0,   dL/dk = g y log x, 0 where x = 0 and k >= 0"""

    def forward(self, x: Array, k: Array) -> Array:
        return x**k

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike, k: TensorLike) -> TensorLike:
        dx = g * self.slope(x, k) if self.needs[0] else None
        if not self.needs[1]:
            return dx, None
        flat = (unwrap(x) == 0) & (unwrap(k) >= 0)  # y does not depend on k > 0 there, and log x would be -∞
        return dx, g * y * log(where(flat, 1.0, x))

    @staticmethod
    def slope(x: TensorLike, k: TensorLike) -> TensorLike:
        """k xᵏ⁻¹; 0 where k = 0, also at x = 0, where xᵏ⁻¹ would be 1/0."""
        if type(k) in (int, float, bool):
            return k * x ** (k - 1) if k != 0 else 0.0
        flat = (unwrap(k) == 0) & ~(abs(unwrap(x)) > 0)  # x is 0 or NaN
        return k * where(flat, 1.0, x) ** (k - 1)


class Exp(Op):
    """y = eˣ,   dL/dx = g y"""

    def forward(self, x: Array) -> Array:
        return backend.xp.exp(x)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g * y


class Log(Op):
    """y = log x,   dL/dx = g / x"""

    def forward(self, x: Array) -> Array:
        return backend.xp.log(x)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g / x


class Sqrt(Op):
    """y = √x,   dL/dx = g / 2y"""

    def forward(self, x: Array) -> Array:
        return backend.xp.sqrt(x)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g / (2 * y)


class Abs(Op):
    """y = |x|,   dL/dx = g sign x,   0 at 0"""

    def forward(self, x: Array) -> Array:
        self.sign = backend.xp.sign(x)
        return backend.xp.abs(x)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g * self.sign


class Minimum(Elementwise):
    """y = min(a, b),   dL/da = g [a < b],   dL/db = g [b < a],   half each where a = b"""

    def forward(self, a: Array, b: Array) -> Array:
        xp = backend.xp
        y = xp.minimum(a, b)
        self.share = (xp.less(a, b) + 0.5 * xp.equal(a, b)).astype(y.dtype)  # of a: 1 where y = a, 0 where y = b
        return y

    def backward(self, g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
        return g * self.share, g * (1 - self.share)


class Maximum(Minimum):
    """y = max(a, b),   dL/da = g [a > b],   dL/db = g [b > a],   half each where a = b"""

    def forward(self, a: Array, b: Array) -> Array:
        xp = backend.xp
        y = xp.maximum(a, b)
        self.share = (xp.greater(a, b) + 0.5 * xp.equal(a, b)).astype(y.dtype)  # of a: 1 where y = a, 0 where y = b
        return y


class Where(Elementwise):
    """y = a where condition else b,   dL/da = g where condition else 0,   dL/db = the rest"""

    def __init__(self, condition: Array) -> None:
        self.condition = condition

    def forward(self, a: Array, b: Array) -> Array:
        return backend.xp.where(self.condition, a, b)

    def backward(self, g: TensorLike, y: TensorLike, a: TensorLike, b: TensorLike) -> TensorLike:
        return where(self.condition, g, 0.0), where(self.condition, 0.0, g)


class Clip(Op):
    """y = min(max(x, low), high),   dL/dx = g inside [low, high], 0 outside"""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def forward(self, x: Array) -> Array:
        self.inside = (x >= self.low) & (x <= self.high)
        return backend.xp.clip(x, self.low, self.high)

    def backward(self, g: TensorLike, y: TensorLike, x: TensorLike) -> TensorLike:
        return g * self.inside


def add(a: TensorLike, b: TensorLike) -> TensorLike:
    """a + b, element by element."""
    return Add()(a, b)


def subtract(a: TensorLike, b: TensorLike) -> TensorLike:
    """a - b."""
    return Subtract()(a, b)


def multiply(a: TensorLike, b: TensorLike) -> TensorLike:
    """a b, element by element."""
    return Multiply()(a, b)


def divide(a: TensorLike, b: TensorLike) -> TensorLike:
    """a / b, element by element."""
    return Divide()(a, b)


def negative(x: TensorLike) -> TensorLike:
    """-x."""
    return Negative()(x)


def power(x: TensorLike, k: TensorLike) -> TensorLike:
    """xᵏ for a number or tensor k. The gradient to k is NaN where x < 0, and 0 where x = 0 and k >= 0."""
    if isinstance(x, (numbers.Real, np.generic)) and unwrap(k).dtype.kind == "f":
        x = backend.asarray(x, k.dtype)  # the gradient to k needs log x
    return Power()(x, k)


def square(x: TensorLike) -> TensorLike:
    """x²."""
    return Power()(x, 2)


def exp(x: TensorLike) -> TensorLike:
    """eˣ"""
    return Exp()(x)


def log(x: TensorLike) -> TensorLike:
    """Natural logarithm."""
    return Log()(x)


def sqrt(x: TensorLike) -> TensorLike:
    """Square root; its gradient at 0 is infinite."""
    return Sqrt()(x)


def abs(x: TensorLike) -> TensorLike:
    """Absolute value."""
    return Abs()(x)


def maximum(a: TensorLike, b: TensorLike) -> TensorLike:
    """The larger of a and b, element by element, with broadcasting; where a = b each gets half of the gradient.

    Raises ValueError for shapes that do not broadcast, TypeError for lists.
    """
    return Maximum()(a, b)


def minimum(a: TensorLike, b: TensorLike) -> TensorLike:
    """The smaller of a and b, element by element, with broadcasting; where a = b each gets half of the gradient.

    Raises ValueError for shapes that do not broadcast, TypeError for lists.
    """
    return Minimum()(a, b)


@checks_arguments
def where(condition: ArrayLike, a: TensorLike, b: TensorLike) -> TensorLike:
    """a where the boolean array `condition` is true, else b; no gradient flows to the condition.

    Raises ValueError for shapes that do not broadcast.
    """
    condition = backend.asarray(unwrap(condition))
    expected = "a condition, a and b that broadcast against each other"
    check_broadcast("where", expected, "a condition such as x > 0 of the x that is chosen from", condition, a, b)
    return Where(condition)(a, b)


@checks_arguments
def clip(x: TensorLike, low: TensorLike | None = None, high: TensorLike | None = None) -> TensorLike:
    """min(max(x, low), high); the gradient to x is exactly 0 outside, and that to a bound is 1 where y is the bound.

    low, high: numbers, or arrays or tensors that broadcast against x; None for no bound. Raises ValueError
    for low > high and for shapes that do not broadcast, TypeError for bounds that are no numbers.
    """
    if all(b is None or isinstance(b, numbers.Real) for b in (low, high)):
        low, high = bound(low, -np.inf), bound(high, np.inf)
        if not low <= high:
            refuse_bounds(f"low={low}, high={high}")
        return Clip(low, high)(x)
    low, high = (backend.asarray(b) if isinstance(b, (list, tuple)) else b for b in (low, high))
    check_bounds(low, high)
    check_broadcast("clip", "bounds that broadcast", "bounds with the shape of x, or of its last axes", x, low, high)
    if low is not None and high is not None and backend.xp.any(unwrap(low) > unwrap(high)):
        refuse_bounds("a low bound above the high one")
    y = x if low is None else where(unwrap(x) < unwrap(low), low, x)
    return y if high is None else where(unwrap(y) > unwrap(high), high, y)
