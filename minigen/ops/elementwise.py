"""Arithmetic and elementary functions, element by element, with broadcasting as in NumPy."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..autograd import Op, unwrap
from ..autograd.checks import broadcastable
from ..errors import message


class Elementwise(Op):
    """An op whose inputs broadcast against each other."""

    elementwise = True


class Add(Elementwise):
    """y = a + b,   dL/da = g,   dL/db = g"""

    def forward(self, a: Any, b: Any) -> Any:
        return a + b

    def backward(self, g: Any, y: Any, a: Any, b: Any) -> Any:
        return g, g


class Subtract(Elementwise):
    """y = a - b,   dL/da = g,   dL/db = -g"""

    def forward(self, a: Any, b: Any) -> Any:
        return a - b

    def backward(self, g: Any, y: Any, a: Any, b: Any) -> Any:
        return g, -g


class Multiply(Elementwise):
    """y = a b,   dL/da = g b,   dL/db = g a"""

    def forward(self, a: Any, b: Any) -> Any:
        return a * b

    def backward(self, g: Any, y: Any, a: Any, b: Any) -> Any:
        return g * b, g * a


class Divide(Elementwise):
    """y = a / b,   dL/da = g / b,   dL/db = -g y / b"""

    def forward(self, a: Any, b: Any) -> Any:
        return a / b

    def backward(self, g: Any, y: Any, a: Any, b: Any) -> Any:
        return g / b, -g * y / b


class Negative(Op):
    """y = -x,   dL/dx = -g"""

    def forward(self, x: Any) -> Any:
        return -x

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return -g


class Power(Elementwise):
    """y = xᵏ,   dL/dx = g k xᵏ⁻¹, 0 where k = 0,   dL/dk = g y log x, 0 where x = 0 and k >= 0"""

    def forward(self, x: Any, k: Any) -> Any:
        return x**k

    def backward(self, g: Any, y: Any, x: Any, k: Any) -> Any:
        dx = g * self.slope(x, k) if self.needs[0] else None
        if not self.needs[1]:
            return dx, None
        flat = (unwrap(x) == 0) & (unwrap(k) >= 0)  # y is 0 (or 1) for all k there, and log x would be -∞
        return dx, g * y * log(where(flat, 1.0, x))

    @staticmethod
    def slope(x: Any, k: Any) -> Any:
        """k xᵏ⁻¹, and 0 where k = 0, whatever x is: xᵏ⁻¹ would be 1/0 at x = 0."""
        if type(k) in (int, float, bool):
            return k * x ** (k - 1) if k != 0 else 0.0
        flat = (unwrap(k) == 0) & ~(abs(unwrap(x)) > 0)  # x is 0 or NaN
        return k * where(flat, 1.0, x) ** (k - 1)


class Exp(Op):
    """y = eˣ,   dL/dx = g y"""

    def forward(self, x: Any) -> Any:
        return backend.xp.exp(x)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g * y


class Log(Op):
    """y = log x,   dL/dx = g / x"""

    def forward(self, x: Any) -> Any:
        return backend.xp.log(x)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g / x


class Sqrt(Op):
    """y = √x,   dL/dx = g / 2y"""

    def forward(self, x: Any) -> Any:
        return backend.xp.sqrt(x)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g / (2 * y)


class Abs(Op):
    """y = |x|,   dL/dx = g sign x,   0 at 0"""

    def forward(self, x: Any) -> Any:
        self.sign = backend.xp.sign(x)
        return backend.xp.abs(x)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g * self.sign


class Minimum(Elementwise):
    """y = min(a, b),   dL/da = g [a < b],   dL/db = g [b < a],   half each where a = b"""

    def forward(self, a: Any, b: Any) -> Any:
        y = backend.xp.minimum(a, b)
        self.won = ((a < b) + 0.5 * (a == b)).astype(y.dtype)  # 1 where a wins, 0 where b does
        return y

    def backward(self, g: Any, y: Any, a: Any, b: Any) -> Any:
        return g * self.won, g * (1 - self.won)


class Maximum(Elementwise):
    """y = max(a, b),   dL/da = g [a > b],   dL/db = g [b > a],   half each where a = b"""

    def forward(self, a: Any, b: Any) -> Any:
        y = backend.xp.maximum(a, b)
        self.won = ((a > b) + 0.5 * (a == b)).astype(y.dtype)  # 1 where a wins, 0 where b does
        return y

    def backward(self, g: Any, y: Any, a: Any, b: Any) -> Any:
        return g * self.won, g * (1 - self.won)


class Where(Elementwise):
    """y = a where condition else b,   dL/da = g where condition else 0,   dL/db = the rest"""

    def __init__(self, condition: Any) -> None:
        self.condition = condition

    def forward(self, a: Any, b: Any) -> Any:
        return backend.xp.where(self.condition, a, b)

    def backward(self, g: Any, y: Any, a: Any, b: Any) -> Any:
        return where(self.condition, g, 0.0), where(self.condition, 0.0, g)


class Clip(Op):
    """y = min(max(x, low), high),   dL/dx = g inside [low, high], 0 outside"""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def forward(self, x: Any) -> Any:
        self.inside = (x >= self.low) & (x <= self.high)
        return backend.xp.clip(x, self.low, self.high)

    def backward(self, g: Any, y: Any, x: Any) -> Any:
        return g * self.inside


def add(a: Any, b: Any) -> Any:
    """a + b."""
    return Add()(a, b)


def subtract(a: Any, b: Any) -> Any:
    """a - b."""
    return Subtract()(a, b)


def multiply(a: Any, b: Any) -> Any:
    """a b, element by element."""
    return Multiply()(a, b)


def divide(a: Any, b: Any) -> Any:
    """a / b."""
    return Divide()(a, b)


def negative(x: Any) -> Any:
    """-x."""
    return Negative()(x)


def power(x: Any, k: Any) -> Any:
    """x to the power k, a number or a tensor. The gradient to k is NaN where x < 0, and 0 where x = 0 and k >= 0."""
    if isinstance(x, (numbers.Real, np.generic)) and unwrap(k).dtype.kind == "f":
        x = backend.asarray(x, k.dtype)  # its logarithm is needed
    return Power()(x, k)


def square(x: Any) -> Any:
    """x²."""
    return Power()(x, 2)


def exp(x: Any) -> Any:
    """e to the power x."""
    return Exp()(x)


def log(x: Any) -> Any:
    """Natural logarithm."""
    return Log()(x)


def sqrt(x: Any) -> Any:
    """Square root; its gradient at 0 is infinite."""
    return Sqrt()(x)


def abs(x: Any) -> Any:
    """Absolute value."""
    return Abs()(x)


def maximum(a: Any, b: Any) -> Any:
    """The larger of a and b, element by element; a tie shares the gradient."""
    return Maximum()(a, b)


def minimum(a: Any, b: Any) -> Any:
    """The smaller of a and b, element by element; a tie shares the gradient."""
    return Minimum()(a, b)


@checks_arguments
def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the boolean `condition` holds, else b; no gradient flows to the condition.

    Raises ValueError for shapes that do not broadcast.
    """
    condition = backend.asarray(unwrap(condition))
    shapes = [getattr(x, "shape", ()) for x in (condition, a, b)]
    if not broadcastable(*shapes):
        where, fix = "where: shapes do not fit", "a condition such as x > 0 of the x that is chosen from"
        expected, got = "a condition, a and b that broadcast against each other", " and ".join(map(str, shapes))
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return Where(condition)(a, b)


