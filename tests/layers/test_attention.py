"""MultiHeadAttention: what Keras computes, gradients, masks, dropout, models with it, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from helpers.draws import normal
from helpers.refusals import NO_SIZES, refused

import minigen
from minigen import Dense, Input, Model, MultiHeadAttention, Tensor, gradcheck, ops

GOLDEN = dict(np.load(Path(__file__).parents[1] / "golden" / "attention.npz"))
CASES = sorted({name.split("/")[0] for name in GOLDEN} - {"meta", "keras", "torch"})
X = normal(2, 5, 6)


def close(found, expected):
    """Equal to Keras' float32 but for rounding: sums of up to 60 products of numbers of about 1."""
    np.testing.assert_allclose(minigen.to_numpy(found), expected, rtol=1e-5, atol=1e-5)


# ---- what Keras computes


def golden_layer(case):
    """(the layer of the case with its weights, the case's arrays, its inputs as parameters, the keywords)."""
    found = {name.removeprefix(f"{case}/"): a for name, a in GOLDEN.items() if name.startswith(f"{case}/")}
    inputs = {name: Tensor(found[name], requires_grad=True) for name in ("query", "value", "key") if name in found}
    keywords = {name.removeprefix("call/"): a for name, a in found.items() if name.startswith("call/")}
    keywords = {name: bool(a) if a.ndim == 0 else a for name, a in keywords.items()}
    layer = eval(f"MultiHeadAttention({found['arguments']})")
    x = dict(inputs)
    x.setdefault("value", inputs["query"])
    layer(x["query"], *list(x.values())[1:])  # builds the weights
    layer.set_weights([found[f"weight_{i}"] for i in range(len(found["paths"]))])
    return layer, found, x, keywords


@pytest.mark.parametrize("case", CASES)
def test_value_gradients_and_weights_are_those_of_keras(xp, case):
    layer, found, x, keywords = golden_layer(case)
    assert list(layer.named_weights()) == found["paths"].tolist()
    query, *others = x.values()
    y = layer(query, *others, **keywords)
    close(y, found["y"])
    (y * Tensor(found["v"])).sum().backward()
    for name in ("query", "value", "key"):
        if name in found:
            close(x[name].grad, found[f"d{name}"])
    for i, w in enumerate(layer.weights()):
        close(w.grad, found[f"dweight_{i}"])


@pytest.mark.parametrize("case", CASES)
def test_the_scores_are_those_of_keras(case):
    """They come from other ops than y alone does, which has to be the same."""
    layer, found, x, keywords = golden_layer(case)
    y, scores = layer(*x.values(), **keywords, return_attention_scores=True)
    close(y, found["y"])
    close(scores, found["scores"])


def test_it_starts_as_in_keras():
    """Glorot's limit √(6 / (fan_in + fan_out)) for kernels with three axes: fans in · heads and in · key_dim."""
    layer = MultiHeadAttention(4, 32)
    layer(normal(1, 2, 64), normal(1, 2, 64))
    for kernel in (layer.query.kernel, layer.key.kernel, layer.value.kernel):
        limit = np.sqrt(6 / (64 * 4 + 64 * 32))
        assert 0.98 * limit < abs(kernel.numpy()).max() <= limit
    assert not layer.query.bias.numpy().any() and not layer.attention_output.bias.numpy().any()
    ones = MultiHeadAttention(2, 3, kernel_initializer="ones", bias_initializer="ones")
    ones(X, X)
    assert all((w.numpy() == 1).all() for w in ones.weights())


# ---- gradients


@pytest.mark.parametrize(
    "keywords",
    [{}, {"use_causal_mask": True}, {"attention_mask": np.tri(3, 4, 1, bool)}, {"return_attention_scores": True}],
    ids=lambda keywords: " ".join(keywords) or "no mask",
)
def test_gradcheck(keywords):
    layer = MultiHeadAttention(2, 2, value_dim=3, bias_initializer="uniform").astype("float64")
    xs = [normal(2, 3, 4, dtype="float64"), normal(2, 4, 3, dtype="float64", seed=1)]
    gradcheck(lambda q, v: layer(q, v, **keywords), xs, order=2)


