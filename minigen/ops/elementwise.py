"""Arithmetic and elementary functions, element by element, with broadcasting as in NumPy."""

from __future__ import annotations

import math
import numbers
from typing import Any

from .. import backend
from ..autograd import Op, raw


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
    """y = xᵏ,   dL/dx = g k xᵏ⁻¹,   dL/dk = g y log x"""

    def forward(self, x: Any, k: Any) -> Any:
        return x**k

    def backward(self, g: Any, y: Any, x: Any, k: Any) -> Any:
        dx = g * (k * x ** (k - 1)) if self.needs[0] else None
        if not self.needs[1]:
            return dx, None
        log_x = math.log(x) if isinstance(x, (int, float)) else log(x)
        return dx, g * y * log_x


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
    """x to the power k, a number or a tensor (then x > 0 is needed for the gradient to k)."""
    if isinstance(k, numbers.Real) and k == 0:
        return x * 0 + 1  # the rule's k xᵏ⁻¹ would be 0 · ∞ at x = 0
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
    """The smaller of a and b: -max(-a, -b)."""
    return -maximum(-a, -b)


def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the boolean `condition` holds, else b; no gradient flows to the condition."""
    return Where(backend.asarray(raw(condition)))(a, b)


def clip(x: Any, low: float, high: float) -> Any:
    """x limited to [low, high]; the gradient is exactly 0 outside."""
    return Clip(float(low), float(high))(x)
