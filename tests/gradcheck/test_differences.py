"""Differences: what they show of the worst element, kinks, entries of all sizes, and large tensors."""

import numpy as np
import pytest
from helpers.own_ops import Cube, CubeWithOneWrongElement, HalvedCube, X
from helpers.refusals import refused

from minigen import GradcheckError, KinkError, Op, Tensor, gradcheck, losses, ops

# ---- one wrong element


def test_a_gradient_that_is_not_a_number_is_caught():
    with pytest.raises(GradcheckError, match=r"input 0\[1, 2\](.|\n)*nan"):
        gradcheck(lambda x: CubeWithOneWrongElement(np.nan)(x), [X])


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
    with pytest.raises(
        KinkError, match=r"input 0\[\d\] = [01] sits on a kink of f: the slopes(.|\n)*move the input away"
    ):
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


# ---- large tensors


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


# ---- a small wrong entry beside a large one


@pytest.mark.parametrize("large", [5.0, 25.0, 255.0, 1e6])
@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_small_entry_does_not_hide_beside_a_large_one(large, seed):
    with pytest.raises(GradcheckError, match=r"input 0\[0, 0\] = 0.5\n"):
        gradcheck(lambda x: HalvedCube()(x), [np.array([[0.5, large]])], seed=seed)
    with pytest.raises(GradcheckError, match=r"input 0\[0\] = 0.5\n"):
        gradcheck(lambda x: HalvedCube()(x).sum(), [np.array([0.5, min(large, 255.0)])], seed=seed)


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
