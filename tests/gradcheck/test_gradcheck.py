"""gradcheck passes what is right and catches what is wrong: every rule of the table is damaged, one way at a time."""

import re

import numpy as np
import pytest
from helpers.mutants import KINDS, ROWS, gradients_of, verdict
from helpers.op_table import OPS, all_op_classes, draws, ops_behind
from helpers.own_ops import Cube, Doubled, NegatedInPlace
from helpers.refusals import refused

import minigen
from minigen import (
    LSTM,
    Dense,
    Dropout,
    Embedding,
    GradcheckError,
    GraphError,
    KinkError,
    Layer,
    Op,
    Sequential,
    Tensor,
    compare,
    gradcheck,
    losses,
    no_grad,
    ops,
)

X = np.array([[0.3, -0.7, 1.1, 0.4], [-1.2, 0.9, -0.2, 0.6], [0.8, 0.5, -1.0, -0.1]])  # (3, 4)


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


@pytest.mark.parametrize("name", ROWS)
def test_damage_to_single_places_is_caught(name):
    """One kind of damage and one seed for each gradient; tools/mutate_gradients.py runs all kinds with many seeds."""
    for n, (number, rule, i) in enumerate(gradients_of(name)):
        kind = KINDS[(ROWS.index(name) + n) % len(KINDS)]
        assert verdict(name, number, i, kind, seed=n) != "missed", f"{rule}, input {i}, {kind.__name__}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_damage_is_caught(kind):
    for name, i in (("stack_three", 1), ("dense", 1), ("softmax", 0), ("power_tensor", 1), ("conv2d", 0)):
        number, _, _ = next(found for found in gradients_of(name) if found[2] == i)
        assert verdict(name, number, i, kind, seed=1) in ("caught", "no change")
    number, _, i = gradients_of("stack_three")[-1]
    assert verdict("stack_three", number, i, kind, seed=0) == "caught"


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
    Mean Min Minimum Negative Pad PutItem Relu Reshape Subtract Sum Transpose UpSample Where WindowSpread
    WindowSum""".split()
)
ONE_FACTOR_IS_CONSTANT = {  # and a product is linear in the other
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


class CubeWithOneWrongElement(Cube):
    """y = x³, and dL/dx[1, 2] is half as large again."""

    def __init__(self, factor):
        self.factor = np.ones((3, 4))
        self.factor[1, 2] = factor

    def backward(self, g, y, x):
        return super().backward(g, y, x) * self.factor


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
    class WrongCube(Cube):
        def backward(self, g, y, x):
            return g * 2.999 * x**2

    with pytest.raises(GradcheckError, match="3 of 3 gradients"):
        gradcheck(lambda x: WrongCube()(x), [np.random.default_rng(0).standard_normal((100, 100))], max_elements=5)


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


# ---- a small wrong entry beside a large one


class HalvedCube(Cube):
    """y = x³, and dL/dx is halved where |x| < 1."""

    def backward(self, g, y, x):
        return super().backward(g, y, x) * (1 - 0.5 * (abs(x) < 1))


class ForgottenTwo(Op):
    """y = w², dL/dw without the 2."""

    def forward(self, w):
        return w**2

    def backward(self, g, y, w):
        return g * w


class LossAndPenalty(Op):
    """Both in one op: the penalty's gradient is a hundred-millionth of the loss'."""

    def forward(self, x, w):
        return (x**2).mean() + 1e-4 * (w**2).sum()

    def backward(self, g, y, x, w):
        return g * 2 * x / x.size, g * 1e-4 * w


@pytest.mark.parametrize("large", [5.0, 25.0, 255.0, 1e6])
@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_small_entry_does_not_hide_beside_a_large_one(large, seed):
    with pytest.raises(GradcheckError, match=r"input 0\[0, 0\] = 0.5\n"):
        gradcheck(lambda x: HalvedCube()(x), [np.array([[0.5, large]])], seed=seed)
    with pytest.raises(GradcheckError, match=r"input 0\[0\] = 0.5\n"):
        gradcheck(lambda x: HalvedCube()(x).sum(), [np.array([0.5, min(large, 255.0)])], seed=seed)


GREYS = np.random.default_rng(0).integers(0, 256, (20, 5)).astype(float)
WEIGHTS = np.random.default_rng(1).standard_normal((5, 1))


@pytest.mark.parametrize(
    "name, f, inputs",
    [
        ("weights of its own", lambda x, w: (x**2).mean() + 1e-4 * ForgottenTwo()(w).sum(), [GREYS, WEIGHTS]),
        ("the same weights", lambda w: ((Tensor(GREYS) @ w) ** 2).mean() + 1e-4 * ForgottenTwo()(w).sum(), [WEIGHTS]),
        ("one op", lambda x, w: LossAndPenalty()(x, w), [GREYS, WEIGHTS]),
    ],
)
def test_a_wrong_penalty_does_not_hide_beside_a_loss_of_greys(name, f, inputs):
    for seed in range(3):
        with pytest.raises(GradcheckError, match="differ at order 1") as caught:
            gradcheck(f, inputs, seed=seed)
        assert caught.value.op in ("ForgottenTwo", "LossAndPenalty")


class WrongIdentity(Op):
    def forward(self, x):
        return x * 1.0

    def backward(self, g, y, x):
        return g * 7


@pytest.mark.parametrize("x", [-2.0, -1.0, -0.5, 0.0, 1.0, 1e-9, -1e9])
def test_no_value_of_the_output_hides_its_gradient(x):
    with pytest.raises(GradcheckError, match="differ"):
        gradcheck(lambda x: WrongIdentity()(x), [np.full(3, x)])


class WrongAt(Op):
    """y = x², and dL/dx is wrong at some places."""

    def __init__(self, where):
        self.where = where

    def forward(self, x):
        return x**2

    def backward(self, g, y, x):
        factor = np.ones(x.shape)
        factor[self.where] = 1.01
        return g * 2 * x * factor


@pytest.mark.parametrize("where", [np.s_[:, 0, 27], np.s_[2, 13, 13], np.s_[0, 5], np.s_[1, :, 27]])
def test_one_wrong_pixel_of_many_is_caught_with_every_seed(where):
    """3,136 places, of which 100 are compared one by one: the others take part in blocks."""
    images = np.random.default_rng(0).random((4, 28, 28)) * 255
    for seed in range(10):
        with pytest.raises(GradcheckError):
            gradcheck(lambda x: WrongAt(where)(x), [images], seed=seed)


def test_the_text_says_how_many_were_checked():
    assert "checked 12 of 12 elements" in str(gradcheck(ops.tanh, [X]))
    large = gradcheck(ops.tanh, [np.random.default_rng(0).standard_normal((4, 28, 28))])
    assert large.checked == 100 and large.total == 3136
    assert "checked 100 of 3136 elements, the others in blocks" in str(large)


def test_the_error_has_fields():
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: CubeWithOneWrongElement(1.5)(x), [X])
    e = caught.value
    assert (e.op, e.input, e.index, e.checked, e.total) == ("CubeWithOneWrongElement", "input 0", (1, 2), 12, 12)
    assert e.analytic == pytest.approx(1.5 * e.numeric, rel=1e-6)
    assert e.relative == pytest.approx(1 / 3, rel=1e-6) and e.tolerance == 1e-6


# ---- right functions pass


@pytest.mark.parametrize("x", [5.5e-5, 3.9e-5, 1e-7, 1e-10])
@pytest.mark.parametrize("f", [ops.sqrt, ops.log])
def test_a_steep_function_is_no_kink(f, x):
    gradcheck(f, [np.array([x, 1.0])], order=2)


@pytest.mark.parametrize("x", [[1e-7, 1.0], [-3e-7, 1.0]])
def test_a_kink_nearby_is_no_kink(x):
    gradcheck(ops.relu, [np.array(x)])


@pytest.mark.parametrize("scale", [1e-8, 1e-3, 1e3, 1e6])
def test_the_scale_of_the_data_does_not_matter(scale):
    gradcheck(lambda x: x**3, [X * scale], order=2)
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: ForgottenTwo()(x), [X * scale])


def test_a_confident_loss_passes():
    """Its gradients are 1e-13 and smaller, beside logits of 30. Where they all are, nothing is compared."""

    def loss(z):
        return losses.sparse_categorical_crossentropy(np.arange(len(z)), z, from_logits=True)

    logits = np.array([[30.0, -2.0, 1.0], [0.0, 25.0, 3.0], [1.0, 2.0, 0.5]])
    assert gradcheck(loss, [logits]).unclear < 9
    with refused(GradcheckError, "nothing was compared"):
        gradcheck(loss, [logits[:2]])


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


class KeptInput(Op):
    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, g, y, x):
        return g * 2 * self.x


class WithoutY(Op):
    def forward(self, x):
        return x**2

    def backward(self, g, x):
        return g * 2 * x


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


@pytest.mark.parametrize("f", [lambda x: Doubled()(x), lambda x: Doubled()(x * 1.5) + 1.0])
def test_a_forward_that_writes_into_its_input_is_named(f):
    with pytest.raises(Exception, match="Doubled.forward changed"):  # the engine may be the first to notice
        gradcheck(f, [X])


@pytest.mark.parametrize("f", [lambda x: NegatedInPlace()(x), lambda x: NegatedInPlace()(x) + x * 4])
def test_a_backward_that_writes_into_g_is_named(f):
    with pytest.raises(Exception, match="NegatedInPlace.backward changed"):
        gradcheck(f, [X])


def test_an_array_kept_in_the_op_is_named_at_order_2():
    gradcheck(lambda x: KeptInput()(x), [X])
    with pytest.raises(GradcheckError, match="not from self.x") as caught:
        gradcheck(lambda x: KeptInput()(x), [X], order=2)
    assert caught.value.op == "KeptInput"


@pytest.mark.parametrize("f", [lambda x: x * x.numpy(), lambda x: ops.exp(x) * x.detach(), lambda x: x + x.data**2])
def test_a_value_that_leaves_the_graph_is_no_fault_of_an_op(f):
    with pytest.raises(GradcheckError, match="every rule is right by itself") as caught:
        gradcheck(f, [X])
    assert caught.value.op is None


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


# ---- compare: the forward pass


def test_compare_finds_the_worst_element():
    def wrong(x):
        y = np.exp(x)
        y[1, 2] += 1e-6
        y[0, 0] += 1e-7
        return y

    assert compare(ops.exp, np.exp, [X]).startswith("ok: 12 elements")
    with refused(AssertionError, "2 of 12 elements differ from the reference. The worst is [1, 2]"):
        compare(ops.exp, wrong, [X])


def test_compare_looks_at_small_entries_too():
    x = np.array([1e-5, 255.0])
    with refused(AssertionError, "The worst is [0]"):
        compare(ops.square, lambda x: x**2 + [1e-12, 0], [x], tol=1e-10)
    with refused(AssertionError, "The worst is [1]"):
        compare(lambda x: x * 1.0, lambda x: x * [1, np.nan], [x])


def test_compare_in_float32_and_with_several_inputs(xp):
    a, b = X.astype("float32"), X[0].astype("float32")
    compare(ops.multiply, np.multiply, [a, b])
    compare(ops.softmax, lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True), [a])
    with refused(AssertionError, "different shapes"):
        compare(lambda x: x.sum(axis=0, keepdims=True), lambda x: x.sum(axis=0), [a])
    with refused(TypeError, "compare: inputs"):
        compare(ops.exp, np.exp, a)


def test_compare_gives_copies():
    x = X.copy()

    def into_its_input(x):
        x *= 2
        return x

    compare(lambda x: x * 2.0, into_its_input, [x])
    np.testing.assert_array_equal(x, X)


# ---- rules that ask which gradients are wanted


class AsksForEach(Op):
    "y = a b, leaving out the gradients that nobody wants"

    def forward(self, a, b):
        return a * b

    def backward(self, g, y, a, b):
        return (g * b if self.needs[0] else None), (g * a if self.needs[1] else None)


class AsksForTheOther(AsksForEach):
    "wrong where b wants no gradient"

    def backward(self, g, y, a, b):
        return g * b * (1 if self.needs[1] else 2), g * a


def test_a_rule_may_leave_out_what_is_not_wanted():
    a, b = np.ones(3), np.arange(1.0, 4.0)
    gradcheck(lambda a, b: AsksForEach()(a, b), [a, b], order=2)


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
