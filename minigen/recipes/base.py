"""What a recipe is: one experiment of the chapter, with its settings, its figures and its numbers."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import backend, losses, plot
from ..datasets import mnist
from ..errors import message
from ..inspection.graph import draw
from ..optimizers import Adam, LinearDecay
from ..storage.files import check_writable, make_folder, replacing
from ..training import loop as training
from ..training.history import History


@dataclass(frozen=True)
class Recipe:
    """A function (run) -> None with its defaults. Its docstring is the text of its section in the chapter's page."""

    name: str
    section: str
    title: str
    execute: Callable[[Run], None]
    epochs: int | None  # of `minigen train`; None, here and below: it is part of the experiment, no flag changes it
    chapter_epochs: int | None  # of `minigen chapter`, on the 5,000 digits of the sample
    batch_size: int | None
    optimizer: str | None
    loss: str | None
    latent_dim: int | None
    preset: str | None
    text: str | None
    data: str | None  # "mnist", or None for a recipe that makes its own
    resume: bool | None  # True where a checkpoint is kept
    uses_scorer: bool  # it asks the scorer what it thinks of its images

    def check_flags(self, settings: Settings) -> None:
        """ValueError for a flag of `minigen train` that this recipe has no use for, or a loss that it cannot have."""
        for flag in ("epochs", "batch_size", "optimizer", "loss", "latent_dim", "preset", "text", "data", "resume"):
            given = getattr(settings, flag)
            if given not in (None, False) and getattr(self, flag) is None:
                having = ", ".join(recipe.name for recipe in registry.in_order() if getattr(recipe, flag) is not None)
                raise ValueError(
                    message(
                        f"minigen train {self.name}",
                        expected=f"no --{flag.replace('_', '-')}: it is part of this experiment, or not in it",
                        got=given,
                        fix=f"minigen train NAME for one that has the choice: {having}",
                    )
                )
        games = [name for name in losses.ADVERSARIAL if name != "wasserstein"]
        allowed = games if self.loss in games else ["half_squared_error", "binary_crossentropy"]
        if settings.loss is not None and settings.loss not in allowed:
            where = f"minigen train {self.name}: --loss"
            raise ValueError(message(where, expected=", ".join(allowed), got=settings.loss, fix=f"--loss {self.loss}"))


@dataclass
class Settings:
    """The flags that every command shares. None means: what the recipe says."""

    epochs: int | None = None
    batch_size: int | None = None
    optimizer: str | None = None
    loss: str | None = None
    latent_dim: int | None = None
    preset: str | None = None
    text: str | None = None
    seed: int = 0
    out: str = "out"
    data: str | None = None  # "sample", "full", or None for the best that is there
    quick: bool = False
    resume: bool = False
    verbose: int = 1


@dataclass(frozen=True)
class Table:
    """Numbers with a header, as text."""

    caption: str
    header: list[str]
    rows: list[list[str]]

    def __str__(self) -> str:
        lines = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join(["", f"  {self.caption}", *(f"  {line}".rstrip() for line in text)])


