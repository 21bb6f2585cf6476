"""The data of fit, evaluate and predict: as arrays, in batches, on the active library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from .. import backend, parallel
from ..arrays import as_array
from ..streams import Streamed
from ..tensor import Tensor
from ..types import Data, DType, Logs
from . import checks


def as_data(x: Any, y: Any = None, where: str = "data") -> Data:
    """(x,) or (x, y) as arrays of numbers. A list of arrays stands for several inputs or outputs.

    with_weights() adds a third part, the weights of the samples.
    """
    first = _array(x, where, "x")
    if y is None:
        return (first,)
    return (first, first if y is x else _array(y, where, "y"))


def _array(a: Any, where: str, name: str) -> Any:
    if isinstance(a, (list, tuple)) and any(getattr(part, "ndim", 0) for part in a):
        return [as_array(part, where, f"{name}[{i}]") for i, part in enumerate(a)]
    return as_array(a, where, name)


def with_weights(data: Data, sample_weight: Any, class_weight: Any, where: str) -> Data:
    """(x, y, weights): of a sample its sample_weight, times the class_weight of its label; without both, data as it is.

    Labels are numbers (n,) or (n, 1); of a row of targets (n, classes) the label is the place of the largest.
    """
    given = {"sample_weight": sample_weight, "class_weight": class_weight}
    names = [name for name, value in given.items() if value is not None]
    if not names:
        return data
    if len(data) == 1:
        checks.refuse_no_targets(where, names[0])
    for a in _flat(data):
        checks.check_filled(a, where)
    n = length(data)
    weights = np.ones(n, "float32")
    if sample_weight is not None:
        weights = checks.checked_weights(where, sample_weight, n)
    if class_weight is not None:
        labels = checks.checked_labels(where, data[1])
        weights = weights * checks.checked_class_weights(where, class_weight, labels)
    return (*data, weights)


def call_step(step: Callable[..., Logs], batch: Data, dtype: DType) -> Logs:
    """step(x), step(x, y) or step(x, y, sample_weight=...) on one batch, moved to the active library."""
    parts = to_device(batch, dtype)
    return step(*parts[:2], sample_weight=parts[2]) if len(parts) == 3 else step(*parts)


def _flat(data: Data) -> list[Any]:
    return [a for part in data for a in (part if isinstance(part, list) else [part])]


def length(data: Data) -> int:
    """Number of samples."""
    return len(_flat(data)[0])


def batches(data: Data, size: int, n: int | None = None) -> Iterator[Data]:
    """Consecutive batches of all samples, or of the first n; the last one may be short."""
    n = length(data) if n is None else min(n, length(data))
    for i in range(0, n, size):
        yield take_all(data, slice(i, min(i + size, n)))


def take_all(data: Data, index: Any) -> Data:
    """Every part at `index`; targets that are the input stay one array with it."""
    x = take(data[0], index)
    return (x, *(x if a is data[0] else take(a, index) for a in data[1:]))


def part_of(data: Data, index: slice) -> Data:
    """These samples of every part; those of a stream are not read yet."""

    def part(a: Any) -> Any:
        return a.part(index) if isinstance(a, Streamed) else take(a, index)

    x = part(data[0])
    return (x, *(x if a is data[0] else part(a) for a in data[1:]))


def take(a: Any, index: Any) -> Any:
    """a[index] of an array, or of each array of a list."""
    if isinstance(a, list):
        return [take(part, index) for part in a]
    if isinstance(index, np.ndarray) and backend.is_device_array(a):
        index = backend.asarray(index)
    return a[index]


_targets: WeakValueDictionary[int, Tensor] = WeakValueDictionary()  # by id: what to_device() has made of targets


def is_checked(y: Any) -> bool:
    """True for targets that to_device() has made and no step has changed: fit() has checked all of them before."""
    known = _targets.get(id(y))
    return known is not None and known is y and known.version == 0


def share_of(batch: Data) -> tuple[Data, parallel.Share | None]:
    """(the rows of this rank, its share): the whole batch, and None, in one process.

    Inside of a step, as where a train_step calls train_on_batch of a part, the batch is what this rank computes.
    """
    if parallel.current() is not None:
        return batch, parallel.current()
    share = parallel.share_of(length(batch))
    return (batch if share is None else part_of(batch, share.part)), share


def rows_of(batch: Data, share: parallel.Share | None) -> int:
    """How many rows of the whole batch this is: its length in one process."""
    return length(batch) if share is None else share.rows


def to_device(batch: Data, dtype: str = "float32") -> Data:
    """Floats as Tensors of `dtype` on the active library, each array moved once; integers (labels) stay on the host."""
    moved: dict[int, Any] = {}
    parts = tuple(_moved(a, dtype, moved) for a in batch)
    _targets.update({id(y): y for y in _flat(parts[:2][-1:]) if isinstance(y, Tensor)})
    return parts


def _moved(a: Any, dtype: str, moved: dict[int, Any]) -> Any:
    """One part of to_device(); `moved` holds what has been moved, by the id of the array.

    A function inside of to_device() that calls itself would be a circle of references: each batch would stay in memory
    until Python looks for such circles.
    """
    if isinstance(a, list):
        return [_moved(part, dtype, moved) for part in a]
    if a.dtype.kind != "f":
        return a
    if id(a) not in moved:
        moved[id(a)] = Tensor.around(backend.asarray(a, dtype))
    return moved[id(a)]
