"""Make ``porting.npz``: what Keras 3 and PyTorch compute for the names that minigen's porting guide speaks of.

As for ``make_keras.py``, in an environment of its own with keras==3.15.1, torch==2.13.0 and numpy::

    python tests/golden/make_porting.py

``activation/...`` and ``layer/...`` are what activations and layers of Keras give that minigen has only as an
expression; ``merge/...`` the layers that combine several inputs, and ``arithmetic/...`` operators between symbolic
tensors; ``optimizer/...`` 12 steps with clipping and weight decay. ``story/...`` are the losses of the two programs in
tutorials/user_porting.py, written here in Keras and in PyTorch.
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers, optimizers

HERE = Path(__file__).parent
DIGITS = HERE.parents[1] / "minigen" / "datasets" / "mnist-sample.npz"

ACTIVATIONS = "gelu hard_sigmoid hard_silu hard_swish hard_tanh log_sigmoid mish relu6 selu silu softsign swish".split()

LAYERS = {  # on images (2, 5, 4, 3), sequences (2, 5, 3) or vectors (4, 5)
    "AvgPool2D": ("images", lambda: layers.AvgPool2D(2)),
    "Cropping2D": ("images", lambda: layers.Cropping2D(1)),
    "GlobalAveragePooling1D": ("sequences", lambda: layers.GlobalAveragePooling1D()),
    "GlobalAvgPool2D": ("images", lambda: layers.GlobalAvgPool2D()),
    "GlobalMaxPool2D": ("images", lambda: layers.GlobalMaxPool2D()),
    "GlobalMaxPooling1D": ("sequences", lambda: layers.GlobalMaxPooling1D()),
    "GlobalMaxPooling2D": ("images", lambda: layers.GlobalMaxPooling2D()),
    "Identity": ("images", lambda: layers.Identity()),
    "LayerNormalization": ("sequences", lambda: layers.LayerNormalization()),
    "Permute": ("sequences", lambda: layers.Permute((2, 1))),
    "RepeatVector": ("vectors", lambda: layers.RepeatVector(3)),
    "Softmax": ("vectors", lambda: layers.Softmax()),
    "ZeroPadding2D": ("images", lambda: layers.ZeroPadding2D()),
}

MERGES = "Add Subtract Multiply Average Maximum Minimum".split()

OPTIMIZERS = {
    "sgd_clipnorm": lambda: optimizers.SGD(0.1, clipnorm=1.5),
    "sgd_clipvalue": lambda: optimizers.SGD(0.1, clipvalue=0.5),
    "sgd_momentum_decay": lambda: optimizers.SGD(0.1, momentum=0.9, weight_decay=0.05),
    "adam_clipnorm": lambda: optimizers.Adam(0.01, clipnorm=1.5),
    "adam_clipvalue": lambda: optimizers.Adam(0.01, clipvalue=0.5),
    "adam_decay": lambda: optimizers.Adam(0.01, weight_decay=0.05),
    "adamw": lambda: optimizers.AdamW(0.01),
    "rmsprop_all": lambda: optimizers.RMSprop(0.01, clipnorm=1.5, weight_decay=0.05),
    "adadelta_all": lambda: optimizers.Adadelta(1.0, clipvalue=0.5, weight_decay=0.05),
}


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def array(tensor):
    return keras.ops.convert_to_numpy(tensor).copy()


def activations():
    x = np.linspace(-7, 7, 57, dtype="float32")
    found = {"activation/x": x}
    for name in ACTIVATIONS:
        leaf = torch.tensor(x, requires_grad=True)
        y = keras.activations.gelu(leaf, approximate=True) if name == "gelu" else keras.activations.get(name)(leaf)
        y.sum().backward()
        found |= {f"activation/{name}": array(y), f"activation/{name}_slope": leaf.grad.numpy()}
    return found


def some_layers():
    data = {"images": normal(1, 2, 5, 4, 3), "sequences": normal(2, 2, 5, 3), "vectors": normal(3, 4, 5)}
    made = {f"layer/{name}": array(make()(data[kind])) for name, (kind, make) in LAYERS.items()}
    return {f"layer/{kind}": x for kind, x in data.items()} | made


def merges():
    a, b, c = normal(4, 3, 4), normal(5, 3, 4), normal(6, 3, 1)
    found = {"merge/a": a, "merge/b": b, "merge/c": c}
    for name in MERGES:
        inputs = [torch.tensor(x, requires_grad=True) for x in ([a, b] if name == "Subtract" else [a, b, c])]
        y = getattr(layers, name)()(inputs)
        (y * y).sum().backward()
        found |= {f"merge/{name}": array(y)}
        found |= {f"merge/{name}_d{i}": x.grad.numpy() for i, x in enumerate(inputs)}
    return found


def arithmetic():
    a, b = keras.Input((4,)), keras.Input((4,))
    y = (2 * a - b / 3 + 1) * -a + (1 - b) ** 2 - 1 / (a * a + 2) + 0.5**b - b * np.float32(0.25)
    return {"arithmetic/y": keras.Model([a, b], y).predict([normal(4, 3, 4), normal(5, 3, 4)], verbose=0)}


def runs():
    w0, gradients = normal(7, 3, 4), normal(8, 12, 3, 4)
    found = {"optimizer/w0": w0, "optimizer/gradients": gradients}
    for name, make in OPTIMIZERS.items():
        optimizer, w, steps = make(), keras.Variable(w0), []
        for g in torch.tensor(gradients):
            optimizer.apply([g], [w])
            steps.append(array(w))
        found[f"optimizer/{name}"] = np.stack(steps)
    return found


def statistics():
    x = torch.tensor(normal(9, 5, 3), requires_grad=True)
    y = keras.ops.std(x, axis=0)
    y.sum().backward()
    return {"std/x": normal(9, 5, 3), "std/y": array(y), "std/dx": x.grad.numpy()}


# ---- the two programs of tutorials/user_porting.py


def images():
    with np.load(DIGITS) as file:
        return file["x_train"][:1000].reshape(-1, 784).astype("float32") / 255


def start(*shapes):
    """The weights that both libraries begin with: kernels drawn by NumPy, biases 0."""
    rng = np.random.default_rng(0)
    drawn = [rng.standard_normal(shape) / np.sqrt(shape[0]) for shape in shapes]
    return [w.astype("float32") for kernel in drawn for w in (kernel, np.zeros(kernel.shape[1]))]


def with_keras(x, epochs=5):
    """A denoising autoencoder: what is left of the noise is subtracted."""
    noisy = np.clip(x + 0.3 * np.random.default_rng(1).standard_normal(x.shape), 0, 1).astype("float32")
    image = keras.Input(shape=(784,))
    hidden = layers.Dense(64, activation="swish")(image)
    noise = layers.Dense(784)(hidden)
    clean = layers.Lambda(lambda x: keras.ops.clip(x, 0.0, 1.0))(image - noise)
    model = keras.Model(image, clean)
    model.set_weights(start((784, 64), (64, 784)))
    model.compile(optimizer=keras.optimizers.AdamW(1e-3, clipnorm=1.0), loss="mse")
    history = model.fit(noisy, x, epochs=epochs, batch_size=100, shuffle=False, verbose=0)
    result = model.evaluate(noisy, x, return_dict=True, verbose=0)
    return np.array([*history.history["loss"], result["loss"]])


def with_torch(x, epochs=5):
    """A variational autoencoder in a loop of its own."""
    from torch import nn
    from torch.nn import functional

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Linear(784, 128)
            self.heads = nn.Linear(128, 4)
            self.decoder = nn.Sequential(nn.Linear(2, 128), nn.SiLU(), nn.Linear(128, 784))

        def forward(self, x, eps):
            mu, logvar = self.heads(functional.silu(self.encoder(x.flatten(1)))).chunk(2, dim=1)
            z = mu + (0.5 * logvar).exp() * eps
            return self.decoder(z), mu, logvar

    model = VAE()
    layers_in_order = [model.encoder, model.heads, model.decoder[0], model.decoder[2]]
    weights = start((784, 128), (128, 4), (2, 128), (128, 784))
    with torch.no_grad():
        for layer, kernel, bias in zip(layers_in_order, weights[::2], weights[1::2], strict=True):
            layer.weight.copy_(torch.from_numpy(kernel.T))
            layer.bias.copy_(torch.from_numpy(bias))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7)
    rng, losses = np.random.default_rng(2), []
    pixels = torch.from_numpy(x.reshape(-1, 28, 28))
    for _ in range(epochs):
        total = 0.0
        for batch in pixels.split(100):
            eps = torch.from_numpy(rng.standard_normal((len(batch), 2)).astype("float32"))
            logits, mu, logvar = model(batch, eps)
            bce = functional.binary_cross_entropy_with_logits(logits, batch.flatten(1), reduction="sum")
            kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
            loss = (bce + kl) / len(batch)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_value_(model.parameters(), 0.5)
            optimizer.step()
            total += loss.item()
        losses.append(total / len(pixels.split(100)))
    return np.array(losses)


if __name__ == "__main__":
    x = images()
    story = {"story/keras": with_keras(x), "story/torch": with_torch(x)}
    for name, losses in story.items():
        print(name, [round(float(loss), 6) for loss in losses])
    versions = {"meta/versions": np.array([f"keras {keras.__version__}", f"torch {torch.__version__}"])}
    parts = [activations(), some_layers(), merges(), arithmetic(), runs(), statistics(), story, versions]
    np.savez_compressed(HERE / "porting.npz", **{k: v for part in parts for k, v in part.items()})
