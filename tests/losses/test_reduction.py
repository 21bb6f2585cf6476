"""Reductions, axes and weights of every loss: against Keras and PyTorch, against NumPy, and what is refused."""

from functools import partial

import numpy as np
import pytest
from helpers.golden_losses import CASES, GOLDEN, group
from helpers.parameters import gradient, parameter64
from helpers.refusals import refused

from minigen import Tensor, backend, exp, gradcheck, losses, mean, sigmoid, softmax, softplus, square, to_numpy
from minigen.ops import SigmoidCrossentropy

RNG = np.random.default_rng(0)
T, P, A = RNG.integers(0, 2, (4, 3, 2)) * 1.0, RNG.uniform(0.1, 0.9, (4, 3, 2)), 2 * RNG.standard_normal((4, 3, 2))
ONE_HOT, LABELS = np.eye(2)[RNG.integers(0, 2, (4, 3))], RNG.integers(0, 2, (4, 3))
W = np.array([1.0, 0.0, 2.5, 0.5])

NATS = -T * np.log(P) - (1 - T) * np.log(1 - P)
EACH = {  # loss: its number for each element
    losses.binary_crossentropy: NATS,
    losses.mean_squared_error: (P - T) ** 2,
    losses.mean_absolute_error: abs(P - T),
}
PER_IMAGE = {
    losses.binary_crossentropy_per_image: NATS.sum(axis=(1, 2)),
    losses.half_squared_error: ((P - T) ** 2).sum(axis=(1, 2)) / 2,
}
Q = P / P.sum(axis=-1, keepdims=True)
ROWS = {
    partial(losses.categorical_crossentropy, ONE_HOT): -(ONE_HOT * np.log(Q)).sum(axis=-1),
    partial(losses.sparse_categorical_crossentropy, LABELS): -np.log(
        np.take_along_axis(Q, LABELS[..., None], -1)[..., 0]
    ),
}


def name_of(loss):
    return getattr(loss, "func", loss).__name__


# ---- against Keras and PyTorch


CALLED = sorted({case.theirs.partition("(")[0] for case in CASES})  # the losses of Keras and PyTorch


@pytest.mark.parametrize("called", CALLED)
def test_as_keras_and_pytorch(xp, called):
    """Value, shape and gradient. ops.mean of Keras on PyTorch rounds to float32, PyTorch itself does not."""
    exact = called.startswith("F.")
    for case in (case for case in CASES if case.theirs.startswith(f"{called}(")):
        predictions = Tensor(GOLDEN[case.predictions], requires_grad=True)
        y = eval(case.here, {"losses": losses}, GOLDEN | {case.predictions: predictions})
        assert y.shape == case.y.shape, case.here
        (y * Tensor(np.arange(y.size).reshape(y.shape) / 10 + 1)).sum().backward()
        tolerances = {"rtol": 1e-12, "atol": 1e-15} if exact else {"rtol": 2e-6, "atol": 1e-7}
        np.testing.assert_allclose(to_numpy(y), case.y, **tolerances, err_msg=case.here)
        atol = abs(case.dy).max() * (1e-12 if exact else 1e-6)
        np.testing.assert_allclose(to_numpy(predictions.grad), case.dy, atol=atol, err_msg=case.here)


def test_what_the_golden_file_has():
    assert len(CASES) == 254 and sum(case.theirs.startswith("F.") for case in CASES) == 54
    assert all(any(word in case.here for case in CASES) for word in ("label_smoothing", "w2)", "axis=(0, 1)", "a3"))


def test_the_two_losses_of_keras_own_vae(xp):
    """Its lines, and those of minigen, for images (batch, rows, columns, 1)."""
    given = group("vae")
    x, x_hat = given["data"], sigmoid(Tensor(given["logits"]))
    want, want_kl = given["losses"]
    line = losses.binary_crossentropy(x, x_hat, axis=-1).sum(axis=(1, 2)).mean()
    summed = losses.binary_crossentropy(x, x_hat, reduction="sum", axis=(1, 2, 3)).mean()
    per_image = losses.binary_crossentropy_per_image(x, x_hat)
    for nats in (line, summed, per_image):
        assert nats.item() == pytest.approx(want, rel=1e-6)
    mu, logvar = Tensor(given["z_mean"]), Tensor(given["z_log_var"])
    kl = (-0.5 * (1 + logvar - square(mu) - exp(logvar))).sum(axis=1).mean()
    assert kl.item() == pytest.approx(want_kl, rel=1e-6)
    assert losses.kl_standard_normal(mu, logvar).item() == pytest.approx(kl.item(), rel=1e-12)


