"""The saved files of version 0.1.0, which later versions must read: python tests/golden/make_saved.py FOLDER

Each case is a small model and a training of two epochs. CASE.npz is the checkpoint after the first epoch (of
`interrupted` in the middle of it), and CASE-end.npz has the weights after the second.
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np

from minigen import (
    GRU,
    Adam,
    BatchNormalization,
    Conv2D,
    Dense,
    Embedding,
    Flatten,
    Input,
    Layer,
    Model,
    RMSprop,
    Sequential,
    Task,
    alternate,
    models,
    seed,
)
from minigen.callbacks import Callback

RNG = np.random.default_rng(0)
X, SYMBOLS, IMAGES = RNG.random((24, 6), "float32"), RNG.integers(0, 5, (24, 4)), RNG.random((24, 4, 4, 1), "float32")
LABELS = RNG.integers(0, 3, 24)


class Scale(Layer):
    """y = s x, with a list of weights, and a number that goes into checkpoints beside them."""

    def build(self, input_shape):
        self.scales = [self.add_weight("s", (input_shape[-1],), "ones") for _ in range(2)]

    def call(self, x):
        return x * self.scales[0] * self.scales[1]


class Slowing(Model):
    """A model of one's own, with a state."""

    def __init__(self):
        super().__init__()
        self.body, self.scale, self.rate = Sequential([Input(shape=(6,)), Dense(3, "softmax")]), Scale(), 1.0

    def call(self, x, training=False):
        return self.body(self.scale(x))

    def own_callbacks(self):
        return [Halving()]

    def training_state(self):
        return {"rate": self.rate}

    def set_training_state(self, state):
        self.rate = state["rate"]


class Halving(Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.rate /= 2
        logs["rate"] = self.model.rate


def classifier(layers):
    model = Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    return model


def dense():
    return classifier([Input(shape=(6,)), Dense(4, "tanh"), BatchNormalization(), Dense(3, "softmax")]), X, LABELS


def images():
    return classifier([Conv2D(2, 3, name="conv"), Flatten(), Dense(3, "softmax")]), IMAGES, LABELS


def words():
    return classifier([Embedding(5, 3), GRU(4), Dense(3, "softmax")]), SYMBOLS, LABELS


def own_model():
    model = Slowing()
    model.compile(RMSprop(1e-2, momentum=0.5), "sparse_categorical_crossentropy")
    return model, X, LABELS


def gan():
    generator = Sequential([Input(shape=(2,)), Dense(4, "relu"), Dense(6, "sigmoid")])
    model = models.GAN(generator, Sequential([Input(shape=(6,)), Dense(4, "tanh"), Dense(1)]))
    model.compile()
    return model, X, None


def vae():
    x = Input(shape=(6,))
    encoder = Model(x, models.vae_heads(Dense(4, "tanh")(x), 2))
    model = models.VAE(encoder, Sequential([Input(shape=(2,)), Dense(6, "sigmoid")]))
    model.compile(Adam(1e-2))
    return model, X, None


def tasks():
    """Two models with one encoder."""
    x = Input(shape=(6,))
    encoder = Model(x, Dense(3, "tanh")(x), name="encoder")
    digit, copy = Model(x, Dense(3, "softmax")(encoder(x))), Model(x, Dense(6, "sigmoid", name="back")(encoder(x)))
    digit.compile(Adam(1e-2), "sparse_categorical_crossentropy")
    copy.compile(RMSprop(1e-2), "mse")
    return [(Task("digit", digit, X, LABELS), 2), (Task("copy", copy, X, X), 1)]


CASES = (dense, images, words, own_model, gan, vae)


def interrupt(model, steps):
    """Ctrl-C in this step."""
    step, done = model.train_step, []

    def train_step(*batch):
        done.append(batch)
        if len(done) == steps:
            os.kill(os.getpid(), signal.SIGINT)
        return step(*batch)

    model.train_step = train_step


def main(folder):
    for case in CASES:
        seed(0)
        model, x, y = case()
        model.fit(x, y, batch_size=8, verbose=0, checkpoint=folder / f"{case.__name__}.npz")
        model.fit(x, y, batch_size=8, epochs=2, verbose=0, checkpoint=folder / f"{case.__name__}.npz", resume=True)
        model.save_weights(folder / f"{case.__name__}-end.npz")
        seed(0)
        model, x, y = case()
        model.fit(x, y, batch_size=8, verbose=0, checkpoint=folder / f"{case.__name__}.npz")
    seed(0)
    alternate(tasks(), 8, 1, 0, checkpoint=folder / "tasks.npz")
    schedule = tasks()
    alternate(schedule, 8, 2, 0, checkpoint=folder / "tasks.npz", resume=True)
    for task, _ in schedule:
        task.model.save_weights(folder / f"tasks-{task.name}-end.npz")
    seed(0)
    alternate(tasks(), 8, 1, 0, checkpoint=folder / "tasks.npz")
    seed(0)
    model, x, y = dense()
    interrupt(model, 2)
    try:
        model.fit(x, y, batch_size=8, epochs=2, verbose=0, checkpoint=folder / "interrupted.npz")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main(Path(sys.argv[1]))
