"""Ops of one's own: one that is right, and two that write into what they get."""

from minigen import Op


class Cube(Op):
    """y = x³,   dL/dx = g 3x²"""

    def forward(self, x):
        return x**3

    def backward(self, g, y, x):
        return g * 3 * x**2


class Doubled(Op):
    """y = 2x, written into x"""

    def forward(self, x):
        x *= 2
        return x

    def backward(self, g, y, x):
        return 2 * g


class NegatedInPlace(Op):
    """y = -x, dL/dx written into g"""

    def forward(self, x):
        return -x

    def backward(self, g, y, x):
        g *= -1.0
        return g
