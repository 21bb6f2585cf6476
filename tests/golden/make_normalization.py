"""Make ``normalization.npz``: what the real Keras 3 and PyTorch compute for layer and group normalisation, GELU, AdamW.

Keras and PyTorch are needed only to make the file, in an environment of their own::

    python3 -m venv /tmp/keras-venv
    /tmp/keras-venv/bin/pip install keras==3.15.1 torch==2.13.0 numpy==2.4.6
    /tmp/keras-venv/bin/python tests/golden/make_normalization.py

The committed file was made with exactly these versions (Keras on the PyTorch backend, CPU build, Python 3.11). Keys
read ``case/array``; ``dx`` is the gradient of ``sum(y * v)`` with respect to ``x``.
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers, optimizers

PATH = Path(__file__).with_name("normalization.npz")

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


def main():
    """Write everything."""
    rng, golden = np.random.default_rng(20), {}
    cases = {name: normalised(rng, *case) for name, case in LAYERS.items()}
    cases |= {name: activated(function) for name, function in ACTIVATIONS.items()}
    cases |= {name: stepped(rng, call) for name, call in OPTIMIZERS.items()}
    for name, arrays in cases.items():
        golden |= {f"{name}/{key}": a for key, a in arrays.items()}
    calls = {name: call for name, (call, _) in LAYERS.items()} | OPTIMIZERS
    versions = [f"keras {keras.__version__}", f"torch {torch.__version__}"]
    np.savez_compressed(PATH, **golden, calls=list(calls.items()), versions=versions)
    print(f"{PATH}: {len(golden)} arrays, {PATH.stat().st_size} bytes")


if __name__ == "__main__":
    main()
