"""One execution of a recipe: its settings, data, trainings, figures and numbers."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import backend, plot, training
from ..inspection.graph import draw
from ..inspection.trace import Trace
from ..model import Model
from ..models import Scorer
from ..optimizers import Adam, CosineDecay, LinearDecay
from ..storage.files import check_writable, make_folder, set_aside
from ..tensor import Tensor
from ..training.history import History
from ..training.tasks import Task
from ..types import ArrayLike, Logs, Shape
from . import checks, images
from .files import write_json
from .films import FilmOfFakes
from .images import Images
from .measured import expectation
from .recipe import Recipe
from .saved import FILM, MODEL, RECORD, record
from .settings import Settings
from .table import Table
from .watching import RunPage

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEW = 20_000  # training images up to which batches are smaller and fewer samples are drawn


class Run:
    """Gives a recipe its data and its training loop, and collects its figures and numbers."""

    def __init__(self, recipe: Recipe, settings: Settings, epochs: int | None) -> None:
        self.recipe, self.settings = recipe, settings
        epochs = epochs or 1
        shorter = max(1, epochs // 10) if settings.quick else epochs
        self.epochs = settings.epochs if settings.epochs and recipe.epochs else shorter
        self.full_epochs = epochs
        self.is_mnist, self.are_digits = images.is_mnist(settings), images.are_digits(settings)
        self.images_learnt = 0  # the number of training images, once the recipe has loaded them
        # The choices are None where the recipe has none; its function does not use them then.
        self.batch_size: int = self._choice("batch_size")
        self.optimizer: str = self._choice("optimizer")
        self.loss: str = self._choice("loss")
        self.latent_dim: int = self._choice("latent_dim")
        self.preset: str = self._choice("preset")
        self.text: str = self._choice("text")
        if self.preset and not settings.preset and backend.active() == "cupy":
            self.preset = "gpu"
        self.scorer: Scorer | None = None  # the digit classifier, once the recipe has used it
        self.folder = Path(settings.out) / recipe.name
        self.figures: list[tuple[Path, str]] = []
        self.numbers: list[tuple[str, str, str]] = []  # name, value, expectation
        self.tables: list[Table] = []
        self.seconds = 0.0
        self.page = RunPage(self) if settings.watch else None

    @property
    def short(self) -> bool:
        """Whether the expectations are those of more images or epochs."""
        return self.settings.quick or self.epochs < self.full_epochs

    def _choice(self, flag: str) -> Any:
        """The flag if it is set and the recipe has it, else the recipe's default."""
        given, default = getattr(self.settings, flag), getattr(self.recipe, flag)
        return default if default is None or given is None else given

    # ---- data

    @functools.cached_property
    def _images(self) -> Images:
        return images.load(self.settings)

    def images(self) -> Images:
        """Images (n, rows, columns, channels) float32 in [0, 1] and labels (n,): (n, 28, 28, 1) of MNIST."""
        self.images_learnt = len(self._images.x_train)
        return self._images

    def flat_images(self) -> Images:
        """The same with images (n, pixels)."""
        x_train, y_train, x_test, y_test = self.images()
        return Images(x_train.reshape(len(x_train), -1), y_train, x_test.reshape(len(x_test), -1), y_test)

    @property
    def image_shape(self) -> Shape:
        """(rows, columns, channels) of an image."""
        return self.images().x_train.shape[1:]

    @property
    def classes(self) -> int:
        """The number of classes. Raises ValueError for one only, since a recipe that asks needs labels."""
        classes = int(self.images().y_train.max()) + 1
        checks.check_classes(self.recipe.name, classes)
        return classes

    @property
    def few_images(self) -> bool:
        """Whether the training images are few, such as those of the sample."""
        return self.images_learnt <= FEW

    @property
    def n_samples(self) -> int:
        """The number of images to draw from a model and to score."""
        return 2_000 if self.few_images else 10_000

    # ---- training

    def fit(self, model: Model, *data: ArrayLike, name: str = "", **options: Any) -> History:
        """model.fit with the epochs, batch size, verbosity and checkpoint of this run; writes the history as JSON."""
        return self._train(lambda **arguments: model.fit(*data, **arguments), name, options)

    def alternate(self, schedule: Sequence[tuple[Task, int]], name: str, **options: Any) -> History:
        """training.alternate with the same arguments."""
        return self._train(lambda **arguments: training.alternate(schedule, **arguments), name, options)

    def _train(self, train: Callable[..., History], name: str, options: dict[str, Any]) -> History:
        options = {"epochs": self.epochs, "batch_size": self.batch_size, "verbose": self.settings.verbose} | options
        stem = f"{name}-" if name else ""
        checkpoint, resume = self.folder / f"{stem}checkpoint.npz", self.settings.resume
        if self.settings.verbose and resume and not checkpoint.exists():
            print(f"no checkpoint at {checkpoint}: starting at epoch 1")
        if not resume and (old := set_aside(checkpoint)) and self.settings.verbose:
            print(f"{checkpoint} existed and was renamed to {old}; --resume continues from a checkpoint")
        if name and options["verbose"]:
            print(f"{name}:")
        is_usual = options["epochs"] == self.epochs
        if self.page is not None:
            options["callbacks"] = [*options.get("callbacks", []), self.page]
        history = train(checkpoint=checkpoint, resume=resume, **options)
        if is_usual:
            self.epochs = max(self.epochs, len(history.epoch))  # those of a checkpoint may be more
        write_json(self.folder / f"{stem}history.json", history.history)
        return history

    def batch_size_for(self, n: int) -> int:
        """The batch size for n samples: half the default if they are few, so that there are more steps."""
        return self.batch_size if n > FEW or self.settings.batch_size else self.batch_size // 2

    def steps(self, n: int, batch_size: int) -> int:
        """The number of steps of a training on n samples."""
        return self.epochs * math.ceil(n / batch_size)

    def decaying_adam(self, n: int, batch_size: int, rate: float, beta_1: float = 0.9) -> Adam:
        """Adam with a learning rate that decays linearly to 0 at the end of a training on n samples."""
        return Adam(LinearDecay(rate, self.steps(n, batch_size)), beta_1=beta_1)

    def warmed_up_adam(self, n: int, batch_size: int, rate: float) -> Adam:
        """Adam whose learning rate rises in the first twentieth of a training on n samples, and falls to 0 at its end.

        Networks with attention and normalisation do not recover well from large first steps.
        """
        steps = self.steps(n, batch_size)
        warmup = min(500, steps // 20)
        return Adam(CosineDecay(0.0, steps - warmup, warmup_target=rate, warmup_steps=warmup))

    # ---- results

    def film_of_fakes(self) -> FilmOfFakes:
        """The callback that keeps what a GAN draws after each epoch of its training."""
        return FilmOfFakes(self.folder / FILM, self.image_shape, self.epochs, self.settings.resume)

    def save(self, model: Model, noise: float = 0.0) -> None:
        """Write the trained model whole, without its optimizer, and beside it what this run was.

        The settings in run.json are those that determine the test images, and `noise` is the standard deviation of what
        a denoiser removes: saved.py loads them.
        """
        model.save(self.folder / MODEL, include_optimizer=False)
        write_json(self.folder / RECORD, record(self.recipe, self.settings, noise))

    def words(self, text: str) -> str:
        """The text, without the word digit if the images are others."""
        return text if self.are_digits else images.without_digits(text)

    def pictures(self, x: ArrayLike) -> np.ndarray:
        """Images (n, pixels), or of their own shape, as (n, rows, columns, channels)."""
        return np.reshape(x, (-1, *self.image_shape))

    def rows(self, *stacks: ArrayLike, labels: Sequence[str] = ()) -> Figure:
        """plot.rows of images, flat or not."""
        return plot.rows(*map(self.pictures, stacks), labels=[self.words(label) for label in labels])

    def grid(self, x: ArrayLike, **options: Any) -> Figure:
        """plot.grid of images, flat or not."""
        return plot.grid(self.pictures(x), **options)

    def figure(self, name: str, figure: Figure, caption: str) -> None:
        """Save a figure in the folder of this run, and show it with its caption on the page."""
        self._add_figure(name, lambda path: plot.save(figure, path), caption)

    def curves(self, name: str, history: Logs, logs: Sequence[str], caption: str, **options: Any) -> None:
        """Draw these logs of a history over the epochs as a figure; `options` are those of plot.curves."""
        self.figure(name, plot.curves({log: history[log] for log in logs}, **options), caption)

    def graph(self, name: str, y: Tensor | Trace, names: Mapping[str, Tensor], caption: str) -> None:
        """Draw the recorded graph of y, or a trace, as a figure; `names` label the tensors in it."""
        self._add_figure(name, lambda path: draw(y, path, names), caption)

    def _add_figure(self, name: str, write: Callable[[Path], object], caption: str) -> None:
        """Write it as PNG, for the page, and in the formats of the settings."""
        paths = [self.folder / f"{name}.{suffix}" for suffix in ("png", *self.settings.figures)]
        for path in paths:
            write(path)
        self.figures.append((paths[0], self.words(caption)))

    def number(
        self,
        name: str,
        value: float | str,
        expected: str = "",
        recipe: str | None = None,
        of_mnist: str = "",
        **words: object,
    ) -> None:
        """Report one number beside its expectation.

        The expectation is what theory says about this run (`expected`), and on MNIST what is known of it (`of_mnist`)
        and what measured.json has under `name`, for this recipe or for another one that the number belongs to
        (`recipe`). A name that contains settings of the run, such as "test loss after {epochs} epochs", is looked up as
        it is and printed with its `words` filled in.
        """
        measured = expectation(recipe or self.recipe.name, name, self.latent_dim)
        known = (of_mnist, measured) if self.is_mnist else ()
        expected = self.words("; ".join(text for text in (expected, *known) if text))
        if self.short:
            expected = f"after a full run: {expected}" if expected else "of a short run"
        name = self.words(name.format(**words) if words else name)
        text = value if isinstance(value, str) else f"{value:.4f}"
        self.numbers.append((name, text, expected))
        if self.settings.verbose:
            print(f"  {name}: {text}" + (f"   ({expected})" if expected else ""))

    def leave_out(self, what: str, why: str) -> None:
        """Say once that a number is missing on these images, and why."""
        row = (what, "left out", why)
        if row not in self.numbers:
            self.numbers.append(row)
            if self.settings.verbose:
                print(f"  {what}: left out   ({why})")

    def table(self, caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Report a table; the first cell of a row names it."""
        caption += " (of a short run)" if self.short else ""
        cells = [[self.words(cell) for cell in row] for row in (header, *rows)]
        table = Table(self.words(caption), cells[0], cells[1:])
        self.tables.append(table)
        if self.settings.verbose:
            print(table)

    def execute(self) -> Run:
        """Run the recipe. Raises OSError before the training if the output folder cannot be written."""
        backend.seed(self.settings.seed)
        make_folder(self.folder)
        check_writable(self.folder / "report.html")
        start = time.perf_counter()
        try:
            self.recipe.execute(self)
        except BaseException as error:
            self._end_page(f"the run was stopped by {type(error).__name__}")
            raise
        self.seconds = time.perf_counter() - start
        self._end_page("the run has ended: figures and numbers are in report.html")
        return self

    def _end_page(self, state: str) -> None:
        """Let the page of the training reload no more."""
        if self.page is not None:
            self.page.end(state)
