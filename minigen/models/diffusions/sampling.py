"""The paths between noise and data: down by ancestral sampling or DDIM, up by DDIM backwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ... import backend
from ...checks.values import positive_integer
from ...types import Array, ArrayLike
from ..checks import known_elements
from . import checks
from .process import Process

ROUNDS = 4  # of the iteration that turns a step of DDIM around


def path_down(
    process: Process,
    x: Array,
    times: Sequence[int],
    rows: Any,
    guidance: float = 0.0,
    eta: float = 0.0,
    clips: bool = True,
) -> Iterator[tuple[int, Array]]:
    """(t, x_t) at each of the times, which fall: from x at the first of them to the data at t = 0."""
    yield times[0], x
    for t, r in pairwise(times):
        x = process.step(*process.estimates(x, t, rows, guidance, clips), t, r, eta)
        yield r, x


def end_of(path: Iterator[tuple[int, Array]]) -> Array:
    """The data at the end of a path; what lies before it is not kept."""
    for _, x in path:
        last = x
    return last


def path_down_around(
    process: Process, x: Array, known: Array, times: Sequence[int], rows: Any, guidance: float, eta: float
) -> Array:
    """Images whose known pixels are those of x: at every step they are replaced by x with the noise of that step."""
    drawn = noise = backend.normal(x.shape, x.dtype)
    for t, r in pairwise(times):
        drawn = backend.xp.where(known, process.diffuse(x, t, noise), drawn)
        drawn = process.step(*process.estimates(drawn, t, rows, guidance), t, r, eta)
        noise = backend.normal(x.shape, x.dtype)
    return backend.xp.where(known, x, drawn)


def path_up(process: Process, x: Array, times: Sequence[int], rows: Any) -> Array:
    """The noise from which DDIM comes to x: its steps from t down to r are solved for x_t, one after the other.

    x_r = step(x_t) has x_t on both sides, x_t = x_t + x_r - step(x_t), and is iterated from x_t = x_r on. The first
    round is the usual inversion of DDIM; the others make the way back the same.
    """
    for t, r in reversed(list(pairwise(times))):
        x_t = x
        for _ in range(ROUNDS):
            x_t = x_t + x - process.step(*process.estimates(x_t, t, rows, clips=False), t, r, 0.0)
        x = x_t
    return x


class Drawing(Process):
    """What a diffusion model draws: samples, films, missing parts, codes and what they are codes of."""

    def sample(
        self,
        n: int,
        labels: ArrayLike | None = None,
        guidance: float = 0.0,
        steps: int | None = None,
        eta: float | None = None,
    ) -> np.ndarray:
        """n new samples, (n, ...).

        labels    of a conditional model, (n,) or one for all; None: samples of any class
        guidance  w, 0 to 1000: how much more typical of the label than the data is; it costs a second pass in each step
        steps     None: all T of them; else so few, such as 50
        eta       how much of the noise is drawn anew in each step: 1 is ancestral sampling, the default for all T
                  steps; 0 is DDIM, the default for fewer (on straight paths: Euler's method)

        Raises ValueError for guidance without labels, for labels out of range, for steps outside of 1..T and for an eta
        outside of [0, 1]; TypeError for labels in a model that takes none.
        """
        return self.unscaled(end_of(self._path(f"{self.label}.sample", n, labels, guidance, steps, eta)))

    def film(
        self,
        n: int,
        labels: ArrayLike | None = None,
        guidance: float = 0.0,
        steps: int | None = None,
        eta: float | None = None,
    ) -> Iterator[tuple[int, np.ndarray]]:
        """The film of a drawing: (t, x_t) from the noise at t = T to what sample() returns at t = 0, each (n, ...).

        Arguments and errors as for sample().
        """
        path = self._path(f"{self.label}.film", n, labels, guidance, steps, eta)
        return ((t, self.unscaled(x_t)) for t, x_t in path)

    def inpaint(
        self,
        x: ArrayLike,
        known: ArrayLike,
        labels: ArrayLike | None = None,
        guidance: float = 0.0,
        steps: int | None = None,
        eta: float | None = None,
    ) -> np.ndarray:
        """The samples x (n, ...) with the elements that are not `known` drawn anew, such as the lower half of a digit.

        known: booleans of the shape of one sample. At each step the known part is x with the noise of that step, so
        that the network fills in the rest to fit. It sees no more of x than what the noise leaves: the result is close
        to a draw from p(unknown | known), and not exact. Other arguments as for sample(). Raises ValueError for another
        shape, and what sample() raises.
        """
        where = f"{self.label}.inpaint"
        x = self.checked_inputs(x, where)
        known = known_elements(where, known, self.sample_shape)
        rows, times, w, eta = self._settings(where, len(x), labels, guidance, steps, eta)
        drawn = path_down_around(self, self.scaled(x), backend.asarray(known), times, rows, w, eta)
        return self.unscaled(drawn)

    def encode(self, x: ArrayLike, labels: ArrayLike | None = None, steps: int = 50) -> np.ndarray:
        """The noise z (n, ...) from which DDIM with so many steps draws x: decode(z) gives x back.

        Raises ValueError for another shape of x, labels out of range, and steps outside of 1..T.
        """
        where = f"{self.label}.encode"
        x = self.checked_inputs(x, where)
        rows, times, *_ = self._settings(where, len(x), labels, 0.0, steps, 0.0)
        return backend.to_numpy(path_up(self, self.scaled(x), times, rows))

    def decode(self, z: ArrayLike, labels: ArrayLike | None = None, steps: int = 50) -> np.ndarray:
        """What DDIM draws from the noise z (n, ...) in so many steps: the same z, the same sample. Errors as above."""
        where = f"{self.label}.decode"
        z = checks.as_noise(where, z, self.sample_shape)
        rows, times, *_ = self._settings(where, len(z), labels, 0.0, steps, 0.0)
        return self.unscaled(end_of(path_down(self, backend.asarray(z, self.dtype), times, rows, clips=False)))

    def _path(
        self, where: str, n: int, labels: Any, guidance: float, steps: int | None, eta: float | None
    ) -> Iterator[tuple[int, Array]]:
        """The path from new noise to n samples: (t, x_t). The arguments are checked at once."""
        n = positive_integer(f"{where}: n", n, "sample(10)")
        rows, times, w, eta = self._settings(where, n, labels, guidance, steps, eta)
        x = backend.normal((n, *self.sample_shape), self.dtype)
        return path_down(self, x, times, rows, w, eta)

    def _settings(
        self, where: str, n: int, labels: Any, guidance: float, steps: int | None, eta: float | None
    ) -> tuple[Array | None, list[int], float, float]:
        """(one-hot rows of n samples, the times to visit, guidance, eta) of a drawing, from checked arguments."""
        guidance = checks.checked_guidance(where, guidance, labels)
        eta = checks.checked_eta(where, eta, 1.0 if steps is None else 0.0)
        times = self.schedule.times(self.steps if steps is None else checks.checked_steps(where, steps, self.steps))
        return self._rows_for(where, n, labels), times, guidance, eta

    def _rows_for(self, where: str, n: int, labels: Any) -> Array | None:
        """One-hot rows (n, classes), of zeros where a conditional model is given no labels."""
        checks.check_takes_labels(where, self, labels)
        if self.is_conditional and labels is None:
            return backend.xp.zeros((n, self.classes), self.dtype)
        return self.rows(range(n), () if labels is None else (labels,))
