"""Attention in plain NumPy, what a mask hides, and what is refused."""

import numpy as np
import pytest
from helpers.draws import normal
from helpers.op_table import MAY_LOOK, OPS, draws
from helpers.parameters import parameter, parameter64, tensors
from helpers.refusals import refused

import minigen
from minigen import backend, ops
from minigen.autograd import grad


def weights(q, k, may_look=True, scale=None):
    """softmax(scale q kᵀ), row by row; zeros for a row that may look at nothing."""
    p = np.zeros((*q.shape[:3], k.shape[2]))
    may_look = np.broadcast_to(may_look, p.shape)
    for place in np.ndindex(p.shape[:3]):
        keys = k[place[:2]][may_look[place]]
        if len(keys):
            e = np.exp(keys @ q[place] * (q.shape[3] ** -0.5 if scale is None else scale))
            p[place][may_look[place]] = e / e.sum()
    return p


def attention(q, k, v, may_look=True, scale=None):
    return weights(q, k, may_look, scale) @ v


def causal(q, k, v, scale=None):
    return attention(q, k, v, np.arange(k.shape[2]) <= np.arange(q.shape[2])[:, None], scale)


FORMULAS = {
    "attention": attention,
    "attention_causal": lambda q, k, v: causal(q, k, v, 1.5),
    "attention_causal_few_keys": causal,
    "attention_masked": lambda q, k, v: attention(q, k, v, MAY_LOOK),
    "attention_weights": lambda q, k: weights(q, k, MAY_LOOK),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


def test_equal_keys_give_the_mean_of_the_values(xp):
    """A closed form: with one score for all keys each position takes the mean of what it may see."""
    v = normal(2, 3, 6, 4, dtype="float64")
    q, k = np.ones((2, 3, 6, 5)), np.full((2, 3, 6, 5), 0.3)
    y = ops.attention(*tensors([q, k, v])).numpy()
    np.testing.assert_allclose(y, np.broadcast_to(v.mean(axis=2, keepdims=True), v.shape), rtol=1e-12)
    y = ops.attention(*tensors([q, k, v]), mask="causal").numpy()
    np.testing.assert_allclose(y, np.cumsum(v, axis=2) / np.arange(1, 7)[:, None], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("create_graph", [False, True])
def test_no_position_sees_its_future(xp, create_graph):
    """The gradient of y₂ is exactly 0 for every key and value behind position 2, and not for those up to it."""
    q, k, v = (parameter64(normal(1, 2, 5, 3, dtype="float64", seed=i)) for i in range(3))
    y = ops.attention(q, k, v, "causal")
    for g in grad(y[:, :, 2].sum(), [k, v], create_graph=create_graph):
        size = abs(g.numpy()).max(axis=(0, 1, 3))
        assert (size[:3] > 1e-3).all() and (size[3:] == 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_of_any_size_and_rows_without_keys_give_finite_numbers(xp, dtype):
    """e^5000 overflows; the weight of the best key is 1. A row that may look at nothing gives 0 and gradient 0."""
    q, k, v = (parameter(np.reshape(a, (1, 1, -1, 1)), dtype=dtype) for a in ([100, -100, 3], [50, -50], [1, 2]))
    mask = np.array([[True, True], [True, True], [False, False]])
    y = ops.attention(q, k, v, mask, scale=1.0)
    assert y.dtype == dtype and y.numpy().ravel().tolist() == [1, 2, 0]
    for create_graph in (False, True):
        dq, dk, dv = grad(y.sum(), [q, k, v], create_graph=create_graph)
        assert dq.numpy().ravel().tolist() == [0, 0, 0] and dk.numpy().ravel().tolist() == [0, 0]
        assert dv.numpy().ravel().tolist() == [1, 1]
    p = ops.attention_weights(q, k, mask, scale=1.0)
    assert p.numpy().tolist() == [[[[1, 0], [0, 1], [0, 0]]]]


def test_weights_times_values_are_attention(xp):
    q, k, v = tensors([normal(2, 3, 5, 4, dtype="float64", seed=i) for i in range(3)])
    mask = backend.asarray(np.random.default_rng(0).random((5, 5)) > 0.5)
    for m in (None, "causal", mask):
        p = ops.attention_weights(q, k, m)
        np.testing.assert_allclose((p @ v).numpy(), ops.attention(q, k, v, m).numpy(), rtol=1e-12, atol=1e-14)


def test_views_give_what_copies_give(xp):
    """(batch, n, heads, d) seen as (batch, heads, n, d), as MultiHeadAttention has it; the result has its layout."""
    views = [backend.asarray(normal(2, 7, 3, 4, seed=i)).transpose(0, 2, 1, 3) for i in range(3)]
    y = ops.attention(*views)
    assert y.transpose(0, 2, 1, 3).flags.c_contiguous
    np.testing.assert_array_equal(minigen.to_numpy(y), minigen.to_numpy(ops.attention(*[x.copy() for x in views])))


# ---- what is refused

Q, K, V = np.ones((2, 3, 5, 4)), np.ones((2, 3, 6, 4)), np.ones((2, 3, 6, 7))
SHAPES = "shapes do not fit"


def test_shapes_that_do_not_fit_are_refused():
    fix = "x.reshape((batch, n, heads, d)).transpose((0, 2, 1, 3))"
    for q, k, v in ((Q[0], K, V), (Q[..., :3], K, V), (Q[:1], K, V), (Q, K[:, :, :5], V), (Q, K[:, :1], V[:, :1])):
        got = f"q {q.shape}, k {k.shape}, v {v.shape}"
        with refused(ValueError, where=f"attention: {SHAPES}", expected="v (batch, heads, m, e)", got=got, fix=fix):
            ops.attention(q, k, v)
    with refused(ValueError, where=f"attention_weights: {SHAPES}", got="q (2, 3, 5, 4), k (2, 3, 6, 3)", fix=fix):
        ops.attention_weights(Q, K[..., :3])
    with refused(ValueError, where=f"attention: {SHAPES}", got="k (2, 3, 0, 4)"):
        ops.attention(Q, K[:, :, :0], V[:, :, :0])
    with refused(TypeError, where="attention: k", got="int64", fix='x.astype("float32")'):
        ops.attention(Q, K.astype(int), V)


def test_masks_that_are_none_are_refused():
    with refused(ValueError, where="attention: mask", expected="'causal'", got="'future'"):
        ops.attention(Q, K, V, "future")
    with refused(TypeError, where="attention: mask", expected="True = may look", got="float64", fix="mask > 0"):
        ops.attention(Q, K, V, np.ones((5, 6)))
    with refused(ValueError, where="attention: mask", expected="(2, 3, 5, 6)", got="(2, 5, 6)", fix="mask[:, None]"):
        ops.attention(Q, K, V, np.ones((2, 5, 6), bool))
    with refused(ValueError, where="attention_weights: mask", got="(1, 2, 3, 5, 6)"):
        ops.attention_weights(Q, K, np.ones((1, 2, 3, 5, 6), bool))


def test_a_scale_that_is_no_number_is_refused():
    with refused(ValueError, where="attention: scale", expected="None for 1 / √d", got="nan", fix="scale=None"):
        ops.attention(Q, K, V, scale=float("nan"))
    with refused(ValueError, where="attention_weights: scale", got="'big'"):
        ops.attention_weights(Q, K, scale="big")
