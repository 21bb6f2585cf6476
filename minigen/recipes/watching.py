"""The page that shows a run while it trains: minigen train NAME --watch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import backend, plot
from ..callbacks import WatchPage
from ..models import Diffusion
from ..models.autoregressive.text_model import TextModel

if TYPE_CHECKING:
    from .run import Run

PICTURES = 20
CHARACTERS = 400
STEPS = 20  # of a diffusion model, for each drawing


class RunPage(WatchPage):
    """The page of all trainings of one run, one after the other. It reloads itself until the run has ended."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.folder / "watch.html", run.words(run.recipe.title), lambda model: newest(run, model))

    def close(self) -> None:
        """After one of the trainings."""
        state = f"training over after {self._time.epoch} epochs; the run goes on with its figures and numbers"
        self._write(state, draws=self._ended)

    def end(self, state: str) -> None:
        """The last version."""
        self._write(state, last=True)


def newest(run: Run, model: Any) -> Any:
    """What a model draws or writes now, always of the same random numbers, or what it makes of test images.

    None for a model that does neither, such as a classifier, and for points in the plane.
    """
    with backend.own_draws(0):
        if isinstance(model, TextModel):
            return model.sample(CHARACTERS)
        if not run.images_learnt:
            return None
        if hasattr(model, "sample"):
            labels = [np.arange(PICTURES) % model.classes] if getattr(model, "classes", None) else []
            steps = {"steps": STEPS} if isinstance(model, Diffusion) else {}
            return _grid(run, model.sample(PICTURES, *labels, **steps), model.data_range)
        x = run.images().x_test[:10]
        if getattr(model, "has_graph", False) and model.inputs.shape[1:] == model.outputs.shape[1:]:
            return run.rows(
                x, model.predict(x.reshape(-1, *model.inputs.shape[1:])), labels=["test digits", "the model's"]
            )
    return None


def _grid(run: Run, x: np.ndarray, data_range: Any) -> Any:
    """Images side by side, flat or not."""
    shown = run.pictures(x) if math.prod(x.shape[1:]) == math.prod(run.image_shape) else x
    return plot.grid(shown, data_range=data_range or (0, 1))