# ---- against NumPy


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (1, 2), [0, -1], (0, 1, 2), ()])
@pytest.mark.parametrize("loss", EACH, ids=name_of)
def test_a_reduction_over_an_axis_is_that_of_numpy(xp, loss, axis):
    along = tuple(axis) if isinstance(axis, list) else axis
    for reduction in ("mean", "sum"):
        found = loss(T, P, axis=axis, reduction=reduction)
        np.testing.assert_allclose(to_numpy(found), getattr(EACH[loss], reduction)(axis=along), rtol=1e-12)
        found = loss(T, P, axis=axis, reduction=reduction, sample_weight=W)
        want = getattr(EACH[loss] * W[:, None, None], reduction)(axis=along)
        np.testing.assert_allclose(to_numpy(found), want, rtol=1e-12)
    np.testing.assert_allclose(to_numpy(loss(T, P, reduction="none")), EACH[loss], rtol=1e-12)


@pytest.mark.parametrize("loss", ROWS, ids=name_of)
def test_the_number_of_a_row_of_classes(xp, loss):
    rows = ROWS[loss]
    for found in (loss(P, reduction="none"), loss(P, axis=-1), loss(P, axis=2, reduction="sum"), loss(P, axis=[-1])):
        np.testing.assert_allclose(to_numpy(found), rows, rtol=1e-12)
    np.testing.assert_allclose(to_numpy(loss(P, axis=(1, 2))), rows.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(to_numpy(loss(P, axis=(0, -1), reduction="sum")), rows.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(to_numpy(loss(P, sample_weight=W)), (rows * W[:, None]).mean(), rtol=1e-12)


@pytest.mark.parametrize("loss", PER_IMAGE, ids=name_of)
def test_the_number_of_an_image(xp, loss):
    images = PER_IMAGE[loss]
    np.testing.assert_allclose(to_numpy(loss(T, P, reduction="none")), images, rtol=1e-12)
    for reduction in ("mean", "sum"):
        assert loss(T, P, reduction=reduction).item() == pytest.approx(getattr(images, reduction)(), rel=1e-12)
        weighted = loss(T, P, reduction=reduction, sample_weight=W).item()
        assert weighted == pytest.approx(getattr(images * W, reduction)(), rel=1e-12)
    mask = RNG.integers(0, 2, T.shape)  # a weight for each pixel
    each = {"half_squared_error": (P - T) ** 2 / 2}.get(loss.__name__, NATS)
    assert loss(T, P, sample_weight=mask).item() == pytest.approx((each * mask).sum() / 4, rel=1e-12)


@pytest.mark.parametrize("shape", [(), (4,), (4, 1), (4, 1, 1), (4, 3), (4, 3, 1), (4, 3, 2), (1, 3, 2), (1, 1, 2)])
def test_the_axes_of_the_weights_are_the_first_of_the_predictions(xp, shape):
    w = RNG.uniform(size=shape)
    want = (NATS * w.reshape(shape + (1,) * (3 - len(shape)))).mean()
    for given in (w, Tensor(w), w.tolist()):
        assert losses.binary_crossentropy(T, P, sample_weight=given).item() == pytest.approx(want, rel=1e-6)


def test_a_batch_of_as_many_images_as_columns():
    """The weights are never those of the columns."""
    t, p, w = T[:2, :2], P[:2, :2], np.array([1.0, 0.0])
    assert losses.binary_crossentropy(t, p, sample_weight=w).item() == pytest.approx(NATS[0, :2].sum() / 8, rel=1e-12)
    object_ = losses.BinaryCrossentropy()
    assert object_(t, p, w).item() == pytest.approx(NATS[0, :2].sum() / 8, rel=1e-12)


# ---- exact where a probability would round


@pytest.mark.parametrize(
    ("logit", "target", "nats"),
    [
        (-np.inf, 0.0, 0.0),
        (np.inf, 1.0, 0.0),
        (-np.inf, 1.0, np.inf),
        (np.inf, 0.0, np.inf),
        (np.inf, 0.5, np.inf),
        (np.nan, 0.0, np.nan),
        (1000.0, 0.0, 1000.0),
        (-1000.0, 0.0, 0.0),
    ],
)
def test_the_nats_of_each_extreme_logit(xp, logit, target, nats):
    x, t = parameter64([[logit, 1.0]]), np.array([[target, 1.0]])
    want = [[nats, np.log1p(np.exp(-1.0))]]
    for found in (
        losses.binary_crossentropy(t, x, from_logits=True, reduction="none"),
        losses.binary_crossentropy(t, sigmoid(x), reduction="none"),
    ):
        np.testing.assert_allclose(to_numpy(found), want, rtol=1e-12)
    number = SigmoidCrossentropy()(x[0, 0], Tensor(backend.asarray(np.array(target))))  # without an axis
    np.testing.assert_allclose(number.numpy(), nats)


def test_a_confident_wrong_answer_keeps_its_gradient_in_every_reduction(xp):
    x = parameter64([[100.0, -100.0]])
    t = np.array([[0.0, 1.0]])
    found = gradient(lambda x: losses.binary_crossentropy(t, sigmoid(x), reduction="none"), x)
    np.testing.assert_allclose(found, [[1, -1]])
    for of_rows in (
        lambda x: losses.categorical_crossentropy(np.array([[0.0, 1.0]]), softmax(x), reduction="none"),
        lambda x: losses.sparse_categorical_crossentropy([1], softmax(x), sample_weight=[1.0]),
    ):
        np.testing.assert_allclose(gradient(of_rows, x), [[1, -1]], atol=1e-12)


def test_a_class_that_is_masked_out_costs_nothing_in_a_row_either(xp):
    x = parameter64([[-np.inf, 1.0, 2.0]])
    rows = {
        0.8132617: partial(losses.categorical_crossentropy, np.array([[0, 0.5, 0.5]])),
        1.3132617: partial(losses.sparse_categorical_crossentropy, np.array([1])),
    }
    for nats, loss in rows.items():
        for p, options in ((x, {"from_logits": True}), (softmax(x), {})):
            assert loss(p, reduction="none", **options).item() == pytest.approx(nats)
        dx = gradient(lambda x: loss(x, from_logits=True, reduction="none"), x)  # noqa: B023
        assert np.isfinite(dx).all() and dx[0, 0] == 0


# ---- gradients


OPTIONS = [
    {"reduction": "none"},
    {"reduction": "sum"},
    {"sample_weight": W},
    {"reduction": "sum", "sample_weight": W},
]
OF_PREDICTIONS = {
    "binary": (lambda p, **o: losses.binary_crossentropy(T, p, **o), P),
    "binary smoothed": (lambda p, **o: losses.binary_crossentropy(T, p, label_smoothing=0.2, **o), P),
    "binary of logits": (lambda x, **o: losses.binary_crossentropy(T, x, from_logits=True, **o), A),
    "binary of a sigmoid": (lambda x, **o: losses.binary_crossentropy(T, sigmoid(x), **o), A),
    "binary per image": (lambda p, **o: losses.binary_crossentropy_per_image(T, p, **o), P),
    "per image of a sigmoid": (lambda x, **o: losses.binary_crossentropy_per_image(T, sigmoid(x), **o), A),
    "categorical": (lambda p, **o: losses.categorical_crossentropy(ONE_HOT, p, **o), P),
    "categorical smoothed": (lambda x, **o: losses.categorical_crossentropy(ONE_HOT, x, True, 0.2, **o), A),
    "categorical of logits": (lambda x, **o: losses.categorical_crossentropy(ONE_HOT, x, from_logits=True, **o), A),
    "categorical of a softmax": (lambda x, **o: losses.categorical_crossentropy(ONE_HOT, softmax(x), **o), A),
    "sparse": (lambda p, **o: losses.sparse_categorical_crossentropy(LABELS, p, **o), P),
    "sparse of logits": (lambda x, **o: losses.sparse_categorical_crossentropy(LABELS, x, from_logits=True, **o), A),
    "sparse of a softmax": (lambda x, **o: losses.sparse_categorical_crossentropy(LABELS, softmax(x), **o), A),
    "squared error": (lambda p, **o: losses.mean_squared_error(T, p, **o), A),
    "absolute error": (lambda p, **o: losses.mean_absolute_error(T, p, **o), A),
    "half squared error": (lambda p, **o: losses.half_squared_error(T, p, **o), A),
}


@pytest.mark.parametrize("options", OPTIONS, ids=["none", "sum", "weighted", "weighted sum"])
@pytest.mark.parametrize("name", OF_PREDICTIONS)
def test_gradcheck(name, options):
    loss, predictions = OF_PREDICTIONS[name]
    gradcheck(lambda p: loss(p, **options), [predictions], order=2)


@pytest.mark.parametrize("name", OF_PREDICTIONS)
def test_the_mean_of_the_numbers_is_the_plain_loss(xp, name):
    """One op against many, values and gradients."""
    loss, predictions = OF_PREDICTIONS[name]
    x = Tensor(predictions, requires_grad=True)
    plain, dx = loss(x), gradient(loss, x)
    each = loss(x, reduction="none")
    np.testing.assert_allclose(to_numpy(each.mean()), to_numpy(plain), rtol=1e-12)
    np.testing.assert_allclose(gradient(lambda x: loss(x, reduction="none").mean(), x), dx, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(gradient(lambda x: loss(x, sample_weight=np.ones(4)), x), dx, rtol=1e-10, atol=1e-14)


def test_weights_and_targets_may_be_learned():
    gradcheck(lambda w, p: losses.binary_crossentropy(T, p, sample_weight=w), [W + 1, P], order=2)
    shares = np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])
    for loss in (losses.binary_crossentropy, losses.categorical_crossentropy):
        gradcheck(lambda t: loss(t, Tensor(shares), from_logits=True, reduction="none"), [shares], order=2)  # noqa: B023


@pytest.mark.parametrize("options", [*OPTIONS, {"axis": -1}], ids=str)
@pytest.mark.parametrize("loss", losses.LOSSES)
def test_float32_stays_float32(xp, loss, options):
    targets = LABELS[:, 0] if loss.startswith("sparse") else np.eye(2)[LABELS[:, 0]]
    if "per_image" in loss or "half" in loss:
        options = {k: v for k, v in options.items() if k != "axis"}
    p = Tensor(np.full((4, 2), 0.5, "float32"), requires_grad=True)
    found = losses.get(loss)(targets, p, **options)
    found.sum().backward()
    assert str(found.dtype) == str(p.grad.dtype) == "float32"


# ---- label smoothing


@pytest.mark.parametrize("s", [0, 0.0, 0.1, 1, np.float32(0.5)])
def test_label_smoothing_is_a_mixture_with_the_uniform_distribution(xp, s):
    binary = losses.binary_crossentropy(T, P, label_smoothing=s)
    assert binary.item() == pytest.approx(losses.binary_crossentropy(T * (1 - s) + s / 2, P).item(), rel=1e-12)
    rows = losses.categorical_crossentropy(ONE_HOT, P, label_smoothing=s)
    assert rows.item() == pytest.approx(losses.categorical_crossentropy(ONE_HOT * (1 - s) + s / 2, P).item(), rel=1e-9)
    image = losses.binary_crossentropy_per_image(T, P, label_smoothing=s)
    assert image.item() == pytest.approx(6 * binary.item(), rel=1e-12)


# ---- what is refused


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"reduction": "avg"}, ValueError, {"where": "reduction", "expected": "'mean' or 'sum' or 'none'"}),
        ({"reduction": None}, ValueError, {"where": "reduction", "got": "None"}),
        ({"reduction": "sum_over_batch_size"}, ValueError, {"fix": 'reduction="mean"'}),
        ({"reduction": ["sum"]}, ValueError, {"where": "reduction"}),
        ({"axis": 3}, ValueError, {"where": "axis", "expected": "-3..2", "got": "3"}),
        ({"axis": True}, ValueError, {"where": "axis"}),
        ({"axis": (0, 0)}, ValueError, {"where": "axis", "expected": "each once"}),
        ({"axis": "1"}, ValueError, {"where": "axis"}),
        ({"axis": 1.0}, ValueError, {"where": "axis"}),
        ({"axis": -1, "reduction": "none"}, ValueError, {"where": "axis", "fix": 'reduction="mean", axis=-1'}),
        ({"sample_weight": [1.0, 2.0]}, ValueError, {"where": "shape of sample_weight", "expected": "(4,)"}),
        ({"sample_weight": np.ones((4, 2))}, ValueError, {"where": "shape of sample_weight", "got": "(4, 2)"}),
        ({"sample_weight": np.ones((2, 2))}, ValueError, {"fix": "sample_weight.reshape(-1)"}),
        ({"sample_weight": np.ones((4, 3, 2, 1))}, ValueError, {"where": "shape of sample_weight"}),
        ({"sample_weight": [1, 1, 1, -1]}, ValueError, {"expected": "none below 0", "got": "[-1, 1]"}),
        ({"sample_weight": [1, 1, 1, np.nan]}, ValueError, {"where": "sample_weight", "got": "nan"}),
        ({"sample_weight": Tensor([1, 1, 1, np.inf])}, ValueError, {"where": "sample_weight", "got": "inf"}),
        ({"sample_weight": "balanced"}, TypeError, {"where": "sample_weight"}),
        ({"sample_weight": [[1.0], [2.0, 3.0]]}, TypeError, {"where": "sample_weight", "got": "different length"}),
        ({"label_smoothing": 1.5}, ValueError, {"where": "label_smoothing", "expected": "[0, 1]"}),
        ({"label_smoothing": -0.1}, ValueError, {"where": "label_smoothing"}),
        ({"label_smoothing": np.nan}, ValueError, {"where": "label_smoothing"}),
        ({"label_smoothing": "0.1"}, ValueError, {"where": "label_smoothing"}),
        ({"label_smoothing": True}, ValueError, {"where": "label_smoothing"}),
        ({"weight": W}, TypeError, {"where": "unknown argument 'weight'"}),
    ],
    ids=str,
)
def test_refused(options, error, words):
    with refused(error, "binary_crossentropy", **words):
        losses.binary_crossentropy(T, P, **options)


