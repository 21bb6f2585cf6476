"""A trained model as one HTML page: its decoder runs in the browser, in plain JavaScript that can be read.

    models.vae(2)  ->  explore(vae, "vae.html", x_test, y_test)

networks.py and layers.py turn a model into plain data, arrays.py its weights into text, views.py says what a page shows
of a model, and page.py puts all into one text together with the files of page/.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..arguments import checks_arguments
from ..types import ArrayLike
from . import checks
from .arrays import Arrays
from .films import Film, film_of_drawing, film_of_path, in_bytes, read_film, write_film
from .page import html_of, write_page
from .views import Shown, view

# fmt: off
__all__ = [
    "Film", "Shown", "explore", "film_of_drawing", "film_of_path", "in_bytes", "page_of", "read_film", "write_film",
    "write_page",
]
# fmt: on


@checks_arguments
def explore(
    models: Any,
    path: str | os.PathLike[str],
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    titles: Any = None,
    film: Any = None,
    noise: float = 0.0,
) -> Path:
    """Write one HTML page on which a model, or several side by side, can be played with in any browser.

    models  an autoencoder, VAE, GAN or diffusion model of this package, or a graph of layers from an image to an image;
            or a list of them
    path    of the file
    x       test images, as the model takes them or (n, rows, columns, channels): the first 1,000 are encoded, and a few
            are examples to encode
    y       their classes, (n,): integers or names
    titles  a text, or one for each model
    film    a Film, or one or None for each model: pictures at several times, such as those after each epoch
    noise   of a denoiser: the standard deviation, 0 to 1, of the noise in what it gets, at first; a slider changes it

    Two latent variables are a plane to drag over, more of them are sliders. The page has the weights in 16 bits,
    computes with them itself, and loads nothing. Returns the path.

    Raises TypeError for a model of another kind, ValueError for layers that the page does not have, all of them listed,
    for weights that are NaN or beyond ±65,504, and for images, labels, films or noise that do not fit; OSError if
    the file cannot be written.
    """
    found = checks.models_of(models)
    names = checks.one_for_each("titles", titles, len(found), str, 'titles=["AE", "VAE"]')
    films = checks.one_for_each("film", film, len(found), Film, "film=[None, Film(...)]")
    shown = [Shown(model, name or "", x, y, one, noise) for model, name, one in zip(found, names, films, strict=True)]
    return write_page(path, page_of(shown))


def page_of(shown: Sequence[Shown]) -> str:
    """The text of a page of models with their test images. Raises what explore() raises."""
    arrays = Arrays()
    views = [view(one, arrays) for one in shown]
    return html_of(" | ".join(found["title"] for found in views), views, arrays)
