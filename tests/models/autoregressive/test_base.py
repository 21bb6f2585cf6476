"""Autoregressive models: who sees whom, exact probabilities that add up to 1, and drawing by them."""

import itertools

import numpy as np
import pytest
from helpers.autoregressive import DIGITS, MODELS, awake, each_model, jacobian
from helpers.refusals import refused

import minigen
from minigen import Adam, MaskedDense
from minigen.datasets import binarize
from minigen.models import MADE, Autoregressive, PixelCNN
from minigen.models.autoregressive.markov import window_network
from minigen.training.data import to_device

# ---- who sees whom


@each_model
def test_no_output_depends_on_its_pixel_or_on_a_later_one(name):
    """d logit i / d x j is 0, exactly, unless j comes before i; and together they see something."""
    model = awake(MODELS[name]()).astype("float64")
    place = np.argsort(model.order)
    earlier = place[None, :] < place[:, None]  # [i, j]: j before i
    found = jacobian(model, np.random.default_rng(1).random(model.image_shape))
    assert (found[~earlier] == 0).all()
    window = place[:, None] - place[None, :] <= 3 if "window" in name else True
    assert (found[~(earlier & window)] == 0).all() and (found[earlier & window] != 0).mean() > 0.6


# ---- probabilities


@each_model
def test_the_probabilities_of_all_images_add_up_to_1(name):
    """All 4,096 images of 12 pixels: -log p is exact, and p is a distribution."""
    model = awake(MODELS[name]())
    every = np.array(list(itertools.product([0.0, 1.0], repeat=12)), "float32").reshape(-1, *model.image_shape)
    p = np.exp(-model.nll(every))
    assert p.sum() == pytest.approx(1, abs=1e-4) and p.max() > 1.2 / 4096


@each_model
def test_nll_is_the_chain_rule(name):
    """-Σ log p(xᵢ | what is before it), each from an image in which what is behind it was overwritten."""
    model = awake(MODELS[name]())
    x = binarize(np.random.default_rng(0).random((5, *model.image_shape)), "sample")
    total = np.zeros(5)
    for k, i in enumerate(model.order):
        known = x.reshape(5, -1).copy()
        known[:, model.order[k:]] = 1 - known[:, model.order[k:]]
        p = model.probability(known.reshape(x.shape), i)
        total -= np.log(np.where(x.reshape(5, -1)[:, i] == 1, p, 1 - p))
    np.testing.assert_allclose(model.nll(x), total, rtol=1e-4)
    model.compile()
    assert model.evaluate(x, x) == pytest.approx(total.mean(), rel=1e-4)


def test_samples_come_as_often_as_their_probability_says():
    model = awake(MADE(3, hidden=20, order=[2, 0, 1]))
    every = np.array(list(itertools.product([0.0, 1.0], repeat=3)), "float32")
    p = np.exp(-model.nll(every))
    minigen.seed(0)
    numbers = model.sample(20_000) @ [4, 2, 1]
    found = np.bincount(numbers.astype(int), minlength=8) / 20_000
    np.testing.assert_allclose(found, p, atol=4 * np.sqrt(0.25 / 20_000))