class Run:
    """One execution of a recipe: gives it data and a loop, takes its figures and numbers."""

    def __init__(self, recipe: Recipe, settings: Settings, epochs: int | None) -> None:
        self.recipe, self.settings = recipe, settings
        epochs = epochs or 1
        shorter = max(1, epochs // 10) if settings.quick else epochs
        self.epochs = settings.epochs if settings.epochs and recipe.epochs else shorter
        self.short = settings.quick or self.epochs < epochs  # what is expected belongs to more digits or epochs
        self.digits_learnt = 0  # how many a recipe has asked for
        self.batch_size: Any = self._choice("batch_size")
        self.optimizer = self._choice("optimizer")
        self.loss = self._choice("loss")
        self.latent_dim: Any = self._choice("latent_dim")
        self.preset = self._choice("preset")
        self.text = self._choice("text")
        if self.preset and not settings.preset and backend.active() == "cupy":
            self.preset = "gpu"
        self.scorer: Any = None  # the classifier that scores images, once a recipe has asked for it
        self.folder = Path(settings.out) / recipe.name
        self.figures: list[tuple[Path, str]] = []
        self.numbers: list[tuple[str, str, str]] = []
        self.tables: list[Table] = []
        self.seconds = 0.0

    def _choice(self, flag: str) -> Any:
        """What the flag says if the recipe has the choice, else what the recipe says."""
        given, own = getattr(self.settings, flag), getattr(self.recipe, flag)
        return own if own is None or given is None else given

    def digits(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(x_train, y_train, x_test, y_test): images (n, 784) float32 in [0, 1] and their labels."""
        (x_train, y_train), (x_test, y_test) = mnist.load_data(self.settings.data)
        if self.settings.quick:
            x_train, y_train, x_test, y_test = x_train[:1000], y_train[:1000], x_test[:500], y_test[:500]
        self.digits_learnt = len(x_train)
        return _flat(x_train), y_train, _flat(x_test), y_test

    def fit(self, model: Any, x: Any, y: Any = None, name: str = "", **options: Any) -> History:
        """model.fit with this run's epochs, batch size, verbosity and checkpoint; the history is kept as JSON."""
        data = (x,) if y is None else (x, y)
        return self._train(lambda **every: model.fit(*data, **every), name, options)

    def alternate(self, schedule: Any, name: str, **options: Any) -> History:
        """training.alternate in the same way."""
        return self._train(lambda **every: training.alternate(schedule, **every), name, options)

    def _train(self, train: Callable[..., History], name: str, options: dict[str, Any]) -> History:
        options = {"epochs": self.epochs, "batch_size": self.batch_size, "verbose": self.settings.verbose} | options
        stem = f"{name}-" if name else ""
        checkpoint = self.folder / f"{stem}checkpoint.npz"
        if self.settings.verbose and checkpoint.exists() != self.settings.resume:
            print(
                f"no checkpoint at {checkpoint}: starting at epoch 1"
                if self.settings.resume
                else f"{checkpoint} is there: kept as .old; --resume would have gone on from it"
            )
        if checkpoint.exists() and not self.settings.resume:
            checkpoint.replace(checkpoint.with_suffix(".old"))
        if name and options["verbose"]:
            print(f"{name}:")
        history = train(checkpoint=checkpoint, resume=self.settings.resume, **options)
        write_text(self.folder / f"{stem}history.json", json.dumps(history.history, indent=1))
        return history

    def steps(self, n: int, batch_size: int) -> int:
        """How many steps a training of this run on n samples has."""
        return self.epochs * math.ceil(n / batch_size)

    def decaying_adam(self, n: int, batch_size: int, rate: float, beta_1: float = 0.9) -> Adam:
        """Adam for a training on n samples, with a rate that falls to 0 with the last batch."""
        return Adam(LinearDecay(rate, self.steps(n, batch_size)), beta_1=beta_1)

    def batch_size_for(self, n: int) -> int:
        """The batch size: half as large for few digits, so that there are more steps."""
        return self.batch_size if n > 20_000 or self.settings.batch_size else self.batch_size // 2

    def figure(self, name: str, figure: Any, caption: str) -> None:
        """Save a figure as PNG in this run's folder, and show it on the page with its caption."""
        self.figures.append((plot.save(figure, self.folder / f"{name}.png"), caption))

    def graph(self, name: str, y: Any, names: dict[str, Any], caption: str) -> None:
        """The recorded graph that ends in the tensor y as a figure; `names` are those of tensors in it."""
        path = self.folder / f"{name}.png"
        draw(y, path, names)
        self.figures.append((path, caption))

    def number(self, what: str, value: float | str, expected: str = "") -> None:
        """Report one number beside what it should be."""
        text = value if isinstance(value, str) else f"{value:.4f}"
        if self.short:
            expected = f"of the full run: {expected}" if expected else "of a short run"
        self.numbers.append((what, text, expected))
        if self.settings.verbose:
            print(f"  {what}: {text}" + (f"   ({expected})" if expected else ""))

    def table(self, caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Report a table; a line's first entry names it."""
        caption += " (of a short run)" if self.short else ""
        table = Table(caption, list(header), [list(row) for row in rows])
        self.tables.append(table)
        if self.settings.verbose:
            print(table)

    def execute(self) -> Run:
        """Run the recipe."""
        backend.seed(self.settings.seed)
        make_folder(self.folder)  # before the training: an OSError now, not after it
        check_writable(self.folder / "report.html")
        start = time.perf_counter()
        self.recipe.execute(self)
        self.seconds = time.perf_counter() - start
        return self


def _flat(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).astype("float32") / 255


def write_text(path: Path, text: str) -> None:
    """Write a text file aside and rename it. A name that is no Unicode, as a file's may be, gets "?" in it."""
    with replacing(path) as aside:
        aside.write_text(text, encoding="utf-8", errors="replace")


@dataclass
class Registry:
    """The recipes in the order of the chapter."""

    recipes: dict[str, Recipe] = field(default_factory=dict)

    def in_order(self) -> list[Recipe]:
        """By section."""
        return sorted(self.recipes.values(), key=lambda r: r.section)

    def recipe(
        self,
        name: str,
        section: str,
        title: str,
        epochs: int | None,
        chapter_epochs: int | None,
        batch_size: int | None = 256,
        optimizer: str | None = "adam",
        loss: str | None = None,
        latent_dim: int | None = None,
        preset: str | None = None,
        text: str | None = None,
        data: str | None = "mnist",
        resume: bool | None = True,
        uses_scorer: bool = False,
    ) -> Callable[[Callable[[Run], None]], Callable[[Run], None]]:
        """@book.recipe("fc-autoencoder", ...) enters a function under its name."""

        def enter(execute: Callable[[Run], None]) -> Callable[[Run], None]:
            self.recipes[name] = Recipe(
                name=name,
                section=section,
                title=title,
                execute=execute,
                epochs=epochs,
                chapter_epochs=chapter_epochs,
                batch_size=batch_size,
                optimizer=optimizer,
                loss=loss,
                latent_dim=latent_dim,
                preset=preset,
                text=text,
                data=data,
                resume=resume,
                uses_scorer=uses_scorer,
            )
            return execute

        return enter


registry = Registry()
recipe = registry.recipe
