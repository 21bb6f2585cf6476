"""Models in models: built and trained in linear time, and refused where Python's stack would end."""

import sys

import pytest
from helpers.refusals import refused
from helpers.steps import X, steps

from minigen import Dense, Input, Layer, Model, Sequential


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


def test_layers_in_layers_beyond_what_python_can_call():
    class Around(Model):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def call(self, x):
            return self.inner(x)

    one = Dense(2)
    for _ in range(400):
        one = Around(one)
    with refused(RecursionError, "calls in each other"):
        one(X)
