"""Networks of dense layers."""

from data import images, labels

from minigen import SGD, Adam, Dense, Input, Model, Tensor, models

from .training import training


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


def vae(latent_dim=2):
    """The chapter's VAE and its loss: 784-512-(2, 2)-512-784, half squared error and KL."""
    model, x = models.vae(latent_dim), Tensor(images(128))
    model.compile(Adam(1e-3))
    return lambda: model.train_step(x)["loss"]


def vae_32():
    return vae(latent_dim=32)


def cvae():
    """The chapter's conditional VAE: with the class beside the image and beside z."""
    model, x, y = models.conditional_vae(), Tensor(images(128)), labels(128, classes=10)
    model.compile(Adam(1e-3))
    return lambda: model.train_step(x, y)["loss"]


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


MODELS = fc_ae, deep_fc_ae, ae2d, vae, vae_32, cvae, softmax, tiny_mlp
