"""Tanh, an op with its derivative

An op is a function that knows its derivative. `forward` gets arrays and returns an array. `backward` gets

- `g`, the gradient dL/dy of the loss with respect to the output, of the shape of y,
- `y`, the output that `forward` has returned, and `x`, the input,

and returns dL/dx, of the shape of x. Write both for y = tanh x. `Tanh()(x)` then gives y, for an array or for a Tensor,
which is an array of minigen that can have a gradient. `Tanh().backward(g, y, x)` can be called by hand. `help(mg.Op)`
has another op as an example, `help(mg.Tensor)` says more of Tensors (`import minigen as mg`).

`np.tanh` may be used in `forward`; `tanh` of minigen may not. `backward` is called with arrays, and with Tensors where
a second derivative is wanted: use operators such as `+ - * **` only, since functions of NumPy take no Tensors. A result
has the dtype of its input.
"""

# ---- exercise

import numpy as np

from minigen import Op


class Tanh(Op):
    """y = tanh x for an array x of any shape."""

    def forward(self, x):
        """x: (...) -> y: (...)."""
        # BEGIN SOLUTION
        return np.tanh(x)
        # END SOLUTION

    def backward(self, g, y, x):
        """g = dL/dy: (...), y: (...), x: (...) -> dL/dx: (...)."""
        # BEGIN SOLUTION
        return g * (1 - y * y)
        # END SOLUTION


# ---- tests

import minigen as mg

from ..pieces import Wrong, test

REFUSED = ("minigen.tanh", "minigen.ops.Tanh", "minigen.layers.Activation")


@test(marks=2, public=True)
def values(student):
    """The values of tanh."""
    return {"y": student.Tanh()(np.array([[-2.0, -0.5, 0.0], [0.1, 1.0, 3.0]]))}


@test(marks=2, public=True)
def derivative(student):
    """The derivative, for g = 1."""
    x = np.array([-1.0, 0.0, 0.5, 2.0])
    return {"dL/dx": student.Tanh().backward(np.ones(4), np.tanh(x), x)}


@test(marks=3)
def chain(student):
    """The gradient of a loss that goes through tanh."""
    rng = np.random.default_rng(1)
    w = mg.Tensor(rng.normal(size=(3, 4)), requires_grad=True)
    (student.Tanh()(rng.normal(size=(5, 3)) @ w) ** 3).sum().backward()
    return {"dL/dw": w.grad}


@test(marks=2)
def second_derivative(student):
    """The second derivative."""
    x = mg.Tensor(np.random.default_rng(2).normal(size=(2, 3)), requires_grad=True)
    (slope,) = mg.grad(student.Tanh()(x).sum(), [x], create_graph=True)
    return {"d²y/dx²": mg.grad((slope * slope).sum(), [x])[0]}


@test(marks=1, dtype=True)
def precision(student):
    """float32 stays float32."""
    x, g = np.array([[0.5, 1.0, -1.5], [1.5, -0.5, 2.0]], "float32")
    return {"y": student.Tanh().forward(x), "dL/dx": student.Tanh().backward(g, np.tanh(x), x)}


RULE = "g * (1 - y * y)"
WRONG = (
    Wrong("sign", RULE, "-g * (1 - y * y)", 2, "tanh rises everywhere. Has its derivative the sign for that?"),
    Wrong("sign", RULE, "g * (1 + y * y)", 2, "where x is large tanh is flat. Is your derivative small there?"),
    Wrong("forgotten term", RULE, "1 - y * y + 0 * g", 4, "backward returns dL/dx, not dy/dx: what is g for?"),
    Wrong("wrong variable", RULE, "g * (1 - x * x)", 2, "which of y and x stands in the formula of the derivative?"),
    Wrong("factor", RULE, "g * (2 - 2 * y * y)", 2, "at x = 0 the slope of tanh is known. Which is yours?"),
    Wrong("wrong variable", RULE, "g * y * (1 - y)", 2, "this is the rule of another activation, the sigmoid"),
    Wrong("forgotten term", RULE, "g * (1 - y)", 2, "tanh is odd, so its slope is the same at x and -x. Is yours?"),
    Wrong(
        "no gradient",
        RULE,
        "g * (1 - np.tanh(np.asarray(getattr(x, 'data', x))) ** 2)",
        8,
        "with Tensors np.tanh is not recorded: use operators, and what you are given",
    ),
    Wrong("float32", "return np.tanh(x)", 'return np.tanh(x.astype("float32"))', 3, "forward keeps the dtype of x"),
)
