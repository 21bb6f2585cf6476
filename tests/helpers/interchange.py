"""The files that Keras and PyTorch wrote (golden/make_interchange.py), and what their models make of an input."""

import json
from pathlib import Path

import numpy as np

from minigen import (
    GRU,
    LSTM,
    Activation,
    Add,
    Average,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    GroupNormalization,
    Input,
    LayerNormalization,
    LeakyReLU,
    Maximum,
    MaxPooling2D,
    Minimum,
    Model,
    Multiply,
    ReLU,
    Rescaling,
    Reshape,
    Sequential,
    SimpleRNN,
    Subtract,
    UpSampling2D,
)

FOLDER = Path(__file__).parents[1] / "golden" / "interchange"
OUTLINES = json.loads((FOLDER / "outlines.json").read_text("utf-8"))
with np.load(FOLDER / "predictions.npz") as file:
    GOLDEN = {key: file[key] for key in file.files}

for kind, outlines in json.loads((FOLDER / "outlines_normalised.json").read_text("utf-8")).items():
    OUTLINES[kind] |= outlines
with np.load(FOLDER.parent / "normalization.npz") as file:  # made by golden/make_normalization.py
    GOLDEN |= {key: file[key] for key in file.files if "normalised/" in key}


def golden(name):
    """(x, [y0, y1, ...]) of a model; x is a list where there are several inputs."""
    xs, ys = ([a for key, a in GOLDEN.items() if key.startswith(f"{name}/{kind}")] for kind in "xy")
    return xs if len(xs) > 1 else xs[0], ys


def off(model, name, images=False):
    """The largest difference between the predictions of a model and those of the golden one."""
    x, ys = golden(name)
    found = model.predict(x.transpose(0, 2, 3, 1) if images else x)
    found = found if isinstance(found, list) else [found]
    found = [y.transpose(0, 3, 1, 2) if y.ndim == 4 and images else y for y in found]
    return max(float(abs(a - b).max()) for a, b in zip(found, ys, strict=True))


def keras_images():
    x = Input((8, 8, 2))
    h = Conv2D(3, 3, strides=2, padding="same", activation="relu", use_bias=False)(x)
    h = BatchNormalization(momentum=0.9)(h)
    h = LeakyReLU(0.2)(Conv2D(4, (2, 3), dilation_rate=2, padding="same")(h))
    h = MaxPooling2D(2, padding="same")(h)
    h = Dropout(0.2)(Flatten()(h))
    encoder = Model(x, [Dense(2, name="mu")(h), Dense(2, name="logvar")(h)], name="encoder")
    maps = [Dense(2 * 2 * 3, "elu"), BatchNormalization(), Reshape((2, 2, 3))]
    doubled = [UpSampling2D(2, interpolation="bilinear"), Conv2DTranspose(2, 3, strides=2, padding="same")]
    decoder = Sequential([Input((2,)), *maps, *doubled, Activation("sigmoid")], name="decoder")
    mu, logvar = encoder(x)
    return Model(x, [decoder(mu), logvar])


def keras_text():
    cells = [LSTM(3, return_sequences=True), GRU(4, return_sequences=True), SimpleRNN(3)]
    return Sequential([Input((5,), dtype="int64"), Embedding(7, 4), *cells, Dense(7, "softmax")])


def keras_shared():
    a, b = Input((6,)), Input((6,), name="other")
    dense = Dense(4, "tanh", name="shared")
    joined = Concatenate()([dense(a), Rescaling(2.0, -1)(dense(b))])
    return Model([a, b], Dense(3)(GaussianNoise(0.1)(joined)))


def keras_residual():
    x = Input((8, 8, 2))
    h = Conv2D(3, 3, padding="same", activation="relu")(x)
    r = BatchNormalization()(Conv2D(3, 3, padding="same")(h))
    gate = Conv2D(3, 1, activation="sigmoid")(Add()([h, r]))
    merged = [Multiply()([r, gate]), Subtract()([h, r]), Average()([h, r, gate])]
    merged += [Maximum()([h, r]), Minimum()([h, r, gate])]
    merged += [r * gate + (1 - gate) * h - 2 * gate, h / (gate + 1), gate**2 / 3]
    return Model(x, Dense(7, "softmax")(GlobalAveragePooling2D()(Concatenate()(merged))))


def keras_normalised():
    x = Input((4, 4, 6))
    h = GroupNormalization(3)(Conv2D(6, 3, padding="same", activation="gelu")(x))
    h = GroupNormalization(-1, epsilon=0.1, center=False)(h)
    h = Dense(5)(LayerNormalization(scale=False)(Flatten()(h)))
    return Model(x, Dense(3, "silu")(LayerNormalization(epsilon=0.01)(h)))


KERAS = {make.__name__: make for make in (keras_images, keras_text, keras_shared, keras_residual, keras_normalised)}


def torch_images():
    like = {"momentum": 0.9, "epsilon": 1e-5}
    first = [Input((8, 8, 2)), Conv2D(3, 3, padding="same"), BatchNormalization(**like), ReLU()]
    second = [Conv2D(4, 3, use_bias=False, activation="tanh"), Dropout(0.1), Flatten()]
    code = [Dense(5), BatchNormalization(**like), Dense(3 * 4 * 4), BatchNormalization(**like), ReLU()]
    return Sequential(
        [*first, *second, *code, Reshape((4, 4, 3)), Conv2DTranspose(2, 2, strides=2, activation="sigmoid")]
    )


def torch_normalised():
    h = [Input((4, 4, 6)), Conv2D(6, 3, padding="same", activation="gelu"), GroupNormalization(3, epsilon=1e-5)]
    rows = [Flatten(), LayerNormalization(epsilon=1e-5), Dense(5), LayerNormalization(epsilon=1e-5, center=False)]
    return Sequential(h + rows)


def torch_text(cell):
    cells = [cell(3, return_sequences=True) for _ in range(2)]
    return Sequential([Input((5,), dtype="int64"), Embedding(7, 4), *cells, Dense(7, "softmax")])


TEXTS = {"torch_lstm": LSTM, "torch_gru": GRU, "torch_rnn": SimpleRNN}
TEXT_NAMES = ["embedding", "cells", "cells.l1", "out"]
NORMALISED_NAMES = "conv groups rows code out".split()
IMAGE_NAMES = "first norm second code code_norm back back_norm up".split()
