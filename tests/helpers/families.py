"""A short training of each family of models in float64, for the comparison of several ranks with one process.

python families.py FILE writes the weights and the history of each, from rank 0.
"""

import sys

import numpy as np

import minigen as mg
from minigen import layers, models, parallel
from minigen.training import Task, alternate

ROWS, BATCH = 34, 9  # batches of 9, 9, 9 and 7 rows: none can be divided by 2, some not by 3
TEXT = "the cat sat on the mat and the rat ate the hat " * 12


class BatchLosses(mg.callbacks.Callback):
    """Keeps the loss of each batch; of several ranks the first one alone calls it."""

    of_first_rank = True

    def __init__(self):
        self.losses = []

    def on_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])


def images(n=ROWS, shape=(8, 8, 1)):
    return np.random.default_rng(1).random((n, *shape))


def labels(n=ROWS):
    return np.arange(n) % 3


def fitted(model, *data, **options):
    """The weights and the history of 20 steps."""
    options = {"batch_size": BATCH, "epochs": 5, "verbose": 0} | options
    return found(model, model.fit(*data, **options))


def found(model, history):
    return [*model.get_weights(), *(np.asarray(values) for values in history.history.values())]


def dense():
    model = models.fc_autoencoder(4, (64,)).astype("float64")
    model.compile(mg.Adam(1e-3, global_clipnorm=0.1), "binary_crossentropy", ["mse"])
    x = images().reshape(ROWS, 64)
    of_batches = BatchLosses()
    options = {"validation_data": (x[:7], x[:7]), "sample_weight": np.arange(1.0, ROWS + 1)}
    return [*fitted(model, x, x, callbacks=[of_batches], **options), np.array(of_batches.losses)]


def conv():
    model = models.conv_autoencoder((8, 8, 1)).astype("float64")
    model.compile("adam", "binary_crossentropy")
    return fitted(model, images(), images())


def vae():
    model = models.vae(2, 8, (64,)).astype("float64")
    model.compile()
    x = images().reshape(ROWS, 64)
    return fitted(model, x, validation_data=x[:5])


def conditional_vae():
    model = models.conditional_vae(2, 3, 8, (64,)).astype("float64")
    model.compile()
    return fitted(model, images().reshape(ROWS, 64), labels())


def dense_gan(kind, **options):
    """4 → 8 → 16, with batch normalisation, and 16 → 6 → 1."""
    inside = [mg.Dense(8), mg.BatchNormalization(synchronized=True), mg.LeakyReLU(0.2), mg.Dense(16, "sigmoid")]
    generator = mg.Sequential([mg.Input(shape=(4,)), *inside])
    model = kind(generator, mg.Sequential([mg.Input(shape=(16,)), mg.Dense(6, "tanh"), mg.Dense(1)]), **options)
    return model.astype("float64")


def gan():
    """With the balance rule: the losses of a step decide who is updated."""
    model = dense_gan(models.GAN, margin=0.02)
    model.compile()
    return fitted(model, images(shape=(16,)))


def wgan_gp():
    model = dense_gan(models.WassersteinGAN, critic_steps=2)
    model.compile()
    return fitted(model, images(shape=(16,)))


def dcgan():
    """Batch normalisation, synchronised."""
    model = models.dcgan(4, image_shape=(4, 4, 1)).astype("float64")
    model.compile()
    return fitted(model, images(shape=(4, 4, 1)))


def vae_gan():
    model = models.vae_gan(2, 8, image_shape=(16,)).astype("float64")
    model.compile()
    return fitted(model, images(shape=(16,)))


def multitask():
    vae = models.vae(2, 8, (16,)).astype("float64")
    vae.compile()
    digit = models.Head(vae.encoder, layers.Dense(3, "softmax"), "digit").astype("float64")
    digit.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    x = images(shape=(16,))
    tasks = [(Task("vae", vae, x), 2), (Task("digit", digit, x[:23], labels(23), (x[23:], labels()[23:])), 1)]
    history = alternate(tasks, BATCH, 2, verbose=0)
    return [*found(vae, history), *digit.get_weights()]


def char_rnn():
    model = models.CharRNN(TEXT, "lstm", units=6, features=4, dropout=0.2).astype("float64")
    model.compile()
    arrays = fitted(model, TEXT, window=10, batch_size=5, epochs=2, validation_text=TEXT[:40])
    model.set_training_state(model.training_state())  # as for a file: there are no streams outside of fit()
    return arrays


def lstm():
    model = mg.Sequential([mg.Input(shape=(6, 3)), mg.LSTM(5), mg.Dense(2)]).astype("float64")
    model.compile("rmsprop", "mse")
    x = np.random.default_rng(2).normal(size=(ROWS, 6, 3))
    return fitted(model, x, x[:, 0, :2], shuffle=False)


def pixelcnn():
    model = models.PixelCNN((6, 6), filters=4, blocks=1).astype("float64")
    model.compile()
    x = (images(shape=(6, 6, 1)) > 0.5).astype("float64")
    return fitted(model, x, x)


def made():
    model = models.MADE((16,), hidden=8, order="random").astype("float64")
    model.compile()
    x = (images(shape=(16,)) > 0.5).astype("float64")
    return fitted(model, x, x)


def dropout():
    """Noise, dropout, and a batch with fewer rows than ranks."""
    inside = [mg.GaussianNoise(0.3), mg.Dense(8, "relu"), mg.Dropout(0.5), mg.Dense(3, "softmax")]
    model = mg.Sequential([mg.Input(shape=(16,)), *inside]).astype("float64")
    model.compile(mg.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", ["accuracy"])
    return fitted(model, images(28, (16,)), labels(28))


def gpt():
    model = models.GPT(TEXT, blocks=1, heads=2, width=8, window=12, dropout=0.1).astype("float64")
    model.compile()
    return fitted(model, TEXT, batch_size=7, epochs=3)


def diffusion():
    model = models.Diffusion(models.point_network(2, 8, 1, classes=3), data_range=None).astype("float64")
    model.compile()
    return fitted(model, np.random.default_rng(3).normal(size=(ROWS, 2)), labels(), validation_data=None)


FAMILIES = {
    f.__name__: f
    for f in (
        dense,
        conv,
        vae,
        conditional_vae,
        gan,
        wgan_gp,
        dcgan,
        vae_gan,
        multitask,
        char_rnn,
        lstm,
        pixelcnn,
        made,
        dropout,
        gpt,
        diffusion,
    )  # fmt: skip
}


def trained(name):
    mg.seed(0)
    return FAMILIES[name]()


if __name__ == "__main__":
    parallel.init()
    arrays = {f"{name}/{i:02d}": a for name in sys.argv[2:] or FAMILIES for i, a in enumerate(trained(name))}
    if parallel.rank() == 0:
        np.savez(sys.argv[1], **arrays)
