"""Make ``normalization.npz``: what the real Keras 3 and PyTorch compute for layer and group normalisation, GELU, AdamW.

Keras and PyTorch are needed only to make the file, in an environment of their own::

    python3 -m venv /tmp/keras-venv
    /tmp/keras-venv/bin/pip install keras==3.15.1 torch==2.13.0 numpy==2.4.6 h5py==3.16.0 safetensors==0.8.0
    /tmp/keras-venv/bin/python tests/golden/make_normalization.py

The committed file was made with exactly these versions (Keras on the PyTorch backend, CPU build, Python 3.11). Keys
read ``case/array``; ``dx`` is the gradient of ``sum(y * v)`` with respect to ``x``.

Two models go to interchange/: keras_normalised.keras and .weights.h5, which Keras has trained with AdamW, and
torch_normalised.safetensors, with outlines_normalised.json. What they make of an input stands in normalization.npz.
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers, optimizers
from make_interchange import outline
from safetensors.torch import save_file
from torch import nn

PATH = Path(__file__).with_name("normalization.npz")
FOLDER = Path(__file__).with_name("interchange")

LAYERS = {  # case: (the layer, in Keras and in minigen, the shape of its input)
    "rows": ("LayerNormalization()", (6, 5)),
    "steps": ("LayerNormalization(epsilon=1e-5)", (3, 4, 8)),
    "rows_without_beta": ("LayerNormalization(center=False)", (6, 5)),
    "groups": ("GroupNormalization(4)", (3, 4, 5, 8)),
    "groups_of_steps": ("GroupNormalization(2, epsilon=0.1)", (3, 7, 6)),
    "one_group": ("GroupNormalization(1)", (3, 4, 5, 6)),
    "instances": ("GroupNormalization(-1, scale=False)", (3, 4, 5, 6)),
}
ACTIVATIONS = {
    "gelu": keras.activations.gelu,
    "gelu_by_tanh": lambda x: keras.activations.gelu(x, approximate=True),
    "silu": keras.activations.silu,
}
OPTIMIZERS = {
    "adamw": "AdamW()",
    "adamw_other": "AdamW(0.01, weight_decay=0.5, beta_1=0.8, epsilon=1e-3, clipnorm=1.0)",
}
STEPS = 10


def array(tensor):
    """NumPy copy of a torch tensor or a Keras variable."""
    return keras.ops.convert_to_numpy(tensor).copy()


def normalised(rng, call, shape):
    """A layer with weights that are not 1 and 0, and its gradients."""
    x, v = (rng.standard_normal(shape).astype("float32") for _ in range(2))
    x = 2 * x + rng.standard_normal(shape[-1]).astype("float32")
    layer = eval(call, vars(layers))
    layer.build(shape)
    start = {w.name: rng.standard_normal(w.shape).astype("float32") for w in layer.weights}
    layer.set_weights(list(start.values()))
    tensor = torch.tensor(x, requires_grad=True)
    y = layer(tensor)
    wrt = [tensor, *(w.value for w in layer.weights)]
    grads = torch.autograd.grad((y * torch.tensor(v)).sum(), wrt)
    named = zip(["dx", *(f"d{name}" for name in start)], grads, strict=True)
    return {"x": x, "v": v, "y": array(y), **start, **{name: array(g) for name, g in named}}


def activated(function):
    """Values and derivatives from the left tail to the right one."""
    x = np.linspace(-12, 12, 241).astype("float32")
    tensor = torch.tensor(x, requires_grad=True)
    y = function(tensor)
    return {"x": x, "y": array(y), "dx": array(torch.autograd.grad(y.sum(), tensor)[0])}


def stepped(rng, call):
    """A weight after each of some steps with given gradients."""
    w, gradients = rng.standard_normal(7).astype("float32"), rng.standard_normal((STEPS, 7)).astype("float32")
    variable, optimizer, way = keras.Variable(w), eval(call, vars(optimizers)), []
    for g in gradients:
        optimizer.apply([torch.tensor(g)], [variable])
        way.append(array(variable))
    return {"w": w, "gradients": gradients, "way": np.stack(way)}


def keras_normalised(x):
    """A trained model of Keras: groups of channels, rows and gelu, trained with AdamW."""
    images = keras.Input((4, 4, 6))
    h = layers.Conv2D(6, 3, padding="same", activation="gelu")(images)
    h = layers.GroupNormalization(3)(h)
    h = layers.GroupNormalization(-1, epsilon=0.1, center=False)(h)
    h = layers.Dense(5)(layers.LayerNormalization(scale=False)(layers.Flatten()(h)))
    model = keras.Model(images, layers.Dense(3, "silu")(layers.LayerNormalization(epsilon=0.01)(h)))
    model.compile(optimizers.AdamW(0.01, 0.02), "mse")
    model.fit(x, np.ones((16, 3)), batch_size=8, epochs=3, verbose=0)
    model.save(FOLDER / "keras_normalised.keras")
    model.save_weights(FOLDER / "keras_normalised.weights.h5")
    return {"x": x, "y": model.predict(x, verbose=0)}


class TorchNormalised(nn.Module):
    """The same layers in PyTorch, on images with channels first; behind them a flattened image."""

    def __init__(self):
        super().__init__()
        self.conv, self.groups = nn.Conv2d(6, 6, 3, padding=1), nn.GroupNorm(3, 6)
        self.rows, self.code, self.out = nn.LayerNorm(96), nn.Linear(96, 5), nn.LayerNorm(5, bias=False)

    def forward(self, x):
        h = self.groups(nn.functional.gelu(self.conv(x)))
        return self.out(self.code(self.rows(h.flatten(1))))


def torch_normalised(x):
    """Trained for a few steps."""
    module, images = TorchNormalised(), torch.tensor(x.transpose(0, 3, 1, 2))
    optimizer = torch.optim.AdamW(module.parameters(), 0.05)
    for _ in range(5):
        optimizer.zero_grad()
        ((module(images) - 1) ** 2).mean().backward()
        optimizer.step()
    save_file(module.state_dict(), FOLDER / "torch_normalised.safetensors")
    return {"x": images.numpy(), "y": array(module(images).detach())}


def main():
    """Write everything."""
    rng, golden = np.random.default_rng(20), {}
    cases = {name: normalised(rng, *case) for name, case in LAYERS.items()}
    cases |= {name: activated(function) for name, function in ACTIVATIONS.items()}
    cases |= {name: stepped(rng, call) for name, call in OPTIMIZERS.items()}
    for name, arrays in cases.items():
        golden |= {f"{name}/{key}": a for key, a in arrays.items()}
    keras.utils.set_random_seed(0)
    images = rng.random((16, 4, 4, 6), "float32")
    for make in (keras_normalised, torch_normalised):
        golden |= {f"{make.__name__}/{key}": a for key, a in make(images).items()}
    outlines = {"keras_normalised": outline(FOLDER / "keras_normalised.weights.h5")}
    orders = {"torch_normalised": list(TorchNormalised().state_dict())}
    text = json.dumps({"keras": outlines, "torch": orders}, indent=0)
    (FOLDER / "outlines_normalised.json").write_text(text, "utf-8")
    calls = {name: call for name, (call, _) in LAYERS.items()} | OPTIMIZERS
    versions = [f"keras {keras.__version__}", f"torch {torch.__version__}"]
    np.savez_compressed(PATH, **golden, calls=list(calls.items()), versions=versions)
    print(f"{PATH}: {len(golden)} arrays, {PATH.stat().st_size} bytes")


if __name__ == "__main__":
    main()
