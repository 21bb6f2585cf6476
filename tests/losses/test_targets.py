"""Losses against closed forms, their gradients against finite differences, and the factor between the two families."""

import math

import numpy as np
import pytest
from helpers.orders import assert_equal_at_orders_0_1_and_2
from helpers.refusals import refused

import minigen
from minigen import (
    Tensor,
    autograd,
    backend,
    gradcheck,
    losses,
    ops,
    sigmoid,
    to_numpy,
)

RNG = np.random.default_rng(0)
PIXELS = RNG.random((5, 784)).astype("float32")
GUESS = RNG.random((5, 784)).astype("float32")

SOFT = RNG.random((3, 4))  # targets between 0 and 1

LOGITS = RNG.standard_normal((3, 4)) * 2

LABELS = np.array([1, 0, 3])
ONE_HOT = np.eye(4)[LABELS]

PROBABILITIES = RNG.uniform(0.1, 0.9, (3, 4))

X, X_HAT = RNG.random((2, 5, 12))

PAIRS = {  # name: (the op, the same of primitives, inputs)
    "binary_crossentropy_per_image": (
        lambda x, p: losses.binary_crossentropy_per_image(x, p),
        lambda x, p: -(x * minigen.log(p) + (1 - x) * minigen.log(1 - p)).sum(axis=1).mean(),
        [X, X_HAT],
    ),
}

SHARES = SOFT / SOFT.sum(axis=1, keepdims=True)  # rows of probabilities


# ---- values


def test_binary_crossentropy_of_a_coin_is_log_2(xp):
    loss = losses.binary_crossentropy(np.array([[0.0, 1.0, 0.3]], "float32"), Tensor(np.full((1, 3), 0.5, "float32")))
    assert loss.item() == pytest.approx(math.log(2), rel=1e-6)


def test_binary_crossentropy_is_the_mean_over_every_pixel(xp):
    t, p = PIXELS.astype("float64"), GUESS.astype("float64")
    want = -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()
    assert losses.binary_crossentropy(PIXELS, GUESS).item() == pytest.approx(want, rel=1e-6)
    images = (5, 28, 28, 1)  # the same number for images as for rows
    as_images = losses.binary_crossentropy(PIXELS.reshape(images), GUESS.reshape(images))
    assert as_images.item() == pytest.approx(want, rel=1e-6)


def test_probabilities_are_clipped_as_in_keras(xp):
    one, zero = np.ones((1, 1), "float32"), Tensor(np.zeros((1, 1), "float32"), requires_grad=True)
    loss = losses.binary_crossentropy(one, zero)
    assert loss.item() == pytest.approx(-math.log(1e-7), rel=1e-6)
    loss.backward()
    assert zero.grad.item() == 0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("t", [0.0, 1.0])
def test_the_surest_probabilities_give_a_finite_loss_in_every_precision(xp, dtype, t):
    right, wrong = Tensor(np.array([[t]], dtype), requires_grad=True), np.array([[1 - t]], dtype)
    loss = losses.binary_crossentropy([[t]], right)
    loss.backward()
    assert 0 <= loss.item() < 1e-3 and to_numpy(right.grad).item() == 0
    assert 7 < losses.binary_crossentropy([[t]], wrong).item() < 17


@pytest.mark.parametrize("x, t", [(100.0, 0.0), (-100.0, 1.0), (1000.0, 0.0)])
def test_a_sigmoid_output_keeps_its_gradient_however_wrong(xp, x, t):
    """The logits behind the sigmoid are used: the loss is |x|, the gradient 1, where clipping would give 16 and 0."""
    logit = Tensor(np.full((1, 1), x, "float32"), requires_grad=True)
    loss = losses.binary_crossentropy(np.full((1, 1), t, "float32"), sigmoid(logit))
    assert loss.item() == pytest.approx(abs(x))
    loss.backward()
    assert logit.grad.item() == pytest.approx(1 if t == 0 else -1)


