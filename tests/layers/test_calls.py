"""What comes behind the first argument of a layer or model is used or refused; names that are not there are refused."""

import copy
import pickle

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import (
    GRU,
    LSTM,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    Input,
    Layer,
    Model,
    Reshape,
    Sequential,
    SimpleRNN,
    Tensor,
    models,
)

ONES = np.ones((4, 20), "float32")


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


X, H, C = draw(2, 3, 5), draw(2, 4, seed=1), draw(2, 4, seed=2)
CELLS = {"lstm": (LSTM, [H, C]), "gru": (GRU, [H]), "simple_rnn": (SimpleRNN, [H])}

# ---- the state of a recurrent layer

WAYS = {  # how Keras and PyTorch hand it over
    "a list": lambda layer, x, state: layer(x, state),
    "a tuple": lambda layer, x, state: layer(x, tuple(state)),
    "by name": lambda layer, x, state: layer(x, initial_state=state),
    "a list and training": lambda layer, x, state: layer(x, state, True),
    "by name and training": lambda layer, x, state: layer(x, initial_state=tuple(state), training=False),
    "beside x, as a tuple": lambda layer, x, state: layer((x, *state)),
    "alone": lambda layer, x, state: layer(x, state if len(state) > 1 else state[0]),
}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("way", WAYS)
def test_a_recurrent_layer_begins_with_the_state_that_it_is_given(cell, way, xp):
    make, state = CELLS[cell]
    layer = make(4, return_sequences=True)
    want = layer([X, *state]).numpy()
    assert not np.allclose(want, layer(X).numpy(), atol=0.01)
    tensors = [Tensor(minigen.backend.asarray(s)) for s in state]
    np.testing.assert_array_equal(WAYS[way](layer, X, state).numpy(), want)
    np.testing.assert_array_equal(WAYS[way](layer, Tensor(minigen.backend.asarray(X)), tensors).numpy(), want)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("way", WAYS)
def test_a_state_in_a_graph(cell, way):
    make, state = CELLS[cell]
    layer = make(4)
    x, inputs = Input((3, 5)), [Input((4,)) for _ in state]
    model = Model([x, *inputs], WAYS[way](layer, x, inputs))
    np.testing.assert_array_equal(model.predict([X, *state]), layer([X, *state]).numpy())


def test_step_by_step_is_the_whole_sequence():
    """A layer that is fed one step at a time and carries its state along."""
    layer = GRU(4, return_state=True)
    whole, _ = layer(X, H)
    h = H
    for t in range(3):
        y, h = layer(X[:, t : t + 1], h)
    np.testing.assert_allclose(y.numpy(), whole.numpy(), rtol=1e-6)


def test_the_state_of_an_encoder_starts_a_decoder():
    x, y = Input((3, 5)), Input((2, 5))
    first, second = LSTM(4, return_state=True), LSTM(4)
    _, *state = first(x)
    model = Model([x, y], second(y, initial_state=state))
    _, *state = first(X)
    np.testing.assert_array_equal(model.predict([X, X[:, :2]]), second([X[:, :2], *state]).numpy())


@pytest.mark.parametrize(
    "state", [H, [H], [H, H, H], [H[:1], H], [H, H[:, :3]], [H, None], [None, None], (X, (H, C)), 3.0, "h"]
)
def test_a_state_that_does_not_fit_is_refused(state):
    layer = LSTM(4)
    layer(X)
    with refused(ValueError, "LSTM: initial state"):
        layer(X, state)
    with refused(ValueError, "LSTM: initial state"):
        layer(X, initial_state=state)


def test_other_wrong_states_are_refused():
    layer = LSTM(4)
    with refused(ValueError, "LSTM: initial state"):
        layer([X, H, C], [H, C])
    with refused(ValueError, "LSTM: initial state"):
        layer((X, (H, C)))
    with refused(ValueError, "LSTM: initial state"):
        layer(Input((3, 5)), Input((4,)))
    with refused(TypeError, "LSTM: wrong arguments"):
        layer(X, H, C)
    with refused(TypeError, "integer data"):
        GRU(4)(X, np.ones((2, 4), int))
    with refused(TypeError, "'initial_states'"):
        layer(X, initial_states=[H, C])


# ---- own layers with several arguments


