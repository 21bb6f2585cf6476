"""gradcheck passes what is right and catches what is wrong: every rule of the table is damaged, one way at a time."""

import re

import numpy as np
import pytest
from op_table import OPS, all_op_classes, draws, ops_behind

import minigen
from minigen import Dense, Dropout, GradcheckError, KinkError, Op, Sequential, Tensor, gradcheck, ops

X = np.array([[0.3, -0.7, 1.1, 0.4], [-1.2, 0.9, -0.2, 0.6], [0.8, 0.5, -1.0, -0.1]])  # (3, 4)

# Left out: x**0 is x * 0 + 1, and no gradient passes the mean inside a variance, so that no mistake there can matter.
ROWS = [name for name in OPS if name not in ("power_zero", "var")]


def ops_of(name):
    """The ops that row `name` of the table runs, in order."""
    return ops_behind(OPS[name][0](*[Tensor(a, requires_grad=True) for a in draws(name)]))


def learned(op):
    """The numbers of the inputs that a gradient goes to."""
    return [i for i, x in enumerate(op.inputs) if isinstance(x, Tensor) and x.requires_grad]


# One case for every op of every row, and one for each of its gradients. "number" tells several ops of a row apart.
OP_CASES = [(name, number, type(op).__name__) for name in ROWS for number, op in enumerate(ops_of(name))]
GRADIENT_CASES = [
    (name, number, type(op).__name__, i) for name in ROWS for number, op in enumerate(ops_of(name)) for i in learned(op)
]
each_op = pytest.mark.parametrize("name, number, rule", OP_CASES)
each_gradient = pytest.mark.parametrize("name, number, rule, i", GRADIENT_CASES)


def check_damaged(name, number, damage, order):
    """gradcheck of row `name`, where op `number` has damage(right rule, g, y, *inputs) for its rule."""

    def f(*xs):
        y = OPS[name][0](*xs)
        op = ops_behind(y)[number]
        right_rule = op.backward
        op.backward = lambda g, y, *inputs: damage(right_rule, g, y, *inputs)
        return y

    gradcheck(f, draws(name), order=order)


def with_change(gradients, i, change):
    """The gradients that a rule returned, gradient i changed."""
    if not isinstance(gradients, tuple):
        return change(gradients)
    return (*gradients[:i], change(gradients[i]), *gradients[i + 1 :])


def test_every_op_class_is_damaged():
    assert {c.__name__ for c in all_op_classes()} <= {rule for _, _, rule in OP_CASES}


# ---- order 1: a wrong number


@each_gradient
def test_an_error_of_a_thousandth_is_caught(name, number, rule, i):
    def damage(right_rule, g, y, *inputs):
        return with_change(right_rule(g, y, *inputs), i, lambda gx: gx * 1.001)

    with pytest.raises(GradcheckError, match="differ at order 1"):
        check_damaged(name, number, damage, order=1)


@each_gradient
def test_a_flipped_sign_is_caught(name, number, rule, i):
    def damage(right_rule, g, y, *inputs):
        return with_change(right_rule(g, y, *inputs), i, lambda gx: -gx)

    with pytest.raises(GradcheckError, match="differ at order 1"):
        check_damaged(name, number, damage, order=1)


@each_op
def test_a_forgotten_g_is_caught(name, number, rule):
    """The rule of y alone, without the chain rule: a checker that sends g = 1 cannot see it."""

    def damage(right_rule, g, y, *inputs):
        return right_rule(g * 0 + 1, y, *inputs)

    with pytest.raises(GradcheckError, match="differ at order 1"):
        check_damaged(name, number, damage, order=1)


def has_places_to_swap(name, number, i):
    """Whether transposing gradient i changes it. The gradient of a full sum is one number everywhere."""
    return name != "sum" and sum(n > 1 for n in ops_of(name)[number].inputs[i].shape) >= 2


PLACE_CASES = [
    (name, number, rule, i) for name, number, rule, i in GRADIENT_CASES if has_places_to_swap(name, number, i)
]


@pytest.mark.parametrize("name, number, rule, i", PLACE_CASES)
def test_right_numbers_in_wrong_places_are_caught(name, number, rule, i):
    def damage(right_rule, g, y, *inputs):
        return with_change(right_rule(g, y, *inputs), i, lambda gx: gx.transpose().reshape(gx.shape))

    with pytest.raises(GradcheckError, match="differ at order 1"):
        check_damaged(name, number, damage, order=1)


