"""What gradcheck looks at first: its arguments, draws, weights on the way, and ops that keep no rule."""

import re

import numpy as np
import pytest
from helpers.mutants import with_change
from helpers.own_ops import Doubled, HalvedCube, NegatedInPlace, X
from helpers.refusals import refused

import minigen
from minigen import (
    LSTM,
    Dense,
    Dropout,
    Embedding,
    GradcheckError,
    GraphError,
    Layer,
    Op,
    Sequential,
    Tensor,
    gradcheck,
    losses,
    no_grad,
    ops,
)

# ---- what it refuses


@pytest.mark.parametrize(
    "x, cast",
    [
        (X.astype("float32"), 'x.astype("float64")'),
        (X.astype("float16"), 'x.astype("float64")'),
        (X.astype("int64"), 'x.astype("float64")'),
        (X + 1j, "x.real"),
        ([0.1, 0.2], 'np.asarray(x, "float64")'),
        (Tensor(X.astype("float32")), 'x.numpy().astype("float64")'),
    ],
)
def test_anything_but_float64_is_refused_with_the_cast_to_write(x, cast):
    with pytest.raises(TypeError, match=re.escape(f"fix:      {cast}")):
        gradcheck(ops.tanh, [x])


def test_float32_parameters_are_refused_with_the_cast_to_write():
    layer = Dense(2)
    layer(X)
    with pytest.raises(TypeError, match=r'layer\.astype\("float64"\)'):
        gradcheck(layer, [X], layer.parameters())


def test_a_function_that_returns_no_tensor_is_refused():
    with pytest.raises(TypeError, match="gradcheck: f must return a Tensor"):
        gradcheck(lambda x: x.numpy(), [X])


# ---- random draws, layers, large tensors


def test_random_draws_are_replayed():
    masks = []

    def noisy(x):
        y = ops.dropout(x, 0.5)
        masks.append(y.numpy() != 0)
        return y

    gradcheck(noisy, [X], order=2)
    assert len(masks) > 24 and masks[0].any() and not masks[0].all()
    assert all((mask == masks[0]).all() for mask in masks)


def test_draws_that_are_not_replayed_are_caught():
    own = np.random.default_rng(0)
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: x * own.standard_normal(x.shape), [X])


def test_layers_are_checked_with_their_parameters(xp):
    model = Sequential([Dense(3, "tanh"), Dropout(0.3), Dense(2, "softmax")])
    model(X)
    model.astype("float64")
    before = [p.numpy().copy() for p in model.parameters()]
    gradcheck(lambda x: model(x, training=True), [X], model.parameters(), order=2)
    for p, old in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.numpy(), old)


def test_a_wrong_gradient_of_a_parameter_is_named():
    layer = Dense(2, name="code")
    layer(X)
    layer.astype("float64")

    def f(x):
        y = layer(x)
        op, right_rule = y.op, y.op.backward
        op.backward = lambda *args: with_change(right_rule(*args), 2, lambda db: db * 1.001)
        return y

    with pytest.raises(GradcheckError, match=r"code/bias\[[01]\]"):
        gradcheck(f, [X], layer.parameters())


def test_the_inputs_of_the_caller_are_not_touched():
    x = X.copy()
    gradcheck(ops.tanh, [x], order=2)
    np.testing.assert_array_equal(x, X)


def test_gradcheck_is_repeatable():
    results = []
    for _ in range(2):
        minigen.seed(1)
        results.append(gradcheck(lambda x: ops.dropout(x, 0.3) ** 2, [X], order=2))
    assert results[0] == results[1]


def test_a_function_that_uses_nothing_of_what_it_is_given_is_refused():
    """All gradients are zero then, on both sides: an agreement that says nothing."""
    model = Sequential([Dense(2)]).astype("float64")
    model(X)
    with pytest.raises(GradcheckError, match="uses none of its inputs and parameters"):
        gradcheck(lambda *weights: model(X), model.parameters())
    gradcheck(model, [X], params=model.parameters(), order=2)


# ---- every weight on the way is checked


class WrongScale(Op):
    """y = x b, and dL/db is three times too large."""

    def forward(self, x, b):
        return x * b

    def backward(self, g, y, x, b):
        return g * b, 3 * (g * x).sum(axis=0)


class Scale(Layer):
    def build(self, input_shape):
        self.b = self.add_weight("b", (input_shape[-1],), "ones")

    def call(self, x):
        return WrongScale()(x, self.b)


HELD = Tensor(X[0], requires_grad=True, name="held")