def test_gradcheck_with_dropout():
    layer = MultiHeadAttention(2, 2, dropout=0.3, use_bias=False).astype("float64")
    gradcheck(lambda q: layer(q, q, training=True, use_causal_mask=True), [normal(1, 3, 4, dtype="float64")], order=2)


# ---- masks and dropout


def test_no_position_sees_its_future(xp):
    layer = MultiHeadAttention(2, 3)
    y = layer(X, X, use_causal_mask=True).numpy()
    changed = X.copy()
    changed[:, 3:] += 1
    after = layer(changed, changed, use_causal_mask=True).numpy()
    np.testing.assert_allclose(after[:, :3], y[:, :3], rtol=1e-6)
    assert (abs(after - y)[:, 3:] > 1e-5).any(axis=-1).all()


def test_masks_for_all_samples_for_each_and_for_each_head(xp):
    """(n, m), (batch, n, m) and (batch, heads, n, m), with and without the causal mask, as NumPy has it."""
    layer = MultiHeadAttention(3, 2)
    rng = np.random.default_rng(0)
    for shape in [(5, 5), (2, 5, 5), (2, 3, 5, 5), (2, 1, 5)]:
        mask = rng.random(shape) > 0.4
        in_full = mask[:, None] if mask.ndim == 3 else mask
        for causal in (False, True):
            _, p = layer(X, X, attention_mask=mask, use_causal_mask=causal, return_attention_scores=True)
            seen = np.broadcast_to(in_full & (np.tri(5, dtype=bool) if causal else True), (2, 3, 5, 5))
            assert ((p.numpy() > 0) == seen).all()
            np.testing.assert_allclose(p.numpy().sum(axis=-1), seen.any(axis=-1), rtol=1e-6)


def test_a_position_that_may_look_at_nothing_gets_the_bias(xp):
    layer = MultiHeadAttention(2, 3, bias_initializer="ones")
    mask = np.ones((5, 5), bool)
    mask[2] = False
    y = layer(X, X, attention_mask=mask).numpy()
    assert (y[:, 2] == 1).all() and (y[:, 1] != 1).all()


def test_dropout_of_the_weights_while_training_alone():
    """Values of one: a row of y is then the sum of its weights, 1 with none dropped; each is 0 or 1 / (1 - rate)."""
    layer = MultiHeadAttention(1, 2, value_dim=1, dropout=0.4, output_shape=1)
    x = normal(1, 200, 4)
    layer(x, x)
    layer.value.kernel.assign(np.zeros((4, 1, 1)))
    layer.value.bias.assign(np.ones((1, 1)))
    layer.attention_output.kernel.assign(np.ones((1, 1, 1)))
    np.testing.assert_allclose(layer(x, x).numpy(), 1, rtol=1e-6)
    minigen.seed(0)
    y, p = layer(x, x, training=True, return_attention_scores=True)
    np.testing.assert_allclose(p.numpy().sum(axis=-1), 1, rtol=1e-5)  # the scores are those before dropout
    assert 0.97 < y.numpy().mean() < 1.03 and y.numpy().std() > 0.03
    minigen.seed(0)
    np.testing.assert_array_equal(y.numpy(), layer(x, x, training=True).numpy())


# ---- in models


def test_a_model_with_it_is_described_saved_and_loaded(tmp_path):
    x = Input((5, 6))
    y = MultiHeadAttention(2, 3, value_dim=4, name="attention")(x, x, use_causal_mask=True)
    model = Model(x, Dense(2)(x + y))
    assert [name for name in model.named_weights() if "query" in name] == [
        "attention/query/kernel",
        "attention/query/bias",
    ]
    model.save(tmp_path / "model.minigen")
    again = minigen.load_model(tmp_path / "model.minigen")
    np.testing.assert_array_equal(again(X).numpy(), model(X).numpy())
    assert not np.allclose(again(X).numpy()[:, 0], again(X[:, ::-1].copy()).numpy()[:, 0])


