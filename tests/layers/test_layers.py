"""Layers: shapes, names, gradients at order 1 and 2, training against prediction, and layers a student writes."""

import numpy as np
import pytest
from helpers import loops
from helpers.refusals import refused

import minigen
from minigen import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    Input,
    Layer,
    LeakyReLU,
    MaxPooling2D,
    Model,
    ReLU,
    Rescaling,
    Reshape,
    Sequential,
    Tensor,
    UpSampling2D,
    gradcheck,
    to_numpy,
)

ACTIVATIONS = sorted(minigen.layers.activation.ACTIVATIONS)

LAYERS = {  # name: (make, shape of the input, shape of the output, names of the weights)
    "Dense": (lambda: Dense(3), (5, 4), (5, 3), ["kernel", "bias"]),
    "Dense without bias": (lambda: Dense(3, use_bias=False), (5, 4), (5, 3), ["kernel"]),
    "Dense on sequences": (lambda: Dense(3), (5, 2, 4), (5, 2, 3), ["kernel", "bias"]),
    "Dense without bias on sequences": (lambda: Dense(3, use_bias=False), (5, 2, 4), (5, 2, 3), ["kernel"]),
    **{f"Dense {a}": (lambda a=a: Dense(3, a), (5, 4), (5, 3), ["kernel", "bias"]) for a in ACTIVATIONS},
    "Activation": (lambda: Activation("tanh"), (5, 4), (5, 4), []),
    "ReLU": (lambda: ReLU(), (5, 4), (5, 4), []),
    "LeakyReLU": (lambda: LeakyReLU(), (5, 4), (5, 4), []),
    "Rescaling": (lambda: Rescaling(2, -1), (5, 4), (5, 4), []),
    "BatchNormalization": (
        lambda: BatchNormalization(),
        (6, 3),
        (6, 3),
        ["gamma", "beta", "moving_mean", "moving_variance"],
    ),
    "BatchNormalization on images": (
        lambda: BatchNormalization(),
        (3, 2, 2, 3),
        (3, 2, 2, 3),
        ["gamma", "beta", "moving_mean", "moving_variance"],
    ),
    "Dropout": (lambda: Dropout(0.4), (5, 4), (5, 4), []),
    "GaussianNoise": (lambda: GaussianNoise(0.3), (5, 4), (5, 4), []),
    "Flatten": (lambda: Flatten(), (5, 2, 3), (5, 6), []),
    "Reshape": (lambda: Reshape((3, 2)), (5, 6), (5, 3, 2), []),
    "Reshape with -1": (lambda: Reshape((-1, 2)), (5, 3, 4), (5, 6, 2), []),
    "Conv2D": (lambda: Conv2D(4, (2, 3)), (2, 4, 5, 2), (2, 3, 3, 4), ["kernel", "bias"]),
    "Conv2D same": (lambda: Conv2D(4, 3, 2, "same", "tanh"), (2, 4, 5, 1), (2, 2, 3, 4), ["kernel", "bias"]),
    "Conv2D dilated": (lambda: Conv2D(1, 2, dilation_rate=(2, 1)), (2, 4, 5, 4), (2, 2, 4, 1), ["kernel", "bias"]),
    "Conv2D without bias": (lambda: Conv2D(4, 3, use_bias=False), (2, 4, 5, 2), (2, 2, 3, 4), ["kernel"]),
    "Conv2DTranspose": (lambda: Conv2DTranspose(4, 3, (2, 1)), (2, 2, 3, 2), (2, 5, 5, 4), ["kernel", "bias"]),
    "Conv2DTranspose same": (
        lambda: Conv2DTranspose(1, 3, 2, "same", "sigmoid"),
        (2, 2, 3, 4),
        (2, 4, 6, 1),
        ["kernel", "bias"],
    ),
    "Conv2DTranspose without bias": (
        lambda: Conv2DTranspose(4, 1, 2, use_bias=False),
        (2, 2, 3, 4),
        (2, 4, 6, 4),
        ["kernel"],
    ),
    "MaxPooling2D": (lambda: MaxPooling2D(), (2, 5, 4, 3), (2, 2, 2, 3), []),
    "MaxPooling2D same": (lambda: MaxPooling2D(3, (1, 2), "same"), (2, 5, 4, 3), (2, 5, 2, 3), []),
    "AveragePooling2D": (lambda: AveragePooling2D((2, 3)), (2, 5, 4, 3), (2, 2, 1, 3), []),
    "AveragePooling2D same": (lambda: AveragePooling2D(3, 2, "same"), (2, 5, 4, 3), (2, 3, 2, 3), []),
    "GlobalAveragePooling2D": (lambda: GlobalAveragePooling2D(), (2, 5, 4, 3), (2, 3), []),
    "GlobalAveragePooling2D kept": (lambda: GlobalAveragePooling2D(keepdims=True), (2, 5, 4, 3), (2, 1, 1, 3), []),
    "UpSampling2D": (lambda: UpSampling2D(), (2, 3, 2, 3), (2, 6, 4, 3), []),
    "UpSampling2D bilinear": (lambda: UpSampling2D((1, 3), "bilinear"), (2, 3, 2, 3), (2, 3, 6, 3), []),
}
every_layer = pytest.mark.parametrize("name", LAYERS)


