"""trace(): every op that runs inside a block, with its formula, shapes, times and gradient norm."""

from __future__ import annotations

import contextlib
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .. import autograd, backend
from ..autograd import Node, Op, unwrap
from ..console import printable
from ..tables import html_table, text_table
from ..types import Array, Shape, TensorLike

SIDES = "><<<>>>><<"  # of the columns of a trace: numbers to the right


@dataclass
class Row:
    """One op that ran: shapes and numbers only, so that a trace keeps no array alive."""

    number: int
    op: str  # the name of its class
    formula: str  # the first line of the class docstring
    inputs: tuple[Any, ...]  # the shape of every array; numbers as they are
    names: tuple[str, ...]  # of the inputs that have one, such as dense/kernel
    sources: tuple[int | str, ...]  # of the inputs: the number of a row, or the name of data; weights are left out
    module: str  # the model in whose graph it ran, such as encoder; "" if in none
    output: Shape
    nbytes: int  # of the output
    way: str = ""  # how a convolution is computed (kernels/routes.py); "" for other ops
    forward_ms: float | None = None  # None: the forward pass ran before the trace began
    backward_ms: float | None = None  # None: no backward pass reached it; several add up
    gradient_norm: float | None = None  # ‖dL/dy‖ of the latest backward pass
    bad_output: str = ""  # "NaN" or "inf" if the output y contains one
    bad_gradient: str = ""  # the same for dL/dy, the gradient that backward received
    bad_result: str = ""  # the same for dL/dx, the gradient that backward returned

    @property
    def flag(self) -> str:
        """Where there is a NaN or an infinity, such as "NaN in y"; "" if there is none."""
        found = [(self.bad_output, "y"), (self.bad_gradient, "dL/dy"), (self.bad_result, "dL/dx")]
        return ", ".join(f"{what} in {where}" for what, where in found if what)


