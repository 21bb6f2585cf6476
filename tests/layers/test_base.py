"""Layer: layers a student writes, layers inside of layers, the output in a graph, and errors inside of call()."""

import copy
import pickle

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.images import IMAGES
from helpers.parameters import leaf
from helpers.refusals import refused
from helpers.small_model import KeyWords, V, X
from helpers.small_model import compiled as small

from minigen import GRU, Conv2D, Dense, Dropout, Input, Layer, Model, Op, Sequential, gradcheck, initializers

# ---- layers a student writes


class Scale(Layer):
    """y = s x with a learned s for each feature."""

    def build(self, input_shape):
        self.s = self.add_weight("s", (input_shape[-1],), "ones")

    def call(self, x):
        return x * self.s


def test_a_custom_layer(xp):
    layer = Scale()
    layer(draw(2, 3))
    layer.s.assign([1.0, 2.0, 3.0])
    np.testing.assert_allclose(layer(draw(2, 3)).numpy(), draw(2, 3) * [1, 2, 3], rtol=1e-6)
    assert layer.s.name == "scale/s" and list(layer.named_weights()) == ["s"]


class Residual(Layer):
    """x + Dense(Dropout(x)): sub-layers, and a call that depends on training."""

    def __init__(self, units, name=None):
        super().__init__(name)
        self.noise = Dropout(0.5)
        self.inner = Dense(units)

    def call(self, x, training=False):
        return x + self.inner(self.noise(x, training))


def test_a_custom_layer_passes_gradcheck():
    layer = Residual(3).astype("float64")
    layer(draw(2, 3))
    gradcheck(lambda x: layer(x, training=True), [draw(2, 3, dtype="float64")], params=layer.parameters(), order=2)


