"""MADE: all of the past, its orders, and the weights that come with them."""

import numpy as np
import pytest
from helpers.autoregressive import awake, jacobian, shuffled
from helpers.refusals import refused

import minigen
from minigen import Adam, MaskedDense
from minigen.datasets import binarize
from minigen.models import MADE

# ---- what it sees


def test_made_sees_all_of_the_past():
    """With enough hidden units every earlier pixel reaches every later one."""
    model = awake(MADE(8, hidden=200, order=shuffled(8))).astype("float64")
    place = np.argsort(model.order)
    reached = jacobian(model, np.ones(8)) != 0
    np.testing.assert_array_equal(reached, place[None, :] < place[:, None])


# ---- orders


def test_an_order_agnostic_model_learns_all_orders():
    rng = np.random.default_rng(0)
    a = rng.integers(0, 2, 1500)
    x = np.stack([a, a, a, a], axis=1).astype("float32")
    minigen.seed(0)
    model = MADE(4, hidden=200, order="random")
    usual = model.order
    model.compile(Adam(1e-2))
    model.fit(x, x, batch_size=50, epochs=25, verbose=0)
    np.testing.assert_array_equal(model.order, usual)
    for order in (usual, [3, 1, 0, 2], [0, 1, 2, 3]):
        model.set_order(order)
        assert model.nll(x).mean() == pytest.approx(np.log(2), abs=0.03)


def test_an_order_agnostic_model_is_judged_in_an_order_that_was_drawn():
    minigen.seed(0)
    orders = [MADE(50, hidden=3, order="random").order for _ in range(2)]
    assert (orders[0] != orders[1]).any() and (orders[0] != np.arange(50)).any()


def test_the_order_of_a_model_of_one_order_stays():
    with refused(ValueError, "set_order"):
        MADE(4, hidden=3).set_order([3, 2, 1, 0])


@pytest.mark.parametrize("order", [[0, 1, 2], [0, 1, 2, 2], [1, 2, 3, 4], [0.0, 1.0, 2.0, 3.0], "raster", 3])
def test_an_impossible_order_is_refused(order):
    with refused(ValueError, "MADE: order"):
        MADE(4, hidden=5, order=order)


# ---- weights


@pytest.mark.parametrize("order", [None, shuffled(12)])
def test_weights_of_made_come_with_their_order(order, tmp_path):
    """Into a model of another order, made when the generator stood elsewhere; by file, by list, and by checkpoint."""
    x = binarize(np.random.default_rng(0).random((20, 12)), 0.5)
    model = MADE(12, hidden=(30, 20), order=order)
    model.compile()
    model.fit(x, x, verbose=0, checkpoint=tmp_path / "run.npz")
    model.save_weights(tmp_path / "made.npz")
    backward = np.arange(12)[::-1]
    for read in (
        lambda other: other.load_weights(tmp_path / "made.npz"),
        lambda other: other.set_weights(model.get_weights()),
        lambda other: other.fit(x, x, verbose=0, checkpoint=tmp_path / "run.npz", resume=True),
    ):
        other = MADE(12, hidden=(30, 20), order=backward)
        other.compile()
        read(other)
        np.testing.assert_array_equal(other.order, model.order)
        np.testing.assert_array_equal(other.nll(x), model.nll(x))


def test_masks_and_orders_are_copies():
    mask, order = np.ones((2, 2)), np.array([3, 2, 1, 0])
    layer, model = MaskedDense(2, mask), MADE(4, hidden=3, order=order)
    mask[:] = 0
    order[:] = 0
    assert layer.mask.all() and model.order.tolist() == [3, 2, 1, 0]
    with pytest.raises(ValueError, match="read-only"):
        layer.mask[0, 0] = 7


def test_weights_of_another_size_are_refused_as_such(tmp_path):
    MADE(8, hidden=8).save_weights(tmp_path / "eight.npz")
    with refused(ValueError, "the weights of"):
        MADE(6, hidden=8).load_weights(tmp_path / "eight.npz")


@pytest.mark.parametrize("bad", [[0, 0, 1, 2], [0.9, 1.9, 2.9, 3.9], [np.nan, 1, 2, 3]])
def test_weights_with_an_order_that_is_none_change_nothing(bad):
    model = MADE(4, hidden=3)
    before = model.get_weights()
    arrays = [np.asarray(bad, "float32") if np.array_equal(w, np.arange(4)) else w + 1 for w in before]
    with refused(ValueError, "the order in set_weights"):
        model.set_weights(arrays)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
