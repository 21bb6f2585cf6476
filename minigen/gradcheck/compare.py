"""compare(): the values of a function, element by element, against plain NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..checks.values import positive_number
from ..tensor import Tensor
from ..types import ArrayLike, TensorLike
from . import checks


@checks_arguments
def compare(
    f: Callable[..., TensorLike],
    reference: Callable[..., ArrayLike],
    inputs: Sequence[ArrayLike],
    *,
    tol: float | None = None,
) -> str:
    """Compare f(*inputs), computed by minigen, with reference(*inputs), plain NumPy, element by element.

        compare(ops.softplus, lambda x: np.log1p(np.exp(x)), [x])

    f gets Tensors and the reference gets NumPy arrays, copies of the inputs. Two values agree if |y - reference| ≤ tol
    |reference| + tol / 1000, with tol = 1e-8, or 1e-4 where y is float32. Returns a line with the largest difference;
    raises AssertionError naming the worst element, and for a result of another shape.
    """
    checks.check_comparison(f, reference, inputs)
    tol = None if tol is None else positive_number("compare: tol", tol, "tol=1e-6")
    arrays = [backend.to_numpy(x) for x in inputs]
    with backend.own_draws():
        y = backend.to_numpy(f(*[Tensor(backend.asarray(a.copy())) for a in arrays]))
    wanted = np.asarray(reference(*[a.copy() for a in arrays]))
    checks.check_same_shape(y, wanted)
    if not y.size:
        return "ok: no elements"

    tol = tol if tol is not None else 1e-4 if y.dtype == np.float32 else 1e-8
    same = (y == wanted) | (np.isnan(y) & np.isnan(wanted))
    with np.errstate(invalid="ignore"):
        excess = np.where(same, 0.0, np.abs(y - wanted) / (tol * np.abs(wanted) + tol / 1000))
    excess = np.where(np.isnan(excess), np.inf, excess)
    index = tuple(int(k) for k in np.unravel_index(int(np.argmax(excess)), y.shape))
    bad = int((excess > 1).sum())
    if bad:
        checks.refuse_values(y, wanted, bad, index, tol)
    return f"ok: {y.size} elements, largest difference {np.abs(y - wanted).max():.1e} at {list(index)}"
