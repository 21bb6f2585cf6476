"""Models of every kind on twelve images of 784 numbers, and the data for them."""

import numpy as np

from minigen import Concatenate, Dense, Flatten, Input, Model, Sequential, models

RNG = np.random.default_rng(0)
X = RNG.random((12, 784)).astype("float32")
IMAGES = X.reshape(-1, 28, 28)
BITS = X > 0.5
LABELS = np.arange(12) % 10
SCORES = np.full((12, 10), 0.1, "float32")


def autoencoder(loss="binary_crossentropy", **options):
    model = models.fc_autoencoder(4)
    model.compile("adam", loss, **options)
    return model


def vae():
    model = models.vae(2, 8)
    model.compile()
    return model


def gan():
    generator = Sequential([Input(shape=(3,)), Dense(784, "sigmoid")])
    model = models.GAN(generator, Sequential([Input(shape=(784,)), Dense(1)]))
    model.compile()
    return model


def classifier():
    model = Sequential([Input(shape=(784,)), Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def conditional(make):
    model = make()
    model.compile()
    return model


def conditional_vae():
    return models.conditional_vae(2, 10, 8)


def conditional_gan():
    z, x, y = Input(shape=(3,)), Input(shape=(784,)), Input(shape=(10,))
    generator = Model([z, y], Dense(784, "sigmoid")(Concatenate()([z, y])))
    return models.ConditionalGAN(generator, Model([x, y], Dense(1)(Concatenate()([x, y]))))


def images_classifier():
    model = Sequential([Input(shape=(28, 28, 1)), Flatten(), Dense(1)])
    model.compile("adam", "mse")
    return model


def two_outputs(metrics_):
    x = Input(shape=(784,))
    model = Model(x, [Dense(1, "sigmoid", name="ring")(x), Dense(10, "softmax", name="digit")(x)])
    model.compile("adam", ["binary_crossentropy", "sparse_categorical_crossentropy"], metrics=metrics_)
    return model