def test_a_custom_layer_in_a_model_is_trained(xp):
    x = Input((3,))
    model = Model(x, Scale()(Residual(3)(x)))
    assert list(model.named_weights()) == ["residual/inner/kernel", "residual/inner/bias", "scale/s"]
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(draw(8, 3), draw(8, 3, seed=1), verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def test_training_reaches_the_sub_layers():
    layer = Residual(3)
    x = draw(4, 3)
    np.testing.assert_array_equal(layer(x).numpy(), layer(x).numpy())
    assert (layer(x, training=True).numpy() != layer(x).numpy()).any()


class Tower(Layer):
    """Sub-layers in a list and in a dictionary."""

    def __init__(self, blocks=2):
        super().__init__()
        self.blocks = [Dense(4) for _ in range(blocks)]
        self.heads = {"mean": Dense(1), "spread": Dense(1)}
        self.after = Scale()

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.after(self.heads["mean"](x) + self.heads["spread"](x))


def test_sub_layers_in_lists_and_dictionaries_are_found():
    tower = Tower()
    tower(draw(2, 3))
    names = list(tower.named_weights())
    assert names[:4] == ["blocks_0/kernel", "blocks_0/bias", "blocks_1/kernel", "blocks_1/bias"]
    for name, end in zip(names[4:8], ["mean/kernel", "mean/bias", "spread/kernel", "spread/bias"], strict=True):
        assert name.endswith(end)
    assert names[8:] == ["after/s"]


def test_a_shared_sub_layer_counts_once():
    tower = Tower()
    tower.blocks.append(tower.blocks[0])
    tower(draw(2, 4))
    assert len(tower.parameters()) == 9 and len(set(map(id, tower.parameters()))) == 9


class Nested(Layer):
    def __init__(self):
        super().__init__()
        self.stages = [[Dense(4), Dense(4)], [Dense(4)]]

    def call(self, x):
        for stage in self.stages:
            for block in stage:
                x = block(x)
        return x


class TwoDictionaries(Layer):
    def __init__(self):
        super().__init__()
        self.encoders, self.decoders = {"image": Dense(4)}, {"image": Dense(4)}

    def call(self, x):
        return self.decoders["image"](self.encoders["image"](x))


@pytest.mark.parametrize("make, weights", [(Nested, 6), (TwoDictionaries, 4)])
def test_no_weight_is_lost_however_the_layers_are_kept(make, weights):
    """A weight that parameters() misses would silently stay as it started."""
    layer = make()
    layer(draw(2, 4)).sum().backward()
    assert len(layer.parameters()) == weights


def test_a_layer_that_forgets_super_init_works():
    class Forgetful(Layer):
        def __init__(self):
            self.inner = Dense(3)

        def call(self, x):
            return self.inner(x)

    x = Input((4,))
    assert list(Model(x, Forgetful()(x)).named_weights()) == ["forgetful/inner/kernel", "forgetful/inner/bias"]


def test_a_sequential_in_a_custom_layer():
    class Wrapped(Layer):
        def __init__(self):
            super().__init__()
            self.net = Sequential([Input((4,)), Dense(2, name="code"), Dense(4)])

        def call(self, x):
            return self.net(x)

    layer = Wrapped()
    assert list(layer.named_weights()) == ["net/code/kernel", "net/code/bias", "net/dense/kernel", "net/dense/bias"]
    assert layer(draw(2, 4)).shape == (2, 4)


def test_there_is_no_switch_that_would_freeze_a_layer():
    """A Keras user's `trainable = False` must not be taken and then ignored."""
    layer = Dense(4)
    with pytest.raises(ValueError, match=r"no switch(.|\n)*expected(.|\n)*got(.|\n)*requires_grad = False"):
        layer.trainable = False


def test_weights_that_require_no_gradient_stay_in_fit():
    """What the advice for trainable=False says."""
    encoder = Sequential([Input(shape=(4,)), Dense(3, "tanh")])
    model = Sequential([Input(shape=(4,)), encoder, Dense(2)])
    model.compile("adam", "mse")
    before = encoder.get_weights()
    for p in encoder.parameters():
        p.requires_grad = False
    history = model.fit(np.ones((8, 4), "float32"), np.ones((8, 2), "float32"), epochs=3, verbose=0).history
    assert history["loss"][2] < history["loss"][0] and len(model.parameters()) == 2
    assert all(np.array_equal(a, b) for a, b in zip(before, encoder.get_weights(), strict=True))


def test_an_array_in_place_of_a_weight_is_refused():
    layer = Dense(2)
    layer(np.ones((1, 3), "float32"))
    with refused(TypeError, "Dense.kernel is a weight"):
        layer.kernel = np.zeros((3, 2))
    assert [w.shape for w in layer.parameters()] == [(3, 2), (2,)]
    layer.kernel.assign(np.zeros((3, 2)))
    assert not layer(np.ones((1, 3), "float32")).numpy().any()


def test_a_first_call_that_fails_leaves_the_layers_inside_unbuilt():
    class Two(Layer):
        def __init__(self):
            super().__init__()
            self.first, self.second = Dense(3), Dense(2)

        def call(self, x):
            return self.second(self.first(x).reshape(-1, 6))

    layer, x = Two(), np.ones((1, 4), "float32")
    with pytest.raises(ValueError):
        layer(x)
    assert not layer.first.built
    assert layer(np.ones((2, 5), "float32")).shape == (1, 2)


REFUSED_FIRST_CALLS = {  # layer: (data that it refuses, data that it takes)
    "kernel too large": (lambda: Conv2D(2, 9), np.ones((1, 5, 5, 3), "float32"), IMAGES),
    "integers": (lambda: Conv2D(2, 3), np.ones((1, 5, 5, 3), "uint8"), IMAGES),
    "Dense": (lambda: Dense(2), np.ones((3, 7), "int64"), X),
}


@pytest.mark.parametrize("what", REFUSED_FIRST_CALLS)
def test_a_refused_first_call_does_not_fix_the_weights(what):
    make, bad, good = REFUSED_FIRST_CALLS[what]
    layer = make()
    before = set(vars(layer))
    with pytest.raises((ValueError, TypeError)):
        layer(bad)
    assert not layer.built and set(vars(layer)) == before
    assert len(layer(good)) == len(good)


def test_errors_inside_of_layers_stay_what_they_are():
    class Raises(Layer):
        def call(self, x, training):
            raise KeyError("boom")

    class Property(Layer):
        @property
        def double(self):
            return 2 * self.unitz

        def call(self, x):
            return x * self.double

    class Typo(Op):
        "y = x"

        def forward(self, x, i):
            return self.axxis + x

    with pytest.raises(KeyError, match="boom"):
        Raises()(X)
    with pytest.raises(AttributeError, match="unitz"):
        Property()(X)
    with pytest.raises(AttributeError, match="axxis"):
        Typo()(leaf(), np.array([1]))


def test_weights_are_a_list_as_in_keras_and_may_be_called():
    layer = Dense(2)
    assert layer.weights == layer.weights() == []
    layer(X)
    assert [w.name for w in layer.weights] == [w.name for w in layer.weights()] == ["dense/kernel", "dense/bias"]
    assert len(layer.weights) == 2 and layer.weights[0] is layer.kernel
    layer.weights.clear()  # a list of its own each time
    assert len(layer.weights) == 2


def test_a_property_is_no_name_for_an_attribute():
    for name in ("weights", "label", "output", "default_name"):
        with refused(AttributeError, where=f"Dense.{name} is a property", fix=f"self.my_{name}"):
            setattr(Dense(2), name, [])


def test_a_call_that_calls_itself_leaves_the_layer_as_it_was():
    class Endless(Layer):
        def build(self, input_shape):
            self.w = self.add_weight("w", (4,))

        def call(self, x):
            return self(x)

    layer = Endless()
    with refused(RecursionError, "calls in each other"):
        layer(X)
    assert not layer.built and layer.weights() == []


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("name", lambda: Dense(2, name="a\0b"), ValueError),
    ],
)
def test_a_name_with_a_null_character_is_refused(problem, call, error):
    with refused(error, problem):
        call()


