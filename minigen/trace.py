"""Look inside: trace() lists every op that runs, to_dot() and draw() show the graph that a loss has recorded."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import autograd, backend
from .autograd import GraphError, Node, Op, raw
from .errors import message

# ---- trace()


@dataclass
class Row:
    """What one op did. Shapes and numbers only: a trace keeps no array alive."""

    number: int
    op: str  # the name of its class
    formula: str  # the first line of the class docstring
    inputs: tuple[Any, ...]  # the shape of every array; a number stands for itself
    names: tuple[str, ...]  # of the inputs that have one, such as dense/kernel
    output: tuple[int, ...]
    nbytes: int  # of the output
    forward_ms: float | None = None  # None: the forward pass ran before the trace began
    backward_ms: float | None = None  # None: no backward pass came here; several add up
    gradient_norm: float | None = None  # ‖dL/dy‖ of the g that came into backward, the latest one
    bad_output: str = ""  # "NaN" or "inf" if the output y holds one
    bad_gradient: str = ""  # the same for g = dL/dy, which came into backward
    bad_result: str = ""  # the same for dL/dx, which backward returned

    @property
    def flag(self) -> str:
        """Where there is a NaN or an infinity, such as "NaN in y"; "" if all is well."""
        found = [(self.bad_output, "y"), (self.bad_gradient, "dL/dy"), (self.bad_result, "dL/dx")]
        return ", ".join(f"{what} in {where}" for what, where in found if what)


class Trace:
    """The rows of a trace() in `rows`, in order of execution. It watches the ops as `autograd.observer`."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._swept: list[Row] = []  # the rows in the order in which backward came to them
        self._row_of: weakref.WeakKeyDictionary[Op, Row] = weakref.WeakKeyDictionary()
        self._inside = False  # an op is running: what it calls on plain arrays is part of it

    def forward(self, op: Op, inputs: tuple[Any, ...], arrays: list[Any]) -> Any:
        """Run op.forward and write its row."""
        if self._inside:
            return op.forward(*arrays)
        y, ms = self._timed(op.forward, *arrays)
        self._add_row(op, inputs, arrays, y).forward_ms = ms
        return y

    def backward(self, op: Op, g: Any, y: Any) -> Any:
        """Run op.backward and complete the row that its forward began."""
        gxs, ms = self._timed(op.backward, g, y, *op.arrays)
        row = self._row_of.get(op) or self._add_row(op, op.inputs, op.arrays, y)
        row.backward_ms = ms + (row.backward_ms or 0.0)
        row.gradient_norm = _norm(g)
        row.bad_gradient = _nonfinite(g) or row.bad_gradient
        for gx, needed in zip(gxs if isinstance(gxs, tuple) else (gxs,), op.needs, strict=False):
            if needed and gx is not None:
                row.bad_result = row.bad_result or _nonfinite(gx)
        self._swept.append(row)
        return gxs

    def _timed(self, rule: Callable[..., Any], *arrays: Any) -> tuple[Any, float]:
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

    def _add_row(self, op: Op, inputs: tuple[Any, ...], arrays: list[Any], y: Any) -> Row:
        y = backend.asarray(y)
        row = Row(
            number=len(self.rows) + 1,
            op=type(op).__name__,
            formula=(type(op).__doc__ or "").strip().partition("\n")[0],
            inputs=tuple(getattr(a, "shape", a) for a in arrays),
            names=tuple(x.name for x in inputs if isinstance(x, Node) and x.name),
            output=y.shape,
            nbytes=y.nbytes,
            bad_output=_nonfinite(y),
        )
        self.rows.append(row)
        self._row_of[op] = row
        return row

    def first_nan(self) -> Row | None:
        """The row where the first NaN or infinity appeared, or None: in an output or, if all outputs are finite, in a
        gradient. Gradients run from the last row up; the row is the one whose rule returned it (or got it)."""
        bad = [row for row in self.rows if row.bad_output]
        bad += [row for row in self._swept if row.bad_gradient or row.bad_result]
        return bad[0] if bad else None

    def table(self) -> str:
        """The rows as text, with the totals below."""
        forward = sum(row.forward_ms or 0.0 for row in self.rows)
        backward = sum(row.backward_ms or 0.0 for row in self.rows)
        nbytes = sum(row.nbytes for row in self.rows)
        lines = [
            ("#", "op", "formula", "shapes", "forward ms", "backward ms", "bytes", "‖dL/dy‖", "named inputs", ""),
            *map(_cells, self.rows),
            ("", "total", f"{len(self.rows)} ops", "", f"{forward:.3f}", f"{backward:.3f}", f"{nbytes:,}", "", "", ""),
        ]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        sides = "><<<>>>><<"  # numbers to the right
        layout = "  ".join(f"{{:{side}{width}}}" for side, width in zip(sides, widths, strict=True))
        text = [layout.format(*line).rstrip() for line in lines]
        first = self.first_nan()
        if first is not None:
            text.append(f"first NaN or infinity: row {first.number}, {first.op}: {first.flag}")
        return "\n".join(text)

    __str__ = table


