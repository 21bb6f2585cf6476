"""Do models from Keras and PyTorch predict the same in minigen, and models of minigen the same there?

Seven models are trained for a few steps in Keras 3, in PyTorch and in minigen, and taken across in every direction:

    python3 -m venv /tmp/keras-venv
    /tmp/keras-venv/bin/pip install keras==3.15.1 torch==2.13.0 numpy==2.4.6 h5py==3.16.0 safetensors==0.8.0
    /tmp/keras-venv/bin/pip install -e .
    /tmp/keras-venv/bin/python tools/interchange_parity.py            print the table, in a minute on a CPU
    /tmp/keras-venv/bin/python tools/interchange_parity.py --write    also into docs/guide/files.md and tests/golden

A cell is the largest difference of the predictions for 32 digits (or windows of text), over all outputs: networks that
are trained together, such as encoder and decoder, count as one model. The exit status is 1 if one is above 1e-5.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers as k
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

import minigen as mg
from minigen import interchange
from minigen.datasets import mnist

ROOT = Path(__file__).parents[1]
PAGE, RESULTS = ROOT / "docs" / "guide" / "files.md", ROOT / "tests" / "golden" / "interchange" / "parity.json"
MARKS = "<!-- from interchange_parity.py -->", "<!-- end -->"
LIMIT, N, STEPS, SYMBOLS, WINDOW = 1e-5, 32, 5, 20, 12
DIRECTIONS = [f"{side} {way}" for side in (".weights.h5", ".keras", "state_dict") for way in ("in", "out")]

(DIGITS, _), _ = mnist.load_data("sample")
IMAGES = (DIGITS[: N * STEPS] / 255).astype("float32")[..., None]
ROWS = IMAGES.reshape(len(IMAGES), 784)
NOISE = np.random.default_rng(0).normal(size=(len(IMAGES), 32)).astype("float32")
CODES = NOISE[:, :2].copy()
TEXT = np.random.default_rng(0).integers(0, SYMBOLS, (N * STEPS, WINDOW))


# ---- the models: networks by name, with an input for each, in the three libraries

Networks = dict[str, Any]


def conv(filters: int, size: int = 3, activation: str | None = "relu", **options: Any) -> Callable[[Any], Any]:
    return lambda lib: lib.Conv2D(filters, size, padding="same", activation=activation, **options)


def sequential(shape: tuple[int, ...], *make: Callable[[Any], Any], dtype: str = "float32") -> Callable[[Any], Any]:
    """The same Sequential in Keras and in minigen: the layers have the same names and arguments."""

    def of(lib: Any, source: Any, kind: Any) -> Any:
        return kind([source(shape, dtype=dtype), *(one(lib) for one in make)])

    return lambda side: of(k, keras.Input, keras.Sequential) if side == "keras" else of(mg, mg.Input, mg.Sequential)


def functional(side: str, build: Callable[[Any, Any], Any], shape: tuple[int, ...]) -> Any:
    lib, source, kind = (k, keras.Input, keras.Model) if side == "keras" else (mg, mg.Input, mg.Model)
    x = source(shape)
    return kind(x, build(lib, x))


def dense(units: int, activation: str | None = None, **options: Any) -> Callable[[Any], Any]:
    return lambda lib: lib.Dense(units, activation=activation, **options)


def transposed(filters: int, activation: str, strides: int) -> Callable[[Any], Any]:
    return lambda lib: lib.Conv2DTranspose(filters, 3, strides=strides, padding="same", activation=activation)


def vae_encoder(lib: Any, x: Any) -> Any:
    h = conv(64, strides=2)(lib)(conv(32, strides=2)(lib)(x))
    h = lib.Dense(16, activation="relu")(lib.Flatten()(h))
    return [lib.Dense(2, name="mu")(h), lib.Dense(2, name="logvar")(h)]


def norm(lib: Any) -> Any:
    return lib.BatchNormalization(momentum=0.9, epsilon=1e-5)


LISTING_1 = sequential((784,), dense(32, "relu"), dense(784, "sigmoid"))
LISTING_3 = sequential((784,), dense(512, "relu"), dense(2), dense(512, "relu"), dense(784, "sigmoid"))
SMALLER = [conv(32), lambda lib: lib.MaxPooling2D((2, 2), padding="same")] * 2
LARGER = [conv(32), lambda lib: lib.UpSampling2D((2, 2))] * 2
LISTING_2 = sequential((28, 28, 1), *SMALLER, *LARGER, conv(1, activation="sigmoid"))
VAE_DECODER = sequential(
    (2,),
    dense(7 * 7 * 64, "relu"),
    lambda lib: lib.Reshape((7, 7, 64)),
    transposed(64, "relu", 2),
    transposed(32, "relu", 2),
    transposed(1, "sigmoid", 1),
)
GENERATOR = sequential(
    (32,),
    dense(7 * 7 * 64),
    norm,
    lambda lib: lib.ReLU(),
    lambda lib: lib.Reshape((7, 7, 64)),
    lambda lib: lib.UpSampling2D(),
    conv(32, activation=None),
    norm,
    lambda lib: lib.ReLU(),
    lambda lib: lib.UpSampling2D(),
    conv(1, activation="sigmoid"),
)
DISCRIMINATOR = sequential(
    (28, 28, 1),
    lambda lib: lib.Rescaling(2, offset=-1),
    conv(32, 5, None, strides=2),
    lambda lib: lib.LeakyReLU(negative_slope=0.2),
    conv(64, 5, None, strides=2),
    lambda lib: lib.LeakyReLU(negative_slope=0.2),
    lambda lib: lib.Flatten(),
    dense(1),
)


def text(cell: str) -> Callable[[Any], Any]:
    recurrent = [lambda lib: getattr(lib, cell)(24, return_sequences=True)] * 2
    embedding, last = lambda lib: lib.Embedding(SYMBOLS, 16), dense(SYMBOLS, "softmax")
    return sequential((WINDOW,), embedding, *recurrent, last, dtype="int64")


Network = tuple[Callable[[str], Any], np.ndarray]  # (side -> the network, its inputs)
MODELS: dict[str, dict[str, Network]] = {
    "784-32-784": {"model": (LISTING_1, ROWS)},
    "convolutions": {"model": (LISTING_2, IMAGES)},
    "784-512-2-512-784": {"model": (LISTING_3, ROWS)},
    "convolutional VAE": {
        "encoder": (lambda side: functional(side, vae_encoder, (28, 28, 1)), IMAGES),
        "decoder": (VAE_DECODER, CODES),
    },
    "DCGAN": {"generator": (GENERATOR, NOISE), "discriminator": (DISCRIMINATOR, IMAGES)},
    "GRU": {"model": (text("GRU"), TEXT)},
    "LSTM": {"model": (text("LSTM"), TEXT)},
}


# ---- the same in PyTorch


class Same(nn.Module):
    """A convolution with strides that pads as TensorFlow does: more at the end."""

    def __init__(self, channels: int, filters: int, size: int) -> None:
        super().__init__()
        self.conv, self.total = nn.Conv2d(channels, filters, size, stride=2), size - 2

    def forward(self, x: Any) -> Any:
        before = self.total // 2
        after = self.total - before
        return self.conv(F.pad(x, (before, after, before, after)))


class Doubled(nn.Module):
    """A transposed convolution with strides, cut at the end as TensorFlow does."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(channels, filters, 3, stride=2)

    def forward(self, x: Any) -> Any:
        return self.conv(x)[:, :, :-1, :-1]


class TorchEncoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Same(1, 32, 3), nn.ReLU(), Same(32, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(3136, 16), nn.ReLU()
        )
        self.mu, self.logvar = nn.Linear(16, 2), nn.Linear(16, 2)

    def forward(self, x: Any) -> Any:
        h = self.features(x)
        return self.mu(h), self.logvar(h)


class TorchText(nn.Module):
    def __init__(self, cell: str) -> None:
        super().__init__()
        self.embedding = nn.Embedding(SYMBOLS, 16)
        self.cells = getattr(nn, cell)(16, 24, num_layers=2, batch_first=True)
        self.out = nn.Linear(24, SYMBOLS)

    def forward(self, x: Any) -> Any:
        return torch.softmax(self.out(self.cells(self.embedding(x))[0]), -1)


def torch_conv(channels: int, filters: int, activation: nn.Module) -> list[nn.Module]:
    return [nn.Conv2d(channels, filters, 3, padding=1), activation]


def torch_networks(name: str) -> dict[str, nn.Module]:
    relu, sigmoid = nn.ReLU(), nn.Sigmoid()
    if name == "784-32-784":
        return {"model": nn.Sequential(nn.Linear(784, 32), relu, nn.Linear(32, 784), sigmoid)}
    if name == "784-512-2-512-784":
        first, last = [nn.Linear(784, 512), relu, nn.Linear(512, 2)], [nn.Linear(2, 512), relu, nn.Linear(512, 784)]
        return {"model": nn.Sequential(*first, *last, sigmoid)}
    if name == "convolutions":
        smaller = [*torch_conv(1, 32, relu), nn.MaxPool2d(2), *torch_conv(32, 32, relu), nn.MaxPool2d(2)]
        larger = [*torch_conv(32, 32, relu), nn.Upsample(scale_factor=2)] * 1
        larger += [*torch_conv(32, 32, relu), nn.Upsample(scale_factor=2)]
        return {"model": nn.Sequential(*smaller, *larger, *torch_conv(32, 1, sigmoid))}
    if name == "convolutional VAE":
        maps = [nn.Linear(2, 3136), relu, nn.Unflatten(1, (64, 7, 7))]
        doubled = [Doubled(64, 64), relu, Doubled(64, 32), relu, nn.ConvTranspose2d(32, 1, 3, padding=1), sigmoid]
        return {"encoder": TorchEncoder(), "decoder": nn.Sequential(*maps, *doubled)}
    if name == "DCGAN":
        maps = [nn.Linear(32, 3136), nn.BatchNorm1d(3136), relu, nn.Unflatten(1, (64, 7, 7))]
        up = [nn.Upsample(scale_factor=2), nn.Conv2d(64, 32, 3, padding=1), nn.BatchNorm2d(32), relu]
        generator = nn.Sequential(*maps, *up, nn.Upsample(scale_factor=2), *torch_conv(32, 1, sigmoid))
        first, second = [Same(1, 32, 5), nn.LeakyReLU(0.2)], [Same(32, 64, 5), nn.LeakyReLU(0.2)]
        return {"generator": generator, "discriminator": Centred(*first, *second, nn.Flatten(), nn.Linear(3136, 1))}
    return {"model": TorchText(name)}