# ---- order 2: a rule that is right on arrays


@each_gradient
def test_an_error_on_tensors_alone_is_caught(name, number, rule, i):
    """backward() is right; create_graph=True, which calls the same rule with Tensors, is wrong by a thousandth."""

    def damage(right_rule, g, y, *inputs):
        factor = 1.001 if isinstance(g, Tensor) else 1
        return with_change(right_rule(g, y, *inputs), i, lambda gx: gx * factor)

    check_damaged(name, number, damage, order=1)
    with pytest.raises(GradcheckError, match="another gradient on Tensors than on arrays"):
        check_damaged(name, number, damage, order=2)


@each_op
def test_a_g_that_does_not_know_where_it_comes_from_is_caught(name, number, rule):
    """The right number, but the part of the second derivative that comes through g is lost, even in a linear op."""

    def damage(right_rule, g, y, *inputs):
        return right_rule(g.detach() if isinstance(g, Tensor) else g, y, *inputs)

    check_damaged(name, number, damage, order=1)
    with pytest.raises(GradcheckError, match="differ at order 2"):
        check_damaged(name, number, damage, order=2)


# Rules in which neither y nor the inputs occur except in comparisons: their second derivative is zero.
PIECEWISE_LINEAR = set(
    """Abs Add AveragePool BroadcastTo Clip Concatenate Dropout GetItem LabelHinge LeakyRelu Max MaxPool Maximum
    Negative Pad PutItem Relu Reshape Subtract Sum Transpose UpSample Where WindowSpread WindowSum""".split()
)
ONE_FACTOR_IS_CONSTANT = {  # and a product is linear in the other
    ("mean", "Divide"),
    ("up_sampling2d_bilinear", "MatMul"),
    ("up_sampling_conv2d", "MatMul"),
    ("up_sampling_conv2d_to_one_channel", "MatMul"),
}


@each_op
def test_a_gradient_that_does_not_know_where_it_comes_from_is_caught(name, number, rule):
    """The right number, computed from detached y and x: what a fused op does that forgot its second derivative."""

    def damage(right_rule, g, y, *inputs):
        return right_rule(g, *[v.detach() if isinstance(v, Tensor) else v for v in (y, *inputs)])

    if rule in PIECEWISE_LINEAR or (name, rule) in ONE_FACTOR_IS_CONSTANT:
        check_damaged(name, number, damage, order=2)
        return
    check_damaged(name, number, damage, order=1)
    with pytest.raises(GradcheckError, match="differ at order 2"):
        check_damaged(name, number, damage, order=2)


# ---- mistakes that were made in real libraries


class SoftmaxOfNoConsequence(ops.Softmax):
    def backward(self, g, y, x):
        return g * 0


class TransposeByReshape(ops.Transpose):
    def backward(self, g, y, x):
        return g.reshape(x.shape)


class BatchNormOfFrozenStatistics(ops.BatchNorm):
    """Right at order 1; on Tensors the mean and the variance would have to be recorded as functions of x."""

    def backward(self, g, y, x, gamma, beta):
        s = 1 / (self.var + self.epsilon) ** 0.5
        x_hat = (x - self.mean) * s
        dgamma, dbeta, n = (g * x_hat).sum(axis=0), g.sum(axis=0), x.shape[0]
        return gamma * s * (g - dbeta / n - x_hat * (dgamma / n)), dgamma, dbeta


def test_a_softmax_whose_gradient_is_zero_is_caught(xp):
    """The outputs of a softmax sum to 1: with g = 1 its gradient *is* zero, so a checker of ones is blind to it."""
    with pytest.raises(GradcheckError, match="differ at order 1"):
        gradcheck(lambda x: SoftmaxOfNoConsequence(-1)(x), [X])


def test_a_transpose_that_only_reshapes_is_caught():
    with pytest.raises(GradcheckError, match="differ at order 1"):
        gradcheck(lambda x: TransposeByReshape((1, 0))(x), [X])


def test_a_batch_norm_with_frozen_statistics_is_caught_at_order_2():
    inputs = [X, X[0], X[1]]
    gradcheck(lambda x, gamma, beta: BatchNormOfFrozenStatistics(1e-3)(x, gamma, beta), inputs, order=1)
    with pytest.raises(GradcheckError, match="order 2"):
        gradcheck(lambda x, gamma, beta: BatchNormOfFrozenStatistics(1e-3)(x, gamma, beta), inputs, order=2)