def draw(*shape, dtype="float32", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def test_every_layer_of_these_files_is_in_the_table():
    files = {"activation", "conv", "dense", "noise", "normalization", "pool", "rescaling", "shape"}
    public = [getattr(minigen.layers, name) for name in minigen.layers.__all__]
    here = {cls.__name__ for cls in public if cls.__module__.split(".")[-1] in files}
    assert here - {"Concatenate"} == {name.split()[0] for name in LAYERS}


@every_layer
def test_shapes(xp, name):
    """A symbolic tensor, an array and a Tensor give the same output shape."""
    make, shape, want, _ = LAYERS[name]
    assert make()(Input(shape[1:])).shape == (None, *want[1:])
    for training in (False, True):
        y = make()(draw(*shape), training=training)
        assert isinstance(y, Tensor) and y.shape == want and str(y.dtype) == "float32"
    assert make()(Tensor(draw(*shape))).shape == want


@every_layer
def test_weights_are_named_in_the_order_of_their_definition(name):
    make, shape, _, weights = LAYERS[name]
    layer = make()
    assert layer.weights() == []  # none before the input shape is known
    layer(draw(*shape))
    assert list(layer.named_weights()) == weights
    assert [w.name.split("/")[-1] for w in layer.weights()] == weights
    assert [p.name.split("/")[-1] for p in layer.parameters()] == [w for w in weights if "moving" not in w]
    assert layer.count_params() == sum(w.numpy().size for w in layer.weights())


@every_layer
@pytest.mark.parametrize("training", [False, True], ids=["prediction", "training"])
def test_gradcheck(name, training):
    make, shape, _, _ = LAYERS[name]
    layer = make().astype("float64")
    x = draw(*shape, dtype="float64", seed=1)
    layer(x)
    for p in layer.parameters():  # off the 0 and 1 that biases and scales start with
        p.assign(p.numpy() + 0.1 * draw(*p.shape, dtype="float64", seed=2))
    gradcheck(lambda x: layer(x, training=training), [x], params=layer.parameters(), order=2)


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


# ---- convolution and pooling


def sizes(layer, *image):
    """The rows and columns that the layer makes of an image."""
    return layer(Input((*image, 3))).shape[1:3]


def test_output_sizes_are_keras(xp):
    assert sizes(Conv2D(1, 3), 28, 27) == (26, 25)
    assert sizes(Conv2D(1, 3, padding="same"), 28, 27) == (28, 27)
    assert sizes(Conv2D(1, (5, 4), strides=(2, 3)), 28, 27) == (12, 8)
    assert sizes(Conv2D(1, (5, 4), strides=(2, 3), padding="same"), 28, 27) == (14, 9)
    assert sizes(Conv2D(1, 3, dilation_rate=2), 28, 27) == (24, 23)
    assert sizes(Conv2DTranspose(1, 3), 28, 27) == (30, 29)
    assert sizes(Conv2DTranspose(1, 3, strides=2), 7, 6) == (15, 13)
    assert sizes(Conv2DTranspose(1, 3, strides=2, padding="same"), 7, 6) == (14, 12)
    assert sizes(Conv2DTranspose(1, 2, strides=3), 7, 6) == (21, 18)
    assert sizes(MaxPooling2D(), 7, 6) == (3, 3)
    assert sizes(MaxPooling2D(padding="same"), 7, 6) == (4, 3)
    assert sizes(MaxPooling2D(3, strides=1), 7, 6) == (5, 4)
    assert sizes(AveragePooling2D((7, 1)), 7, 6) == (1, 6)
    assert sizes(UpSampling2D((2, 3)), 7, 6) == (14, 18)


@pytest.mark.parametrize(
    "layer, channels, kernel, weights",
    [
        (Conv2D(32, (3, 3)), 1, (3, 3, 1, 32), 320),
        (Conv2D(32, 3), 32, (3, 3, 32, 32), 9_248),
        (Conv2D(16, (3, 5)), 8, (3, 5, 8, 16), 1_936),
        (Conv2DTranspose(16, (3, 5)), 8, (3, 5, 16, 8), 1_936),
        (Conv2DTranspose(16, (3, 5), use_bias=False), 8, (3, 5, 16, 8), 1_920),
    ],
)
def test_kernels_are_shaped_as_in_keras(layer, channels, kernel, weights):
    layer(Input((8, 8, channels)))
    assert layer.kernel.shape == kernel and layer.count_params() == weights
    assert layer.bias is None or (layer.bias.numpy() == np.zeros(layer.filters)).all()


@pytest.mark.parametrize("layer", [Conv2D, Conv2DTranspose])
@pytest.mark.parametrize("channels, limit", [(1, 0.1421), (32, 0.1021)])
def test_kernels_start_with_glorot_uniform(layer, channels, limit):
    """√(6 / (9 in + 9 out))"""
    layer = layer(32, 3)
    layer(Input((8, 8, channels)))
    kernel = np.abs(layer.kernel.numpy())
    assert 0.98 * limit < kernel.max() < limit + 1e-4
    assert kernel.mean() == pytest.approx(limit / 2, rel=0.1)


def test_conv2d_is_the_activation_of_the_loops(xp):
    for layer, function in ((Conv2D, loops.conv2d), (Conv2DTranspose, loops.conv2d_transpose)):
        for how in ({"strides": (2, 1)}, {"padding": "same"}, {"strides": (1, 2), "padding": "same"}):
            for dilation in ((1, 1), (2, 1)):
                net = layer(5, (3, 2), **how, activation="tanh", dilation_rate=dilation, bias_initializer="ones")
                x = draw(2, 6, 5, 4)
                y = net(x).numpy()
                expected = function(x, net.kernel.numpy(), **{"strides": (1, 1), **how}, dilation=dilation)
                np.testing.assert_allclose(y, np.tanh(expected + 1), rtol=1e-5, atol=1e-5)


def test_pooling_and_up_sampling_are_the_loops(xp):
    x = draw(2, 6, 5, 3)
    expected = {
        MaxPooling2D(): loops.max_pool2d(x, (2, 2), (2, 2))[0],
        MaxPooling2D((3, 2), 1, "same"): loops.max_pool2d(x, (3, 2), (1, 1), "same")[0],
        AveragePooling2D((3, 2)): loops.average_pool2d(x, (3, 2), (3, 2)),
        AveragePooling2D(3, (1, 2), "same"): loops.average_pool2d(x, (3, 3), (1, 2), "same"),
        GlobalAveragePooling2D(): loops.average_pool2d(x, (6, 5), (1, 1))[:, 0, 0],
        UpSampling2D((3, 1)): loops.up_sampling2d(x, (3, 1)),
        UpSampling2D(2, interpolation="bilinear"): loops.up_sampling2d_bilinear(x, (2, 2)),
    }
    for layer, y in expected.items():
        np.testing.assert_allclose(layer(x).numpy(), y, rtol=1e-5, atol=1e-6)


def test_the_short_names_are_the_same_layers():
    assert minigen.MaxPool2D is MaxPooling2D and minigen.AveragePool2D is AveragePooling2D


# ---- activations


def test_the_slope_of_the_layer_is_keras_default(xp):
    np.testing.assert_allclose(LeakyReLU()(np.array([[-1.0, 2.0]])).numpy(), [[-0.3, 2.0]], rtol=1e-6)
    np.testing.assert_allclose(LeakyReLU(0.2)(np.array([[-1.0, 2.0]])).numpy(), [[-0.2, 2.0]], rtol=1e-6)


def test_an_activation_by_name_in_any_case_or_as_a_function(xp):
    x = draw(2, 3)
    for activation in ("tanh", "Tanh", minigen.tanh):
        np.testing.assert_allclose(Activation(activation)(x).numpy(), np.tanh(x), rtol=1e-6)
        np.testing.assert_allclose(
            Dense(3, activation, kernel_initializer=lambda shape, dtype: Tensor(np.eye(3, dtype=dtype)).data)(
                x
            ).numpy(),
            np.tanh(x),
            rtol=1e-6,
        )


def test_a_function_that_is_not_defined_at_0_builds_without_a_warning(xp):
    """The shapes are found with a sample of zeros; what it computes is nobody's concern."""
    for function in (minigen.log, lambda x: 1 / x):
        assert Activation(function)(Input((3,))).shape == (None, 3)


# ---- noise


@pytest.mark.parametrize("layer", [Dropout(0.5), GaussianNoise(1.0)], ids=["Dropout", "GaussianNoise"])
def test_noise_does_nothing_in_prediction(xp, layer):
    x = Tensor(draw(4, 5))
    assert layer(x) is x


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout(xp, rate):
    """The asked-for share is 0, the rest is divided by 1 - rate, so the mean stays."""
    x = draw(300, 400) + 3
    y = Dropout(rate)(x, training=True).numpy()
    kept = y != 0
    assert 1 - kept.mean() == pytest.approx(rate, abs=0.01)
    np.testing.assert_allclose(y[kept], x[kept] / (1 - rate), rtol=1e-5)
    assert y.mean() == pytest.approx(x.mean(), rel=0.03)
    assert kept.all(axis=1).sum() == kept.all(axis=0).sum() == 0  # element by element, not by row or column


def test_dropout_sends_the_gradient_where_the_value_passed(xp):
    x = Tensor(np.ones((20, 20), "float32"), requires_grad=True)
    y = Dropout(0.5)(x, training=True)
    y.sum().backward()
    np.testing.assert_array_equal(to_numpy(x.grad), y.numpy())


def test_dropout_of_nothing(xp):
    x = draw(3, 4)
    np.testing.assert_array_equal(Dropout(0)(x, training=True).numpy(), x)


def test_gaussian_noise(xp):
    x = draw(300, 400)
    noise = GaussianNoise(0.5)(x, training=True).numpy() - x
    assert noise.std() == pytest.approx(0.5, rel=0.02) and abs(noise.mean()) < 0.01


@pytest.mark.parametrize("layer", [Dropout(0.5), GaussianNoise(1.0)], ids=["Dropout", "GaussianNoise"])
def test_noise_is_fresh_each_time_and_repeated_by_the_seed(xp, layer):
    x = draw(10, 10)
    minigen.seed(3)
    first, second = layer(x, training=True).numpy(), layer(x, training=True).numpy()
    assert (first != second).any()
    minigen.seed(3)
    np.testing.assert_array_equal(layer(x, training=True).numpy(), first)


# ---- BatchNormalization


@pytest.mark.parametrize("shape", [(50, 3), (10, 4, 4, 3)])
def test_batch_normalization_in_training(xp, shape):
    """Every channel gets mean β and standard deviation γ, whatever it had before."""
    layer = BatchNormalization(epsilon=1e-6)
    x = draw(*shape) * [1.0, 5.0, 0.1] + [0.0, 100.0, -3.0]
    layer(x.astype("float32"))
    layer.gamma.assign([1.0, 2.0, 3.0])
    layer.beta.assign([0.0, -1.0, 4.0])
    y = layer(x.astype("float32"), training=True).numpy().reshape(-1, 3)
    np.testing.assert_allclose(y.mean(axis=0), [0, -1, 4], atol=1e-4)
    np.testing.assert_allclose(y.std(axis=0), [1, 2, 3], rtol=1e-3)


def test_moving_statistics_follow_the_batches_and_serve_in_prediction(xp):
    layer = BatchNormalization(momentum=0.9, epsilon=1e-3)
    mean, variance = np.zeros(3), np.ones(3)
    for seed in range(4):
        x = draw(20, 3, seed=seed) * 2 + 1
        layer(x, training=True)
        mean = 0.9 * mean + 0.1 * x.mean(axis=0)
        variance = 0.9 * variance + 0.1 * x.var(axis=0)
    np.testing.assert_allclose(layer.moving_mean.numpy(), mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), variance, rtol=1e-5)
    np.testing.assert_allclose(layer(x).numpy(), (x - mean) / np.sqrt(variance + 1e-3), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.numpy(), mean, rtol=1e-5)  # prediction moved nothing