@pytest.mark.parametrize(
    "name, make",
    {
        "scale/b": lambda: Scale().astype("float64"),
        "1/b": lambda: Sequential([Dense(2), Scale()]).astype("float64"),
        "held": lambda: lambda x: WrongScale()(x, HELD),
    }.items(),
)
def test_weights_that_are_not_listed_are_checked(name, make):
    """The line of the README: an unbuilt layer has no parameters yet when the list is written."""
    f = make()
    params = f.parameters() if isinstance(f, Layer) else []
    assert params == []
    with pytest.raises(GradcheckError, match="differ at order 1") as caught:
        gradcheck(f, [X], params=params, order=2)
    assert caught.value.op == "WrongScale" and caught.value.input.endswith(name.rpartition("/")[2])


def test_unlisted_weights_count_among_the_checked():
    layer = Dense(2).astype("float64")
    assert gradcheck(layer, [X], params=layer.parameters(), order=2).total == X.size + 4 * 2 + 2
    assert gradcheck(layer, [X], params=layer.parameters()).total == X.size + 4 * 2 + 2


def test_float32_weights_on_the_way_are_refused():
    with refused(TypeError, "float64 is needed"):
        gradcheck(Dense(2), [X])
    with refused(TypeError, "embedding/embeddings: float32"):
        gradcheck(Embedding(5, 2), [np.array([[0, 1]])])
    single = Tensor(X.astype("float32"), requires_grad=True)
    with refused(TypeError, "float64 is needed"):
        gradcheck(lambda x: x * single, [X])


def test_what_cannot_be_moved_is_refused():
    history = HELD * 2
    with refused(GradcheckError, "computed before"):
        gradcheck(lambda x: x * history, [X])
    with refused(GradcheckError, "anew at each call"):
        gradcheck(lambda x: Dense(2).astype("float64")(x), [X])
    gradcheck(lambda x: x * history.detach(), [X], order=2)


# ---- integers and several outputs


def test_integers_take_no_gradient():
    i = np.array([0, 2, 2])
    assert gradcheck(lambda x, i: x[i], [X, i], order=2).total == X.size
    assert gradcheck(lambda x, m: ops.where(m, x, 0.0), [X, X > 0], order=2).total == X.size
    gradcheck(lambda x, t: losses.sparse_categorical_crossentropy(t, x, from_logits=True), [X, i], order=2)
    gradcheck(Embedding(5, 2).astype("float64"), [i[None]], order=2)


def test_several_outputs_are_checked_together():
    gradcheck(lambda x: ops.split(x, [2, 2], axis=1), [X], order=2)
    gradcheck(LSTM(2, return_state=True).astype("float64"), [X[None]], order=2)
    with pytest.raises(GradcheckError, match="differ"):
        gradcheck(lambda x: (x * 2, HalvedCube()(x)), [X])


# ---- a cause of its own for everything else


@pytest.mark.parametrize("f", [lambda x: Doubled()(x), lambda x: Doubled()(x * 1.5) + 1.0])
def test_a_forward_that_writes_into_its_input_is_named(f):
    with pytest.raises(Exception, match="Doubled.forward changed"):  # the engine may be the first to notice
        gradcheck(f, [X])


@pytest.mark.parametrize("f", [lambda x: NegatedInPlace()(x), lambda x: NegatedInPlace()(x) + x * 4])
def test_a_backward_that_writes_into_g_is_named(f):
    with pytest.raises(Exception, match="NegatedInPlace.backward changed"):
        gradcheck(f, [X])


@pytest.mark.parametrize("f", [lambda x: x * x.numpy(), lambda x: ops.exp(x) * x.detach(), lambda x: x + x.data**2])
def test_a_value_that_leaves_the_graph_is_no_fault_of_an_op(f):
    with pytest.raises(GradcheckError, match="every rule is right by itself") as caught:
        gradcheck(f, [X])
    assert caught.value.op is None


class Remembers(Layer):
    last = None

    def call(self, x):
        y = x if self.last is None else x * self.last
        self.last = x.numpy().copy()
        return y


class RemembersTensors(Remembers):
    def call(self, x):
        y = x if self.last is None else x * self.last
        self.last = x * 1.0
        return y


