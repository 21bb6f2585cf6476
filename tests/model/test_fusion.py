"""Pairs of layers that a Model computes as one: the same numbers, and only where they must be the same."""

import numpy as np
import pytest
from helpers.op_table import ops_behind

import minigen
from minigen import (
    Activation,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    Input,
    Layer,
    MaxPooling2D,
    Model,
    Sequential,
    Tensor,
    UpSampling2D,
    gradcheck,
    losses,
    ops,
)
from minigen.model import fusion


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def chain(*layers, fuse=True, shape=(6, 5, 2)):
    """input -> layers -> output, in float64"""
    x = y = Input(shape)
    for layer in layers:
        y = layer(y)
    return Model(x, y, fuse=fuse).astype("float64")


def kinds(model, x):
    """The ops that compute model(x), in order."""
    return [type(op).__name__ for op in ops_behind(model(Tensor(x)))]


def is_fused(model):
    return "computed as one" in model.describe()


def outcome(model, x):
    """The output, the loss, and its gradient to every weight and to the input."""
    xs = [Tensor(a, requires_grad=True) for a in (x if isinstance(x, list) else [x])]
    y = model(xs if len(xs) > 1 else xs[0])
    ys = y if isinstance(y, list) else [y]
    loss = sum((losses.mean_squared_error(draw(*y.shape, seed=1), y) for y in ys[1:]), (ys[0] * ys[0]).mean())
    loss.backward()
    return [y.numpy() for y in (*ys, loss)] + [minigen.to_numpy(t.grad) for t in (*xs, *model.parameters())]


