"""The GANs of the chapter's section 9.1, each in two sizes: "cpu" trains in minutes on two cores, "gpu" is wider.

Images are in [0, 1], as everywhere in minigen: a generator ends in a sigmoid, and a discriminator first centres its
input, to [-1, 1]. This equals the usual GAN with images in [-1, 1], since (tanh u + 1) / 2 = σ(2u), and all models
have one range. LeakyReLU with slope 0.2 passes a gradient through D everywhere: it is G's only training signal.
"""

from __future__ import annotations

import math
from typing import Any

from ...arguments import checks_arguments
from ...checks.values import named, positive_integer
from ...layers import Concatenate, Conv2D, Dense, Flatten, Input, LeakyReLU, ReLU, Rescaling, Reshape, UpSampling2D
from ...layers.normalization import BatchNormalization
from ...model import Model
from ...types import Shape
from ..checks import image_shape_for, image_shape_of, multiples
from ..shapes import chained, drawing, flattening
from .gan import GAN, ConditionalGAN, WassersteinGAN

HIDDEN = {  # widths of the dense networks: generator, discriminator
    "cpu": ((256, 512, 1024), (512, 256)),
    "gpu": ((512, 1024, 2048), (2048, 1024)),
}
FILTERS = {"cpu": 32, "gpu": 64}  # of the convolutional ones: twice as many on the small maps


@checks_arguments
def gan(
    noise_dim: int = 32, preset: str = "cpu", margin: float | None = None, image_shape: int | Shape = (784,)
) -> GAN:
    """Dense networks: noise → 256 → 512 → 1024 → 784 sigmoid, and 784 → 512 → 256 → 1. 1,476,112 + 533,505 weights.

    preset "gpu" has 512, 1024, 2048 and 2048, 1024. Raises ValueError for an unknown preset or noise_dim < 1.
    """
    widths, discriminator_widths = named("preset", preset, HIDDEN)
    shape = image_shape_of("gan", image_shape)
    z, x = Input(shape=(_noise_dim("gan", noise_dim),)), Input(shape=shape)
    generator = _dense_generator(z, widths, shape)
    discriminator = _dense_discriminator(chained(flattening(shape), x), discriminator_widths)
    return GAN(Model(z, generator), Model(x, discriminator), margin=margin)


@checks_arguments
def conditional_gan(
    noise_dim: int = 32,
    classes: int = 10,
    preset: str = "cpu",
    margin: float | None = None,
    image_shape: int | Shape = (784,),
) -> ConditionalGAN:
    """The dense networks of gan(), both with the class: a one-hot row beside the noise and beside the image."""
    widths, discriminator_widths = named("preset", preset, HIDDEN)
    classes = positive_integer("models.conditional_gan: classes", classes, "models.conditional_gan(32, classes=10)")
    shape = image_shape_of("conditional_gan", image_shape)
    z, y = Input(shape=(_noise_dim("conditional_gan", noise_dim),)), Input(shape=(classes,))
    generator = Model([z, y], _dense_generator(Concatenate()([z, y]), widths, shape))
    x, y = Input(shape=shape), Input(shape=(classes,))
    h = Concatenate()([chained(flattening(shape), x), y])
    discriminator = Model([x, y], _dense_discriminator(h, discriminator_widths))
    return ConditionalGAN(generator, discriminator, margin=margin)


@checks_arguments
def dcgan(
    noise_dim: int = 32, preset: str = "cpu", margin: float | None = None, image_shape: Shape = (28, 28, 1)
) -> GAN:
    """Convolutions: noise → 7 x 7 → 14 x 14 → 28 x 28 by up-sampling, as in the chapter's decoder; two with strides.

    32 and 64 filters (preset "gpu": 64 and 128), batch normalisation in the generator. After Radford et al. 2016.
    Raises ValueError unless rows and columns are multiples of 4.
    """
    filters = named("preset", preset, FILTERS)
    shape = image_shape_for("dcgan", image_shape, *multiples(4))
    generator = _conv_generator(_noise_dim("dcgan", noise_dim), filters, shape)
    return GAN(generator, _conv_discriminator(filters, shape), margin=margin)


@checks_arguments
def wgan_gp(noise_dim: int = 32, preset: str = "cpu", image_shape: Shape = (28, 28, 1)) -> WassersteinGAN:
    """The networks of dcgan() as generator and critic of a WassersteinGAN."""
    filters = named("preset", preset, FILTERS)
    shape = image_shape_for("wgan_gp", image_shape, *multiples(4))
    generator = _conv_generator(_noise_dim("wgan_gp", noise_dim), filters, shape)
    return WassersteinGAN(generator, _conv_discriminator(filters, shape))


def _dense_generator(h: Any, widths: tuple[int, ...], shape: Shape) -> Any:
    for n in widths:
        h = LeakyReLU(0.2)(BatchNormalization(synchronized=True)(Dense(n)(h)))
    return chained(drawing(shape, "sigmoid"), h)


def _dense_discriminator(x: Any, widths: tuple[int, ...]) -> Any:
    h = Rescaling(2, offset=-1)(x)
    for n in widths:
        h = LeakyReLU(0.2)(Dense(n)(h))
    return Dense(1)(h)


def _conv_generator(noise_dim: int, filters: int, shape: Shape) -> Model:
    rows, columns, channels = shape
    small = (rows // 4, columns // 4, 2 * filters)
    z = Input(shape=(noise_dim,))
    h = ReLU()(BatchNormalization(synchronized=True)(Dense(math.prod(small))(z)))
    h = UpSampling2D()(Reshape(small)(h))
    h = ReLU()(BatchNormalization(synchronized=True)(Conv2D(filters, 3, padding="same")(h)))
    h = UpSampling2D()(h)
    return Model(z, Conv2D(channels, 3, padding="same", activation="sigmoid")(h))


def _conv_discriminator(filters: int, shape: Shape) -> Model:
    x = Input(shape=shape)
    h = Rescaling(2, offset=-1)(x)
    h = LeakyReLU(0.2)(Conv2D(filters, 5, strides=2, padding="same")(h))
    h = LeakyReLU(0.2)(Conv2D(2 * filters, 5, strides=2, padding="same")(h))
    return Model(x, Dense(1)(Flatten()(h)))


def _noise_dim(where: str, noise_dim: int) -> int:
    return positive_integer(f"models.{where}: noise_dim", noise_dim, f"models.{where}(32)")