class Centred(nn.Sequential):
    """Pixels in [0, 1] moved to [-1, 1] first."""

    def forward(self, x: Any) -> Any:
        return super().forward(2 * x - 1)


# ---- a few steps: the targets do not matter


def targets(y: np.ndarray, i: int) -> np.ndarray:
    return (np.random.default_rng(i).random(y.shape) * np.abs(y).max()).astype("float32")


def trained_like_keras(model: Any, x: np.ndarray, optimizer: Any) -> None:
    """fit() of Keras or minigen."""
    outputs = model.predict(x[:N], verbose=0)
    several = isinstance(outputs, list)
    every = [targets(np.repeat(y, STEPS, axis=0), i) for i, y in enumerate(outputs if several else [outputs])]
    model.compile(optimizer, ["mse"] * len(every) if several else "mse")
    model.fit(x, every if several else every[0], batch_size=N, epochs=1, verbose=0)


def trained_torch(module: nn.Module, x: torch.Tensor) -> None:
    optimizer = torch.optim.Adam(module.parameters(), 1e-3)
    module.train()
    for i in range(STEPS):
        found = module(x[i * N : (i + 1) * N])
        found = found if isinstance(found, tuple) else (found,)
        loss = sum(F.mse_loss(y, torch.tensor(targets(y.detach().numpy(), j))) for j, y in enumerate(found))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    module.eval()


# ---- predictions


def as_list(y: Any) -> list[np.ndarray]:
    return [np.asarray(one) for one in (y if isinstance(y, (list, tuple)) else [y])]


def predicted(model: Any, x: np.ndarray) -> list[np.ndarray]:
    return as_list(model.predict(x[:N], verbose=0))


def to_torch(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2) if x.ndim == 4 else x))


def predicted_by_torch(module: nn.Module, x: np.ndarray) -> list[np.ndarray]:
    with torch.no_grad():
        found = module(to_torch(x[:N]))
    found = [y.numpy() for y in (found if isinstance(found, tuple) else (found,))]
    return [y.transpose(0, 2, 3, 1) if y.ndim == 4 else y for y in found]


