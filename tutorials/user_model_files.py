"""
Files of models: save one whole, and exchange it with Keras and PyTorch
=======================================================================

A model is trained for an epoch, saved, loaded in a program that does not have its code, and trained for another epoch:
the result is bit for bit that of an unbroken training. Then its weights go to the other libraries and back.

``--quick`` takes a few seconds.
"""

import json
from pathlib import Path

import numpy as np

import minigen as mg
from minigen import Dense, Input, Layer, Sequential, interchange, load_model, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist

ARGS = tutorial_flags(__doc__, epochs=2, quick_epochs=2, batch_size=64)
OUT = Path(ARGS.out)
OUT.mkdir(parents=True, exist_ok=True)

(x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
x_train, x_test = (x.reshape(-1, 28, 28, 1).astype("float32") / 255 for x in (x_train, x_test))
if ARGS.quick:
    x_train, y_train, x_test, y_test = x_train[:1280], y_train[:1280], x_test[:500], y_test[:500]

# %%
# A classifier with a layer of its own: Scale, with a setting and a weight. Nothing in it is about files.


class Scale(Layer):
    """y = factor s x"""

    def __init__(self, factor=1.0, name=None):
        super().__init__(name)
        self.factor = factor

    def build(self, input_shape):
        self.s = self.add_weight("s", (input_shape[-1],), "ones")

    def call(self, x):
        return x * self.s * self.factor


def classifier():
    maps = [mg.Conv2D(8, 3, activation="relu", padding="same"), mg.MaxPooling2D(), mg.Conv2D(16, 3, activation="relu")]
    dense = [mg.Flatten(), mg.Dropout(0.2), Dense(32, "relu"), Scale(0.5), Dense(10, "softmax")]
    model = Sequential([Input(shape=(28, 28, 1)), *maps, mg.MaxPooling2D(), *dense])
    model.compile(mg.Adam(2e-3), "sparse_categorical_crossentropy", ["accuracy"])
    return model


def train(model, number):
    """One epoch; the seed makes shuffling and dropout the same in every run."""
    mg.seed(ARGS.seed + number)
    return model.fit(x_train, y_train, batch_size=ARGS.batch_size, verbose=0).history["loss"][0]


mg.seed(ARGS.seed)
unbroken = classifier()
first, second = train(unbroken, 1), train(unbroken, 2)

# %%
# The same with a file between the epochs. `load_model` needs the file, and of the user's own classes the class: the
# file has the arguments of every layer, the weights, the optimizer with its averages, the loss and the metrics by name.
# It has no code, and none is executed when it is read.

mg.seed(ARGS.seed)
model = classifier()
assert train(model, 1) == first
model.save(OUT / "classifier.minigen")

loaded = load_model(OUT / "classifier.minigen", custom_objects={"Scale": Scale})
assert (loaded.predict(x_test) == model.predict(x_test)).all() and loaded.describe() == model.describe()
assert train(loaded, 2) == second
assert all((a == b).all() for a, b in zip(loaded.get_weights(), unbroken.get_weights(), strict=True))
accuracy = loaded.evaluate(x_test, y_test)[1]
print(f"two epochs at once and with a file between them: loss {second:.4f}, accuracy {accuracy:.3f}, the same bits")
assert accuracy > 0.5
answers = loaded.predict(x_test).argmax(axis=1)
figure = plot.rows(x_test[answers == y_test][:10], x_test[answers != y_test][:10])
print(plot.save(figure, OUT / "tutorial-files.png"), "shows ten digits that it knows, and ten that it takes for others")

# %%
# What is in it? An archive of arrays, and a text, which NumPy and json read without minigen.

with np.load(OUT / "classifier.minigen") as file:
    meta = json.loads(str(file["meta"]))
    names = [name for name in file.files if name.startswith("arrays/weights/")]
print(f"{len(names)} weights, such as {names[0]}")
print("Scale was made with", next(s["config"] for s in meta["model"]["steps"] if s.get("class") == "Scale"))
assert meta["model"]["layers"]["scale"]["class"] == "Scale" and len(names) == 9

# %%
# What cannot be written is refused before anything is written, all of it at once: a function without a name, say.

loaded.compile("adam", lambda y_true, y_pred: ((y_true - y_pred) ** 2).mean())
try:
    loaded.save(OUT / "refused.minigen")
except ValueError as error:
    print(error)
assert not (OUT / "refused.minigen").exists()

# %%
# To PyTorch and back: a state dict of NumPy arrays. PyTorch is not needed here; there it is
#
#     module.load_state_dict({k: torch.from_numpy(a) for k, a in arrays.items()})
#
# Images are (channels, rows, columns) in PyTorch, so kernels have their axes in another order, and in the kernel of the
# Dense layer behind the Flatten the rows stand in another order.


def network():
    maps = [mg.Conv2D(8, 3, activation="relu"), mg.BatchNormalization(momentum=0.9, epsilon=1e-5), mg.Conv2D(4, 3)]
    return Sequential([Input(shape=(28, 28, 1)), *maps, mg.Flatten(), Dense(10)])


mg.seed(ARGS.seed)
one, other = network(), network()
arrays = interchange.state_dict(one, names=["0", "2", "3", "5"])
print({name: a.shape for name, a in arrays.items()})
assert arrays["0.weight"].shape == (8, 1, 3, 3) and arrays["5.weight"].shape == (10, 4 * 24 * 24)
kernel = one.layers[-1].kernel.numpy().reshape(24, 24, 4, 10)  # (rows, columns, channels, out)
assert (arrays["5.weight"].reshape(10, 4, 24, 24) == kernel.transpose(3, 2, 0, 1)).all()
interchange.load_state_dict(other, arrays)
assert (other.predict(x_test) == one.predict(x_test)).all()

# %%
# Weights in the formats of others, if their packages are installed: safetensors, and h5py for those of Keras.

for name in ("weights.safetensors", "model.weights.h5", "model.keras"):
    try:
        one.save(OUT / name) if name.endswith(".keras") else one.save_weights(OUT / name)
    except ImportError as error:
        print(f"{name}: {str(error).splitlines()[0]}")
        continue
    if name.endswith(".keras"):
        other = load_model(OUT / name)
    else:
        other.load_weights(OUT / name)
    assert (other.predict(x_test) == one.predict(x_test)).all()
    print(f"{name}: {(OUT / name).stat().st_size:,} bytes, the same predictions")