def test_its_inputs_may_be_given_by_name():
    layer = MultiHeadAttention(2, 3)
    y = layer(X, X, X, training=False)
    np.testing.assert_array_equal(layer(query=X, value=X).numpy(), y.numpy())
    x = Input((5, 6))
    model = Model(x, layer(query=x, key=x, value=x))
    np.testing.assert_array_equal(model(X).numpy(), y.numpy())


def test_it_has_two_symbols_out_with_the_scores():
    x = Input((5, 6))
    y, p = MultiHeadAttention(2, 3)(x, x, return_attention_scores=True)
    assert y.shape == (None, 5, 6) and p.shape == (None, 2, 5, 5)
    assert [a.shape for a in Model(x, [y, p])(X)] == [(2, 5, 6), (2, 2, 5, 5)]


def test_heads_are_views():
    """A projection is one product of two matrices, and attention leaves its rows side by side: nothing is copied."""
    layer = MultiHeadAttention(2, 3)
    x = Tensor(X, requires_grad=True)
    q = layer.query(x)
    y = ops.attention(q, layer.key(x), layer.value(x))
    assert q.data.base is not None and y.data.transpose(0, 2, 1, 3).flags.c_contiguous


# ---- what is refused


@pytest.mark.parametrize("size", NO_SIZES)
def test_sizes_that_are_no_positive_integers_are_refused(size):
    fix = "MultiHeadAttention(num_heads=4, key_dim=32)"
    with refused(ValueError, where="MultiHeadAttention: num_heads", got=repr(size), fix=fix):
        MultiHeadAttention(size, 4)
    with refused(ValueError, where="MultiHeadAttention: key_dim", got=repr(size), fix=fix):
        MultiHeadAttention(4, size)
    if size is not None:
        with refused(ValueError, where="MultiHeadAttention: value_dim", got=repr(size)):
            MultiHeadAttention(4, 4, value_dim=size)
        with refused(ValueError, where="MultiHeadAttention: output_shape", got=repr(size)):
            MultiHeadAttention(4, 4, output_shape=size)


def test_other_arguments_that_do_not_fit_are_refused():
    with refused(ValueError, where="MultiHeadAttention: impossible rate", got="1.0"):
        MultiHeadAttention(2, 3, dropout=1.0)
    with refused(TypeError, where="MultiHeadAttention: use_bias", got="'no'"):
        MultiHeadAttention(2, 3, use_bias="no")
    with refused(TypeError, where="MultiHeadAttention: use_causal_mask", got="'yes'"):
        MultiHeadAttention(2, 3)(X, X, use_causal_mask="yes")


def test_sequences_that_do_not_fit_are_refused():
    layer = MultiHeadAttention(2, 3)
    where, expected = "sequences do not fit", "query (batch, n, features), value and key (batch, m, features)"
    for value, key in ((X[:1], X[:1]), (X, X[:, :3]), (X[0], X[0]), (X[:, :0], X[:, :0])):
        got = f"query (2, 5, 6), value {value.shape}, key {key.shape}"
        with refused(ValueError, where=where, expected=expected, got=got, fix="layer(x, x) for self-attention"):
            layer(X, value, key)
    with refused(TypeError, where="MultiHeadAttention: value", expected="a tensor of floats", got="int64"):
        layer(X, X.astype("int64"))
    with refused(TypeError, where="MultiHeadAttention: key", got="'x'"):
        layer(X, X, "x")
    with refused(TypeError, where="integer data", got="int64", fix="an Embedding before it"):
        layer(X.astype("int64"), X)
    with refused(ValueError, where="wrong rank", got="(5, 6)"):
        layer(X[0], X)
    with refused(TypeError, where="MultiHeadAttention: wrong arguments"):
        layer(X)


def test_masks_that_do_not_fit_are_refused():
    layer = MultiHeadAttention(2, 3)
    with refused(TypeError, where="MultiHeadAttention: attention_mask", got="float32", fix="mask > 0"):
        layer(X, X, attention_mask=np.ones((5, 5)))
    with refused(ValueError, where="MultiHeadAttention: attention_mask", expected="(2, 2, 5, 5)", got="(5, 4)"):
        layer(X, X, attention_mask=np.ones((5, 4), bool))