@contextlib.contextmanager
def trace() -> Iterator[Trace]:
    """Watch every op that runs inside the block.

        with minigen.trace() as t:
            loss = model(x).mean()
            loss.backward()
        print(t)

    prints one line an op: its formula, shapes, time, bytes of the output and the norm of the gradient that reached it,
    with a flag where a NaN or an infinity is. t.rows holds the numbers, t.first_nan() the row where it went wrong. What
    a rule calls on plain arrays is part of its op; backward through `grad(..., create_graph=True)` records new ops, and
    these have rows of their own.
    """
    t = Trace()
    before, autograd.observer = autograd.observer, t
    try:
        yield t
    finally:
        autograd.observer = before


def _wait_for_device() -> None:
    """A GPU computes in the background: without this the clock would only see the work being handed over."""
    if backend.active() == "cupy":
        backend.xp.cuda.get_current_stream().synchronize()


def _norm(a: Any) -> float:
    """‖a‖, summed in float64: the square of a float32 may overflow."""
    a = backend.asarray(a).astype("float64")
    with backend.ignore_overflow():
        return float(backend.xp.sqrt((a * a).sum()))


def _nonfinite(a: Any) -> str:
    """ "NaN" or "inf" if an array holds one, else ""."""
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
        f"← {row.flag}" if row.flag else "",
    )


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


# ---- the recorded graph as text and as a picture

Vertex = tuple[str, str]  # kind and label
Edge = tuple[int, int]  # from the vertex of this number to that one
COLOURS = {"op": "#e3ecf7", "parameter": "#ffe2b0", "data": "#ddf0d6"}  # the kinds of vertices
SUFFIXES = (".svg", ".png", ".pdf")


