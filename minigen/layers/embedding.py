"""The embedding: a vector for each symbol."""

from __future__ import annotations

from typing import Any

from ..arrays import as_array
from ..autograd import unwrap
from ..checks.values import positive_integer
from ..tensor import Tensor
from .base import Layer
from .checks import check_symbols
from .input_spec import ANY


class Embedding(Layer):
    """y = E[x]: row x of a table. The same as a one-hot x times E, without the multiplications.

    Shapes: integers x (batch, ...) in 0..input_dim - 1 -> (batch, ..., output_dim); embeddings E (input_dim,
    output_dim). Raises ValueError for a symbol that the table does not have and for sizes that are not positive
    integers, TypeError for x that are no integers.
    """

    input_spec = ANY

    def __init__(
        self, input_dim: int, output_dim: int, embeddings_initializer: Any = "uniform", name: str | None = None
    ) -> None:
        super().__init__(name)
        example = "Embedding(64, 32)"
        self.input_dim = positive_integer(f"{self.label}: input_dim", input_dim, example)
        self.output_dim = positive_integer(f"{self.label}: output_dim", output_dim, example)
        self.embeddings_initializer = embeddings_initializer

    def build(self, input_shape: tuple[int, ...]) -> None:
        shape = (self.input_dim, self.output_dim)
        self.embeddings = self.add_weight("embeddings", shape, self.embeddings_initializer)

    def _to_tensor(self, x: Any) -> Tensor:
        """Checked before it is moved: reading it back would make a GPU wait."""
        symbols = unwrap(x) if hasattr(x, "dtype") else as_array(x, f"{self.label}: symbols")
        check_symbols(self.label, symbols, self.input_dim)
        return super()._to_tensor(symbols)

    def call(self, x: Tensor) -> Tensor:
        return self.embeddings[x.data]
