"""The models in minigen. Each function returns a step: no arguments, one update of the weights, the loss.

Written as a user would write them. torch_models.py holds the same names: add a model to both.
"""

import numpy as np
from data import images, labels

import minigen
from minigen import SGD, Adam, Dense, Input, Model, Tensor

minigen.seed(0)
VERSION = f"minigen {minigen.__version__}, NumPy {np.__version__}"


def training(model, optimizer, loss, x, y):
    """A step of `model` on the fixed batch (x, y)."""
    model.compile(optimizer, loss)
    return lambda: model.train_step(x, y)["loss"]


def autoencoder(units, activations, batch):
    """A dense autoencoder of 784 pixels, trained with Adam on the binary cross-entropy."""
    inputs = y = Input(shape=(784,))
    for n, activation in zip(units, activations, strict=True):
        y = Dense(n, activation)(y)
    x = Tensor(images(batch))
    return training(Model(inputs, y), Adam(1e-3), "binary_crossentropy", x, x)


def fc_ae():
    return autoencoder([32, 784], ["relu", "sigmoid"], batch=256)


def deep_fc_ae():
    return autoencoder([128, 64, 32, 64, 128, 784], ["relu"] * 5 + ["sigmoid"], batch=256)


def ae2d():
    return autoencoder([512, 2, 512, 784], ["relu", "linear", "relu", "sigmoid"], batch=128)


def softmax():
    inputs = Input(shape=(784,))
    model = Model(inputs, Dense(10, "softmax")(inputs))
    x, y = Tensor(images(128)), labels(128, classes=10)
    return training(model, SGD(0.01), "sparse_categorical_crossentropy", x, y)


def tiny_mlp():
    inputs = Input(shape=(20,))
    model = Model(inputs, Dense(1)(Dense(16, "tanh")(inputs)))
    x, y = Tensor(images(32, 20)), Tensor(images(32, 1))
    return training(model, SGD(0.01), "mse", x, y)


MODELS = {f.__name__: f for f in (fc_ae, deep_fc_ae, ae2d, softmax, tiny_mlp)}