class Mix(Layer):
    """x + weight y + more"""

    def build(self, input_shape):
        self.s = self.add_weight("s", (input_shape[-1],), "ones")

    def call(self, x, y, weight=2.0, *, more=None):
        return x * self.s + y * weight + (0.0 if more is None else more["here"][0])


A, B = draw(3, 4), draw(3, 4, seed=1)


def test_an_own_layer_gets_all_of_its_arguments(xp):
    mix = Mix()
    np.testing.assert_allclose(mix(A, B).numpy(), A + 2 * B, rtol=1e-6)
    np.testing.assert_allclose(mix(A, y=B, weight=3.0).numpy(), A + 3 * B, rtol=1e-6)
    np.testing.assert_allclose(mix(A, B, 0.0, more={"here": [A]}).numpy(), 2 * A, rtol=1e-6)
    assert isinstance(mix(Tensor(minigen.backend.asarray(A)), B), Tensor)


def test_a_graph_keeps_the_arguments_as_they_were_given():
    a, b, mix = Input((4,)), Input((4,)), Mix()
    for y, want in (
        (mix(a, b), A + 2 * B),
        (mix(b, a), B + 2 * A),
        (mix(a, y=b, weight=3.0), A + 3 * B),
        (mix(a, b, more={"here": [b]}), A + 3 * B),
        (mix(a, B[:1]), A + 2 * B[:1]),  # an array is a constant of the graph
        (mix(a, a, training=True), 3 * A),
    ):
        inputs = [i for i in (a, b) if i in y.call.inputs]
        given = [A if i is a else B for i in inputs]
        found = Model(inputs if len(inputs) > 1 else inputs[0], y).predict(given if len(given) > 1 else given[0])
        np.testing.assert_allclose(found, want, rtol=1e-5)


def test_a_list_of_one_stays_a_list():
    class First(Layer):
        def call(self, xs):
            assert isinstance(xs, list)
            return xs[0] * 2

    a = Input((4,))
    np.testing.assert_array_equal(Model(a, First()([a])).predict(A), 2 * A)


def test_gradients_pass_through_every_argument():
    x, y = (Tensor(a, requires_grad=True) for a in (A, B))
    a, b = Input((4,)), Input((4,))
    Model([a, b], Mix()(a, y=b))([x, y]).sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones((3, 4)))
    np.testing.assert_array_equal(y.grad, np.full((3, 4), 2))


def test_an_own_model_with_two_arguments():
    class Pair(Model):
        def __init__(self):
            super().__init__()
            self.mix = Mix()

        def call(self, x, y, training=False):
            return self.mix(x, y, 5.0 if training else 1.0)

    model, a, b = Pair(), Input((4,)), Input((4,))
    np.testing.assert_allclose(model(A, B).numpy(), A + B, rtol=1e-6)
    np.testing.assert_allclose(model(A, B, True).numpy(), A + 5 * B, rtol=1e-6)
    np.testing.assert_allclose(Model([a, b], model(a, b)).predict([A, B]), A + B, rtol=1e-6)
    np.testing.assert_allclose(Model([a, b], model(a, y=b, training=True)).predict([A, B]), A + 5 * B, rtol=1e-6)


def test_a_truth_value_that_call_needs_is_no_training():
    class Flip(Layer):
        def call(self, x, flip):
            return -x if flip else x

    np.testing.assert_array_equal(Flip()(A, True).numpy(), -A)
    np.testing.assert_array_equal(Flip()(A, False, True).numpy(), A)


# ---- what nothing takes


@pytest.mark.parametrize(
    "call",
    [
        lambda layer: layer(ONES, ONES),
        lambda layer: layer(ONES, np.zeros(4, int)),
        lambda layer: layer(ONES, [0, 1, 2, 3]),
        lambda layer: layer(ONES, 1),
        lambda layer: layer(ONES, True, False),
        lambda layer: layer(ONES, ONES, True),
        lambda layer: layer(ONES, training=ONES),
        lambda layer: layer(ONES, training="yes"),
        lambda layer: layer(Tensor(ONES), Tensor(ONES)),
        lambda layer: layer(Input((20,)), Input((20,))),
        lambda layer: layer(ONES, True, training=True),
    ],
)
def test_what_a_layer_does_not_take_is_refused(call):
    for layer in (Dense(3), Dropout(0.5), BatchNormalization(), Sequential([Input((20,)), Dense(3)]), Flatten()):
        with refused(TypeError, "wrong arguments"):
            call(layer)