def test_from_logits_and_sigmoid_are_the_same_loss(xp):
    t = SOFT.astype("float32")
    x = Tensor(LOGITS.astype("float32"), requires_grad=True)
    losses.binary_crossentropy(t, sigmoid(x)).backward()
    through_sigmoid = to_numpy(x.grad).copy()
    loss = losses.binary_crossentropy(t, x, from_logits=True)
    loss.backward()
    np.testing.assert_array_equal(to_numpy(x.grad), through_sigmoid)
    np.testing.assert_allclose(through_sigmoid, (1 / (1 + np.exp(-x.numpy())) - t) / 12, rtol=1e-5, atol=1e-8)


def test_half_squared_error_is_392_times_the_mse(xp):
    """1/2 ‖x̂ - x‖² is summed over the 784 pixels of an image, the mse is a mean over them."""
    half = losses.half_squared_error(PIXELS, GUESS).item()
    squares = ((PIXELS.astype("float64") - GUESS) ** 2).sum(axis=1)
    assert half == pytest.approx((squares / 2).mean(), rel=1e-6)
    assert half == pytest.approx(392 * losses.mean_squared_error(PIXELS, GUESS).item(), rel=1e-6)


def test_crossentropy_per_image_is_784_times_that_per_pixel(xp):
    per_pixel = losses.binary_crossentropy(PIXELS, GUESS).item()
    for shape in ((5, 784), (5, 28, 28, 1)):
        per_image = losses.binary_crossentropy_per_image(PIXELS.reshape(shape), GUESS.reshape(shape))
        assert per_image.item() == pytest.approx(784 * per_pixel, rel=1e-6)


def test_integer_predictions_do_not_round_the_targets():
    assert losses.mean_squared_error([[0.9, 0.5]], np.array([[1, 0]])).item() == pytest.approx((0.01 + 0.25) / 2)
    assert losses.half_squared_error(np.array([[0, 200]], "uint8"), np.array([[201, 1]], "uint8")).item() == 40001


def test_mean_errors(xp):
    y, p = np.array([[0.0, 1.0], [2.0, 3.0]], "float32"), np.array([[1.0, 1.0], [0.0, 6.0]], "float32")
    assert losses.mean_squared_error(y, p).item() == pytest.approx((1 + 0 + 4 + 9) / 4)
    assert losses.mean_absolute_error(y, p).item() == pytest.approx((1 + 0 + 2 + 3) / 4)


@pytest.mark.parametrize(
    ("logit", "target", "loss"),
    [
        (-np.inf, 0.0, 0.0),
        (np.inf, 1.0, 0.0),
        (-np.inf, 1.0, np.inf),
        (np.inf, 0.0, np.inf),
        (-np.inf, 0.5, np.inf),
        (np.inf, 0.5, np.inf),
        (np.nan, 0.0, np.nan),
    ],
)
def test_binary_crossentropy_of_an_infinite_logit(logit, target, loss, xp):
    """A sure answer costs nothing where it is right; its gradient is sigmoid(x) - t."""
    x = Tensor(backend.asarray(np.array([[logit, 1.0]])), requires_grad=True)
    y = losses.binary_crossentropy(np.array([[target, 1.0]]), x, from_logits=True)
    y.backward()
    np.testing.assert_allclose(y.item(), (loss + np.log1p(np.exp(-1.0))) / 2, rtol=1e-6)
    p = {-np.inf: 0.0, np.inf: 1.0}.get(logit, np.nan)
    np.testing.assert_allclose(to_numpy(x.grad)[0, 0], (p - target) / 2)


# ---- logits behind probabilities


@pytest.mark.parametrize("kind", ["sigmoid", "softmax"])
def test_logits_that_changed_since_are_refused(kind):
    """Else the new logits would be compared with the probabilities of the old ones."""
    logits = Tensor(np.array([[1.0, 2.0, 3.0]]), requires_grad=True)
    p, t = getattr(ops, kind)(logits), np.array([[1.0, 0.0, 0.0]])
    loss = losses.binary_crossentropy if kind == "sigmoid" else losses.categorical_crossentropy
    before = float(loss(t, p))
    assert before == pytest.approx(float(loss(t, logits, from_logits=True)))
    logits.assign(np.array([[10.0, 0.0, -3.0]]))
    with refused(autograd.GraphError, "changed after the forward pass"):
        loss(t, p)


# ---- gradients


@pytest.mark.parametrize("name", PAIRS)
def test_fused_and_composed_are_equal_at_orders_0_1_and_2(name, xp):
    assert_equal_at_orders_0_1_and_2(*PAIRS[name])