def largest(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


# ---- across


def across_keras(networks: dict[str, Network], folder: Path) -> dict[str, float]:
    """Both formats of Keras, in both directions."""
    off: dict[str, list[float]] = {}
    for make, x in networks.values():
        theirs = make("keras")
        trained_like_keras(theirs, x, keras.optimizers.Adam(1e-3))
        theirs.save(folder / "theirs.keras")
        theirs.save_weights(folder / "theirs.weights.h5")
        ours = make("minigen")
        ours.load_weights(folder / "theirs.weights.h5")
        want = predicted(theirs, x)
        off.setdefault(".weights.h5 in", []).append(largest(predicted(ours, x), want))
        off.setdefault(".keras in", []).append(largest(predicted(mg.load_model(folder / "theirs.keras"), x), want))

        ours = make("minigen")
        trained_like_keras(ours, x, mg.Adam(1e-3))
        ours.save(folder / "ours.keras")
        ours.save_weights(folder / "ours.weights.h5")
        want, theirs = predicted(ours, x), make("keras")
        theirs.load_weights(folder / "ours.weights.h5")
        off.setdefault(".weights.h5 out", []).append(largest(predicted(theirs, x), want))
        theirs = keras.models.load_model(folder / "ours.keras")
        off.setdefault(".keras out", []).append(largest(predicted(theirs, x), want))
    return {direction: max(found) for direction, found in off.items()}


def across_torch(name: str, networks: dict[str, Network], folder: Path) -> dict[str, float]:
    """State dicts, in both directions; the one that comes in also as a .safetensors file."""
    off: dict[str, list[float]] = {"state_dict in": [], "state_dict out": []}
    for part, module in torch_networks(name).items():
        make, x = networks[part]
        trained_torch(module, to_torch(x))
        ours = make("minigen")
        interchange.load_state_dict(ours, module.state_dict())
        off["state_dict in"].append(largest(predicted(ours, x), predicted_by_torch(module, x)))
        names = modules_of(module)
        save_file(module.state_dict(), folder / "theirs.safetensors")
        again = make("minigen")
        interchange.load_state_dict(again, folder / "theirs.safetensors", names)
        off["state_dict in"].append(largest(predicted(again, x), predicted(ours, x)))

        ours = make("minigen")
        trained_like_keras(ours, x, mg.Adam(1e-3))
        arrays = interchange.state_dict(ours, names)
        module.load_state_dict({key: torch.from_numpy(a) for key, a in arrays.items()})
        off["state_dict out"].append(largest(predicted_by_torch(module, x), predicted(ours, x)))
    return {direction: max(found) for direction, found in off.items()}


def modules_of(module: nn.Module) -> list[str]:
    """The names of the modules with weights, in order; the second layer of a recurrent one counts as a module."""
    found = dict.fromkeys(re.sub(r"\.[a-z_]+(?:_l(\d+))?$", r".l\1", key) for key in module.state_dict())
    return [re.sub(r"\.l0?$", "", name) for name in found]


# ---- the table


def table(results: dict[str, dict[str, float]]) -> str:
    """The table in Markdown."""
    rows = [f"| | {' | '.join(DIRECTIONS)} |", "|---" * (len(DIRECTIONS) + 1) + "|"]
    cells = {name: " | ".join(f"{off[direction]:.0e}" for direction in DIRECTIONS) for name, off in results.items()}
    return "\n".join([*rows, *(f"| {name} | {cell} |" for name, cell in cells.items())])


def write(results: dict[str, Any]) -> None:
    """The results into their file, and the table between the marks of the page."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.split(MARKS[0])[0], page.split(MARKS[1])[1]
    text = f"{before}{MARKS[0]}\n\n{table(results['differences'])}\n\n{MARKS[1]}{after}"
    PAGE.write_text(text, encoding="utf-8")


def main() -> None:
    top = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    top.add_argument("--write", action="store_true", help="store the results, and write the table into the page")
    args = top.parse_args()
    warnings.simplefilter("ignore")  # of Keras, about the state of optimizers
    keras.utils.set_random_seed(0)
    mg.seed(0)
    found = {}
    for name, networks in MODELS.items():
        with tempfile.TemporaryDirectory() as folder:
            found[name] = across_keras(networks, Path(folder)) | across_torch(name, networks, Path(folder))
        print(f"{name:<20} " + "  ".join(f"{d} {found[name][d]:.1e}" for d in DIRECTIONS), flush=True)
    versions = {"keras": keras.__version__, "torch": torch.__version__.partition("+")[0], "numpy": np.__version__}
    if args.write:
        write({"versions": versions, "differences": found})
    sys.exit(0 if all(off <= LIMIT for row in found.values() for off in row.values()) else 1)


if __name__ == "__main__":
    main()