def assert_the_same_layer_by_layer(model, x):
    model.fuse = True
    fused = outcome(model, x)
    model.fuse = False
    for a, b in zip(fused, outcome(model, x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


X = draw(3, 6, 5, 2)

# ---- what is fused

FUSED = {  # name: (the layers, the ops that compute them)
    "pooling": (lambda: (Conv2D(4, 3, activation="relu"), MaxPooling2D()), ["ConvMaxPool", "Relu"]),
    "pooling without activation or bias": (lambda: (Conv2D(4, 3, use_bias=False), MaxPooling2D()), ["ConvMaxPool"]),
    "pooling that overlaps": (
        lambda: (Conv2D(1, 2, (2, 1), "same", "tanh"), MaxPooling2D(3, 1, "same")),
        ["ConvMaxPool", "Tanh"],
    ),
    "pooling of a dilated convolution": (
        lambda: (Conv2D(5, 2, activation="sigmoid", dilation_rate=2), MaxPooling2D((1, 3))),
        ["ConvMaxPool", "Sigmoid"],
    ),
    "up-sampling": (lambda: (UpSampling2D(), Conv2D(4, 3, padding="same")), ["ConvInputGradient"]),
    "up-sampling with any activation": (
        lambda: (UpSampling2D((1, 3)), Conv2D(1, (2, 5), activation=minigen.softmax, use_bias=False)),
        ["ConvInputGradient", "Softmax"],
    ),
}


@pytest.mark.parametrize("name", FUSED)
def test_a_pair_is_one_op_with_the_same_numbers(name, xp):
    make, expected = FUSED[name]
    model = chain(*make())
    found = kinds(model, X)
    assert [kind for kind in found if kind not in ("MatMul", "Reshape", "Transpose")] == expected
    assert is_fused(model)
    assert_the_same_layer_by_layer(model, X)


@pytest.mark.parametrize("activation", fusion.INCREASING, ids=lambda activation: activation.__name__)
def test_an_increasing_activation_may_wait_until_after_the_pooling(activation):
    model = chain(Conv2D(4, 3, activation=activation), MaxPooling2D())
    assert is_fused(model)
    assert_the_same_layer_by_layer(model, X)


def test_the_summary_names_the_pairs(capsys):
    layers = [Conv2D(4, 3, padding="same", name="see"), MaxPooling2D(), UpSampling2D(), Conv2D(1, 3, name="draw")]
    chain(*layers).summary()
    assert "\ncomputed as one: see + max_pooling2d, up_sampling2d + draw\n" in capsys.readouterr().out


def test_a_layer_is_in_one_pair_only():
    """Up-sampling, convolution, pooling: the convolution cannot be in both."""
    model = chain(UpSampling2D(), Conv2D(4, 3), MaxPooling2D(), Conv2D(2, 1), MaxPooling2D())
    assert "computed as one: up_sampling2d + conv2d, conv2d_1 + max_pooling2d_1\n" in model.describe()
    assert_the_same_layer_by_layer(model, X)


def test_gradcheck_of_a_fused_model():
    model = chain(Conv2D(4, 2, activation="tanh"), MaxPooling2D(padding="same"), UpSampling2D(), Conv2D(1, 3))
    assert_the_same_layer_by_layer(model, X)
    model.fuse = True
    gradcheck(model, [draw(1, 6, 5, 2)], params=model.parameters(), order=2)


# ---- what is not fused


class Doubled(Conv2D):
    def call(self, x):
        return super().call(x) * 2


class Negative(MaxPooling2D):
    def call(self, x):
        return -super().call(x)


NOT_FUSED = {
    "a subclass of the convolution": lambda: (Doubled(4, 3), MaxPooling2D()),
    "a subclass of the pooling": lambda: (Conv2D(4, 3), Negative()),
    "a subclass behind up-sampling": lambda: (UpSampling2D(), Doubled(4, 3)),
    "a transposed convolution": lambda: (Conv2DTranspose(4, 3), MaxPooling2D()),
    "a decreasing activation": lambda: (Conv2D(4, 3, activation=lambda y: -y), MaxPooling2D()),
    "an activation that is not monotonic": lambda: (Conv2D(4, 3, activation=minigen.square), MaxPooling2D()),
    "an activation that mixes channels": lambda: (Conv2D(4, 3, activation="softmax"), MaxPooling2D()),
    "an activation between the two": lambda: (Conv2D(4, 3), Activation(lambda y: -y), MaxPooling2D()),
    "bilinear up-sampling": lambda: (UpSampling2D(interpolation="bilinear"), Conv2D(4, 3)),
    "strides behind up-sampling": lambda: (UpSampling2D(), Conv2D(4, 3, strides=(2, 1))),
    "dilation behind up-sampling": lambda: (UpSampling2D(), Conv2D(4, 3, dilation_rate=(1, 2))),
    "the other order": lambda: (MaxPooling2D(), Conv2D(4, 2)),
}


@pytest.mark.parametrize("name", NOT_FUSED)
def test_what_is_not_the_same_is_not_fused(name):
    """The layers called one after the other, without a Model, give the same."""
    layers = NOT_FUSED[name]()
    model = chain(*layers)
    assert not is_fused(model)
    y = Tensor(X)
    for layer in layers:
        y = layer(y)
    np.testing.assert_array_equal(model(Tensor(X)).numpy(), y.numpy())


def test_a_middle_that_is_an_output_is_not_fused():
    x = Input((6, 5, 2))
    middle = Conv2D(4, 3)(x)
    model = Model(x, [MaxPooling2D()(middle), middle]).astype("float64")
    assert not is_fused(model)
    assert_the_same_layer_by_layer(model, X)


def test_a_middle_that_is_read_twice_is_not_fused():
    x = Input((6, 5, 2))
    middle = UpSampling2D()(x)
    model = Model(x, [Conv2D(4, 3)(middle), Flatten()(middle)]).astype("float64")
    assert not is_fused(model)
    assert_the_same_layer_by_layer(model, X)


def test_a_middle_that_only_another_model_reads_is_fused():
    """encoder = Model(x, middle) beside the whole: each has its own plan."""
    x = Input((6, 5, 2))
    middle = Conv2D(4, 3)(x)
    whole, part = Model(x, MaxPooling2D()(middle)), Model(x, middle)
    assert is_fused(whole) and not is_fused(part)
    np.testing.assert_allclose(MaxPooling2D()(part(X)).numpy(), whole(X).numpy(), rtol=1e-5, atol=1e-6)


def test_a_shared_layer():
    """One convolution for two inputs, each with a pooling of its own: the gradients of both add up."""
    a, b, shared = Input((6, 5, 2)), Input((6, 5, 2)), Conv2D(4, 3, activation="tanh")
    model = Model([a, b], Concatenate()([MaxPooling2D()(shared(a)), MaxPooling2D()(shared(b))])).astype("float64")
    assert "conv2d + max_pooling2d, conv2d + max_pooling2d_1\n" in model.describe()
    assert len(model.parameters()) == 2
    assert_the_same_layer_by_layer(model, [X, draw(3, 6, 5, 2, seed=2)])


def test_a_shared_pooling():
    x, pooling = Input((9, 9, 2)), MaxPooling2D()
    model = Model(x, pooling(Conv2D(4, 2)(pooling(Conv2D(4, 2)(x))))).astype("float64")
    assert "conv2d + max_pooling2d, conv2d_1 + max_pooling2d\n" in model.describe()
    assert_the_same_layer_by_layer(model, draw(2, 9, 9, 2))


# ---- how to switch it off


def test_fuse_false_computes_layer_by_layer():
    layers = Conv2D(4, 3, activation="relu"), MaxPooling2D()
    model = chain(*layers, fuse=False)
    assert kinds(model, X) == ["Conv", "Relu", "MaxPool"] and not is_fused(model)
    model = Sequential([Input((6, 5, 2)), *layers], fuse=False)
    assert kinds(model, X) == ["Conv", "Relu", "MaxPool"] and not is_fused(model)
    model = Sequential(layers)
    assert kinds(model, X) == ["ConvMaxPool", "Relu"] and is_fused(model)


def test_a_trace_shows_every_layer():
    model = chain(Conv2D(4, 3, activation="relu"), MaxPooling2D(), UpSampling2D(), Conv2D(1, 3, padding="same"))
    with minigen.trace() as t:
        model(Tensor(X)).sum().backward()
    assert [row.op for row in t.rows] == ["Conv", "Relu", "MaxPool", "UpSample", "Conv", "Sum"]
    assert all(row.backward_ms is not None for row in t.rows)
    assert kinds(model, X)[:2] == ["ConvMaxPool", "Relu"]


# ---- everything else is as without it


def test_names_and_weights_are_those_of_the_layers():
    layers = Conv2D(4, 3, name="see"), MaxPooling2D(), UpSampling2D(), Conv2D(1, 2)
    model = chain(*layers)
    assert list(model.named_weights()) == ["see/kernel", "see/bias", "conv2d/kernel", "conv2d/bias"]
    assert model.layers == list(layers)


def test_new_weights_count_at_once():
    model = chain(Conv2D(4, 3), MaxPooling2D())
    model.set_weights([w * 0 + 1 for w in model.get_weights()])
    kernel = np.ones((3, 3, 2, 4))
    expected = minigen.ops.max_pool2d(minigen.ops.conv2d(X, kernel)) + 1
    np.testing.assert_allclose(model(Tensor(X)).numpy(), expected, rtol=1e-12)


def test_training_reaches_the_layers_behind_a_pair():
    model = chain(Conv2D(4, 3), MaxPooling2D(), Dropout(0.5))
    assert (model(X, training=True).numpy() == 0).any() and not (model(X).numpy() == 0).any()


def test_a_fused_model_inside_a_model():
    inner = chain(Conv2D(4, 3, activation="relu"), MaxPooling2D())
    outer = chain(inner, UpSampling2D(), Conv2D(1, 3, padding="same"))
    assert kinds(outer, X)[:2] == ["ConvMaxPool", "Relu"]
    fused = outcome(outer, X)
    inner.fuse = outer.fuse = False
    for a, b in zip(fused, outcome(outer, X), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def test_training_is_the_same_with_and_without():
    def history(fuse):
        minigen.seed(0)
        model = chain(Conv2D(4, 3, activation="relu"), MaxPooling2D(), UpSampling2D(), Conv2D(1, 2), fuse=fuse)
        model.compile("adam", "mse")
        return model.fit(X, X[:, :3, :1, :1], epochs=3, batch_size=2, verbose=0).history["loss"]

    np.testing.assert_allclose(history(True), history(False), rtol=1e-10)


def test_an_activation_that_was_changed_afterwards_is_obeyed():
    conv = Conv2D(4, 3, activation="relu")
    model = chain(conv, MaxPooling2D())
    conv.activation = abs  # not increasing: the maximum must come after it
    assert kinds(model, X) == ["Conv", "Abs", "MaxPool"]
    assert_the_same_layer_by_layer(model, X)


# ---- a convolution and its relu

RECTIFIED = {
    "a convolution": (lambda: (Conv2D(4, 3, activation="relu"),), ["Conv"]),
    "a convolution without bias": (lambda: (Conv2D(1, (2, 3), 2, "same", "relu", use_bias=False),), ["Conv"]),
    "a transposed convolution": (lambda: (Conv2DTranspose(4, 3, 2, activation="relu"),), ["ConvInputGradient"]),
    "up-sampling": (lambda: (UpSampling2D(), Conv2D(4, 3, activation="relu")), ["ConvInputGradient"]),
}


@pytest.mark.parametrize("name", RECTIFIED)
def test_a_convolution_and_its_relu_are_one_op(name, xp):
    make, expected = RECTIFIED[name]
    model = chain(*make())
    assert [kind for kind in kinds(model, X) if kind not in ("MatMul", "Reshape", "Transpose")] == expected
    assert_the_same_layer_by_layer(model, X)
    gradcheck(chain(*make()), [draw(1, 6, 5, 2)], order=2)


def test_a_relu_that_was_changed_afterwards_is_obeyed():
    layer = Conv2D(4, 3, activation="relu")
    model = chain(layer)
    layer.activation = abs
    assert kinds(model, X) == ["Conv", "Abs"]
    assert_the_same_layer_by_layer(model, X)


def test_a_relu_of_a_subclass_is_an_op_of_its_own():
    assert kinds(chain(Doubled(4, 3, activation="relu")), X) == ["Conv", "Relu", "Multiply"]


# ---- dense layers beside convolutions


@pytest.fixture
def products(monkeypatch):
    """The shapes of the left factors of the products that are computed in blocks."""
    shapes = []
    monkeypatch.setattr(minigen.kernels.blocks, "product", lambda a, b: shapes.append(a.shape) or a @ b)
    return shapes


def test_dense_layers_of_a_model_with_convolutions_use_its_threads(products):
    """Also those of models inside; and only those."""
    features = Sequential([Input((6, 5, 2)), Conv2D(3, 3), Flatten()])
    head = Sequential([Input((36,)), Dense(4)])
    x = Input((6, 5, 2))
    y = Model(x, head(features(x)))(Tensor(X.astype("float32")))
    assert products == [(3, 36)]
    y.sum().backward()
    assert products == [(3, 36), (3, 4), (36, 3)]  # x W, g Wᵀ, xᵀ g
    head(np.ones((2, 36), "float32"))
    Dense(4)(np.ones((2, 36), "float32"))
    assert len(products) == 3


class TwoProducts(Layer):
    """A layer of a user that says of itself that it computes in blocks."""

    computes_in_blocks = True

    def build(self, input_shape):
        self.dense = Dense(3)
        self.dense.build(input_shape)

    def call(self, x):
        return ops.matmul(self.dense(x), np.ones((3, 2), "float32"))


def test_a_layer_may_ask_for_blocks_and_so_does_a_model_with_it(products):
    model = Sequential([Input((5,)), Dense(4), TwoProducts()])
    assert model.computes_in_blocks
    products.clear()
    model(np.ones((2, 5), "float32"))
    assert products == [(2, 5), (2, 4), (2, 3)]


def test_an_error_inside_ends_the_blocks(products):
    layer = TwoProducts()
    layer(np.ones((2, 5), "float32"))
    with pytest.raises(ValueError, match="5 features"):
        layer(np.ones((2, 6), "float32"))
    products.clear()
    Dense(4)(np.ones((2, 36), "float32"))
    assert products == []