def test_labels_in_a_call_are_refused_by_every_model():
    for model, x in (
        (models.fc_autoencoder(), np.zeros((4, 784), "float32")),
        (models.vae(2), np.zeros((4, 784), "float32")),
    ):
        with refused(TypeError, "model.fit(x, y) for labels"):
            model(x, np.zeros(4))
        with refused(TypeError, "'y'"):
            model(x, y=np.zeros(4))


def test_a_name_that_call_does_not_have_is_refused():
    with refused(TypeError, "training=..."):
        Dense(3)(ONES, trainin=True)
    with refused(TypeError, "'mask'"):
        Dense(3)(Input((20,)), mask=ONES)


# ---- training in a graph


def dropped(y):
    return 0.2 < (y == 0).mean() < 0.8


@pytest.mark.parametrize("positional", [False, True])
def test_dropout_that_is_told_to_train_does_so_in_predict(positional):
    x, drop = Input((20,)), Dropout(0.5)
    y = drop(x, True) if positional else drop(x, training=True)
    model = Model(x, y)
    assert (
        dropped(model.predict(ONES)) and dropped(model(ONES).numpy()) and dropped(model(ONES, training=False).numpy())
    )


def test_noise_that_is_told_not_to_train_does_nothing_in_fit():
    x = Input((20,))
    model = Model(x, GaussianNoise(1.0)(Dropout(0.5)(x, training=False), training=False))
    np.testing.assert_array_equal(model(ONES, training=True).numpy(), ONES)


def test_none_is_what_the_model_does():
    x = Input((20,))
    model = Model(x, Dropout(0.5)(x, training=None))
    assert dropped(model(ONES, training=True).numpy()) and not dropped(model.predict(ONES))


def test_batch_statistics_that_are_frozen_stay_in_fit():
    x, frozen, free = Input((20,)), BatchNormalization(), BatchNormalization()
    model = Model(x, Dense(1)(free(frozen(x, training=False))))
    model.compile("sgd", "mse")
    model.fit(5 * ONES, np.zeros((4, 1), "float32"), epochs=2, verbose=0)
    assert (frozen.moving_mean.numpy() == 0).all() and (frozen.moving_variance.numpy() == 1).all()
    assert (free.moving_mean.numpy() != 0).all()


def encoder(kind):
    if kind == "sequential":
        return Sequential([Input((20,)), BatchNormalization(), Dense(3)])
    if kind == "sequential without input":
        return Sequential([BatchNormalization(), Dense(3)])
    x = Input((20,))
    if kind == "model":
        return Model(x, Dense(3)(BatchNormalization()(x)))
    if kind == "nested":
        return Model(x, Sequential([Sequential([BatchNormalization()]), Dense(3)])(x))

    class Own(Layer if kind == "own layer" else Model):
        def __init__(self):
            super().__init__()
            self.norm = BatchNormalization()

        def call(self, x, training=None):
            return self.norm(x, training)

    return Own()


@pytest.mark.parametrize(
    "kind", ["sequential", "sequential without input", "model", "nested", "own layer", "own model"]
)
def test_a_whole_encoder_is_frozen(kind):
    part, x = encoder(kind), Input((20,))
    head = Dense(1)
    frozen, free = Model(x, head(part(x, training=False))), Model(x, head(part(x)))
    (norm,) = [layer for layer in part.sublayers() if isinstance(layer, BatchNormalization)]
    for model, moves in ((frozen, False), (free, True)):
        model.compile("sgd", "mse")
        model.fit(5 * ONES, np.zeros((4, 1), "float32"), verbose=0)
        assert (norm.moving_mean.numpy() != 0).all() == moves


def test_the_innermost_word_counts():
    x = Input((20,))
    always = Model(x, Dropout(0.5)(x, training=True))
    assert dropped(Model(x, always(x, training=False)).predict(ONES))


def test_two_uses_of_one_layer_with_different_words():
    x, drop = Input((20,)), Dropout(0.5)
    model = Model(x, [drop(x, training=True), drop(x, training=False), drop(x)])
    assert [dropped(y) for y in model.predict(ONES)] == [True, False, False]
    assert [dropped(y.numpy()) for y in model(ONES, training=True)] == [True, False, True]


