"""What a run leaves in its folder to go on with: the model, the test images that belong to it, and a film.

model.minigen  the trained model whole, without its optimizer: load_model() reads it
run.json       the recipe, the settings that determine the images, and the noise that a denoiser removes
film.npz       pictures at several times, of a GAN and of a diffusion model
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import arithmetic
from ..explorer import Shown, read_film
from ..model import load_model
from ..storage.files import as_path
from . import checks, images
from .recipe import Recipe
from .settings import Settings

MODEL, RECORD, FILM = "model.minigen", "run.json", "film.npz"
OF_IMAGES = ("data", "size", "color", "quick", "seed")  # the settings that determine them


def record(recipe: Recipe, settings: Settings, noise: float = 0.0) -> dict[str, Any]:
    """The content of run.json. The folder of the user's images is written with its whole path."""
    found = {name: getattr(settings, name) for name in OF_IMAGES}
    if not images.is_named(settings):
        found["data"] = str(as_path(str(settings.data)).resolve())
    about = {"recipe": recipe.name, "title": recipe.title, "images": recipe.data is not None}
    return about | {"settings": found, "noise": noise, "arithmetic": arithmetic.description()}


def read(path: Any) -> Shown:
    """What `minigen train` has left in a folder, or the model in a file of model.save().

    Raises OSError for a path that is none, ValueError for a folder without a model or with a damaged file, and what
    load_model() and the data set raise.
    """
    path = as_path(path)
    checks.check_is_run(path, MODEL)
    if not path.is_dir():
        return Shown(load_model(path, compile=False), path.stem)
    model = load_model(path / MODEL, compile=False)
    if not (path / RECORD).exists():
        return Shown(model, path.name)
    found = checks.checked_record(path / RECORD, _json(path / RECORD), OF_IMAGES)
    settings = Settings(**found["settings"], verbose=0)
    x, y = images.load(settings)[2:] if found["images"] else (None, None)
    film = read_film(path / FILM) if (path / FILM).exists() else None
    return Shown(model, found["title"], x, y, film, found["noise"])


def _json(path: Path) -> Any:
    """What a JSON file holds, None if it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
