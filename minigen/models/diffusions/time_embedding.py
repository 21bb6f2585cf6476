"""The time of a diffusion as features that a network can use."""

from __future__ import annotations

from ... import backend
from ...layers import Layer
from ...layers.input_spec import InputSpec
from ...tensor import Tensor
from .checks import even_units

STEPS = 1000  # time runs from 0 to 1; the sinusoids were made for steps that count up to 1000
LONGEST = 10_000  # the longest wavelength is 2π times this, in such steps


class TimeEmbedding(Layer):
    """y = [sin ω₀τ, ..., sin ωₘ₋₁τ, cos ω₀τ, ..., cos ωₘ₋₁τ],   τ = 1000 time,   ωᵢ = 10000^(-i/m),   m = units/2

    Each pair is a hand of a clock; the fast ones tell apart neighbouring times, the slow ones the beginning from the
    end. It has no weights, and no gradient flows to the time.

    Shapes: time (batch, 1), floats in (0, 1] -> (batch, units). The angles reach 1000, so they are computed in float64
    and the result is cast. Raises ValueError unless units is an even positive integer, and for another shape. Source:
    Vaswani et al. 2017, section 3.5; Ho, Jain and Abbeel 2020, appendix B.
    """

    input_spec = InputSpec("float", ndim=2, features=1)

    def __init__(self, units: int, name: str | None = None) -> None:
        super().__init__(name)
        self.units = even_units(f"{self.label}: units", units)

    def call(self, time: Tensor) -> Tensor:
        xp, half = backend.xp, self.units // 2
        frequencies = LONGEST ** (-xp.arange(half) / half)  # (m,)
        angles = STEPS * time.data.astype("float64") * frequencies  # (batch, m)
        return Tensor(xp.concatenate([xp.sin(angles), xp.cos(angles)], axis=1).astype(self.dtype))
