"""Names and habits of user-defined layers and models that must not hide their weights."""

import functools

import numpy as np
import pytest

from minigen import Dense, Layer, Model

X = np.ones((8, 4), "float32")


@pytest.mark.parametrize("name", ["layers", "inputs", "outputs", "metrics", "parts", "layer_names"])
def test_layers_in_an_attribute_of_this_name_are_found_and_trained(name):
    class Net(Model):
        def __init__(self):
            super().__init__()
            setattr(self, name, [Dense(5), Dense(3)])

        def call(self, x):
            for layer in getattr(self, name):
                x = layer(x)
            return x

    net = Net()
    net(X)
    assert net.count_params() == 4 * 5 + 5 + 5 * 3 + 3
    if name != "metrics":  # compile() sets it
        before = net.get_weights()
        net.compile("sgd", "mse")
        net.fit(X, np.zeros((8, 3), "float32"), verbose=0)
        assert not any(np.array_equal(a, b) for a, b in zip(before[::2], net.get_weights()[::2], strict=True))


def test_another_key_of_a_dict_is_noticed():
    class Named(Layer):
        def __init__(self):
            super().__init__()
            self.heads = {"a": Dense(3)}

        def call(self, x):
            return next(iter(self.heads.values()))(x)

    layer = Named()
    layer(X)
    assert list(layer.named_weights()) == ["heads_a/kernel", "heads_a/bias"]
    layer.heads["b"] = layer.heads.pop("a")
    assert list(layer.named_weights()) == ["heads_b/kernel", "heads_b/bias"]


def test_a_weight_that_is_set_past_setattr_is_found():
    class Cached(Layer):
        @functools.cached_property
        def w(self):
            return self.add_weight("w", (4,), "ones")

        def call(self, x):
            return x * self.w

    layer = Cached()
    assert layer.parameters() == []
    layer(X)
    assert len(layer.parameters()) == 1
