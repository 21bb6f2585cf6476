"""Pages of the chapter's models, for their sizes: with 1,000 test digits, and films as long as minigen makes them."""

import math

import numpy as np
from helpers.pages import read_page

from minigen import models
from minigen.datasets import mnist
from minigen.explorer import Film, Shown, film_of_path, in_bytes
from minigen.explorer.films import FRAMES
from minigen.recipes import films


def digits():
    """1,000 test digits (n, 28, 28, 1) in [0, 1], and their labels."""
    _, (x, y) = mnist.load_data("sample")
    return x[..., None] / np.float32(255), y


def film_of_a_gan():
    """As many pictures as the film of a training has; digits compress as those of a generator do."""
    x, _ = digits()
    shape = films.FRAMES, films.PICTURES
    frames = in_bytes(x[: math.prod(shape)], 0, 1).reshape(*shape, 28, 28, 1)
    numbers = list(np.linspace(1.4, 0.9, films.FRAMES))
    captions = [f"epoch {n}" for n in range(films.FRAMES)]
    return Film("The same noise after each epoch", frames, captions, {"d_loss": numbers, "g_loss": numbers})


def film_of_a_diffusion(model):
    """Ten digits in less and less noise: x_t = a x + s ε."""
    rng, x = np.random.default_rng(0), digits()[0][:10]
    shares = np.linspace(1, 0, FRAMES)
    path = [(int(1000 * t), (1 - t) * x + t * rng.normal(size=x.shape)) for t in shares]
    return film_of_path(path, model)


def of_images(model, flat=False):
    x, y = digits()
    return Shown(model, "", x.reshape(len(x), -1) if flat else x, y)


def diffusion():
    model = models.diffusion()
    return Shown(model, film=film_of_a_diffusion(model))


KINDS = {
    "latent_autoencoder(2)": lambda: of_images(models.latent_autoencoder(2)),
    "vae(2)": lambda: of_images(models.vae(2)),
    "vae(32)": lambda: of_images(models.vae(32)),
    "conv_vae(2)": lambda: of_images(models.conv_vae(2)),
    "conditional_vae(2)": lambda: of_images(models.conditional_vae(2)),
    "conv_autoencoder()": lambda: of_images(models.conv_autoencoder()),
    "gan(32)": lambda: Shown(models.gan(32), film=film_of_a_gan()),
    "conditional_gan(32)": lambda: Shown(models.conditional_gan(32), film=film_of_a_gan()),
    "dcgan(32)": lambda: Shown(models.dcgan(32), film=film_of_a_gan()),
    "diffusion()": diffusion,
}


def sizes(page):
    """(bytes of the weights on the page in 16 bits, bytes of the page, the bound for them)"""
    data, _ = read_page(page)
    codes = [view["codes"] for view in data["views"]]
    kept = [a for i, a in enumerate(data["arrays"]) if a["type"] == "float16" and i not in codes]
    weights = sum(2 * math.prod(a["shape"]) for a in kept)
    return weights, len(page.encode("utf-8", "replace")), 1.2 * weights + 150_000
