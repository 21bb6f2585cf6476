"""Embedding: rows for symbols, their gradients, and what is no symbol."""

import numpy as np
from helpers.refusals import refused

import minigen
from minigen import GRU, Adam, Dense, Embedding, Input, Sequential

# ---- rows


def test_symbols_of_any_integer_type_are_embedded_and_learned():
    """More symbols than there are rows: there the gradient takes another way, which must not wrap at 256."""
    for dtype in ("uint8", "int16", "uint64", "int64"):
        layer = Embedding(300, 2)
        symbols = np.arange(600).reshape(2, 300) % (256 if dtype == "uint8" else 300)
        layer(symbols.astype(dtype)).sum().backward()
        assert layer.embeddings.grad[:, 0].tolist() == np.bincount(symbols.ravel(), minlength=300).tolist()


def test_an_embedding_takes_rows(xp):
    layer = Embedding(5, 3)
    x = np.array([[0, 4, 4], [2, 0, 1]])
    y = layer(x)
    np.testing.assert_array_equal(y.numpy(), layer.embeddings.numpy()[x])
    (y * y).sum().backward()
    count = np.bincount(x.reshape(-1), minlength=5)[:, None]
    grad = minigen.to_numpy(layer.embeddings.grad)
    np.testing.assert_allclose(grad, 2 * count * layer.embeddings.numpy(), rtol=1e-6)
    assert abs(layer.embeddings.numpy()).max() <= 0.05


# ---- with recurrent layers


def test_a_model_of_symbols_trains_and_predicts():
    """Count modulo 3 the ones so far: a net without memory cannot."""
    x = np.random.default_rng(0).integers(0, 2, (400, 8))
    y = np.cumsum(x, axis=1) % 3
    layers = [Input((8,), dtype="int64"), Embedding(2, 4), GRU(16, return_sequences=True), Dense(3, "softmax")]
    model = Sequential(layers)
    model.compile(Adam(0.02), "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=20, epochs=15, verbose=0)
    assert (model.predict(x).argmax(axis=-1) == y).mean() > 0.97


# ---- what is no symbol


def test_bad_symbols_are_refused():
    layer = Embedding(4, 2)
    layer(np.array([[0, 3]]))
    with refused(ValueError, "count from 0"):
        layer(np.array([[-1, 0]]))
    with refused(TypeError, "no symbols"):
        layer(np.ones((2, 3), "float32"))
    with refused(ValueError, "unknown symbol"):
        layer(np.array([[0, 4]]))
    with refused(ValueError, "unknown symbol"):
        layer(np.array([[-1, 0]]))
    with refused(ValueError, "input_dim"):
        Embedding(0, 2)
    with refused(ValueError, "output_dim"):
        Embedding(2, 1.5)


def test_an_embedding_of_no_array():
    with refused(TypeError, "Embedding: one input"):
        Embedding(3, 2)({})
