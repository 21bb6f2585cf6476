"""Samples that are read when a batch needs them, for data that do not fit in memory."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from .checks.samples import (
    check_indices,
    check_samples_read,
    refuse_arithmetic,
    refuse_missing_attribute,
    refuse_whole,
    sample_range,
    sample_shape,
)
from .checks.values import refuse_missing_method
from .types import Shape


class Streamed:
    """Samples on disk, or computed, that fit(), evaluate(), predict() and Task take in the place of an array.

    A subclass says what the samples are and writes read(); only the samples of one batch are in memory at a time:

        class Rows(Streamed):
            def __init__(self, file):
                super().__init__(file["x"].shape, data_range=(0.0, 1.0))
                self.x = file["x"]

            def read(self, indices):
                return np.stack([self.x[i] for i in indices])

    shape       (n, ...): the number of samples first, as of an array
    data_range  (lowest, highest) number that occurs. It stands for the check of all the data that arrays get before
                the first step; each batch is compared with it when it is read

    It has the attributes shape, ndim, size and dtype (float32) of an array, len(), min() and max() (those of
    data_range), and indexing along the first axis, which reads: x[3], x[10:20], x[[4, 1]]. x[:] reads everything.

    Raises ValueError for a shape that is none and unless lowest < highest, both finite; where samples are read,
    TypeError unless they are floats, and ValueError for another shape than promised and for numbers that are outside of
    data_range or NaN.
    """

    dtype = np.dtype("float32")

    def __init__(self, shape: Shape, data_range: tuple[float, float]) -> None:
        where, fix = type(self).__name__, "shape=(20_000, 64, 64, 3), data_range=(0.0, 1.0)"
        self.shape = sample_shape(where, shape, fix)
        self.data_range = sample_range(where, data_range, fix)

    def __getattr__(self, name: str) -> NoReturn:
        refuse_missing_attribute(type(self).__name__, name, "data_range" in vars(self))

    def read(self, indices: np.ndarray) -> np.ndarray:
        """The samples of these numbers (k,), in this order, as floats (k, ...): each subclass writes it."""
        refuse_missing_method(type(self).__name__, "read(self, indices)")

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of numbers."""
        return math.prod(self.shape)

    def min(self) -> float:
        """The lowest number that may occur."""
        return self.data_range[0]

    def max(self) -> float:
        """The highest number that may occur."""
        return self.data_range[1]

    def __getitem__(self, index: Any) -> np.ndarray:
        """The samples at an index along the first axis, read now, as a NumPy array of float32."""
        where = type(self).__name__
        numbers = check_indices(where, index, len(self))  # (k,), or () for a single sample
        samples = self.read(numbers.reshape(-1))
        check_samples_read(where, samples, (numbers.size, *self.shape[1:]), self.data_range)
        samples = samples.astype(self.dtype, copy=False)
        return samples if numbers.ndim else samples[0]

    def part(self, index: Any) -> Streamed:
        """The samples at an index along the first axis, not read yet: x.part(slice(1000)) are the first thousand."""
        return Part(self, check_indices(type(self).__name__, index, len(self)).reshape(-1))

    def _refuse_operator(self, other: Any) -> NoReturn:
        refuse_arithmetic(type(self).__name__, self.data_range)

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse_operator

    def __array__(self, *options: Any, **others: Any) -> NoReturn:
        refuse_whole(type(self).__name__)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {self.shape}, numbers in [{self.data_range[0]:g}, {self.data_range[1]:g}]>"


class Part(Streamed):
    """Some samples of another Streamed, such as those for validation; x.part(index) makes it."""

    def __init__(self, whole: Streamed, indices: np.ndarray) -> None:
        super().__init__((len(indices), *whole.shape[1:]), whole.data_range)
        self.whole, self.indices = whole, indices

    def read(self, indices: np.ndarray) -> np.ndarray:
        """The samples of these numbers, counted in this part."""
        return self.whole.read(self.indices[indices])
