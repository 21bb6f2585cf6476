"""gradcheck catches what is wrong: every rule of the table is damaged, one way at a time; and compare(), of values."""

import pytest
from helpers.mutants import KINDS, ROWS, gradients_of, verdict, with_change
from helpers.op_table import OPS, all_op_classes, draws, ops_behind
from helpers.own_ops import X

from minigen import GradcheckError, Tensor, gradcheck, ops


def ops_of(name):
    """The ops that row `name` of the table runs, in order."""
    return ops_behind(OPS[name][0](*[Tensor(a, requires_grad=True) for a in draws(name)]))


ALL_RESHAPES = ("reshape", "squeeze", "squeeze_all", "stack_three")  # rows for Reshape, which stands in many others too


def cases_of(name):
    """(row, number, class) of the first op of each class in a row. "number" tells the ops of a row apart."""
    first = {}
    for number, op in enumerate(ops_of(name)):
        first.setdefault(type(op).__name__, number)
    return [(name, number, rule) for rule, number in first.items() if rule != "Reshape" or name in ALL_RESHAPES]


def learned(op):
    """The numbers of the inputs that a gradient goes to."""
    return [i for i, x in enumerate(op.inputs) if isinstance(x, Tensor) and x.requires_grad]


# Cases in which a rule is wrong everywhere: every rule of every row once, and each of its gradients. The other ops of
# the same class in a row are damaged in single places, below.
OP_CASES = [case for name in ROWS for case in cases_of(name)]
GRADIENT_CASES = [(name, number, rule, i) for name, number, rule in OP_CASES for i in learned(ops_of(name)[number])]
ONCE = list({(rule, i): (name, number, rule, i) for name, number, rule, i in reversed(GRADIENT_CASES)}.values())

each_gradient = pytest.mark.parametrize("name, number, rule, i", GRADIENT_CASES)


def check_damaged(name, number, damage, order):
    """gradcheck of row `name`, where op `number` has damage(right rule, g, y, *inputs) for its rule.

    The rule is wrong everywhere, so that a few elements show it, and blocks of the others.
    """

    def f(*xs):
        y = OPS[name][0](*xs)
        op = ops_behind(y)[number]
        right_rule = op.backward
        op.backward = lambda g, y, *inputs: damage(right_rule, g, y, *inputs)
        return y

    gradcheck(f, draws(name), order=order, max_elements=8)


each_op = pytest.mark.parametrize("name, number, rule", OP_CASES)


def test_every_op_class_is_damaged():
    assert {c.__name__ for c in all_op_classes()} <= {rule for _, _, rule in OP_CASES}


# ---- order 1: a wrong number


@each_gradient
def test_an_error_of_a_thousandth_is_caught(name, number, rule, i):
    def damage(right_rule, g, y, *inputs):
        return with_change(right_rule(g, y, *inputs), i, lambda gx: gx * 1.001)

    with pytest.raises(GradcheckError, match="differ at order 1"):
        check_damaged(name, number, damage, order=1)


@pytest.mark.parametrize("name, number, rule, i", ONCE)
def test_a_flipped_sign_is_caught(name, number, rule, i):
    """Once for each gradient of each rule: an error of a thousandth is caught in every row, and this one is larger."""

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


# ---- order 2: a rule that is right on arrays. Order 1 is checked first, and another text would say that it differs.


@each_gradient
def test_an_error_on_tensors_alone_is_caught(name, number, rule, i):
    """backward() is right; create_graph=True, which calls the same rule with Tensors, is wrong by a thousandth."""

    def damage(right_rule, g, y, *inputs):
        factor = 1.001 if isinstance(g, Tensor) else 1
        return with_change(right_rule(g, y, *inputs), i, lambda gx: gx * factor)

    with pytest.raises(GradcheckError, match="another gradient on Tensors than on arrays"):
        check_damaged(name, number, damage, order=2)


@each_op
def test_a_g_that_does_not_know_where_it_comes_from_is_caught(name, number, rule):
    """The right number, but the part of the second derivative that comes through g is lost, even in a linear op."""

    def damage(right_rule, g, y, *inputs):
        return right_rule(g.detach() if isinstance(g, Tensor) else g, y, *inputs)

    with pytest.raises(GradcheckError, match="differ at order 2"):
        check_damaged(name, number, damage, order=2)


# Rules in which neither y nor the inputs occur except in comparisons: their second derivative is zero.
PIECEWISE_LINEAR = set(
    """Abs Add AveragePool BroadcastTo Clip Concatenate Dropout GetItem LabelHinge LeakyRelu Max MaxPool Maximum
    Mean Min Minimum Negative Pad PutItem Relu Reshape Subtract Sum Transpose UpSample Where WindowSpread
    WindowSum""".split()
)
ONE_FACTOR_IS_CONSTANT = {  # and a product is linear in the other
    ("attention_weights", "Multiply"),
    ("up_sampling2d_bilinear", "MatMul"),
    ("up_sampling_conv2d", "MatMul"),
    ("up_sampling_conv2d_relu", "MatMul"),
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
    with pytest.raises(GradcheckError, match="differ at order 2"):
        check_damaged(name, number, damage, order=2)


# ---- mistakes that were made in real libraries


class SoftmaxOfNoConsequence(ops.Softmax):
    def backward(self, g, y, x):
        return g * 0


def test_a_softmax_whose_gradient_is_zero_is_caught(xp):
    """The outputs of a softmax sum to 1: with g = 1 its gradient *is* zero, so a checker of ones is blind to it."""
    with pytest.raises(GradcheckError, match="differ at order 1"):
        gradcheck(lambda x: SoftmaxOfNoConsequence(-1)(x), [X])


class TransposeByReshape(ops.Transpose):
    def backward(self, g, y, x):
        return g.reshape(x.shape)


def test_a_transpose_that_only_reshapes_is_caught():
    with pytest.raises(GradcheckError, match="differ at order 1"):
        gradcheck(lambda x: TransposeByReshape((1, 0))(x), [X])


class BatchNormOfFrozenStatistics(ops.BatchNorm):
    """Right at order 1; on Tensors the mean and the variance would have to be recorded as functions of x."""

    def backward(self, g, y, x, gamma, beta):
        s = 1 / (self.var + self.epsilon) ** 0.5
        x_hat = (x - self.mean) * s
        dgamma, dbeta, n = (g * x_hat).sum(axis=0), g.sum(axis=0), x.shape[0]
        return gamma * s * (g - dbeta / n - x_hat * (dgamma / n)), dgamma, dbeta


def test_a_batch_norm_with_frozen_statistics_is_caught_at_order_2():
    inputs = [X, X[0], X[1]]
    gradcheck(lambda x, gamma, beta: BatchNormOfFrozenStatistics(1e-3)(x, gamma, beta), inputs, order=1)
    with pytest.raises(GradcheckError, match="order 2"):
        gradcheck(lambda x, gamma, beta: BatchNormOfFrozenStatistics(1e-3)(x, gamma, beta), inputs, order=2)