# ---- the report


class CubeWithOneWrongElement(Op):
    """y = x³, and dL/dx[1, 2] is half as large again."""

    def __init__(self, factor):
        self.factor = np.ones((3, 4))
        self.factor[1, 2] = factor

    def forward(self, x):
        return x**3

    def backward(self, g, y, x):
        return g * 3 * x**2 * self.factor


def test_the_report_names_the_worst_element():
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: CubeWithOneWrongElement(1.5)(x), [X])
    report = str(caught.value)
    assert report.startswith("gradcheck: 1 of 12 gradients differ at order 1.")
    assert "input 0[1, 2] = -0.2\n" in report
    analytic, numeric, error = (
        float(re.search(rf"{word} +([-+\d.e]+) ", report)[1]) for word in ("analytic", "numeric", "relative error")
    )
    assert analytic == pytest.approx(1.5 * numeric, rel=1e-6)
    assert 0 < error < 1


def test_a_gradient_that_is_not_a_number_is_caught():
    with pytest.raises(GradcheckError, match=r"input 0\[1, 2\](.|\n)*nan"):
        gradcheck(lambda x: CubeWithOneWrongElement(np.nan)(x), [X])


def test_what_is_right_returns_its_worst_element():
    worst = gradcheck(lambda x: CubeWithOneWrongElement(1)(x), [X])
    assert worst.order == 1 and worst.tensor == "input 0" and worst.error < 1e-8
    assert worst.value == X[worst.index]
    assert worst.analytic == pytest.approx(worst.numeric, abs=1e-8)


def test_the_second_input_is_named():
    with pytest.raises(GradcheckError, match=r"input 1\[1, 2\]"):
        gradcheck(lambda a, b: a * CubeWithOneWrongElement(2)(b), [X, X])


# ---- kinks: where a corner is, there is no derivative to compare with

KINKS = {
    "relu at 0": (ops.relu, [1.0, 0.0]),
    "leaky relu at 0": (ops.leaky_relu, [1.0, 0.0]),
    "abs at 0": (ops.abs, [1.0, 0.0]),
    "clip at its bound": (lambda x: ops.clip(x, 0.0, 3.0), [1.0, 0.0]),
    "maximum of two equals": (lambda x: ops.maximum(x, 0.0), [1.0, 0.0]),
    "max of two equals": (lambda x: ops.max(ops.concatenate([x, x * 0.5 + 0.5])), [0.0, 1.0]),
    "max of three equals": (lambda x: ops.max(x), [1.0, 1.0, 1.0]),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_kink_is_named(name, xp):
    f, x = KINKS[name]
    with pytest.raises(KinkError, match=r"input 0\[\d\] = [01] sits on a kink(.|\n)*move the input away"):
        gradcheck(f, [np.array(x)])


@pytest.mark.parametrize("name", KINKS)
def test_beside_the_kink_all_is_well(name):
    f, x = KINKS[name]
    gradcheck(f, [np.array(x) + [0.1, 0.25, 0.45][: len(x)]], order=2)


def test_a_sharp_bend_is_no_kink():
    """e^(1000 x) has another slope a thousandth further on, but no corner: right it passes, wrong it is just wrong."""
    gradcheck(lambda x: ops.exp(x * 1000), [np.array([0.0])], tol=1e-5)

    def wrong(x):
        y = ops.exp(x * 1000)
        y.op.backward = lambda g, y, x: g * y * 1.001
        return y

    with pytest.raises(GradcheckError, match="differ at order 1"):
        gradcheck(wrong, [np.array([0.0])])


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
    with pytest.raises(TypeError, match=re.escape(f"write:    {cast}")):
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


def test_large_tensors_are_sampled():
    x = np.random.default_rng(0).standard_normal((100, 100))
    calls = []

    def f(x):
        calls.append(1)
        return ops.tanh(x)

    gradcheck(f, [x], max_elements=20)
    assert 40 <= len(calls) <= 50, "two for each of 20 places, and a few more"
    gradcheck(f, [X], max_elements=20)


def test_a_sample_finds_a_rule_that_is_wrong_everywhere():
    class Cube(Op):
        def forward(self, x):
            return x**3

        def backward(self, g, y, x):
            return g * 2.999 * x**2

    with pytest.raises(GradcheckError, match="3 of 3 gradients"):
        gradcheck(lambda x: Cube()(x), [np.random.default_rng(0).standard_normal((100, 100))], max_elements=5)


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
