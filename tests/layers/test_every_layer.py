"""Every layer of the table: shapes, names of weights, and gradients at order 1 and 2 in training and prediction."""

import numpy as np
import pytest
from helpers.draws import normal as draw

import minigen
from minigen import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    GroupNormalization,
    Input,
    LayerNormalization,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Reshape,
    Tensor,
    UpSampling2D,
    gradcheck,
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
    "LayerNormalization": (lambda: LayerNormalization(), (5, 4), (5, 4), ["gamma", "beta"]),
    "LayerNormalization on images": (lambda: LayerNormalization(), (2, 3, 2, 4), (2, 3, 2, 4), ["gamma", "beta"]),
    "LayerNormalization without beta": (lambda: LayerNormalization(center=False), (5, 2, 4), (5, 2, 4), ["gamma"]),
    "LayerNormalization alone": (lambda: LayerNormalization(center=False, scale=False), (5, 4), (5, 4), []),
    "GroupNormalization": (lambda: GroupNormalization(2), (3, 2, 2, 4), (3, 2, 2, 4), ["gamma", "beta"]),
    "GroupNormalization of all": (lambda: GroupNormalization(1), (3, 5, 4), (3, 5, 4), ["gamma", "beta"]),
    "GroupNormalization of each": (lambda: GroupNormalization(-1), (3, 5, 2), (3, 5, 2), ["gamma", "beta"]),
    "GroupNormalization without gamma": (lambda: GroupNormalization(2, scale=False), (3, 3, 4), (3, 3, 4), ["beta"]),
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


def test_every_layer_of_these_files_is_in_the_table():
    files = {"activation", "conv", "dense", "noise", "normalization", "pool", "rescaling", "shape"}
    public = [getattr(minigen.layers, name) for name in minigen.layers.__all__]
    here = {cls.__name__ for cls in public if cls.__module__.split(".")[-1] in files}
    assert here == {name.split()[0] for name in LAYERS}


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


@pytest.mark.parametrize(
    "make", [lambda: Dense(3), lambda: Dropout(0.5), lambda: minigen.GRU(3), lambda: GaussianNoise(0.1)]
)
def test_layers_in_float16(make):
    """NumPy draws no float16: weights and noise are drawn as float32."""
    layer = make().astype("float16")
    y = layer(np.ones((2, 3, 4), "float16"), training=True)
    assert y.dtype == "float16" and np.isfinite(y.numpy()).all()
    assert all(w.dtype == "float16" for w in layer.weights())
