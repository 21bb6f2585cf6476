"""Every kind of layer computes in the browser what it computes in minigen."""

import numpy as np
import pytest
from helpers.browsers import forget, opened
from helpers.explorer_pages import Book

from minigen import Sequential
from minigen.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    Input,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Reshape,
    UpSampling2D,
)
from minigen.model import Model

ACTIVATIONS = "linear relu leaky_relu elu silu gelu sigmoid tanh softplus softmax".split()
LATENT, IMAGE, POINTS = 4, (5, 6, 3), 20


def branches(join):
    """Two branches from the image that are joined."""

    def layer(h):
        return join([Conv2D(3, 1)(h), Rescaling(-2, 1)(h)])

    return layer


def twice(h):
    """One layer, called two times."""
    layer = Conv2DTranspose(3, 2, padding="same", activation="tanh")
    return layer(layer(h))


def nested(h):
    """A model as a layer."""
    return Sequential([Input(shape=IMAGE), Conv2D(2, 3, activation="relu"), Flatten(), Dense(5)])(h)


CASES = {
    "Dense": Dense(7),
    "Dense without bias": Dense(7, use_bias=False),
    "Dense of vectors": lambda h: Dense(9)(Flatten()(h)),
    "Conv2D valid": Conv2D(4, 3),
    "Conv2D same": Conv2D(4, 3, padding="same", activation="relu"),
    "Conv2D without bias": Conv2D(4, 2, use_bias=False),
    "Conv2D strides": Conv2D(4, 3, strides=2, padding="same"),
    "Conv2D large strides": Conv2D(2, 2, strides=(3, 4), padding="same"),
    "Conv2D uneven": Conv2D(2, (4, 2), strides=(2, 1), padding="same"),
    "Conv2D dilation": Conv2D(2, (2, 3), dilation_rate=2, padding="same"),
    "Conv2D dilation valid": Conv2D(2, 2, dilation_rate=(3, 2)),
    "Conv2DTranspose valid": Conv2DTranspose(4, 3),
    "Conv2DTranspose same": Conv2DTranspose(4, 3, padding="same", activation="sigmoid"),
    "Conv2DTranspose strides": Conv2DTranspose(4, 3, strides=2, padding="same"),
    "Conv2DTranspose strides valid": Conv2DTranspose(4, (4, 3), strides=(2, 1)),
    "Conv2DTranspose large strides": Conv2DTranspose(2, 2, strides=(3, 4), padding="same"),
    "Conv2DTranspose large strides valid": Conv2DTranspose(2, 2, strides=3),
    "MaxPooling2D": MaxPooling2D(),
    "MaxPooling2D same": MaxPooling2D(3, strides=2, padding="same"),
    "MaxPooling2D strides": MaxPooling2D((2, 3), strides=(3, 1)),
    "AveragePooling2D": AveragePooling2D(),
    "AveragePooling2D same": AveragePooling2D((3, 2), strides=2, padding="same"),
    "UpSampling2D": UpSampling2D(),
    "UpSampling2D uneven": UpSampling2D((1, 3)),
    "UpSampling2D bilinear": UpSampling2D((2, 3), interpolation="bilinear"),
    "BatchNormalization": BatchNormalization(),
    "LeakyReLU": LeakyReLU(0.3),
    "ReLU": ReLU(),
    "Rescaling": Rescaling(2, offset=-1),
    "Flatten": Flatten(),
    "Reshape": Reshape((6, -1)),
    "Concatenate": branches(Concatenate()),
    "Concatenate rows": branches(Concatenate(axis=1)),
    "Concatenate columns": branches(Concatenate(axis=-2)),
    "Add": branches(Add()),
    "Dropout": Dropout(0.5),
    "GaussianNoise": GaussianNoise(0.5),
    "a model as a layer": nested,
    "a layer called twice": twice,
    **{f"Activation {name}": Activation(name) for name in ACTIVATIONS},
    **{f"Dense {name}": Dense(6, name) for name in ACTIVATIONS},
}


def model_of(layer, rng):
    """z -> an image -> the layer, with weights that 16 bits hold."""
    z = Input(shape=(LATENT,))
    model = Model(z, layer(Reshape(IMAGE)(Dense(np.prod(IMAGE).item())(z))))
    for name, weight in model.named_weights().items():
        low = 0.5 if name.endswith(("variance", "beta")) else -1.0  # beta: the rounded ones in a sum near 0 would show
        weight.assign(rng.uniform(low, 1, weight.shape).astype("float16").astype("float32"))
    return model


def points_of(rng):
    return rng.normal(size=(POINTS, LATENT)).astype("float32")


def compare(model, page, view, points):
    """AssertionError unless the page computes what the model does."""
    expected = model.predict(points).reshape(POINTS, -1)  # (points, numbers)
    found = np.array(page.run(view, "decoder", points[:, None].tolist()))  # (points, numbers)
    assert found.shape == expected.shape
    assert found.sum() == pytest.approx(expected.sum(dtype="float64"), rel=1e-3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3 * abs(expected).max())


@pytest.fixture(scope="module")
def models():
    rng = np.random.default_rng(1)
    return {name: model_of(layer, rng) for name, layer in CASES.items()}


@pytest.fixture(scope="module")
def page(browser, models, tmp_path_factory):
    """One page with a view of each model."""
    book = Book()
    for name, model in models.items():
        book.add(model, title=name)
    path = book.write(tmp_path_factory.mktemp("layers") / "layers.html")
    forget(browser)
    return opened(browser, path)


@pytest.mark.parametrize("name", CASES)
def test_a_layer_computes_what_it_computes_in_minigen(name, models, page):
    compare(models[name], page, list(CASES).index(name), points_of(np.random.default_rng(2)))


def test_every_number_in_16_bits_is_read_exactly(page):
    bits = np.arange(2**16, dtype="uint16")
    numbers = bits.view("float16").astype("float64")
    found = np.array(page.js("return Array.from({length: 65536}, (_, i) => String(numberOfBits(i)))"), "float64")
    finite = np.isfinite(numbers)
    assert finite.sum() == 63488 and (found[finite] == numbers[finite]).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_of_large_numbers_does_not_overflow(name, page):
    x = np.array([-1e30, -200, -1e-3, 0, 1e-3, 200, 1e30], "float32")
    expected = Activation(name)(x[None]).numpy()[0]
    tensor = "{ shape: [7], data: Float32Array.from(arguments[0]) }"
    found = page.js(f"return Array.from(activate({tensor}, arguments[1], 0.2).data)", x.tolist(), name)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


# ---- the last tests of this file, since they leave the page of all layers

MUTANTS = {
    "Conv2D strides": ("count - 1) * stride + k - n) / 2", "count - 1) * stride + k - n + 1) / 2"),
    "Conv2DTranspose strides": ('if (call.layer === "Conv2DTranspose")', "if (false)"),
    "AveragePooling2D same": ("pixels[window] += 1", "pixels[window] = 6"),
    "UpSampling2D bilinear": ("(i + 0.5) / factor - 0.5", "i / factor"),
    "BatchNormalization": ("+ shift.data[i % channels]", ""),
    "Activation gelu": ("(polynomial * Math.exp(-u * u)) / 2", "polynomial * Math.exp(-u * u)"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_layer_that_computes_something_else_is_found(name, models, show):
    page = show(Book().add(models[name]), mutant=MUTANTS[name])
    with pytest.raises(AssertionError):
        compare(models[name], page, 0, points_of(np.random.default_rng(2)))
