"""Models of hundreds of layers are built in linear time."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import Concatenate, Dense, Input, Layer, Model, Sequential, Tensor

X = np.ones((2, 4), "float32")
PACKAGE = str(Path(minigen.__file__).parent)


def at_once(n):
    return Sequential([Input((4,)), *[Dense(4) for _ in range(n)]])


def by_add(n):
    model = Sequential([Input((4,))])
    for _ in range(n):
        model.add(Dense(4))
    return model


def from_data(n):
    return Sequential([Dense(4) for _ in range(n)])


def chain(n):
    x = y = Input((4,))
    for _ in range(n):
        y = Dense(4)(y)
    return Model(x, y)


def named(n):
    x = y = Input((4,))
    for i in range(n):
        y = Dense(4, name=f"layer{i}")(y)
    return Model(x, y)


def shared(n):
    x = y = Input((4,))
    layer = Dense(4)
    for _ in range(n):
        y = layer(y)
    return Model(x, y)


def skips(n):
    x = y = Input((4,))
    for _ in range(n):
        y = Dense(4)(Concatenate()([y, x, y]))
    return Model(x, y)


def heads(n):
    x = Input((4,))
    return Model(x, Concatenate()([Dense(4)(x) for _ in range(n)]))


def steps(action, most=math.inf):
    """How many lines of minigen's Python run: a clock would depend on the machine and its other work."""
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        count += 1
        if count > most:
            pytest.fail(f"more than {most:,} steps")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("make", [at_once, by_add, from_data, chain, named, shared, skips, heads])
def test_twice_the_layers_take_twice_the_work(make):
    few, many = (steps(lambda n=n: (m := make(n))(X) is m.named_weights()) for n in (20, 40))
    assert many < 2.2 * few


def nest(n):
    """Each model is a layer of the next one."""
    x = Input((4,))
    model = Model(x, Dense(4)(x))
    for _ in range(n - 1):
        x = Input((4,))
        model = Model(x, Dense(4)(model(x)))
    return model


def nest_of_stacks(n):
    model = Sequential([Input((4,)), Dense(4)])
    for _ in range(n - 1):
        model = Sequential([Input((4,)), model, Dense(4)])
    return model


def nest_from_data(n):
    model = Sequential([Dense(4)])
    for _ in range(n - 1):
        model = Sequential([model, Dense(4)])
    return model


def nest_of_own_models(n):
    class Outer(Model):
        def __init__(self, inner):
            super().__init__()
            self.inner, self.again, self.dense = inner, {"in a dict": [inner]}, Dense(4)

        def call(self, x, training=False):
            return self.dense(self.inner(x, training) if self.inner else x)

    model = None
    for _ in range(n):
        model = Outer(model)
    return model


@pytest.mark.parametrize(
    ("make", "most"), [(nest, 11), (nest_of_stacks, 11), (nest_from_data, 11), (nest_of_own_models, 100)]
)
def test_a_hundred_models_in_each_other_train(make, most):
    """Ten times the work of ten; with a call() of one's own the work grows with the square."""

    def build_and_train(n):
        model = make(n)
        model.compile("sgd", "mse")
        before = model.train_on_batch(X, 2 * X)
        assert model.train_on_batch(X, 2 * X) <= before
        assert len(model.parameters()) == len(list(model.sublayers())) == 2 * n
        assert "parameters" in model.describe()

    few = steps(lambda: build_and_train(10))
    steps(lambda: build_and_train(100), most=most * few)


@pytest.mark.parametrize("make", [nest, nest_of_stacks, nest_from_data, nest_of_own_models])
def test_twice_the_models_in_each_other_take_twice_the_work_to_train(make):
    def train(n):
        model = make(n)
        model.compile("sgd", "mse")
        model.train_on_batch(X, X)
        return steps(lambda: model.train_on_batch(X, X))

    assert train(16) < 2.2 * train(8)


def test_more_models_in_each_other_than_python_can_call_are_refused():
    with refused(ValueError, "too many models in each other"):
        nest(sys.getrecursionlimit() // 4 + 1)


def test_weights_shared_on_many_ways_are_found_once():
    """As many ways lead to the innermost layer as there are leaves in a tree of 60 levels."""

    class Both(Layer):
        def __init__(self, part):
            super().__init__()
            self.left, self.right = part, part

        def call(self, x):
            return self.left(x)

    layer = inner = Dense(4)
    inner(X)
    for _ in range(60):
        layer = Both(layer)
    assert layer.parameters() == [inner.kernel, inner.bias]
    assert len(list(layer.sublayers())) == 61


def test_a_layer_that_knows_its_owner_ends():
    class Part(Layer):
        def __init__(self, owner):
            super().__init__()
            self.owner, self.dense = owner, Dense(4)

        def call(self, x):
            return self.dense(x)

    class Owner(Model):
        def __init__(self):
            super().__init__()
            self.part = Part(self)

        def call(self, x, training=False):
            return self.part(x)

    model = Owner()
    model(X)
    assert list(model.named_weights()) == ["part/dense/kernel", "part/dense/bias"]


def test_a_sequential_is_itself_after_every_add():
    model = Sequential([Input((4,))])
    np.testing.assert_array_equal(model(X).numpy(), X)
    for n in range(1, 4):
        model.add(Dense(3 + n))
        assert model.outputs.shape == (None, 3 + n) == model.output.shape and len(model.layers) == n
        assert model.predict(X).shape == (2, 3 + n) and len(model.weights()) == 2 * n
        assert [w.name for w in model.weights()][-1] == ("dense/bias" if n == 1 else f"dense_{n - 1}/bias")
    assert model.layers[0] is model.get_layer("dense") and isinstance(model(Tensor(X)), Tensor)


def test_names_after_add_are_those_of_the_whole_stack():
    model = Sequential([Input((4,)), Dense(3)])
    assert list(model.named_weights()) == ["dense/kernel", "dense/bias"]
    model.add(Dense(2, name="dense"))
    assert list(model.named_weights())[::2] == ["dense_1/kernel", "dense/kernel"]


def test_the_shape_of_a_nested_model_is_known_without_running_it():
    runs = []

    class Counting(Layer):
        def call(self, x):
            runs.append(1)
            return x

    x = Input((4,))
    inner = Model(x, Counting()(x))
    assert len(runs) == 1
    y = inner(Input((4,)))
    assert y.shape == (None, 4) and len(runs) == 1
    with pytest.raises(ValueError, match="wrong input shape"):
        inner(Input((5,)))
