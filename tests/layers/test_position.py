"""PositionEmbedding and SinePositionEncoding: closed forms, gradients, and what is refused."""

import math

import numpy as np
import pytest
from helpers.draws import normal
from helpers.refusals import NO_SIZES, refused

import minigen
from minigen import Input, Model, PositionEmbedding, SinePositionEncoding, Tensor, gradcheck

X = normal(2, 5, 6)
both = pytest.mark.parametrize("make", [lambda: PositionEmbedding(9), SinePositionEncoding], ids=["learned", "sine"])


def test_an_embedding_for_each_position(xp):
    layer = PositionEmbedding(9)
    y = layer(X)
    table = layer.embeddings.numpy()
    assert table.shape == (9, 6) and y.dtype == "float32"
    np.testing.assert_array_equal(y.numpy(), [table[:5]] * 2)
    np.testing.assert_array_equal(layer(X, start_index=4).numpy(), [table[4:]] * 2)
    (y * Tensor(X)).sum().backward()
    grad = minigen.to_numpy(layer.embeddings.grad)
    np.testing.assert_allclose(grad[:5], X.sum(axis=0), rtol=1e-6)
    assert not grad[5:].any()


def test_it_starts_with_glorots_limit():
    layer = PositionEmbedding(100)
    layer(normal(1, 2, 50))
    assert 0.99 * 0.2 < abs(layer.embeddings.numpy()).max() <= 0.2  # √(6 / 150)
    layer = PositionEmbedding(100, "zeros")
    layer(normal(1, 2, 50))
    assert not layer.embeddings.numpy().any()


def test_gradcheck_of_the_sum():
    layer = PositionEmbedding(4).astype("float64")
    gradcheck(lambda x: x * layer(x, start_index=1), [normal(2, 3, 2, dtype="float64")], order=2)


@pytest.mark.parametrize("features", [6, 7])
def test_sines_and_cosines_number_by_number(xp, features):
    y = SinePositionEncoding(max_wavelength=500)(normal(2, 5, features), start_index=3).numpy()
    assert y.dtype == "float32"
    for i in range(5):
        for j in range(features):
            angle = (3 + i) / 500 ** ((j - j % 2) / features)
            want = math.cos(angle) if j % 2 else math.sin(angle)
            assert y[:, i, j] == pytest.approx([want] * 2, rel=1e-6, abs=1e-7)


def test_a_step_turns_each_pair_by_the_same_angle():
    """So the product of two positions depends on their distance alone."""
    y = SinePositionEncoding()(np.zeros((1, 300, 16))).numpy()[0].astype("float64")
    products = y @ y.T
    np.testing.assert_allclose(products[7, 2], products[207, 202], atol=1e-5)
    np.testing.assert_allclose(np.diag(products), 8, atol=1e-5)
    assert products[0, 1] > products[0, 5] > products[0, 20]


@both
def test_in_a_model(make, tmp_path):
    """Added to the input; any number of axes before the steps."""
    x = Input((5, 6))
    model = Model(x, x + make()(x))
    model.save(tmp_path / "model.minigen")
    again = minigen.load_model(tmp_path / "model.minigen")
    np.testing.assert_array_equal(again(X).numpy(), model(X).numpy())
    layer, images = make(), normal(2, 3, 5, 6)
    np.testing.assert_array_equal(layer(images).numpy()[1, 2], layer(X).numpy()[0])


# ---- what is refused


@pytest.mark.parametrize("size", NO_SIZES)
def test_lengths_that_are_no_positive_integers_are_refused(size):
    fix = "PositionEmbedding(128)"
    with refused(ValueError, where="PositionEmbedding: sequence_length", got=repr(size), fix=fix):
        PositionEmbedding(size)


@pytest.mark.parametrize("number", [0, -1, float("nan"), "3", None])
def test_wavelengths_that_are_no_positive_numbers_are_refused(number):
    with refused(ValueError, where="SinePositionEncoding: max_wavelength", got=repr(number), fix="10000"):
        SinePositionEncoding(number)


def test_steps_behind_the_last_position_are_refused():
    layer = PositionEmbedding(4)
    with refused(ValueError, where="too many steps", expected="4 positions", got="0..4", fix="PositionEmbedding(5)"):
        layer(X)
    layer(X[:, :4])
    with refused(ValueError, where="too many steps", got="3..6", fix="PositionEmbedding(7)"):
        layer(X[:, :4], start_index=3)


@both
def test_inputs_that_do_not_fit_are_refused(make):
    with refused(ValueError, where="start_index", expected="0, 1, 2", got="-1"):
        make()(X, start_index=-1)
    with refused(TypeError, where="integer data", got="int64", fix="an Embedding before it"):
        make()(X.astype("int64"))
    with refused(ValueError, where="wrong rank", got="(5, 6)"):
        make()(X[0])