def test_a_fused_pair_beside_a_word():
    x = Input((6, 6, 1))
    h = minigen.MaxPooling2D()(Conv2D(2, 3, padding="same")(Dropout(0.5)(x, training=True)), training=False)
    model = Model(x, h)
    assert "computed as one" in model.describe()
    ones = np.ones((1, 6, 6, 1), "float32")
    assert not np.array_equal(model.predict(ones), model.predict(ones))


# ---- names of arguments

V = np.ones((2, 4), "float32")


def small():
    model = Sequential([Input((4,)), Dense(2)])
    model.compile("sgd", "mse")
    return model


NAMES = {  # what is written elsewhere: what to write here
    "LeakyReLU(alpha=0.2)": "negative_slope=...",
    "Dense(3, input_dim=4)": "Input(shape=(n,)) before it",
    "Dense(3, activatoin='relu')": "activation=...",
    "Dense(out_features=3)": "units=...",
    "Conv2D(4, 3, input_shape=(8, 8, 1))": "Input(shape=...) before it",
    "Conv2D(4, 3, stride=2)": "strides=...",
    "Dense(3, kernel_regularizer='l2')": "train_step",
    "Dense(3, activity_regularizer='l2')": "train_step",
    "Dense(3, trainable=False)": "p.requires_grad = False",
    "Dropout(p=0.5)": "rate=...",
    "Dropout(0.5, seed=1)": "minigen.seed(1)",
    "Flatten(data_format='channels_first')": "x.transpose(0, 2, 3, 1)",
    "LSTM(hidden_size=3)": "units=...",
    "Layer(nam='a')": "name=...",
    "BatchNormalization(eps=1e-5)": "epsilon=...",
    "Input(input_shape=(3,))": "Input(shape=...)",
    "Model(input=Input((3,)), output=None)": "inputs=...",
    "Sequential([], layer=3)": "layers=...",
    "small().compile('adam', 'mse', loss_weights=[1])": "train_step",
    "small().compile('adam', criterion='mse')": "loss=...",
    "models.vae(2).compile(optimiser='adam')": "optimizer=...",
    "small().fit(V, V[:, :2], callbacks=[])": "on_epoch_end",
    "small().fit(V, V[:, :2], validation_split=0.2)": "validation_data=(x[n:], y[n:])",
    "small().fit(V, V[:, :2], nb_epoch=2)": "epochs=...",
    "KeyWords(3, input_shape=(3,))": "Input(shape=...) before it",
}


