"""What a page shows of a model: the VIEW of an autoencoder, a VAE, a GAN, a diffusion model, or a graph of layers.

    {"kind":     "autoencoder", "vae", "conditional vae", "gan", "conditional gan", "diffusion" or "reconstruction",
     "title":    text,
     "image":    [rows, columns, channels],
     "range":    [low, high], the numbers of black and of white,
     "latent":   the number of latent variables,
     "prior":    whether they have one, N(0, I),
     "classes":  [names] of the one-hot row that the networks take beside their input, or [],
     "decoder":  NETWORK from the latent variables to an image; of a reconstruction, from an image to an image; or null,
     "encoder":  NETWORK from an image to mu, or to mu and logvar; or null,
     "noise":    the standard deviation of the noise in what a reconstruction is made of, at first,
     "kl":       [nats of each latent variable] on the test images, or null,
     "codes":    ARRAY (n, latent), mu of test images, or null,
     "labels":   ARRAY (n,), their classes as places in "names", or null,
     "names":    [names of the classes],
     "examples": ARRAY (m, rows, columns, channels), test images in bytes, or null,
     "films":    [{"title": text, "frames": ARRAY (frames, images, rows, columns, channels), "captions": [text of each
                  frame], "curves": {name: [a number or null of each frame]}}]}

An ARRAY is its number in the list of arrays.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .. import backend, ops
from ..checks.values import as_list
from ..model import Model
from ..models import GAN, VAE, Autoencoder, ConditionalGAN, ConditionalVAE, Diffusion
from ..types import Shape
from . import checks
from .arrays import Arrays
from .films import Film, film_of_drawing
from .networks import network
from .pictures import Pictures

NUMBERS = 10_000  # in the codes of all test images together
EXAMPLES = 10  # test images for the drawing pad
BYTES = 30_000  # of all examples together


def kind_of(model: Any) -> str:
    """Which kind of page the model has. Raises TypeError for one that has none."""
    kinds = (
        (ConditionalVAE, "conditional vae"),
        (VAE, "vae"),
        (ConditionalGAN, "conditional gan"),
        (GAN, "gan"),
        (Diffusion, "diffusion"),
    )
    for kind, name in kinds:
        if isinstance(model, kind):
            return name
    if isinstance(model, Autoencoder) and len(as_list(model.decoder.inputs)[0].shape) == 2:
        return "autoencoder"
    checks.check_maps_images(model)
    return "reconstruction"


class Shown(NamedTuple):
    """A model to be shown, what it is called, test images and their classes, and a film."""

    model: Any
    title: str = ""  # "": its name
    x: Any = None
    y: Any = None
    film: Film | None = None  # of a diffusion model None stands for a new one, of ten drawings
    noise: float = 0.0  # of a denoiser, the standard deviation of the noise that it has learnt to remove


def view(shown: Shown, arrays: Arrays) -> dict[str, Any]:
    """The VIEW of a model, its weights and pictures added to `arrays`.

    Raises TypeError for a model of another kind, ValueError for networks that a page cannot compute, for images of
    another shape, and for labels that do not fit.
    """
    model, title, x, y, film, noise = shown
    kind = kind_of(model)
    drawn = _output_of(model, kind)
    data_range = getattr(model, "data_range", None)
    images = Pictures(drawn, x, y, data_range)
    checks.check_has_labels(kind, images.n, y)
    film = film_of_drawing(model) if kind == "diffusion" and film is None else film
    films = [] if film is None else [_film(film, images.shape, arrays)]
    found: dict[str, Any] = {
        "kind": kind,
        "title": title or model.name or type(model).__name__,
        "image": list(images.shape),
        "range": list(images.range),
        "latent": 0,
        "prior": kind not in ("autoencoder", "diffusion", "reconstruction"),
        "classes": [],
        "decoder": None,
        "encoder": None,
        "noise": checks.noise_of_pixels(noise),
        "kl": None,
        "codes": None,
        "labels": None,
        "names": [],
        "examples": None,
        "films": films,
    }
    if kind == "diffusion":
        return found
    if kind.startswith("conditional"):
        found["classes"] = images.names_for(model.classes)
    return found | _networks(model, kind, images, arrays)


def _output_of(model: Any, kind: str) -> Shape:
    """The shape of what the model draws."""
    if kind == "diffusion":
        return tuple(model.sample_shape)
    drawing = _drawing(model, kind)
    shape: Shape = as_list(drawing.outputs)[0].shape[1:]
    return shape


def _drawing(model: Any, kind: str) -> Any:
    """The network that draws."""
    if kind in ("gan", "conditional gan"):
        return model.generator
    return model if kind == "reconstruction" else model.decoder


def _networks(model: Any, kind: str, images: Pictures, arrays: Arrays) -> dict[str, Any]:
    """The networks, and what they say about the test images."""
    drawing = _drawing(model, kind)
    part = {"gan": "generator", "conditional gan": "generator", "reconstruction": "model"}.get(kind, "decoder")
    given = "x" if kind == "reconstruction" else "z"
    found: dict[str, Any] = {"decoder": network(drawing, arrays, [given, "class"][: _inputs(drawing)], part)}
    if kind != "reconstruction":
        found["latent"] = as_list(drawing.inputs)[0].shape[1]
    if "gan" not in kind and kind != "reconstruction":
        encoder = model.encoder
        found["encoder"] = network(encoder, arrays, ["x", "class"][: _inputs(encoder)], "encoder")
        found |= _codes(model, kind, images, arrays, found["latent"])
    if "gan" not in kind and images.n:
        most = max(1, min(EXAMPLES, BYTES // math.prod(images.shape)))
        found["examples"] = arrays.uint8(images.examples(most))
    return found


def _inputs(model: Model) -> int:
    return len(as_list(model.inputs))


def _codes(model: Any, kind: str, images: Pictures, arrays: Arrays, latent: int) -> dict[str, Any]:
    """The codes of test images, their classes, and the KL of each latent variable."""
    if not images.n:
        return {}
    n = min(max(1, NUMBERS // latent), images.n)
    inputs = as_list(model.encoder.inputs)
    given = [images.pixels(n).reshape(n, *inputs[0].shape[1:])]
    if images.y is not None and len(inputs) > 1:
        given = model.with_condition(given[0], (images.y[:n],))
    mu, *logvar = as_list(model.encoder.predict(given if len(given) > 1 else given[0]))  # (n, latent)
    kl = backend.to_numpy(ops.kl_per_dimension(mu, logvar[0])).tolist() if logvar else None
    return {
        "codes": arrays.float16("codes of the test images", mu),
        "labels": None if images.y is None else arrays.uint8(images.y[:n]),
        "names": images.names,
        "kl": kl,
    }


def _film(film: Film, shape: Shape, arrays: Arrays) -> dict[str, Any]:
    """The entry of a film of images of this shape."""
    frames = checks.checked_film(film, shape)
    numbers = {name: [_number(v) for v in values] for name, values in film.curves.items()}
    return {
        "title": str(film.title),
        "frames": arrays.uint8(frames),
        "captions": [str(caption) for caption in film.captions],
        "curves": numbers,
    }


def _number(value: Any) -> float | None:
    """A number for JSON, which has neither NaN nor infinity."""
    return float(value) if np.isfinite(value) else None