def test_a_model_learns_a_dependence():
    """The second pixel is the first, the third is the exclusive or of both... of two coins: 2 log 2 nats, no more."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, (2, 2000))
    x = np.stack([a, b, a ^ b, a], axis=1).astype("float32")
    model = MADE(4, hidden=64)
    model.compile(Adam(1e-2))
    model.fit(x, x, batch_size=50, epochs=12, verbose=0)
    assert model.nll(x).mean() == pytest.approx(2 * np.log(2), abs=0.02)
    drawn = model.sample(500)
    assert (drawn[:, 2] == np.abs(drawn[:, 0] - drawn[:, 1])).mean() > 0.98 and (
        drawn[:, 3] == drawn[:, 0]
    ).mean() > 0.98


# ---- drawing


@each_model
def test_what_is_known_stays(name):
    model = awake(MODELS[name]())
    rng = np.random.default_rng(0)
    x, known = binarize(rng.random((6, *model.image_shape)), 0.5), rng.random(model.image_shape) < 0.5
    drawn = model.inpaint(x, known)
    np.testing.assert_array_equal(drawn[:, known], x[:, known])
    assert drawn.shape == x.shape and np.isin(drawn, (0, 1)).all() and (drawn[:, ~known] != x[:, ~known]).any()


def test_what_is_behind_does_not_matter_for_what_is_drawn():
    model = awake(PixelCNN((4, 4), filters=4, blocks=1))
    known = np.zeros((4, 4, 1), bool)
    known[:2] = True
    x = binarize(np.random.default_rng(0).random((3, 4, 4, 1)), 0.5)
    other = np.where(known, x, 1 - x)
    minigen.seed(1)
    first = model.inpaint(x, known)
    minigen.seed(1)
    np.testing.assert_array_equal(model.inpaint(other, known), first)


def test_the_film_shows_every_pixel_that_is_drawn():
    model = awake(MADE(6, hidden=20, order=[5, 0, 3, 1, 4, 2]))
    known = np.array([False, True, False, False, False, False])
    film = [x.copy() for x in model.paint(np.ones((50, 6), "float32"), known)]
    assert len(film) == 6 and (film[0] == known).all()  # first nothing but what is known
    changed = [set(np.nonzero((b != a).any(axis=0))[0].tolist()) for a, b in itertools.pairwise(film)]
    assert changed == [{5}, {0}, {3}, {4}, {2}]


def test_what_is_given_stays_as_it_was():
    """Also where nothing is drawn; bad arguments are refused before the first picture."""
    model = MADE(6, hidden=20)
    x = np.ones((2, 6), "float64")
    same = model.inpaint(x, np.ones(6, bool))
    assert same is not x and same.dtype == np.float32 and (same == x).all()
    model.inpaint(x, np.zeros(6, bool))
    assert (x == 1).all()
    with refused(ValueError, "known"):
        model.paint(x, np.ones(5, bool))


def test_drawing_draws_from_the_generator_of_minigen(xp):
    model = PixelCNN((3, 3), filters=4, blocks=1)
    minigen.seed(3)
    first = model.sample(4)
    assert isinstance(first, np.ndarray)
    minigen.seed(3)
    np.testing.assert_array_equal(model.sample(4), first)


def test_the_order_may_not_change_while_a_picture_is_drawn():
    model = MADE(4, hidden=8, order="random")
    film = model.paint(np.zeros((2, 4), "float32"), np.zeros(4, bool))
    next(film)
    next(film)
    model.set_order([3, 2, 1, 0])
    with refused(RuntimeError, "order"):
        next(film)


# ---- bad input


def test_grey_images_are_refused_wherever_they_come_in():
    model = PixelCNN(filters=4, blocks=1)
    model.compile()
    grey = DIGITS[..., None]
    for action in (
        lambda: model.fit(grey, grey, verbose=0),
        lambda: model.evaluate(grey, grey),
        lambda: model.nll(grey),
        lambda: model.predict(grey),
        lambda: model.inpaint(grey, np.zeros((28, 28, 1), bool)),
        lambda: model.train_on_batch(grey, grey),
    ):
        with refused(ValueError, "not black and white"):
            action()


def test_the_label_is_the_image():
    model = MADE(4, hidden=8)
    model.compile()
    x = np.eye(4, dtype="float32")
    model.fit(x, x.copy(), verbose=0)
    for y in (1 - x, x * 0.3, x[:, :2]):
        with refused(ValueError, "labels"):
            model.fit(x, y, verbose=0)
        with refused(ValueError, "labels"):
            model.evaluate(x, y)


def test_images_of_weight_0_do_not_count():
    minigen.seed(0)
    model, x = MADE(4, hidden=8), np.eye(4, dtype="float32")
    model.compile()
    weights = np.array([2.0, 2.0, 0.0, 0.0])
    assert model.evaluate(x, x, sample_weight=weights) == pytest.approx(model.evaluate(x[:2], x[:2]), rel=1e-6)
    model.fit(x, x, sample_weight=weights, validation_data=(x, x, weights), verbose=0)


def test_a_network_that_looks_ahead_is_refused():
    dense = minigen.Sequential([minigen.Input((4,)), minigen.Dense(4)])
    with refused(ValueError, "not autoregressive"):
        Autoregressive(dense, (4,), np.arange(4))
    masked = MADE(4, hidden=8).logits
    Autoregressive(masked, [4], np.arange(4))
    with refused(ValueError, "not autoregressive"):
        Autoregressive(masked, (4,), np.array([0, 0, 1, 1]))
    with refused(ValueError, "not autoregressive"):
        Autoregressive(masked, (4,), np.array([3, 2, 1, 0]))
    with refused(ValueError, "not autoregressive"):
        Autoregressive(masked, (4,), np.arange(4.0))
    two_each = minigen.Sequential([minigen.Input((4,)), minigen.Dense(8)])
    with refused(ValueError, "not autoregressive"):
        Autoregressive(two_each, (4,), np.arange(4))


@pytest.mark.parametrize("a, b", [(5, 6), (0, 0), (8, 8), (2, 7)])
def test_a_single_look_ahead_is_found(a, b):
    """One weight in 81: logit a sees pixel b."""
    mask = np.triu(np.ones((9, 9)), 1)
    Autoregressive(minigen.Sequential([minigen.Input((9,)), MaskedDense(9, mask)]), (9,), np.arange(9))
    mask[b, a] = 1
    looks = minigen.Sequential([minigen.Input((9,)), MaskedDense(9, mask)])
    with refused(ValueError, "not autoregressive"):
        Autoregressive(looks, (9,), np.arange(9))


@pytest.mark.parametrize("bias", [0, -1e6, np.nan, -np.inf])
def test_a_large_logit_does_not_hide_a_look_ahead(bias):
    looks = minigen.Sequential([minigen.Input((16,)), minigen.Dense(16)])
    looks.layers[0].bias.assign(np.array([bias] + [0] * 15, "float32"))
    with refused(ValueError, "not autoregressive"):
        Autoregressive(looks, (16,), np.arange(16))


def test_a_look_ahead_at_two_pixels_together_is_found():
    """Logit 0 is above 0 only where pixels 1 and 2 both are white."""
    hidden, last = minigen.Dense(1, "relu"), minigen.Dense(3)
    looks = minigen.Sequential([minigen.Input((3,)), hidden, last])
    hidden.kernel.assign(np.array([[0], [1], [1]], "float32"))
    hidden.bias.assign(np.array([-1.5], "float32"))
    last.kernel.assign(np.array([[1, 0, 0]], "float32"))
    with refused(ValueError, "looks ahead"):
        Autoregressive(looks, (3,), np.arange(3))


def test_a_call_wants_images_of_the_shape_too():
    with refused(ValueError, "PixelCNN: images"):
        PixelCNN((5, 5), filters=2, blocks=1)(np.zeros((2, 4, 4, 1), "float32"))


def test_images_of_another_shape_are_refused():
    model = MADE(12)
    model.compile()
    x = np.ones((3, 3, 4), "float32")
    with refused(ValueError, "images"):
        model.fit(x, x, verbose=0)
    with refused(ValueError, "images"):
        model.nll(x)
    with refused(ValueError, "images"):
        model.nll([x.reshape(3, 12), x.reshape(3, 12)])
    with refused(TypeError, "zeros and ones"):
        model.nll(255 * x.reshape(3, 12).astype("uint8"))
    with refused(ValueError, "known"):
        model.inpaint(x.reshape(3, 12), np.zeros(11, bool))
    with refused(ValueError, "known"):
        model.inpaint(x.reshape(3, 12), np.zeros(12))
    with refused(ValueError, "labels"):
        model.fit(x.reshape(3, 12), verbose=0)
    with refused(ValueError, "sample: n"):
        model.sample(0)


def test_bad_sizes_are_refused():
    with refused(ValueError, "MADE: pixels"):
        MADE(1)
    with refused(ValueError, "MADE: image_shape"):
        MADE(0)
    with refused(ValueError, "MADE: hidden"):
        MADE(4, hidden=0)
    with refused(ValueError, "MADE: hidden"):
        MADE(4, hidden=(5, 2.5))
    with refused(ValueError, "MADE: hidden"):
        MADE(4, hidden=())
    with refused(ValueError, "PixelCNN: blocks"):
        PixelCNN(blocks=0)
    with refused(ValueError, "PixelCNN: filters"):
        PixelCNN(filters=-2)
    with refused(ValueError, "PixelCNN: image_shape"):
        PixelCNN((0, 28))
    for shape in ((28, 28, 3), (784,), 28, (28, 28, 1, 1)):
        with refused(ValueError, "PixelCNN: image_shape", expected="(rows, columns, 1)", got=str(shape)):
            PixelCNN(shape)
    with refused(ValueError, "window_network: k"):
        window_network(0)
    with refused(ValueError, "window_network: k"):
        window_network(784)


# ---- traffic between host and device


@pytest.mark.parametrize("name", ["made", "made, order-agnostic", "pixelcnn"])
def test_a_step_moves_nothing(name, stand_in):
    """The masks of MADE are moved once; those of a random order are new at each step, two of them."""
    makers = MODELS | {"made, order-agnostic": lambda: MADE(12, hidden=40, order="random")}
    with minigen.using("cupy"):
        model = makers[name]()
        model.compile()
        images = np.ones((2, *model.image_shape), "float32")
        model.check_training((images, images), "here")  # as fit() does, with all the data
        x, _ = to_device((images, images))
        model.train_step(x, x)
        with stand_in.counting() as moved:
            model.train_step(x, x)
    assert moved == {"to_device": 2 if "agnostic" in name else 0, "to_host": 0, "sync": 0}