@checks_arguments
def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    """x limited to [low, high]; the gradient to x is exactly 0 outside, and that to a bound is 1 where it holds x.

    low, high: numbers, or arrays or tensors that broadcast against x; None for no bound. Raises ValueError
    for low > high and for shapes that do not broadcast.
    """
    if all(bound is None or isinstance(bound, numbers.Real) for bound in (low, high)):
        low, high = (-np.inf if low is None else float(low)), (np.inf if high is None else float(high))
        if not low <= high:
            got = f"low={low}, high={high}"
            raise ValueError(message("clip", expected="low <= high", got=got, fix="clip(x, 0, 1)"))
        return Clip(low, high)(x)
    low, high = (backend.asarray(b) if isinstance(b, (list, tuple)) else b for b in (low, high))
    bounds = [getattr(b, "shape", ()) for b in (x, low, high)]
    if not broadcastable(*bounds):
        got, fix = " and ".join(map(str, bounds)), "bounds with the shape of x, or of its last axes"
        raise ValueError(message("clip: shapes do not fit", expected="bounds that broadcast", got=got, fix=fix))
    if low is not None and high is not None and backend.xp.any(unwrap(low) > unwrap(high)):
        got = "a low bound above the high one"
        raise ValueError(message("clip", expected="low <= high", got=got, fix="clip(x, low, high)"))
    y = x if low is None else where(unwrap(x) < unwrap(low), low, x)
    return y if high is None else where(unwrap(y) > unwrap(high), high, y)
