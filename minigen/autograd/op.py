"""Op: a differentiable function.

A rule is the textbook formula, written twice: `forward` on arrays and `backward` on arrays or Tensors. The
sweep of `loss.backward()` calls it with plain arrays; `grad(..., create_graph=True)` calls the same rule with Tensors,
so that it is recorded and can be differentiated again. A minigen function called on plain arrays returns a plain array.
"""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

import numpy as np

from .. import backend
from ..checks.values import refuse_missing_method
from ..types import Array, TensorLike
from . import checks
from .guard import guarded
from .node import Node
from .state import mode

_op_numbers = itertools.count()  # numbers the operations: the creation order is a topological order
KEPT_BY_OPS = ("order", "inputs", "arrays", "tensors", "versions", "output_version", "needs")  # what the graph needs


class Op:
    """A differentiable function: y = forward(*arrays), input gradients = backward(g, y, *inputs).

    Subclass it to write your own; the first docstring line is its formula, shown by trace():

        class Cube(Op):
            "y = x³,   dL/dx = g 3x²"

            def forward(self, x):
                return x**3

            def backward(self, g, y, x):
                return g * 3 * x**2

        y = Cube()(x)

    forward gets arrays and may use `backend.xp`. backward gets g = dL/dy, the output and the inputs, and returns one
    gradient per input (a tuple if there are several). It may use operators, `.sum .reshape .transpose .shape` and
    minigen functions only, because the same line also runs on Tensors. `self.needs[i]` tells whether input i's
    gradient is wanted; an unwanted one may be None. Own attributes may have any names but those below.
    """

    elementwise: ClassVar[bool] = False  # True: the inputs broadcast, and the sweep undoes that
    one_kernel: ClassVar[bool] = False  # True: an op without settings; backward() works element by element, on arrays
    guarded: ClassVar[bool] = False  # True for an op defined outside minigen: its rules may not write into arrays
    order: int | None = None
    inputs: tuple[TensorLike, ...]
    arrays: list[Array]
    tensors: list[Node]
    versions: list[int]  # of the inputs, and of the output, when the op ran
    output_version: int
    needs: list[bool]

    def __init_subclass__(cls) -> None:
        cls.guarded = not cls.__module__.startswith("minigen.")

    def forward(self, *arrays: Array) -> Array:
        refuse_missing_method(self, "forward(self, x)")

    def backward(self, g: TensorLike, y: TensorLike, *inputs: Any) -> TensorLike:
        refuse_missing_method(self, "backward(self, g, y, x)")

    def __repr__(self) -> str:
        return type(self).__name__

    def __call__(self, *inputs: TensorLike) -> TensorLike:
        if self.guarded:
            checks.check_names(self, KEPT_BY_OPS)
        if self.order is not None:
            checks.refuse_second_call(self)
        ndarray = backend.xp.ndarray
        arrays: list[Any] = []
        tensors: list[Node] = []
        is_needed = False
        for x in inputs:
            if isinstance(x, Node):
                tensors.append(x)
                is_needed = is_needed or x.requires_grad
                x = x.data
            arrays.append(x if type(x) is ndarray else self._as_input(len(arrays), x, inputs))
        rule = guarded(self, self.forward) if self.guarded else self.forward
        try:
            y = rule(*arrays) if mode.observer is None else mode.observer.forward(self, rule, inputs, arrays)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            checks.explain_failure(self, arrays, error)
            raise
        if type(y) is not ndarray:
            y = self._as_array(y)
        if not tensors:  # plain arrays in, plain array out
            return y
        out = tensors[0].around(y)
        for x in tensors:
            if x.data.dtype is not y.dtype:
                checks.check_precision(self, tensors, arrays, out)
        if y.base is not None:
            _share_writes(out, tensors)
        if is_needed and mode.recording:
            self.inputs, self.arrays, self.tensors, self.order = inputs, arrays, tensors, next(_op_numbers)
            self.versions, self.output_version = [x.writes[0] for x in tensors], out.writes[0]
            out.op, out.requires_grad, out.variable = self, True, False
        return out

    def _as_input(self, i: int, a: Any, inputs: tuple[Any, ...]) -> Any:
        """Input i where it is no array of the active library: a number becomes a Python one, which takes any dtype."""
        if type(a) in (bool, int, float):
            return a if len(inputs) > 1 else backend.asarray(a)  # exp(2.0)
        if isinstance(a, backend.xp.ndarray):  # a subclass, such as np.matrix, whose * is another one
            return backend.asarray(a)
        if isinstance(a, np.generic):
            is_result_of_numpy = a.dtype == np.float32 and backend.xp is np  # NumPy makes a scalar of a () array
            if is_result_of_numpy or len(inputs) == 1:
                return backend.asarray(a)
            return a.item()  # np.float64(2) would make everything float64
        if isinstance(a, int):  # of a subclass, such as x.size
            return self._as_input(i, int(a), inputs)
        checks.refuse_input(self, i, a)

    def _as_array(self, y: Any) -> Array:
        """What forward() returned as an array of the active library (NumPy's numbers too), or TypeError."""
        if isinstance(y, (backend.xp.ndarray, np.generic)) or (isinstance(y, float) and not self.guarded):
            return backend.asarray(y)
        checks.refuse_output(self, y)


def _share_writes(out: Node, tensors: list[Node]) -> None:
    """A view, such as a reshaped weight, changes with the weight: both have one version."""
    for x in tensors:
        if out.data.base is x.data or (x.data.base is not None and out.data.base is x.data.base):
            out.writes, out.variable = x.writes, x.variable
