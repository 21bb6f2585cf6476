"""Pages of the explorer with small models, for tests in a browser."""

import numpy as np

from minigen import models
from minigen.checks.values import as_list
from minigen.explorer import networks, page
from minigen.explorer.arrays import Arrays

SIZE = 8  # rows and columns of the images
DIGITS = [str(i) for i in range(10)]


class Book:
    """Views, one after the other, and their arrays: what a page is made of."""

    def __init__(self):
        self.arrays, self.views = Arrays(), []
        self.rng = np.random.default_rng(0)

    def add(self, decoder=None, encoder=None, inputs=("z",), **fields):
        """Add a view of these networks; what `fields` do not say is as for a decoder without anything else."""
        view = {
            "kind": "autoencoder",
            "title": "A model",
            "image": [SIZE, SIZE, 1],
            "range": [0.0, 1.0],
            "latent": as_list(decoder.inputs)[0].shape[-1] if decoder else 0,
            "prior": False,
            "classes": [],
            "decoder": self.network(decoder, inputs),
            "encoder": self.network(encoder, ("x", *inputs[1:])),
            "noise": 0.0,
            "kl": None,
            "codes": None,
            "labels": None,
            "names": DIGITS,
            "examples": None,
            "films": [],
        }
        self.views.append(view | fields)
        return self

    def network(self, model, inputs):
        return None if model is None else networks.network(model, self.arrays, inputs)

    def codes(self, latent, n=40):
        """codes and labels of n images"""
        labels = np.arange(n) % 10
        codes = self.rng.normal(size=(n, latent)) + labels[:, None] / 5
        return {"codes": self.arrays.float16("codes", codes), "labels": self.arrays.uint8(labels)}

    def pictures(self, latent):
        return {**self.codes(latent), "examples": self.examples()}

    def examples(self, n=3):
        return self.arrays.uint8(self.rng.integers(0, 256, (n, SIZE, SIZE, 1)))

    def film(self, frames=5, images=4, **fields):
        pictures = self.rng.integers(0, 256, (frames, images, SIZE, SIZE, 1))
        film = {"title": "A training", "frames": self.arrays.uint8(pictures)}
        film["captions"] = [f"epoch {i + 1}" for i in range(frames)]
        film["curves"] = {"d_loss": list(np.linspace(1.4, 0.9, 10)), "g_loss": [None, *np.linspace(0.7, 1.5, 9)]}
        return film | fields

    def write(self, path, title="A page", mutant=("", ""), outer=""):
        """Write the page; mutant = (what to replace in the scripts, by what), outer is markup behind it."""
        text = page.html_of(title, self.views, self.arrays)
        if mutant[0]:
            text = mutated(text, *mutant)
        return page.write_page(path, text + outer)

    # ---- one view of each kind

    def vae(self, latent=2, **fields):
        model = models.vae(latent, hidden=16, image_shape=(SIZE, SIZE, 1))
        fields = {"kind": "vae", "title": "A VAE", "prior": True, "kl": list(np.linspace(0, 2, latent))} | fields
        return self.add(model.decoder, model.encoder, **(self.pictures(latent) | fields))

    def autoencoder(self, latent=2, **fields):
        model = models.latent_autoencoder(latent, hidden=16, image_shape=(SIZE, SIZE, 1))
        fields = {"title": "An autoencoder"} | fields
        return self.add(model.decoder, model.encoder, **(self.pictures(latent) | fields))

    def conditional_vae(self, **fields):
        model = models.conditional_vae(2, 3, hidden=16, image_shape=(SIZE, SIZE, 1))
        fields = {"kind": "conditional vae", "classes": list("abc"), "prior": True} | fields
        return self.add(model.decoder, model.encoder, ("z", "y"), **({"examples": self.examples()} | fields))

    def gan(self, noise=12, **fields):
        model = models.dcgan(noise, image_shape=(SIZE, SIZE, 1))
        fields = {"kind": "gan", "title": "A GAN", "prior": True, "films": [self.film()]} | fields
        return self.add(model.generator, **fields)

    def denoiser(self, **fields):
        model = models.conv_autoencoder(image_shape=(SIZE, SIZE, 1))
        fields = {"kind": "reconstruction", "title": "A denoiser", "latent": 0, "noise": 0.5} | fields
        return self.add(model, inputs=("x",), **({"examples": self.examples()} | fields))


def mutated(text, old, new):
    """The page with another script, which its policy allows."""
    script = text.rpartition("<script>")[2].partition("</script>")[0]
    style = text.partition("<style>")[2].partition("</style>")[0]
    other = script.replace(old, new, 1)
    assert other != script
    return text.replace(script, other).replace(page.policy(script, style), page.policy(other, style))
