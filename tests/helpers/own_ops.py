"""Ops of one's own: one that is right, one that is wrong, and two that write into what they get; and data for them."""

import numpy as np

from minigen import Op

X = np.array([[0.3, -0.7, 1.1, 0.4], [-1.2, 0.9, -0.2, 0.6], [0.8, 0.5, -1.0, -0.1]])  # (3, 4)


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


class HalvedCube(Cube):
    """y = x³, and dL/dx is halved where |x| < 1."""

    def backward(self, g, y, x):
        return super().backward(g, y, x) * (1 - 0.5 * (abs(x) < 1))


class CubeWithOneWrongElement(Cube):
    """y = x³, and dL/dx[1, 2] is half as large again."""

    def __init__(self, factor):
        self.factor = np.ones((3, 4))
        self.factor[1, 2] = factor

    def backward(self, g, y, x):
        return super().backward(g, y, x) * self.factor
