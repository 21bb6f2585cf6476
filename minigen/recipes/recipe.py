"""A recipe: one experiment of the chapter with its defaults, and the registry of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from . import checks
from .images import are_digits

if TYPE_CHECKING:
    from .run import Run
    from .settings import Settings

Experiment: TypeAlias = "Callable[[Run], None]"

BEYOND = "beyond"  # the section of what the chapter names and leaves out: after 9.4 in the order of the names


@dataclass(frozen=True)
class Recipe:
    """A function (run) -> None with its defaults. Its docstring is the text of its section on the chapter's page.

    None for a default: the recipe fixes it or does not use it, and `minigen train` has no such flag for this recipe.
    """

    name: str
    section: str
    title: str
    execute: Experiment
    epochs: int | None  # of `minigen train`
    chapter_epochs: int | None  # of `minigen chapter`, which trains on the 5,000 digits of the sample
    batch_size: int | None = 256
    optimizer: str | None = "adam"
    loss: str | None = None
    latent_dim: int | None = None
    preset: str | None = None
    text: str | None = None
    data: str | None = "images"  # any images; "digits": digits only; None: the recipe generates its data
    resume: bool | None = True  # None: no checkpoint is written
    uses_scorer: bool = False  # whether the recipe scores images with the digit classifier

    @property
    def heading(self) -> str:
        """The name of the section in a heading."""
        return "Beyond the chapter" if self.section == BEYOND else f"Section {self.section}"

    def check_flags(self, settings: Settings) -> None:
        """ValueError for a flag of `minigen train` that this recipe has no use for, or a loss that it does not have."""
        checks.check_flags(self, settings, registry.in_order())
        checks.check_data(self, settings, are_digits(settings), registry.in_order())


@dataclass
class Registry:
    """The recipes in the order of the chapter."""

    recipes: dict[str, Recipe] = field(default_factory=dict)

    def in_order(self) -> list[Recipe]:
        """By section; within a section in the order of registration."""
        return sorted(self.recipes.values(), key=lambda r: r.section)

    def recipe(
        self, name: str, section: str, title: str, epochs: tuple[int | None, int | None] = (None, None), **defaults: Any
    ) -> Callable[[Experiment], Experiment]:
        """@recipe("fc-autoencoder", ...) registers a function under this name.

        epochs: of `minigen train` and of `minigen chapter`; `defaults` are the other fields of Recipe.
        """

        def register(execute: Experiment) -> Experiment:
            self.recipes[name] = Recipe(name, section, title, execute, *epochs, **defaults)
            return execute

        return register


registry = Registry()
recipe = registry.recipe

# What several recipes fix or do not use
FIXED: dict[str, Any] = {"optimizer": None, "resume": None}  # trained in a loop of the recipe, without checkpoints
TOY = FIXED | {"data": None}  # on data that it generates
UNTRAINED = FIXED | {"batch_size": None}