# ---- layers inside of layers


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


# ---- weights


@pytest.mark.parametrize("units", [10**30, 10**14])
def test_a_layer_that_no_memory_can_hold(units):
    with refused(MemoryError, "Dense: weight kernel"):
        Dense(units)(X)


CHOICES = {
    "astype": lambda value: Dense(2).astype(value),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("value", [np.zeros(3), [1, 2], None, "somehow", int], ids=repr)
def test_what_is_none_of_the_choices(choice, value):
    with refused(ValueError, choice):
        CHOICES[choice](value)


def test_a_shape_that_is_a_number():
    class Own(Layer):
        def build(self, input_shape):
            self.w = self.add_weight("w", 4)

        def call(self, x):
            return x * self.w

    with refused(TypeError, "add_weight: shape"):
        Own()(X)
    with refused(TypeError, "an initializer: shape"):
        initializers.glorot_uniform(5)
    assert initializers.he_normal((0, 3)).shape == (0, 3)


# ---- the output of a layer in a graph


def test_output_is_where_a_model_of_the_features_ends():
    x = Input(shape=(6,))
    hidden = Dense(4, "relu")
    model = Model(x, Dense(1)(hidden(x)))
    features = Model(model.inputs, hidden.output)
    data = np.random.default_rng(0).random((3, 6), dtype="float32")
    np.testing.assert_array_equal(features(data).numpy(), hidden(data).numpy())
    assert model.layers[0].output is hidden.output and hidden.output.shape == (None, 4)


def test_output_is_that_of_the_first_use():
    shared, x = Dense(4), Input(shape=(6,))
    first = shared(x)
    shared(Input(shape=(6,)))
    assert shared.output is first


def test_a_layer_without_a_graph_has_no_output():
    layer = Dense(4)
    layer(np.zeros((2, 6), "float32"))
    with pytest.raises(ValueError, match=r"Dense.output(.|\n)*expected(.|\n)*got(.|\n)*fix"):
        _ = layer.output


def test_the_output_of_a_model_is_its_own():
    x = Input(shape=(6,))
    y = Dense(4)(x)
    assert Model(x, y).output is y


# ---- copies


@pytest.mark.parametrize("make", [lambda: KeyWords(3, name="a"), small, lambda: Dense(3, name="b"), lambda: GRU(2)])
def test_copies_of_layers_are_made_as_ever(make):
    layer = make()
    for other in (copy.copy(layer), copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert other.name == layer.name and type(other) is type(layer)


def test_a_deep_model_can_be_copied():
    x = y = Input((4,))
    for _ in range(300):
        y = Dense(4)(y)
    for model in (Model(x, y), Sequential([Input((4,)), *[Dense(4) for _ in range(300)]])):
        np.testing.assert_array_equal(copy.deepcopy(model).predict(V), model.predict(V))
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(V), model.predict(V))
