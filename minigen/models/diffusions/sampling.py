"""The paths between noise and data: down by ancestral sampling or DDIM, up by DDIM backwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ... import backend
from ...types import Array

if TYPE_CHECKING:
    from .diffusion import Diffusion

ROUNDS = 4  # of the iteration that turns a step of DDIM around


def path_down(
    model: Diffusion, x: Array, times: Sequence[int], rows: Any, guidance: float, eta: float
) -> Iterator[tuple[int, Array]]:
    """(t, x_t) at each of the times, which fall: from x at the first of them to the data at t = 0."""
    yield times[0], x
    for t, s in pairwise(times):
        x = model.step(*model.estimates(x, t, rows, guidance), t, s, eta)
        yield s, x


def path_down_around(
    model: Diffusion, x: Array, known: Array, times: Sequence[int], rows: Any, guidance: float, eta: float
) -> Array:
    """Images whose known pixels are those of x: at every step they are replaced by x with the noise of that step."""
    drawn = noise = backend.normal(x.shape, x.dtype)
    for t, s in pairwise(times):
        drawn = backend.xp.where(known, model.diffuse(x, t, noise), drawn)
        drawn = model.step(*model.estimates(drawn, t, rows, guidance), t, s, eta)
        noise = backend.normal(x.shape, x.dtype)
    return backend.xp.where(known, x, drawn)


def path_up(model: Diffusion, x: Array, times: Sequence[int], rows: Any) -> Array:
    """The noise from which DDIM comes to x: its steps from t down to s are solved for x_t, one after the other.

    x_s = step(x_t) has x_t on both sides, x_t = x_t + x_s - step(x_t), and is iterated from x_t = x_s on. The first
    round is the usual inversion of DDIM; the others make the way back the same.
    """
    for t, s in reversed(list(pairwise(times))):
        x_t = x
        for _ in range(ROUNDS):
            x_t = x_t + x - model.step(*model.estimates(x_t, t, rows, 0.0, clips=False), t, s, 0.0)
        x = x_t
    return x
