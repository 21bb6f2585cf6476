"""One execution of a recipe: its settings, data, trainings, figures and numbers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import backend, plot, training
from ..datasets import mnist
from ..inspection.graph import draw
from ..inspection.trace import Trace
from ..model import Model
from ..models import Scorer
from ..optimizers import Adam, LinearDecay
from ..storage.files import check_writable, make_folder
from ..tensor import Tensor
from ..training.history import History
from ..training.tasks import Task
from ..types import Array, ArrayLike, Logs
from .files import write_json
from .measured import expectation
from .recipe import Recipe
from .settings import Settings
from .table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEW = 20_000  # training digits up to which batches are smaller and fewer samples are drawn


class Digits(NamedTuple):
    """Images and labels, for training and for tests."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


class Run:
    """Gives a recipe its data and its training loop, and collects its figures and numbers."""

    def __init__(self, recipe: Recipe, settings: Settings, epochs: int | None) -> None:
        self.recipe, self.settings = recipe, settings
        epochs = epochs or 1
        shorter = max(1, epochs // 10) if settings.quick else epochs
        self.epochs = settings.epochs if settings.epochs and recipe.epochs else shorter
        self.short = settings.quick or self.epochs < epochs  # the expectations are those of more digits or epochs
        self.digits_learnt = 0  # the number of training digits, once the recipe has loaded them
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

    def _choice(self, flag: str) -> Any:
        """The flag if it is set and the recipe has it, else the recipe's default."""
        given, default = getattr(self.settings, flag), getattr(self.recipe, flag)
        return default if default is None or given is None else given

    # ---- data

    def digits(self) -> Digits:
        """Images (n, 784) float32 in [0, 1] and labels (n,)."""
        (x_train, y_train), (x_test, y_test) = mnist.load_data(self.settings.data)
        if self.settings.quick:
            x_train, y_train, x_test, y_test = x_train[:1000], y_train[:1000], x_test[:500], y_test[:500]
        self.digits_learnt = len(x_train)
        return Digits(_flat(x_train), y_train, _flat(x_test), y_test)

    def images(self) -> Digits:
        """The same with images (n, 28, 28, 1)."""
        x_train, y_train, x_test, y_test = self.digits()
        return Digits(x_train.reshape(-1, 28, 28, 1), y_train, x_test.reshape(-1, 28, 28, 1), y_test)

    @property
    def few_digits(self) -> bool:
        """Whether the training digits are few, such as those of the sample."""
        return self.digits_learnt <= FEW

    @property
    def n_samples(self) -> int:
        """The number of images to draw from a model and to score."""
        return 2_000 if self.few_digits else 10_000

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
        if checkpoint.exists() and not resume:
            checkpoint.replace(checkpoint.with_suffix(".old"))
            if self.settings.verbose:
                print(f"{checkpoint} existed and was renamed to .old; --resume continues from a checkpoint")
        if name and options["verbose"]:
            print(f"{name}:")
        history = train(checkpoint=checkpoint, resume=resume, **options)
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

    # ---- results

    def figure(self, name: str, figure: Figure, caption: str) -> None:
        """Save a figure as PNG in the folder of this run, and show it with its caption on the page."""
        self.figures.append((plot.save(figure, self.folder / f"{name}.png"), caption))

    def curves(self, name: str, history: Logs, logs: Sequence[str], caption: str, **options: Any) -> None:
        """Draw these logs of a history over the epochs as a figure; `options` are those of plot.curves."""
        self.figure(name, plot.curves({log: history[log] for log in logs}, **options), caption)

    def graph(self, name: str, y: Tensor | Trace, names: Mapping[str, Tensor], caption: str) -> None:
        """Draw the recorded graph of y, or a trace, as a figure; `names` label the tensors in it."""
        path = self.folder / f"{name}.png"
        draw(y, path, names)
        self.figures.append((path, caption))

    def number(
        self, name: str, value: float | str, expected: str = "", recipe: str | None = None, **words: object
    ) -> None:
        """Report one number beside its expectation.

        The expectation is what theory says about this run (`expected`), and what measured.json has under `name`, for
        this recipe or for another one that the number belongs to (`recipe`). A name that contains settings of the run,
        such as "test loss after {epochs} epochs", is looked up as it is and printed with its `words` filled in.
        """
        measured = expectation(recipe or self.recipe.name, name, self.latent_dim)
        expected = "; ".join(text for text in (expected, measured) if text)
        if self.short:
            expected = f"after a full run: {expected}" if expected else "of a short run"
        name = name.format(**words) if words else name
        text = value if isinstance(value, str) else f"{value:.4f}"
        self.numbers.append((name, text, expected))
        if self.settings.verbose:
            print(f"  {name}: {text}" + (f"   ({expected})" if expected else ""))

    def table(self, caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Report a table; the first cell of a row names it."""
        caption += " (of a short run)" if self.short else ""
        table = Table(caption, list(header), [list(row) for row in rows])
        self.tables.append(table)
        if self.settings.verbose:
            print(table)

    def execute(self) -> Run:
        """Run the recipe. Raises OSError before the training if the output folder cannot be written."""
        backend.seed(self.settings.seed)
        make_folder(self.folder)
        check_writable(self.folder / "report.html")
        start = time.perf_counter()
        self.recipe.execute(self)
        self.seconds = time.perf_counter() - start
        return self


def _flat(images: Array) -> np.ndarray:
    """uint8 images (n, 28, 28) as float32 (n, 784) in [0, 1]."""
    return images.reshape(len(images), -1).astype("float32") / 255
