"""InputSpec: what a layer declares about its input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ..ops.checks import check_image_shape
from ..tensor import Tensor
from ..types import Shape
from .checks import KINDS, check_has_features, check_sequences, check_spec


@dataclass(frozen=True)
class InputSpec:
    """What input a layer takes, as in Keras. Layer.__call__ checks each input against it.

    dtype     "float", "integer", or None for any numbers
    ndim      the number of axes, with the batch; None: any number from min_ndim on
    features  the size of the last axis; None: any
    fix       what to write where the dtype is wrong; "" for the usual advice
    or_list   True: x may be a list, whose first entry is checked (behind it stands the state of a recurrent layer)

    A layer says as a class attribute what is known before it is built, and in build() what is known then. Raises
    ValueError for another dtype.
    """

    dtype: str | None = None
    ndim: int | None = None
    min_ndim: int = 1
    features: int | None = None
    fix: str = ""
    or_list: bool = False

    def __post_init__(self) -> None:
        check_spec(self)

    def admits(self, x: Any) -> bool:
        """Whether x is a Tensor of this dtype with these axes."""
        if self.or_list and isinstance(x, list):
            x = x[0]
        if not isinstance(x, Tensor):
            return False
        a = x.data
        return (
            a.dtype.kind in KINDS[self.dtype]
            and (a.ndim == self.ndim if self.ndim is not None else a.ndim >= self.min_ndim)
            and (self.features is None or a.shape[-1] == self.features)
            and (a.size > 0 or self.ndim is None or 0 not in a.shape[1:])
        )

    def with_features(self, label: str, shape: Shape) -> InputSpec:
        """The same for as many features as `shape` has; ValueError for the shape of other data."""
        by_ndim: dict[int | None, Callable[[str, Shape], None]] = {3: check_sequences, 4: check_image_shape}
        by_ndim.get(self.ndim, check_has_features)(label, shape)
        return replace(self, features=shape[-1])


ANY = InputSpec()
FLOAT = InputSpec("float")
FEATURES = InputSpec("float", min_ndim=2)  # (batch, ..., features)
IMAGES = InputSpec("float", ndim=4)  # (batch, rows, columns, channels)
# (batch, steps, features), or a list of it and the state
SEQUENCES = InputSpec("float", ndim=3, fix="an Embedding before it, or one-hot rows", or_list=True)
