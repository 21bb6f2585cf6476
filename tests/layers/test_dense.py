"""Dense: the formula, how it starts, and what it refuses."""

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.refusals import refused
from helpers.small_model import V, X  # noqa: F401 (V in an expression)

import minigen
from minigen import Dense, Input

# ---- Dense


def test_dense_is_x_w_plus_b(xp):
    layer = Dense(2)
    x = draw(3, 4)
    layer(x)
    layer.kernel.assign(draw(4, 2, seed=1))
    layer.bias.assign(draw(2, seed=2))
    np.testing.assert_allclose(layer(x).numpy(), x @ draw(4, 2, seed=1) + draw(2, seed=2), rtol=1e-5, atol=1e-6)


def test_dense_starts_with_glorot_uniform_and_zeros(xp):
    layer = Dense(32)
    layer(Input((784,)))
    kernel, limit = layer.kernel.numpy(), np.sqrt(6 / (784 + 32))
    assert kernel.shape == (784, 32) and 0.99 * limit < np.abs(kernel).max() <= limit
    assert (layer.bias.numpy() == 0).all()


def test_initializers_of_a_dense_layer():
    layer = Dense(3, kernel_initializer="ones", bias_initializer=minigen.initializers.RandomNormal(5.0, 0.0))
    layer(draw(1, 2))
    assert (layer.kernel.numpy() == 1).all() and (layer.bias.numpy() == 5).all()


# ---- what it refuses


@pytest.mark.parametrize(
    "code",
    [
        "Dense(784, 32)",
        "Dense(3, Tensor(V))",
    ],
)
def test_an_argument_of_a_wrong_kind(code):
    with refused(TypeError, ""):
        eval(code, vars(minigen) | globals())


def test_wrong_number_of_features_for_a_layer():
    layer = Dense(2, name="code")
    layer(X)
    with refused(ValueError, where="Dense 'code'", expected="(batch, 4)", got="(8, 3)"):
        layer(X[:, :3])
    with refused(ValueError, where="Dense 'code'", expected="(batch, 4)", got="(4,)"):
        layer(X[0])
    with refused(ValueError, where="rank", got="(4,)", fix="reshape(1, -1)"):
        Dense(2)(X[0])


@pytest.mark.parametrize("units", [0, -1, 2.5, "32", None])
def test_units(units):
    with refused(ValueError, where="units", expected="positive integer", got=repr(units), fix="Dense(32)"):
        Dense(units)


@pytest.mark.parametrize("features", [1, 3, 5, 8])
@pytest.mark.parametrize("make", [lambda: Dense(2), minigen.BatchNormalization], ids=["Dense", "BatchNormalization"])
def test_fewer_and_more_features_than_at_first_are_refused_by_the_layer(make, features):
    layer = make()
    layer(draw(3, 4))
    with refused(ValueError, where="wrong number of features", expected="(batch, 4)"):
        layer(draw(3, features))
