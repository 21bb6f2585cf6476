"""A small model of every family with a batch for it: for the tests of the GPU path, and for benchmarks/gpu_parity.py.

    model, batch = prepared("VAE")
    step(model, batch)

Models are made, compiled and trained on the active library; batches are NumPy arrays.
"""

import numpy as np

from minigen import Adam, models
from minigen.models.autoregressive.char_rnn import streams
from minigen.models.autoregressive.gpt import rows_of
from minigen.training.data import call_step

RNG = np.random.default_rng(0)
SHAPE = (8, 8, 1)
IMAGES = RNG.random((6, *SHAPE), dtype=np.float32)
FLAT = IMAGES.reshape(6, 64)
BITS = (IMAGES > 0.5).astype("float32")
LABELS = RNG.integers(0, 3, 6)
TEXT = "the cat sat on the mat. " * 8


def autoencoder(make, x, *shape):
    model = make(*shape)
    model.compile(Adam(1e-3), "binary_crossentropy")
    return model, (x, x)


def compiled(model, *batch, **options):
    model.compile(**options)
    return model, batch


def char_rnn():
    model = models.CharRNN(TEXT, "lstm", units=8, features=4)
    model.compile()
    x, y = streams(model.vocabulary.encode(TEXT), 10, 4, "here")
    model._states = [s.data for s in model.initial_state(4)]  # as fit() does
    return model, (x[:4], y[:4])


def gpt():
    model = models.GPT(TEXT, blocks=1, heads=2, width=8, window=10)
    model.compile()
    return model, (rows_of(model.vocabulary.encode(TEXT), 10)[:4],)


def pixels(model):
    """A model of black and white images. Both arguments of a step are the images, as in fit()."""
    model.compile()
    return model, (BITS, BITS)


STEPS = {
    "dense autoencoder": lambda: autoencoder(models.fc_autoencoder, FLAT, 8, 64),
    "convolutional autoencoder": lambda: autoencoder(models.conv_autoencoder, IMAGES, SHAPE),
    "VAE": lambda: compiled(models.vae(2, 16, 64), FLAT),
    "conditional VAE": lambda: compiled(models.conditional_vae(2, 3, 16, image_shape=64), FLAT, LABELS),
    "GAN": lambda: compiled(models.gan(4, image_shape=64), FLAT),
    "WGAN-GP": lambda: compiled(models.wgan_gp(4, image_shape=SHAPE), IMAGES),
    "DCGAN": lambda: compiled(models.dcgan(4, image_shape=SHAPE), IMAGES),
    "VAE-GAN": lambda: compiled(models.vae_gan(2, 16, image_shape=64), FLAT),
    "PixelCNN": lambda: pixels(models.PixelCNN(SHAPE, filters=4, blocks=1)),
    "MADE": lambda: pixels(models.MADE(SHAPE, hidden=16)),
    "CharRNN": char_rnn,
    "GPT": gpt,
    "diffusion": lambda: compiled(models.diffusion(3, image_shape=SHAPE, filters=(16, 16), blocks=1), IMAGES, LABELS),
}


def prepared(name):
    """(model, batch), the batch checked as fit() checks all of its data."""
    model, batch = STEPS[name]()
    model.check_training(batch, name)
    return model, batch


def step(model, batch):
    """One training step on a batch that the training loop moves first; returns its logs."""
    return call_step(model.train_step, batch, model.dtype)