def vertices_and_edges(y: Node, names: Mapping[str, Any] | None = None) -> tuple[list[Vertex], list[Edge]]:
    """The ops that led to y in order of execution, each after its inputs, and an edge for every input of an op."""
    if not isinstance(y, Node):
        got = type(y).__name__
        raise TypeError(message("to_dot: no Tensor", expected="a Tensor such as a loss", got=got, write="to_dot(loss)"))
    try:
        made = autograd.made_by_ops(y)
    except GraphError:
        raise GraphError(
            message(
                "to_dot: there is no graph to draw",
                expected="a Tensor computed from parameters, before backward() frees its graph",
                got=f"a leaf of shape {y.data.shape}" if y.op is None else "a graph that backward() has freed",
                write="loss = ...; to_dot(loss); loss.backward()",
            )
        ) from None
    titles = {id(x): name for name, x in (names or {}).items()}
    vertices: list[Vertex] = []
    edges: list[Edge] = []
    place: dict[int, int] = {}  # id of a tensor or array -> its vertex

    def add(x: Any, kind: str, text: str) -> None:
        title = titles.get(id(x)) or getattr(x, "name", None) or titles.get(id(raw(x)))
        shape = str(tuple(raw(x).shape))
        place[id(x)] = len(vertices)
        if kind == "op":
            vertices.append((kind, f"{text}\n{title} {shape}" if title else f"{text}\n{shape}"))
        else:
            vertices.append((kind, f"{title or text}\n{shape}"))

    for t in reversed(made):
        values = ["·" if hasattr(a, "shape") else _short(a) for a in t.op.arrays]
        inputs = [x for x, value in zip(t.op.inputs, values, strict=True) if value == "·"]
        for x in inputs:
            if id(x) not in place:
                kind = "parameter" if getattr(x, "requires_grad", False) else "data"
                add(x, kind, kind)
        numbers = f"({', '.join(values)})" if len(inputs) < len(values) else ""  # such as Power(·, 2)
        add(t, "op", type(t.op).__name__ + numbers)
        edges += [(place[id(x)], place[id(t)]) for x in inputs]
    return vertices, edges


def to_dot(y: Node, names: Mapping[str, Any] | None = None) -> str:
    """The graph that ends in y in Graphviz' DOT language: ops are boxes, parameters orange and data green ellipses.

    Call it before backward(), which frees the graph (GraphError afterwards). names={"code": z} or names=locals() shows
    tensors under the names of your variables.
    """
    return _dot_text(*vertices_and_edges(y, names))


def _dot_text(vertices: list[Vertex], edges: list[Edge]) -> str:
    lines = ["digraph minigen {", '  node [fontname="Helvetica", fontsize=10, style=filled];']
    for i, (kind, label) in enumerate(vertices):
        label = label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        shape = "box" if kind == "op" else "ellipse"
        lines.append(f'  n{i} [label="{label}", shape={shape}, fillcolor="{COLOURS[kind]}"];')
    lines += [f"  n{a} -> n{b};" for a, b in edges]
    return "\n".join([*lines, "}", ""])


