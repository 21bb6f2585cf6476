"""Input validation of the recipes: flags without effect, and a scorer that a recipe does not declare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import losses
from ..errors import message

if TYPE_CHECKING:
    from .recipe import Recipe
    from .settings import Settings

FLAGS = ("epochs", "batch_size", "optimizer", "loss", "latent_dim", "preset", "text", "data", "resume")
GAN_LOSSES = tuple(name for name in losses.ADVERSARIAL if name != "wasserstein")
PIXEL_LOSSES = ("half_squared_error", "binary_crossentropy")


def check_flags(recipe: Recipe, settings: Settings, recipes: Sequence[Recipe]) -> None:
    """ValueError for a flag whose default is None in `recipe`, or a loss of another kind than its default."""
    where = f"minigen train {recipe.name}"
    for flag in FLAGS:
        given = getattr(settings, flag)
        if given not in (None, False) and getattr(recipe, flag) is None:
            others = ", ".join(other.name for other in recipes if getattr(other, flag) is not None)
            expected = f"no --{flag.replace('_', '-')}: this experiment fixes it or does not use it"
            fix = f"minigen train NAME with a recipe that has this flag: {others}"
            raise ValueError(message(where, expected=expected, got=given, fix=fix))
    allowed = GAN_LOSSES if recipe.loss in GAN_LOSSES else PIXEL_LOSSES
    if settings.loss is not None and settings.loss not in allowed:
        where, expected = f"{where}: --loss", ", ".join(allowed)
        raise ValueError(message(where, expected=expected, got=settings.loss, fix=f"--loss {recipe.loss}"))


def check_uses_scorer(recipe: Recipe) -> None:
    """RuntimeError unless the recipe declares that it uses the scorer, which `minigen chapter` then trains first."""
    if not recipe.uses_scorer:
        where, fix = f"recipe {recipe.name}: it asks the scorer", "@recipe(..., uses_scorer=True)"
        raise RuntimeError(message(where, expected="uses_scorer=True", got="uses_scorer=False", fix=fix))