def test_building_a_model_moves_no_statistics():
    x = Input((3,))
    model = Model(x, BatchNormalization()(x))
    assert [w.tolist() for w in model.get_weights()] == [[1, 1, 1], [0, 0, 0], [0, 0, 0], [1, 1, 1]]
    assert len(model.parameters()) == 2 and model.count_params() == 12


# ---- shape


@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_concatenate(xp, axis):
    a, b, c = draw(2, 3, 4), draw(2, 3, 4, seed=1), draw(2, 3, 4, seed=2)
    y = Concatenate(axis)([a, Tensor(b), c])
    np.testing.assert_array_equal(y.numpy(), np.concatenate([a, b, c], axis))
    assert Concatenate(axis)([Input((3, 4)), Input((3, 4))]).shape[1:] == Concatenate(axis)([a, b]).shape[1:]


def test_concatenate_of_different_widths_has_a_gradient_for_each(xp):
    layer = Concatenate().astype("float64")
    gradcheck(lambda a, b: layer([a, b]), [draw(3, 2, dtype="float64"), draw(3, 4, dtype="float64")], order=2)
    assert Concatenate()([Input((2,)), Input((4,))]).shape == (None, 6)


def test_flatten_and_reshape_keep_the_order(xp):
    x = np.arange(24, dtype="float32").reshape(2, 3, 4)
    np.testing.assert_array_equal(Flatten()(x).numpy(), x.reshape(2, 12))
    np.testing.assert_array_equal(Reshape((4, 3))(x).numpy(), x.reshape(2, 4, 3))
    np.testing.assert_array_equal(Reshape((2, -1, 2))(x).numpy(), x.reshape(2, 2, 3, 2))
    assert Flatten()(np.ones((3, 1), "float32")).shape == (3, 1)