class KeyWords(Layer):
    """An own layer in the way of Keras' guides."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units


@pytest.mark.parametrize("code", NAMES)
def test_an_argument_of_another_name(code):
    with pytest.raises(TypeError) as error:
        eval(code, vars(minigen) | globals())
    text = str(error.value)
    assert "unknown argument" in text and "expected:" in text and "got:" in text
    assert NAMES[code] in text.partition("fix:")[2]


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


# ---- kinds and numbers


@pytest.mark.parametrize(
    "code",
    ["Sequential(Dense(3))", "Sequential(3)", "Sequential(None)", "Sequential('ab')", "Sequential(Input((3,)))",
     "Flatten(name=3)", "Dense(784, 32)", "Dense(3, Tensor(V))", "Activation(0.3)", "Input((3,), dtype='flot')"],
)  # fmt: skip
def test_an_argument_of_a_wrong_kind(code):
    with refused(TypeError, ""):
        eval(code, vars(minigen) | globals())


@pytest.mark.parametrize(
    "code",
    ["Reshape(784)", "Reshape(None)", "Reshape((2.0, 3))", "Reshape((True, 3))", "Reshape('ab')", "Reshape((0, 3))",
     "Input((True,))", "Input((3, [1, 2]))", "Input((np.float32(3),))",
     "Input(None)", "Concatenate(axis=1.0)", "Concatenate(axis=None)",
     "Concatenate(axis=2)([V, V])", "Concatenate(axis=-3)([V, V])",
     "BatchNormalization(momentum=Tensor(0.9))", "BatchNormalization(momentum=float('nan'))",
     "BatchNormalization(momentum=1.1)", "BatchNormalization(momentum=-0.1)", "BatchNormalization(momentum='a')",
     "BatchNormalization(epsilon=Tensor(0.1))", "BatchNormalization(epsilon=-1.0)",
     "BatchNormalization(epsilon=float('inf'))", "LeakyReLU(Tensor(0.1))", "LeakyReLU(float('nan'))", "LeakyReLU(1.5)",
     "LeakyReLU('a')"],
)  # fmt: skip
def test_a_number_that_cannot_be(code):
    with refused(ValueError, ""):
        eval(code, vars(minigen) | globals())


def test_the_ends_of_the_momentum_are_allowed():
    for momentum in (0, 1, 0.5, np.float32(0.5)):
        assert BatchNormalization(momentum=momentum).momentum == momentum


def test_numpy_integers_are_sizes():
    assert Reshape((np.prod([7, 7]), 2)).target_shape == (49, 2) == Reshape(np.array([49, 2])).target_shape
    assert Reshape([np.int32(-1), 2])(np.ones((1, 98), "float32")).shape == (1, 49, 2)
    assert Concatenate(axis=np.int64(1))([V, V]).shape == (2, 8)
    assert Input(shape=(np.prod([7, 7]),)).shape == (None, 49) == Input(np.int64(49)).shape
    assert Input(np.array([3, 4])).shape == (None, 3, 4)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("columns", [8, 9, 16])
def test_images_of_any_size_are_images(rows, columns):
    """One or three rows and as many columns as channels are no sign of channels first."""
    x = np.ones((2, rows, columns, columns), "float32")
    assert Conv2D(4, 3, padding="same")(x).shape == (2, rows, columns, 4)
    assert minigen.Conv2DTranspose(4, 3, padding="same")(x).shape == (2, rows, columns, 4)
    model = Sequential([Input(x.shape[1:]), Conv2D(4, 1), Flatten(), Dense(1)])
    assert model.predict(x).shape == (2, 1)


def test_another_number_of_channels_is_refused_once_it_is_known():
    first = np.ones((2, 3, 8, 8), "float32")
    conv = Conv2D(4, 3, padding="same")
    conv(np.ones((2, 8, 8, 3), "float32"))
    with refused(ValueError, "channels come last"):
        conv(first)
    with refused(ValueError, "channels come last"):
        Sequential([Input((8, 8, 3)), Conv2D(4, 3)])(first)


def test_a_sequential_is_built_from_integer_data():
    x = np.arange(20).reshape(4, 5) % 16
    model = Sequential([Embedding(16, 8), LSTM(8), Dense(2)])
    model.compile("adam", "mse")
    model.fit(x, np.zeros((4, 2), "float32"), verbose=0)
    assert model.inputs.dtype == "int64" and model.predict(x).shape == (4, 2)
    nested = Sequential([Sequential([Embedding(16, 8)]), Flatten(), Dense(2)])
    assert nested(x.astype("uint8")).shape == (4, 2) and nested.inputs.dtype == "uint8"
    s = Input((5,), dtype="int32")
    assert Model(s, Sequential([Embedding(16, 8), GRU(3)])(s)).predict(x.astype("int32")).shape == (4, 3)
    with refused(TypeError, "no symbols"):
        Sequential([Embedding(16, 8), LSTM(8)])(x.astype("float32"))


def test_predict_and_evaluate_know_their_arguments():
    model = models.fc_autoencoder()
    x = np.zeros((3, 784), "float32")
    assert model.predict(x, verbose=0).shape == (3, 784)
    for call in (lambda: model.predict(x, steps=2), lambda: model.evaluate(x, x, sample_weights=x)):
        with refused(TypeError, "unknown argument"):
            call()
    with refused(TypeError, "unknown argument"):
        models.gan().predict(x[:, :32], bach_size=2)


def test_a_model_whose_call_returns_a_tuple_predicts_a_list():
    class Two(Model):
        def call(self, x):
            return x * 2.0, x * 3.0

    a, b = Two().predict(ONES)
    assert np.array_equal(a, 2 * ONES) and np.array_equal(b, 3 * ONES)


def test_a_boolean_belongs_to_the_argument_at_its_place():
    class Scaled(Layer):
        def call(self, x, factor=None, negative=True, training=False):
            return x * (-1.0 if negative else 1.0) + (10.0 if training else 0.0)

    x = np.ones((1, 2), "float32")
    assert Scaled()(x, None, False).numpy().tolist() == [[1, 1]]
    assert Scaled()(x, None, False, True).numpy().tolist() == [[11, 11]]
    assert Scaled()(x, None, False, training=True).numpy().tolist() == [[11, 11]]


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