def test_the_losses_per_image_have_no_axis():
    for loss in PER_IMAGE:
        with refused(TypeError, "unknown argument 'axis'"):
            loss(T, P, axis=1)


@pytest.mark.parametrize("loss", ROWS, ids=name_of)
def test_the_classes_are_summed_in_any_case(loss):
    for axis in (0, 1, (0, 1), ()):
        with refused(ValueError, where="axis", expected="include the classes", fix="axis=-1"):
            loss(P, axis=axis)


def test_labels_beyond_0_and_1_on_purpose_have_a_line_of_their_own():
    """The text of the error has the formula: it takes them, and is the same loss for labels inside."""
    t, a = np.array([[1.2], [-0.1]]), np.array([[0.3], [-0.7]])
    with refused(ValueError, expected="y in [0, 1]", fix="of logits a: minigen.mean(minigen.softplus(a) - y * a)"):
        losses.binary_crossentropy(t, a, from_logits=True)
    assert mean(softplus(a) - t * a).item() == pytest.approx((np.log1p(np.exp(a)) - t * a).mean(), rel=1e-12)
    t = np.clip(t, 0, 1)
    assert mean(softplus(a) - t * a).item() == pytest.approx(losses.bce(t, a, from_logits=True).item(), rel=1e-12)
    with refused(ValueError, fix="x / 255 for pixels up to 255"):
        losses.binary_crossentropy(255 * t, a, from_logits=True)