# ---- calling


@pytest.mark.parametrize("x", [draw(2, 3).tolist(), draw(2, 3), draw(2, 3, dtype="float64"), Tensor(draw(2, 3))])
def test_lists_arrays_and_tensors(x):
    minigen.seed(0)
    y = Dense(4)(x)
    minigen.seed(0)
    assert str(y.dtype) == "float32"
    np.testing.assert_array_equal(y.numpy(), Dense(4)(draw(2, 3)).numpy())


def test_astype_casts_weights_and_what_comes_in(xp):
    layer = Dense(3)
    layer(draw(2, 4))
    assert layer.astype("float64") is layer
    y = layer(draw(2, 4))
    y.sum().backward()
    assert str(y.dtype) == str(layer.kernel.dtype) == str(layer.kernel.grad.dtype) == "float64"


def test_a_float64_layer_in_a_new_model():
    """astype holds for symbolic tensors too: Input is float32 unless told otherwise."""
    x = Input((4,))
    layer = Dense(3)
    layer(draw(2, 4))
    model = Model(x, layer.astype("float64")(x))
    assert model.layers == [layer]


# ---- layers a student writes


class Scale(Layer):
    """y = s x with a learned s for each feature."""

    def build(self, input_shape):
        self.s = self.add_weight("s", (input_shape[-1],), "ones")

    def call(self, x):
        return x * self.s


