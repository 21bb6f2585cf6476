"""Networks that play against each other."""

from data import images, noise

from minigen import (
    Adam,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    Input,
    LeakyReLU,
    Model,
    ReLU,
    Reshape,
    Tensor,
    UpSampling2D,
    losses,
    models,
)


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


def generator_and_discriminator():
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
    return generator, discriminator


def dcgan():
    return game(*generator_and_discriminator(), Tensor(images(128, 28, 28, 1) * 2 - 1), Tensor(noise(128, 100)))


def wgan_gp():
    """The networks of dcgan as a WGAN-GP: an update of the critic with gradient penalty, then one of the generator."""
    generator, critic = generator_and_discriminator()
    g_optimizer, d_optimizer = Adam(1e-4, beta_1=0.0, beta_2=0.9), Adam(1e-4, beta_1=0.0, beta_2=0.9)
    x, z = Tensor(images(64, 28, 28, 1) * 2 - 1), Tensor(noise(64, 100))

    def step():
        fake = generator(z, training=True)
        penalty = losses.gradient_penalty(lambda x: critic(x, training=True), x, fake)
        d_loss = critic(fake.detach(), training=True).mean() - critic(x, training=True).mean() + 10 * penalty
        d_loss.backward(wrt=critic.parameters())
        d_optimizer.step(critic.parameters())
        g_loss = -critic(fake, training=True).mean()
        g_loss.backward(wrt=generator.parameters())
        g_optimizer.step(generator.parameters())
        return d_loss

    return step


def vae_gan():
    """784-512-(16, 16)-512-784 and 784-512-256-1, LeakyReLU: a step of encoder, decoder and discriminator."""
    model, x = models.vae_gan(16), Tensor(images(128))
    g_optimizer, d_optimizer = Adam(2e-4, beta_1=0.5), Adam(2e-4, beta_1=0.5)
    model.compile(e_optimizer=Adam(1e-3), g_optimizer=g_optimizer, d_optimizer=d_optimizer)
    return lambda: model.train_step(x)["d_loss"]


MODELS = mlp_gan, dcgan, wgan_gp, vae_gan
