"""Op: custom rules, and what forward and backward may return."""

import numpy as np
import pytest
from helpers.own_ops import Cube
from helpers.parameters import assert_equal, leaf, parameter, parameter64
from helpers.refusals import refused

import minigen
from minigen import GraphError, Op, Tensor, backend, grad, gradcheck, no_grad

# ---- custom rules


def test_the_op_of_the_docstring(xp):
    gradcheck(lambda x: Cube()(x), [np.array([0.5, -2.0])], order=2)
    assert_equal(Cube()(backend.asarray(np.array([2.0]))), [8])


def test_an_op_object_is_called_once():
    """It keeps what backward needs: a second call would overwrite it."""
    op, x = Cube(), parameter(2.0)
    y = op(x)
    with pytest.raises(GraphError, match=r"Cube: one op object called twice(.|\n)*Cube\(\)\(x\)"):
        op(x)
    with pytest.raises(GraphError, match="called twice"), no_grad():
        op(x)
    y.backward()
    assert_equal(x.grad, 12)


def test_an_unused_call_does_not_count():
    op = Cube()
    for _ in range(2):
        assert_equal(op(np.array([2.0])), [8])
        with no_grad():
            assert_equal(op(parameter(2.0)), 8)


@pytest.mark.parametrize("elementwise", [False, True])
@pytest.mark.parametrize(
    "returned, got",
    [
        (None, "None"),
        (1.0, "float"),
        ([np.ones(2, "float32")], "list"),
        (np.ones(3, "float32"), r"\(3,\)"),
        (np.ones((), "float32"), r"\(\)"),
        ((np.ones(2, "float32"), np.ones(2, "float32")), "2"),
    ],
    ids=["nothing", "number", "list", "too long", "no axes", "too many"],
)
def test_a_wrong_gradient_names_the_rule(returned, got, elementwise):
    class Broken(Op):
        def forward(self, x):
            return x * 2

        def backward(self, g, y, x):
            return returned

    Broken.elementwise = elementwise
    with pytest.raises(GraphError, match=rf"Broken.backward returned a wrong gradient(.|\n)*got: +{got}"):
        Broken()(parameter([1, 2])).sum().backward()


def test_a_missing_rule_is_named():
    class Forward(Op):
        def forward(self, x):
            return x

    with pytest.raises(NotImplementedError, match=r"Forward has no backward\(\)(.|\n)*backward\(self, g, y, x\)"):
        Forward()(parameter(2.0)).backward()


def test_a_numpy_function_in_a_rule_is_refused_on_tensors():
    class Exponential(Op):
        def forward(self, x):
            return np.exp(x)

        def backward(self, g, y, x):
            return g * np.exp(x)

    x = parameter(2.0)
    with pytest.raises(TypeError):
        grad(Exponential()(x), [x], create_graph=True)


# ---- what forward and backward return


def test_an_error_of_an_elementwise_op_keeps_its_own_text():
    class Picky(Op):
        elementwise = True

        def forward(self, a, b):
            raise ValueError("b must be sorted")

    with pytest.raises(ValueError, match="b must be sorted"):
        Picky()(parameter([1, 2]), parameter([1, 2]))


def test_an_op_of_ones_own_may_return_a_list_of_gradients_only_as_a_tuple():
    class Sum2(Op):
        def forward(self, a, b):
            return a + b

        def backward(self, g, y, a, b):
            return [g, g]

    a, b = parameter64([1.0]), parameter64([2.0])
    with pytest.raises(minigen.GraphError, match=r"a tuple(.|\n)*got: +a list"):
        Sum2()(a, b).sum().backward()


class NoInput(Op):
    def forward(self):
        return np.zeros(1)


class OneGradient(Op):
    def forward(self, x):
        return x

    def backward(self, g, y):
        return g


class Polynomial(Op):
    def __init__(self, order):
        self.order = order

    def forward(self, x):
        return x**self.order


class KeepsInputs(Op):
    def forward(self, x):
        return x

    def __init__(self):
        self.inputs = 3


class Single(Op):
    def forward(self, x):
        return x

    def backward(self, g, y, x):
        return g.astype("float32")


@pytest.mark.parametrize(
    ("where", "call", "error"),
    [
        ("NoInput.forward: arguments", lambda x: NoInput()(x), TypeError),
        ("OneGradient.backward: arguments", lambda x: OneGradient()(x).sum().backward(), TypeError),
        ("Polynomial: self.order", lambda x: Polynomial(3)(x), minigen.GraphError),
        ("KeepsInputs: self.inputs", lambda x: KeepsInputs()(x), minigen.GraphError),
        ("Single.backward returned a wrong gradient", lambda x: Single()(x).sum().backward(), minigen.GraphError),
    ],
)
def test_a_class_that_is_no_op_is_refused_with_the_method_or_attribute_at_fault(where, call, error):
    with refused(error, where):
        call(parameter64(np.ones((2, 3))))


def test_an_own_op_keeps_its_refusal_of_numbers():
    class Half(Op):
        "y = x / 2"

        def forward(self, x):
            return 0.5

    with refused(TypeError, "Half.forward returned no array"):
        Half()(leaf())


class Returning(Op):
    def __init__(self, what):
        self.what = what

    def forward(self, x):
        return self.what(x)

    def backward(self, g, y, x):
        return g


@pytest.mark.parametrize(
    "what, got",
    [
        (lambda x: None, "None"),
        (lambda x: (x * 2, x * 3), "a tuple"),
        (lambda x: [v * 2 for v in x], "a list"),
        (lambda x: 2.0, "a float"),
        (lambda x: Tensor(x), "a Tensor"),
        (lambda x: "x", "a str"),
    ],
    ids=["nothing", "tuple", "list", "float", "Tensor", "str"],
)
def test_what_forward_returns_besides_an_array_is_named(what, got):
    with pytest.raises(TypeError, match=rf"Returning.forward returned no array(.|\n)*got: +{got}"):
        Returning(what)(parameter64([1, 2]))
