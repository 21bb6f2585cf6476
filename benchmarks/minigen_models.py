"""The models in minigen. Each function returns a step: a function without arguments that updates the weights once and
returns the loss.

They are written as a user would write them. torch_models.py has the same names: add a model to both.
"""

import numpy as np
from data import images, labels, noise, symbols

import minigen
from minigen import (
    SGD,
    Adadelta,
    Adam,
    BatchNormalization,
    Conv2D,
    Dense,
    Embedding,
    Flatten,
    Input,
    LeakyReLU,
    MaskedConv2D,
    MaxPooling2D,
    Model,
    ReLU,
    Reshape,
    Sequential,
    SimpleRNN,
    Tensor,
    UpSampling2D,
    losses,
    models,
)

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


def vae():
    """The chapter's VAE and its loss: 784-512-(2, 2)-512-784, half squared error and KL."""
    model, x = models.vae(), Tensor(images(128))
    model.compile(Adam(1e-3))
    return lambda: model.train_step(x)["loss"]


def conv_ae():
    """The second listing of the chapter."""
    inputs = Input(shape=(28, 28, 1))
    y = Conv2D(32, (3, 3), activation="relu", padding="same")(inputs)
    y = MaxPooling2D((2, 2), padding="same")(y)
    y = Conv2D(32, (3, 3), activation="relu", padding="same")(y)
    y = MaxPooling2D((2, 2), padding="same")(y)
    y = Conv2D(32, (3, 3), activation="relu", padding="same")(y)
    y = UpSampling2D((2, 2))(y)
    y = Conv2D(32, (3, 3), activation="relu", padding="same")(y)
    y = UpSampling2D((2, 2))(y)
    y = Conv2D(1, (3, 3), activation="sigmoid", padding="same")(y)
    x = Tensor(images(128, 28, 28, 1))
    return training(Model(inputs, y), Adadelta(1.0), "binary_crossentropy", x, x)


def game(generator, discriminator, x, z):
    """An update of the discriminator on real and fake images, then one of the generator: GAN.train_step, z fixed."""
    g_optimizer, d_optimizer = Adam(2e-4, beta_1=0.5), Adam(2e-4, beta_1=0.5)

    def step():
        fake = generator(z, training=True)
        d_loss = losses.discriminator_loss(discriminator(x, training=True), discriminator(fake.detach(), training=True))
        d_loss.backward(wrt=discriminator.parameters())
        d_optimizer.step(discriminator.parameters())
        g_loss = losses.generator_loss(discriminator(fake, training=True))
        g_loss.backward(wrt=generator.parameters())
        g_optimizer.step(generator.parameters())
        return d_loss

    return step


def mlp_gan():
    """100-256-512-1024-784 and 784-512-256-1 with LeakyReLU, images in [-1, 1]."""
    inputs = y = Input(shape=(100,))
    for n in (256, 512, 1024):
        y = LeakyReLU(0.2)(Dense(n)(y))
    generator = Model(inputs, Dense(784, activation="tanh")(y))
    inputs = y = Input(shape=(784,))
    for n in (512, 256):
        y = LeakyReLU(0.2)(Dense(n)(y))
    discriminator = Model(inputs, Dense(1)(y))
    return game(generator, discriminator, Tensor(images(128) * 2 - 1), Tensor(noise(128, 100)))


def dcgan():
    """Up-sampling and convolutions in the generator, strided convolutions in the discriminator."""
    inputs = Input(shape=(100,))
    y = Dense(7 * 7 * 128)(inputs)
    y = ReLU()(BatchNormalization()(y))
    y = UpSampling2D()(Reshape((7, 7, 128))(y))
    y = Conv2D(64, 3, padding="same")(y)
    y = ReLU()(BatchNormalization()(y))
    y = UpSampling2D()(y)
    generator = Model(inputs, Conv2D(1, 3, padding="same", activation="tanh")(y))

    inputs = Input(shape=(28, 28, 1))
    y = LeakyReLU(0.2)(Conv2D(64, 5, strides=2, padding="same")(inputs))
    y = LeakyReLU(0.2)(Conv2D(128, 5, strides=2, padding="same")(y))
    discriminator = Model(inputs, Dense(1)(Flatten()(y)))

    return game(generator, discriminator, Tensor(images(128, 28, 28, 1) * 2 - 1), Tensor(noise(128, 100)))


def vae_gan():
    """784-512-(16, 16)-512-784 and 784-512-256-1, LeakyReLU: a step of encoder, decoder and discriminator."""
    model, x = models.vae_gan(16), Tensor(images(128))
    g_optimizer, d_optimizer = Adam(2e-4, beta_1=0.5), Adam(2e-4, beta_1=0.5)
    model.compile(e_optimizer=Adam(1e-3), g_optimizer=g_optimizer, d_optimizer=d_optimizer)
    return lambda: model.train_step(x)["d_loss"]


def pixelcnn():
    """7 x 7 with mask A and two 3 x 3 with mask B, 32 channels each, and 1 x 1 to one logit for each pixel."""
    layers = [
        Input(shape=(28, 28, 1)),
        MaskedConv2D(32, 7, "A", activation="relu"),
        MaskedConv2D(32, 3, "B", activation="relu"),
        MaskedConv2D(32, 3, "B", activation="relu"),
        Conv2D(1, 1, activation="sigmoid"),
    ]
    x = Tensor((images(64, 28, 28, 1) > 0.5).astype("float32"))
    return training(Sequential(layers), Adam(1e-3), "binary_crossentropy", x, x)


def char_rnn():
    """An Elman network of 128 units on 64 symbols, in windows of 40; the loss is the mean over all 40 steps."""
    layers = [
        Input(shape=(40,), dtype="int64"),
        Embedding(64, 64),
        SimpleRNN(128, return_sequences=True),
        Dense(64, activation="softmax"),
    ]
    text = symbols(128, 41)
    return training(Sequential(layers), Adam(1e-3), "sparse_categorical_crossentropy", text[:, :-1], text[:, 1:])


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


MODELS = {
    f.__name__: f
    for f in (
        fc_ae,
        deep_fc_ae,
        ae2d,
        vae,
        conv_ae,
        mlp_gan,
        dcgan,
        vae_gan,
        pixelcnn,
        char_rnn,
        softmax,
        tiny_mlp,
    )
}
