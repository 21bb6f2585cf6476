"""Layers of several inputs: what they compute, in graphs and with arrays, and the shapes that they refuse."""

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.refusals import refused

import minigen
from minigen import (
    Add,
    Average,
    Concatenate,
    Dense,
    Input,
    Maximum,
    Minimum,
    Model,
    Multiply,
    Subtract,
    Tensor,
    gradcheck,
)

FORMULAS = {  # of any number of arrays
    Add: sum,
    Average: lambda xs: np.mean(xs, axis=0),
    Maximum: lambda xs: np.max(xs, axis=0),
    Minimum: lambda xs: np.min(xs, axis=0),
    Multiply: lambda xs: np.prod(xs, axis=0),
    Subtract: lambda xs: xs[0] - xs[1],
}
every_merge = pytest.mark.parametrize("layer", FORMULAS, ids=lambda layer: layer.__name__)


def inputs(layer, *shape):
    return [draw(*shape, seed=i) for i in range(2 if layer is Subtract else 3)]


@every_merge
def test_what_it_computes(xp, layer):
    xs = inputs(layer, 2, 3)
    np.testing.assert_allclose(layer()(xs).numpy(), FORMULAS[layer](xs), rtol=1e-6)
    symbols = [Input((3,)) for _ in xs]
    model = Model(symbols, layer()(symbols))
    np.testing.assert_allclose(model.predict(xs), FORMULAS[layer](xs), rtol=1e-6)


@every_merge
def test_gradients(layer):
    xs = [x.astype("float64") for x in inputs(layer, 2, 3)]
    gradcheck(lambda *xs: layer()(list(xs)), xs, order=2)


@every_merge
def test_a_size_of_1_is_repeated_but_for_the_batch(layer):
    a, b = draw(2, 3, 4), draw(2, 1, 4, seed=1)
    assert layer()([a, b]).shape == layer()([b, a]).shape == (2, 3, 4)
    assert layer()([Input((3, 4)), Input((1, 4))]).shape == (None, 3, 4)
    for other in (draw(1, 3, 4), draw(2, 3), draw(2, 3, 5)):
        with refused(ValueError, where=f"{layer.__name__}: shapes do not fit", got=str(other.shape)):
            layer()([a, other])
    with refused(ValueError, where=f"{layer.__name__} 'both': shapes"):
        layer(name="both")([Input((3, 1)), Input((3,))])  # a batch of 3 would be taken for 3 features


@every_merge
def test_one_input_is_refused(layer):
    for wrong in ([draw(2, 3)], draw(2, 3), {"a": draw(2, 3), "b": draw(2, 3)}, [Input((3,))]):
        with refused(ValueError, where=f"{layer.__name__}: inputs", fix=f"{layer.__name__}()([a, b])"):
            layer()(wrong)


def test_three_are_too_many_to_subtract():
    with refused(ValueError, where="Subtract: inputs", expected="two tensors", got="a list of 3"):
        Subtract()([draw(2, 3)] * 3)


def test_a_residual_block_trains(xp):
    minigen.seed(0)
    x = Input((4,))
    model = Model(x, Dense(1)(Add()([x, Dense(4, "tanh")(x)])))
    model.compile("adam", "mse")
    losses = model.fit(draw(32, 4), draw(32, 1, seed=1), epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0] and [name for name in model.names_in_graph.values()] == ["dense", "add", "dense_1"]


# ---- Concatenate


@pytest.mark.parametrize("axis", [-1, 1, 2, np.int64(1)])
def test_concatenate(xp, axis):
    a, b, c = draw(2, 3, 4), draw(2, 3, 4, seed=1), draw(2, 3, 4, seed=2)
    y = Concatenate(axis)([a, Tensor(b), c])
    np.testing.assert_array_equal(y.numpy(), np.concatenate([a, b, c], axis))
    assert Concatenate(axis)([Input((3, 4)), Input((3, 4))]).shape[1:] == Concatenate(axis)([a, b]).shape[1:]


def test_concatenate_of_different_widths_has_a_gradient_for_each(xp):
    layer = Concatenate().astype("float64")
    gradcheck(lambda a, b: layer([a, b]), [draw(3, 2, dtype="float64"), draw(3, 4, dtype="float64")], order=2)
    assert Concatenate()([Input((2,)), Input((4,))]).shape == (None, 6)


@pytest.mark.parametrize("axis", [1.0, None, 2, -3])
def test_an_axis_that_is_not_there_is_refused(axis):
    with refused(ValueError, where="Concatenate"):
        Concatenate(axis)([draw(2, 4), draw(2, 4)])


def test_what_cannot_be_joined_is_refused():
    with refused(ValueError, where="Concatenate", got="(8, 4), (7, 4)"):
        Concatenate()([draw(8, 4), draw(7, 4)])
    with refused(ValueError, where="Concatenate", fix="Concatenate()([a, b])"):
        Concatenate()(draw(8, 4))