def test_functions_that_are_none_are_refused():
    own = np.random.default_rng(0)
    with refused(GradcheckError, "not deterministic"):
        gradcheck(lambda x: x * (own.random(x.shape) > 0.5), [X])
    with refused(GradcheckError, "not deterministic"):
        gradcheck(Remembers().astype("float64"), [X])
    with refused(GradcheckError, "computed before"):
        gradcheck(RemembersTensors().astype("float64"), [X])
    with refused(GradcheckError, "uses none of its inputs"):
        gradcheck(lambda x: Tensor(X), [X])
    with refused(GradcheckError, "uses none of its inputs"):
        gradcheck(lambda x: Tensor(x.numpy() * 2), [X])
    with refused(GradcheckError, "not finite"):
        gradcheck(ops.log, [np.array([0.0, 1.0])])


class WithoutY(Op):
    def forward(self, x):
        return x**2

    def backward(self, g, x):
        return g * 2 * x


def test_wrong_calls_are_refused():
    with refused(TypeError, "inputs in a list"):
        gradcheck(ops.exp, X)
    with refused(TypeError, "inputs in a list"):
        gradcheck(ops.exp, Tensor(X))
    with refused(TypeError, "params in a list"):
        gradcheck(ops.exp, [X], HELD)
    with refused(TypeError, "params"):
        gradcheck(ops.exp, [X], [X])
    with refused(TypeError, "does not fit the inputs"):
        gradcheck(ops.exp)
    with refused(TypeError, "does not fit the inputs"):
        gradcheck(lambda x: x, [X, X])
    with refused(TypeError, "gradcheck: f"):
        gradcheck(ops.exp(Tensor(X)), [X])
    with refused(ValueError, "order"):
        gradcheck(ops.exp, [X], order=3)
    with refused(ValueError, "eps"):
        gradcheck(ops.exp, [X], eps=0.0)
    with refused(ValueError, "max_elements"):
        gradcheck(ops.exp, [X], max_elements=0)
    with refused(TypeError, "WithoutY.backward"):
        gradcheck(lambda x: WithoutY()(x), [X])
    with refused(GradcheckError, "nothing to compare"):
        gradcheck(ops.exp, [np.ones((0, 3))])
    with no_grad():
        with refused(GraphError, "inside no_grad()"):
            gradcheck(ops.exp, [X])
    gradcheck(lambda a, b: ops.concatenate([a, b]), [X, np.ones((0, 4))], order=2)


# ---- rules that ask which gradients are wanted


class AsksForEach(Op):
    "y = a b, leaving out the gradients that nobody wants"

    def forward(self, a, b):
        return a * b

    def backward(self, g, y, a, b):
        return (g * b if self.needs[0] else None), (g * a if self.needs[1] else None)


def test_a_rule_may_leave_out_what_is_not_wanted():
    a, b = np.ones(3), np.arange(1.0, 4.0)
    gradcheck(lambda a, b: AsksForEach()(a, b), [a, b], order=2)


class AsksForTheOther(AsksForEach):
    "wrong where b wants no gradient"

    def backward(self, g, y, a, b):
        return g * b * (1 if self.needs[1] else 2), g * a


def test_a_gradient_that_depends_on_whether_another_is_wanted_is_found():
    a, b = np.ones(3), np.arange(1.0, 4.0)
    with pytest.raises(GradcheckError, match="AsksForTheOther.backward gives input 0 another gradient"):
        gradcheck(lambda a, b: AsksForTheOther()(a, b), [a, b])


# ---- tensors that f makes


class WrongByB(Op):
    "y = x b, with the gradient to b three times too large"

    def forward(self, x, b):
        return x * b

    def backward(self, g, y, x, b):
        return g * b, 3 * (g * x).sum(axis=0)


def test_a_tensor_that_is_made_inside_of_f_does_not_hide_a_wrong_gradient():
    x, b = np.ones((4, 3)), np.ones(3)
    with pytest.raises(GradcheckError, match=r"f makes a tensor of shape \(3,\) that requires a gradient anew"):
        gradcheck(lambda x: WrongByB()(x, Tensor(b, requires_grad=True)), [x])
    before = Tensor(b, requires_grad=True)
    with pytest.raises(GradcheckError, match="differ at order 1"):
        gradcheck(lambda x: WrongByB()(x, before), [x])


def test_a_gradient_penalty_is_checked_by_the_weights_of_its_critic():
    critic = minigen.Sequential([minigen.Input((4,)), minigen.Dense(3, "tanh"), minigen.Dense(1)]).astype("float64")
    real, fake = np.random.default_rng(0).normal(size=(2, 5, 4))
    gradcheck(lambda: losses.gradient_penalty(critic, real, fake), [], params=critic.parameters())