def draw(y: Node, path: str | os.PathLike[str], names: Mapping[str, Any] | None = None) -> None:
    """Draw the graph that ends in y into a .svg, .png or .pdf file; arguments and errors as for to_dot().

    Graphviz' program `dot` does it if it is on PATH (the pip package graphviz does not bring it), else matplotlib.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known, got = ", ".join(SUFFIXES), suffix or "no suffix"
        raise ValueError(message(f"draw: {path.name}", expected=known, got=got, write='draw(loss, "graph.svg")'))
    vertices, edges = vertices_and_edges(y, names)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")  # renamed when complete: never half a file
    try:
        problem = _run_graphviz(_dot_text(vertices, edges), suffix, aside)
        if problem:
            print(f"{problem}: {path.name} is drawn with matplotlib instead")
            _run_matplotlib(vertices, edges, suffix, aside)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _run_graphviz(text: str, suffix: str, path: Path) -> str:
    """Draw with `dot`; returns what went wrong, or ""."""
    dot = shutil.which("dot")
    if dot is None:
        return "Graphviz (the program dot) was not found"
    done = subprocess.run([dot, f"-T{suffix[1:]}", "-o", str(path)], input=text, encoding="utf-8", capture_output=True)
    if done.returncode or not path.exists():
        return f"Graphviz failed ({' '.join(done.stderr.split()) or done.returncode})"
    return ""


# ---- drawing without Graphviz: level by level, from the data at the top to the loss at the bottom; lengths in inches

LEVEL, HEIGHT, GAP, LETTER = 0.85, 0.45, 0.2, 0.067  # from level to level; of a box; between boxes; width of a letter


def layout(widths: list[float], edges: list[Edge]) -> tuple[list[float], list[int], list[Edge]]:
    """(x, level, steps): where each point is, and the lines from one level to the next between them.

    The points are the vertices and, numbered on, the bends: an edge that passes other levels has one in each, which
    takes its place in the row like a vertex, so that no line crosses a box. Their widths are appended to `widths`.
    """
    level = [0] * len(widths)
    for a, b in edges:
        level[b] = max(level[b], level[a] + 1)
    reader: dict[int, int] = {}  # the level of the first op that reads a vertex
    for a, b in edges:
        reader[a] = min(reader.get(a, level[b]), level[b])
    level = [k if k > 0 else reader[a] - 1 for a, k in enumerate(level)]  # data and parameters: just above it
    bends: dict[tuple[int, int], int] = {}  # (source, level) -> number: the edges from one source share them
    steps: dict[Edge, None] = {}  # a set that keeps its order
    for a, b in edges:
        p = a
        for k in range(level[a] + 1, level[b]):
            if (a, k) not in bends:
                bends[a, k] = len(level)
                level.append(k)
                widths.append(0.0)
            steps[p, bends[a, k]] = None
            p = bends[a, k]
        steps[p, b] = None
    neighbours: list[list[int]] = [[] for _ in level]
    for p, q in steps:
        neighbours[p].append(q)
        neighbours[q].append(p)
    rows: list[list[int]] = [[] for _ in range(max(level) + 1)]
    for p, k in enumerate(level):
        rows[k].append(p)
    x = [0.0] * len(level)
    for row in (rows + rows[::-1]) * 8:  # down and up; every point moves to the middle of its neighbours
        wish = {p: sum(x[q] for q in neighbours[p]) / len(neighbours[p]) for p in row}
        row.sort(key=wish.__getitem__)
        free = wish[row[0]] - widths[row[0]]  # to the right of it, there is room
        for p in row:
            x[p] = max(wish[p], free + widths[p] / 2)
            free = x[p] + widths[p] / 2 + GAP
        shift = sum(wish[p] - x[p] for p in row) / len(row)
        for p in row:
            x[p] += shift
    return x, level, list(steps)


def _run_matplotlib(vertices: list[Vertex], edges: list[Edge], suffix: str, path: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.patches import Ellipse, FancyArrowPatch, Rectangle
    from matplotlib.path import Path as Line

    letters = [max(map(len, label.split("\n"))) for _, label in vertices]
    widths = [LETTER * n * (1 if kind == "op" else 1.3) + 0.2 for n, (kind, _) in zip(letters, vertices, strict=True)]
    x, level, steps = layout(widths, edges)
    y = [LEVEL * k for k in level]
    left = min(p - w / 2 for p, w in zip(x, widths, strict=True)) - GAP
    right = max(p + w / 2 for p, w in zip(x, widths, strict=True)) + GAP
    top, bottom = -LEVEL / 2, max(y) + LEVEL / 2
    figure = Figure(figsize=(right - left, bottom - top))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    for p, q in steps:
        line, bend = [(x[p], y[p] + HEIGHT / 2), (x[q], y[q] - HEIGHT / 2)], q >= len(vertices)
        if bend:  # go straight down, past the boxes of this level
            line.append((x[q], y[q] + HEIGHT / 2))
        style: dict[str, Any] = {"arrowstyle": "-" if bend else "-|>", "mutation_scale": 8}
        axes.add_patch(FancyArrowPatch(path=Line(line), linewidth=0.8, color="0.4", **style))
    for i, (kind, label) in enumerate(vertices):
        style = {"facecolor": COLOURS[kind], "edgecolor": "0.4", "linewidth": 0.8}
        if kind == "op":
            axes.add_patch(Rectangle((x[i] - widths[i] / 2, y[i] - HEIGHT / 2), widths[i], HEIGHT, **style))
        else:
            axes.add_patch(Ellipse((x[i], y[i]), widths[i], HEIGHT, **style))
        axes.text(x[i], y[i], label, ha="center", va="center", family="DejaVu Sans Mono", size=8, parse_math=False)
    figure.savefig(path, format=suffix[1:], dpi=120)
