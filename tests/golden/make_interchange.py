"""Make the files of golden/interchange/: small models that the real Keras 3 and PyTorch have trained and written.

Keras, PyTorch, h5py and safetensors are needed only to make the files, in an environment of their own::

    python3 -m venv /tmp/keras-venv
    /tmp/keras-venv/bin/pip install keras==3.15.1 torch==2.13.0 numpy==2.4.6 h5py==3.16.0 safetensors==0.8.0
    /tmp/keras-venv/bin/python tests/golden/make_interchange.py

The committed files were made with exactly these versions (Keras on the PyTorch backend, CPU build, Python 3.11). For
each model there are the files that the library writes, and in predictions.npz an input x and what the model makes of
it: y0, y1, ... for its outputs.
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import h5py
import keras
import numpy as np
import torch
from keras import layers
from safetensors.torch import save_file
from torch import nn

FOLDER = Path(__file__).with_name("interchange")
RNG = np.random.default_rng(0)
IMAGES, ROWS = RNG.random((16, 8, 8, 2), "float32"), RNG.random((16, 6), "float32")
SYMBOLS = RNG.integers(0, 7, (16, 5))


# ---- Keras


def keras_images():
    """Convolutions, statistics, a model in a model, two outputs."""
    x = keras.Input((8, 8, 2))
    h = layers.Conv2D(3, 3, strides=2, padding="same", activation="relu", use_bias=False)(x)
    h = layers.BatchNormalization(momentum=0.9)(h)
    h = layers.LeakyReLU(0.2)(layers.Conv2D(4, (2, 3), dilation_rate=2, padding="same")(h))
    h = layers.MaxPooling2D(2, padding="same")(h)
    h = layers.Dropout(0.2)(layers.Flatten()(h))
    encoder = keras.Model(x, [layers.Dense(2, name="mu")(h), layers.Dense(2, name="logvar")(h)], name="encoder")
    maps = [layers.Dense(2 * 2 * 3, "elu"), layers.BatchNormalization(), layers.Reshape((2, 2, 3))]
    doubled = [
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.Conv2DTranspose(2, 3, strides=2, padding="same"),
    ]
    decoder = keras.Sequential([keras.Input((2,)), *maps, *doubled, layers.Activation("sigmoid")], name="decoder")
    mu, logvar = encoder(x)
    model = keras.Model(x, [decoder(mu), logvar])
    model.compile(keras.optimizers.Adam(0.01, beta_1=0.5, global_clipnorm=1.0), ["binary_crossentropy", "mse"])
    model.fit(IMAGES, [IMAGES, np.zeros((16, 2))], batch_size=8, epochs=2, verbose=0)
    return model, IMAGES


def keras_text():
    """The recurrent layers."""
    sequences = dict(return_sequences=True)
    cells = [layers.LSTM(3, **sequences), layers.GRU(4, **sequences), layers.SimpleRNN(3)]
    out = layers.Dense(7, "softmax")
    model = keras.Sequential([keras.Input((5,), dtype="int64"), layers.Embedding(7, 4), *cells, out])
    decay = keras.optimizers.schedules.PolynomialDecay(0.01, 100, end_learning_rate=0.0)
    model.compile(keras.optimizers.RMSprop(decay), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(SYMBOLS, SYMBOLS[:, 0], batch_size=8, epochs=2, verbose=0)
    return model, SYMBOLS


def keras_shared():
    """A layer that is used twice, two inputs, one of them without a name."""
    a, b = keras.Input((6,)), keras.Input((6,), name="other")
    dense = layers.Dense(4, "tanh", name="shared")
    joined = layers.Concatenate()([dense(a), layers.Rescaling(2.0, -1)(dense(b))])
    model = keras.Model([a, b], layers.Dense(3)(layers.GaussianNoise(0.1)(joined)))
    model.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    model.fit([ROWS, ROWS[::-1]], np.ones((16, 3)), batch_size=8, epochs=2, verbose=0)
    return model, [ROWS, ROWS[::-1].copy()]


def keras_residual():
    """The layers that make one tensor of several, operators between tensors and numbers, and metrics of both kinds."""
    x = keras.Input((8, 8, 2))
    h = layers.Conv2D(3, 3, padding="same", activation="relu")(x)
    r = layers.BatchNormalization()(layers.Conv2D(3, 3, padding="same")(h))
    gate = layers.Conv2D(3, 1, activation="sigmoid")(layers.Add()([h, r]))
    merged = [layers.Multiply()([r, gate]), layers.Subtract()([h, r]), layers.Average()([h, r, gate])]
    merged += [layers.Maximum()([h, r]), layers.Minimum()([h, r, gate])]
    merged += [r * gate + (1 - gate) * h - 2 * gate, h / (gate + 1), gate**2 / 3]
    h = layers.GlobalAveragePooling2D()(layers.Concatenate()(merged))
    model = keras.Model(x, layers.Dense(7, "softmax")(h))
    names = ["accuracy", keras.metrics.SparseTopKCategoricalAccuracy()]
    model.compile("adam", "SparseCategoricalCrossentropy", metrics=names)
    model.fit(IMAGES, SYMBOLS[:, 0], batch_size=8, epochs=2, verbose=0)
    return model, IMAGES


def outline(path):
    """{name: [shape, dtype, attributes]} of everything in an HDF5 file."""
    found = {}

    def note(name, thing):
        shape, dtype = getattr(thing, "shape", None), getattr(thing, "dtype", None)
        found[name] = [shape and list(shape), dtype and str(dtype), dict(thing.attrs)]

    with h5py.File(path) as file:
        file.visititems(note)
    return found


# ---- PyTorch


class TorchImages(nn.Module):
    """The layers before and behind flattened images, with batch normalisation in the order of PyTorch."""

    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3)
        self.second = nn.Conv2d(3, 4, 3, bias=False)
        self.code, self.code_norm = nn.Linear(4 * 6 * 6, 5), nn.BatchNorm1d(5)
        self.back, self.back_norm = nn.Linear(5, 3 * 4 * 4), nn.BatchNorm1d(3 * 4 * 4)
        self.up = nn.ConvTranspose2d(3, 2, 2, stride=2)

    def forward(self, x):
        h = torch.tanh(self.second(torch.relu(self.norm(self.first(x)))))
        h = self.code_norm(self.code(h.flatten(1)))
        h = torch.relu(self.back_norm(self.back(h))).view(-1, 3, 4, 4)
        return torch.sigmoid(self.up(h))


class TorchText(nn.Module):
    """A recurrent module of two layers."""

    def __init__(self, kind):
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.cells = getattr(nn, kind)(4, 3, num_layers=2, batch_first=True)
        self.out = nn.Linear(3, 7)

    def forward(self, x):
        return torch.softmax(self.out(self.cells(self.embedding(x))[0]), -1)


def trained(module, x, y, loss):
    """A few steps, so that no weight or statistic is as it began."""
    optimizer = torch.optim.Adam(module.parameters(), 0.01)
    for _ in range(5):
        optimizer.zero_grad()
        loss(module(x), y).backward()
        optimizer.step()
    return module.eval()


def torch_models():
    """(name, module, input)"""
    torch.manual_seed(0)
    x = torch.tensor(IMAGES.transpose(0, 3, 1, 2))
    yield "torch_images", trained(TorchImages(), x, x, nn.functional.mse_loss), x
    symbols = torch.tensor(SYMBOLS)
    ahead = nn.functional.one_hot(symbols.roll(-1, 1), 7).float()
    for kind in ("LSTM", "GRU", "RNN"):
        yield f"torch_{kind.lower()}", trained(TorchText(kind), symbols, ahead, nn.functional.mse_loss), symbols
    sizes = [nn.Linear(6, 4), nn.ReLU(), *[nn.Linear(4, 4) for _ in range(9)], nn.Linear(4, 6)]
    rows = torch.tensor(ROWS)
    yield "torch_sequential", trained(nn.Sequential(*sizes), rows, rows, nn.functional.mse_loss), rows


def main():
    """Write everything."""
    FOLDER.mkdir(exist_ok=True)
    golden, outlines = {}, {}
    keras.utils.set_random_seed(0)
    for make in (keras_images, keras_text, keras_shared, keras_residual):
        name, (model, x) = make.__name__, make()
        model.save(FOLDER / f"{name}.keras")
        model.save_weights(FOLDER / f"{name}.weights.h5")
        outlines[name] = outline(FOLDER / f"{name}.weights.h5")
        several = isinstance(x, list)
        golden |= {f"{name}/x{i}": a for i, a in enumerate(x if several else [x])}
        y = model.predict(x, verbose=0)
        golden |= {f"{name}/y{i}": a for i, a in enumerate(y if isinstance(y, list) else [y])}
    orders = {}
    for name, module, x in torch_models():
        save_file(module.state_dict(), FOLDER / f"{name}.safetensors")
        orders[name] = list(module.state_dict())
        with torch.no_grad():
            golden |= {f"{name}/x0": x.numpy(), f"{name}/y0": module(x).numpy()}
    versions = [f"keras {keras.__version__}", f"torch {torch.__version__}", f"h5py {h5py.__version__}"]
    np.savez_compressed(FOLDER / "predictions.npz", **golden, versions=versions)
    (FOLDER / "outlines.json").write_text(json.dumps({"keras": outlines, "torch": orders}, indent=0), "utf-8")
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.stat().st_size:8,} {path.name}")


if __name__ == "__main__":
    main()