GRADIENTS = {  # name: (function of y_pred, y_pred)
    "binary_crossentropy": (lambda p: losses.binary_crossentropy(SOFT, p), PROBABILITIES),
    "binary_crossentropy of a sigmoid": (lambda x: losses.binary_crossentropy(SOFT, sigmoid(x)), LOGITS),
    "binary_crossentropy from logits": (lambda x: losses.binary_crossentropy(SOFT, x, from_logits=True), LOGITS),
    "binary_crossentropy_per_image": (lambda p: losses.binary_crossentropy_per_image(SOFT, p), PROBABILITIES),
    "categorical_crossentropy": (lambda p: losses.categorical_crossentropy(SHARES, p), PROBABILITIES),
    "categorical_crossentropy from logits": (
        lambda x: losses.categorical_crossentropy(SHARES, x, from_logits=True),
        LOGITS,
    ),
    "sparse_categorical_crossentropy": (
        lambda p: losses.sparse_categorical_crossentropy(LABELS, p),
        PROBABILITIES,
    ),
    "sparse_categorical_crossentropy from logits": (
        lambda x: losses.sparse_categorical_crossentropy(LABELS, x, from_logits=True),
        LOGITS,
    ),
    "half_squared_error": (lambda y: losses.half_squared_error(SOFT, y), LOGITS),
    "mean_absolute_error": (lambda y: losses.mean_absolute_error(SOFT, y), LOGITS),
    "mean_squared_error": (lambda y: losses.mean_squared_error(SOFT, y), LOGITS),
}


def test_every_named_loss_has_a_gradient_check():
    assert {f.__name__ for f in losses.LOSSES.values()} <= set(GRADIENTS)


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradcheck(name):
    function, y_pred = GRADIENTS[name]
    gradcheck(function, [y_pred], order=2)


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("loss", [losses.binary_crossentropy, losses.categorical_crossentropy])
def test_targets_may_be_learned_too(loss, from_logits):
    """A second network's output as the target: the gradient reaches it as well."""
    gradcheck(lambda t: loss(t, Tensor(PROBABILITIES), from_logits=from_logits), [SHARES], order=2)


# ---- types


@pytest.mark.parametrize("loss", [name for name in losses.LOSSES if name != "sparse_categorical_crossentropy"])
@pytest.mark.parametrize("kind", [bool, "uint8", "int64", list, Tensor, "Tensors"])
def test_targets_of_zeros_and_ones_may_be_of_any_type(loss, kind):
    p, t = Tensor(np.full((10, 10), 0.1, "float32")), np.eye(10)
    makers = {list: t.tolist, Tensor: lambda: Tensor(t.astype(int)), "Tensors": lambda: [Tensor(row) for row in t]}
    given = makers[kind]() if kind in makers else t.astype(kind)
    assert losses.get(loss)(given, p).item() == losses.get(loss)(t.astype("float32"), p).item()


@pytest.mark.parametrize("name", losses.LOSSES)
def test_float32_stays_float32(xp, name):
    y_true = LABELS if name.startswith("sparse") else ONE_HOT  # float64 and integer targets take y_pred's precision
    y_pred = Tensor(np.full((3, 4), 0.25, "float32"), requires_grad=True)
    loss = losses.LOSSES[name](y_true, y_pred)
    loss.backward()
    assert str(loss.dtype) == str(y_pred.grad.dtype) == "float32" and loss.shape == ()


def test_lists_and_arrays_will_do(xp):
    assert losses.mean_squared_error([[1, 0]], [[0.5, 0.5]]).item() == pytest.approx(0.25)
    assert losses.get("mse") is losses.mean_squared_error
    assert losses.get("BCE") is losses.binary_crossentropy


def test_losses_leave_their_arguments_alone(xp):
    shares = PIXELS / PIXELS.sum(axis=1, keepdims=True)
    t, p = shares.copy(), GUESS.copy()
    for name in ("bce", "mse", "mae", "half_squared_error", "categorical_crossentropy"):
        losses.get(name)(t, p)
    np.testing.assert_array_equal(t, shares)
    np.testing.assert_array_equal(p, GUESS)