class Trace:
    """The rows of a trace() in `rows`, in order of execution. As `autograd.mode.observer` it runs every op."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._swept: list[Row] = []  # the rows in the order in which backward reached them
        self._row_of: weakref.WeakKeyDictionary[Op, Row] = weakref.WeakKeyDictionary()
        self._made: dict[int, tuple[Any, int]] = {}  # id of an output -> a weak reference to it, and its row's number
        self._inside = False  # True while an op runs: the ops that its rule calls on plain arrays are part of it
        self._modules: list[str] = []  # the models that are running, the innermost last
        self._names: dict[Any, str] = {}  # the first layer of each model that ran -> its name

    @contextlib.contextmanager
    def running(self, name: str, layers: Sequence[object]) -> Iterator[None]:
        """The ops in this block belong to the model of these layers; models with the same first layer share a name."""
        first = layers[0] if layers else name
        others = [n for n in self._names.values() if n.partition(" ")[0] == name]
        self._modules.append(self._names.setdefault(first, f"{name} {len(others) + 1}" if others else name))
        try:
            yield
        finally:
            self._modules.pop()

    def forward(self, op: Op, rule: Callable[..., Array], inputs: tuple[TensorLike, ...], arrays: list[Array]) -> Array:
        """Run `rule`, which is op.forward, and add its row."""
        if self._inside:
            return rule(*arrays)
        y, ms = self._timed(rule, *arrays)
        self._add_row(op, inputs, arrays, y).forward_ms = ms
        return y

    def backward(self, op: Op, rule: Callable[..., Array], g: Array, y: Array) -> Array | tuple[Array, ...]:
        """Run `rule`, which is op.backward, and complete the row of its forward."""
        gxs, ms = self._timed(rule, g, y, *op.arrays)
        row = self._row_of.get(op) or self._add_row(op, op.inputs, op.arrays, y)
        if row.backward_ms is None:
            row.way = ", ".join(filter(None, [row.way, _way(op, "way_back", op.arrays)]))
        row.backward_ms = ms + (row.backward_ms or 0.0)
        row.gradient_norm = _norm(g)
        row.bad_gradient = _nonfinite(g) or row.bad_gradient
        for gx, needed in zip(gxs if isinstance(gxs, tuple) else (gxs,), op.needs, strict=False):
            if needed and gx is not None:
                row.bad_result = row.bad_result or _nonfinite(gx)
        self._swept.append(row)
        return gxs

    def _timed(self, rule: Callable[..., Array], *arrays: Array) -> tuple[Array, float]:
        """(the result of a forward or backward rule, its milliseconds)"""
        self._inside = True
        try:
            _wait_for_device()
            start = time.perf_counter()
            result = rule(*arrays)
            _wait_for_device()
            return result, 1e3 * (time.perf_counter() - start)
        finally:
            self._inside = False

    def _add_row(self, op: Op, inputs: tuple[TensorLike, ...], arrays: list[Array], y: Array) -> Row:
        y = backend.asarray(y)
        row = Row(
            number=len(self.rows) + 1,
            op=type(op).__name__,
            formula=(type(op).__doc__ or "").strip().partition("\n")[0],
            inputs=tuple(getattr(a, "shape", a) for a in arrays),
            names=tuple(x.name for x in inputs if isinstance(x, Node) and x.name),
            sources=tuple(self._source(x) for x in inputs if hasattr(x, "shape") and not _is_weight(x)),
            module=self._modules[-1] if self._modules else "",
            output=y.shape,
            nbytes=y.nbytes,
            way=_way(op, "way", arrays),
            bad_output=_nonfinite(y),
        )
        self.rows.append(row)
        self._row_of[op] = row
        self._made[id(y)] = weakref.ref(y), row.number
        return row

    def _source(self, x: TensorLike) -> int | str:
        """The number of the row that computed x, or the name of x, or "data"."""
        if isinstance(x, Node) and isinstance(x.op, Op) and x.op in self._row_of:
            return self._row_of[x.op].number
        made, number = self._made.get(id(unwrap(x)), (lambda: None, 0))  # an op that was not recorded
        return number if made() is unwrap(x) else getattr(x, "name", None) or "data"

    def first_nan(self) -> Row | None:
        """The row where the first NaN or infinity appeared, or None: in an output or, if all outputs are finite, in a
        gradient. Gradients run from the last row up; the row is the one whose rule returned (or received) it."""
        bad = [row for row in self.rows if row.bad_output]
        bad += [row for row in self._swept if row.bad_gradient or row.bad_result]
        return bad[0] if bad else None

    def table(self) -> str:
        """The rows as text, with the totals below."""
        return "\n".join([text_table(self._lines(), SIDES), *self._notes()])

    def _lines(self) -> list[tuple[str, ...]]:
        """The cells of the table, from the names of its columns to the totals."""
        forward, backward = self._milliseconds()
        nbytes = sum(row.nbytes for row in self.rows)
        return [
            ("#", "op", "formula", "shapes", "forward ms", "backward ms", "bytes", "‖dL/dy‖", "named inputs", ""),
            *map(_cells, self.rows),
            ("", "total", f"{len(self.rows)} ops", "", f"{forward:.3f}", f"{backward:.3f}", f"{nbytes:,}", "", "", ""),
        ]

    def _milliseconds(self) -> tuple[float, float]:
        """Of all forward and of all backward passes."""
        return sum(row.forward_ms or 0.0 for row in self.rows), sum(row.backward_ms or 0.0 for row in self.rows)

    def _notes(self) -> list[str]:
        first = self.first_nan()
        return [] if first is None else [f"first NaN or infinity: row {first.number}, {first.op}: {first.flag}"]

    def __repr__(self) -> str:
        forward, backward = self._milliseconds()
        parts = [f"<Trace, {len(self.rows)} ops: forward {forward:.3f} ms, backward {backward:.3f} ms", *self._notes()]
        return "; ".join(parts) + ">"

    def _repr_html_(self) -> str:
        """What a notebook shows: the table."""
        return html_table(self._lines(), SIDES, notes=self._notes())

    def __str__(self) -> str:
        """table(), with a "?" for each character that the encoding of sys.stdout does not contain."""
        return printable(self.table())


@contextlib.contextmanager
def trace() -> Iterator[Trace]:
    """Record every op that this thread runs inside the block.

        with minigen.trace() as t:
            loss = model(x).mean()
            loss.backward()
        print(t)

    prints one line per op: its formula, shapes, time, bytes of the output and the norm of the gradient that reached it,
    with a flag for a NaN or an infinity. t.rows holds the numbers, t.first_nan() is the row of the first such flag. Ops
    that a rule calls on plain arrays are part of its op; `grad(..., create_graph=True)` records new ops in the backward
    pass, and these have their own rows. Of nested traces, only the innermost records an op.
    """
    t = Trace()
    before, autograd.mode.observer = autograd.mode.observer, t
    try:
        yield t
    finally:
        autograd.mode.observer = before


def _way(op: Op, name: str, arrays: list[Array]) -> str:
    """How an op of minigen says that it is computed; an own op may have any attributes."""
    return "" if op.guarded or not hasattr(op, name) else str(getattr(op, name)(*arrays))


def _is_weight(x: TensorLike) -> bool:
    return isinstance(x, Node) and x.requires_grad and x.op is None


def _wait_for_device() -> None:
    """A GPU computes asynchronously: without this, only the launch of its kernels would be timed."""
    if backend.active() == "cupy":
        backend.xp.cuda.get_current_stream().synchronize()


def _norm(a: Array) -> float:
    """‖a‖, summed in float64: the square of a float32 may overflow."""
    a = backend.asarray(a).astype("float64")
    with backend.ignore_overflow():
        return float(backend.xp.sqrt((a * a).sum()))


def _nonfinite(a: Array) -> str:
    """The kind of a non-finite number in the array, "NaN" or "inf"; "" if there is none."""
    a = backend.asarray(a)
    if bool(backend.xp.isfinite(a).all()):
        return ""
    return "NaN" if bool(backend.xp.isnan(a).any()) else "inf"


def _cells(row: Row) -> tuple[str, ...]:
    formula = row.formula if len(row.formula) <= 36 else row.formula.partition(",   ")[0]  # then only y = ...
    return (
        str(row.number),
        row.op,
        formula if len(formula) <= 36 else formula[:35] + "…",
        f"{' '.join(map(_short, row.inputs))} → {row.output}",
        "-" if row.forward_ms is None else f"{row.forward_ms:.3f}",
        "-" if row.backward_ms is None else f"{row.backward_ms:.3f}",
        f"{row.nbytes:,}",
        "-" if row.gradient_norm is None else f"{row.gradient_norm:.4g}",
        ", ".join(row.names),
        f"{row.way} ← {row.flag}".strip() if row.flag else row.way,
    )


def _short(value: Shape | float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