class Residual(Layer):
    """x + Dense(Dropout(x)): sub-layers, and a call that depends on training."""

    def __init__(self, units, name=None):
        super().__init__(name)
        self.noise = Dropout(0.5)
        self.inner = Dense(units)

    def call(self, x, training=False):
        return x + self.inner(self.noise(x, training))


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


def test_a_custom_layer(xp):
    layer = Scale()
    layer(draw(2, 3))
    layer.s.assign([1.0, 2.0, 3.0])
    np.testing.assert_allclose(layer(draw(2, 3)).numpy(), draw(2, 3) * [1, 2, 3], rtol=1e-6)
    assert layer.s.name == "scale/s" and list(layer.named_weights()) == ["s"]


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


def test_rescaling_moves_0_1_to_minus_1_1(xp):
    y = Rescaling(2, offset=-1)(np.array([[0.0, 0.5, 1.0]], "float32"))
    np.testing.assert_array_equal(y.numpy(), [[-1.0, 0.0, 1.0]])
    assert Rescaling(1 / 255)(np.array([[255.0]], "float32")).item() == 1.0
    with refused(TypeError, where="Rescaling: integer data"):
        Rescaling(2, -1)(np.array([[0, 255]], "uint8"))
    for scale, offset in ((np.nan, 0), (1, np.inf), ("2", 0)):
        with refused(ValueError, where="Rescaling: ", expected="a finite number"):
            Rescaling(scale, offset)


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


def test_there_is_no_switch_that_would_freeze_a_layer():
    """A Keras user's `trainable = False` must not be taken and then ignored."""
    layer = Dense(4)
    with pytest.raises(ValueError, match=r"no switch(.|\n)*expected(.|\n)*got(.|\n)*requires_grad = False"):
        layer.trainable = False


def test_the_output_of_a_model_is_its_own():
    x = Input(shape=(6,))
    y = Dense(4)(x)
    assert Model(x, y).output is y


@pytest.mark.parametrize(
    "make", [lambda: Dense(3), lambda: Dropout(0.5), lambda: minigen.GRU(3), lambda: GaussianNoise(0.1)]
)
def test_layers_in_float16(make):
    """NumPy draws no float16: weights and noise are drawn as float32."""
    layer = make().astype("float16")
    y = layer(np.ones((2, 3, 4), "float16"), training=True)
    assert y.dtype == "float16" and np.isfinite(y.numpy()).all()
    assert all(w.dtype == "float16" for w in layer.weights())


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


def test_a_stack_of_recurrent_layers_without_sequences_is_told():
    x = Input(shape=(5, 3))
    with pytest.raises(ValueError, match="return_sequences=True"):
        minigen.LSTM(2)(minigen.LSTM(4)(x))
