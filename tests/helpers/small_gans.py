"""Small GANs of every kind, and data for them."""

import numpy as np

import minigen
from minigen import BatchNormalization, Dense, Input, LeakyReLU, Model, Sequential, models

RNG = np.random.default_rng(0)
X = RNG.random((40, 6)).astype("float32")
LABELS = RNG.integers(0, 3, 40)


def generator(out="sigmoid"):
    return Sequential([Input((4,)), Dense(8), BatchNormalization(), LeakyReLU(0.2), Dense(6, out)])


def discriminator(last="linear"):
    return Sequential([Input((6,)), Dense(5, "tanh"), Dense(1, last)])


def small_gan(kind=models.GAN, **options):
    """4 → 8 → 6, and 6 → 5 → 1; the conditional one with 3 classes."""
    if kind is not models.ConditionalGAN:
        return kind(generator(), discriminator(), **options)
    z, x, y, t = Input((4,)), Input((6,)), Input((3,)), Input((3,))
    g = Model([z, y], Dense(6, "sigmoid")(Dense(8, "tanh")(minigen.Concatenate()([z, y]))))
    d = Model([x, t], Dense(1)(Dense(5, "tanh")(minigen.Concatenate()([x, t]))))
    return kind(g, d, **options)


KINDS = (models.GAN, models.ConditionalGAN, models.WassersteinGAN)


def batch(gan):
    return (X, LABELS) if isinstance(gan, models.ConditionalGAN) else (X,)
