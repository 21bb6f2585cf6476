"""Where in a sequence a vector stands: learned embeddings of the positions, and sines of many wavelengths."""

from __future__ import annotations

from typing import Any

from .. import backend, ops
from ..checks.values import positive_integer, positive_number
from ..tensor import Tensor
from ..types import Shape
from .base import Layer
from .checks import check_positions
from .input_spec import InputSpec

VECTORS = InputSpec("float", min_ndim=3, fix="an Embedding before it")  # (batch, ..., steps, features)


class PositionEmbedding(Layer):
    """yᵢ = Eᵢ, a learned vector for each position i, whatever x is: x + PositionEmbedding(128)(x) is the usual sum.

    call(x, start_index=0): the first step of x stands at position start_index. Shapes: x (batch, ..., n, features) ->
    the same, with n + start_index <= sequence_length; embeddings E (sequence_length, features). Raises ValueError for a
    sequence_length that is not positive and for steps behind it, TypeError for integer data. Signature and defaults as
    in keras_hub. Source: Gehring et al. 2017.
    """

    input_spec = VECTORS

    def __init__(self, sequence_length: int, initializer: Any = "glorot_uniform", name: str | None = None) -> None:
        super().__init__(name)
        example = "PositionEmbedding(128)"
        self.sequence_length = positive_integer(f"{self.label}: sequence_length", sequence_length, example)
        self.initializer = initializer

    def build(self, input_shape: Shape) -> None:
        self.input_spec = VECTORS.with_features(self.label, input_shape)
        self.embeddings = self.add_weight("embeddings", (self.sequence_length, input_shape[-1]), self.initializer)

    def call(self, x: Tensor, start_index: int = 0) -> Tensor:
        start = check_positions(self.label, start_index, x.shape[-2], self.sequence_length)
        return ops.broadcast_to(self.embeddings[start : start + x.shape[-2]], x.shape)


class SinePositionEncoding(Layer):
    """yᵢ, ⱼ = sin(i / λ^(j / features)) for even j, cos(i / λ^((j - 1) / features)) for odd j, λ = max_wavelength

    For each position i a vector of sines and cosines, whatever x is; wavelengths from 2π to almost 2π λ. The vector of
    i + 1 is that of i, each pair of features turned by an angle that does not depend on i, so that a product of queries
    and keys can depend on their distance. It has no weights.

    call(x, start_index=0): the first step of x stands at position start_index. Shapes: x (batch, ..., n, features) ->
    the same. Raises ValueError for a max_wavelength that is not positive, TypeError for integer data. Signature and
    defaults as in keras_hub. Source: Vaswani et al. 2017.
    """

    input_spec = VECTORS

    def __init__(self, max_wavelength: float = 10000, name: str | None = None) -> None:
        super().__init__(name)
        example = "SinePositionEncoding(10000)"
        self.max_wavelength = positive_number(f"{self.label}: max_wavelength", max_wavelength, example)

    def call(self, x: Tensor, start_index: int = 0) -> Tensor:
        xp, (n, features) = backend.xp, x.shape[-2:]
        start = check_positions(self.label, start_index, n)
        even = xp.arange(features) // 2 * 2
        angles = xp.arange(start, start + n)[:, None] / self.max_wavelength ** (even / features)  # (n, features)
        y = xp.where(xp.arange(features) % 2 == 0, xp.sin(angles), xp.cos(angles))
        return Tensor(xp.broadcast_to(y.astype(x.dtype), x.shape))
