"""The graph that a loss has recorded, as text (to_dot) and as a picture (draw)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import autograd
from .autograd import GraphError, Node, raw
from .errors import message
from .files import replacing
from .trace import Trace

Vertex = tuple[str, str]  # kind and label
Edge = tuple[int, int]  # from the vertex of this number to that one
COLOURS = {"op": "#e3ecf7", "model": "#f3dcec", "parameter": "#ffe2b0", "data": "#ddf0d6"}  # the kinds of vertices
MINOR = ("Add", "Clip", "Divide", "Multiply", "Negative", "Reshape", "Sum")  # ops that are no vertex of a training step
SUFFIXES = (".svg", ".png", ".pdf")


def vertices_and_edges(y: Node | Trace, names: Mapping[str, Any] | None = None) -> tuple[list[Vertex], list[Edge]]:
    """The ops that led to y in order of execution, each after its inputs, and an edge for every input of an op."""
    if isinstance(y, Trace):
        return _models_and_edges(y)
    if not isinstance(y, Node):
        got = type(y).__name__
        raise TypeError(message("to_dot: no Tensor", expected="a Tensor such as a loss", got=got, write="to_dot(loss)"))
    try:
        made = autograd.made_by_ops(y)
    except GraphError:
        raise GraphError(
            message(
                "there is no graph to draw",
                expected="a Tensor computed from parameters, before backward() frees its graph",
                got=f"a leaf of shape {y.data.shape}" if y.op is None else "a graph that backward() has freed",
                write="loss = ...; draw(loss, 'graph.png') or to_dot(loss); then loss.backward()",
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
        values = ["·" if hasattr(a, "shape") else str(a) for a in t.op.arrays]
        inputs = [x for x, value in zip(t.op.inputs, values, strict=True) if value == "·"]
        for x in inputs:
            if id(x) not in place:
                kind = "parameter" if getattr(x, "requires_grad", False) else "data"
                add(x, kind, kind)
        numbers = f"({', '.join(values)})" if len(inputs) < len(values) else ""  # such as Power(·, 2)
        add(t, "op", type(t.op).__name__ + numbers)
        edges += [(place[id(x)], place[id(t)]) for x in inputs]
    return vertices, edges


def _models_and_edges(t: Trace) -> tuple[list[Vertex], list[Edge]]:
    """A training step from afar: one vertex for each model, one for each op outside of models, and for named data.

    What backward() came to counts, and what led to it. Two uses of a model are one vertex, and so are two ops of one
    kind with the same sources; a sum, a factor or a clip is drawn with what it is of.
    """
    numbers: dict[Any, int] = {}  # what makes a vertex -> its number
    vertices: list[Vertex] = []
    edges: dict[Edge, None] = {}  # a set that keeps its order
    place: dict[int | str, int] = {}  # the number of a row, or the name of data -> its vertex

    def vertex(key: Any, kind: str, label: str) -> int:
        if key not in numbers:
            numbers[key] = len(vertices)
            vertices.append((kind, label))
        return numbers[key]

    wanted = {row.number for row in t.rows if row.backward_ms is not None}
    for row in reversed(t.rows):
        if row.number in wanted:
            wanted |= {source for source in row.sources if isinstance(source, int)}
    if not wanted or any(row.forward_ms is None for row in t.rows):
        expected, got = "forward and backward inside of the trace", "backward() alone" if wanted else "no backward()"
        write = "with minigen.trace() as t: model.train_on_batch(x)"
        raise GraphError(message("there is no training step to draw", expected=expected, got=got, write=write))
    for row in [row for row in t.rows if row.number in wanted]:
        for source in row.sources:
            if isinstance(source, str):  # nameless data: one for each model and op that reads it
                place[source] = vertex(
                    (source, row.module or row.number) if source == "data" else source, "data", source
                )
        sources = sorted({place[source] for source in row.sources})
        if row.module:
            place[row.number] = vertex(("model", row.module), "model", row.module)
        elif len(sources) == 1 and row.op in MINOR and vertices[sources[0]][0] != "data":
            place[row.number] = sources[0]
        else:
            formula = row.formula.partition(",   ")[0]  # of dL/dx nothing
            label = f"{row.op}\n{formula}" if len(formula) < 40 else row.op
            place[row.number] = vertex((row.op, *sources), "op", label)
        edges |= {(a, place[row.number]): None for a in sources if a != place[row.number]}
    return vertices, list(edges)


def to_dot(y: Node | Trace, names: Mapping[str, Any] | None = None) -> str:
    """The graph that ends in y in Graphviz' DOT language: ops are boxes, parameters orange and data green ellipses.

    Call it before backward(), which frees the graph (GraphError afterwards). names={"code": z} or names=locals() shows
    tensors under the names of your variables. A minigen.trace() in place of y is drawn as the training steps in it,
    with one box for each model: encoder, decoder and their losses.
    """
    return _dot_text(*vertices_and_edges(y, names))


def _dot_text(vertices: list[Vertex], edges: list[Edge]) -> str:
    lines = ["digraph minigen {", '  node [fontname="Helvetica", fontsize=10, style=filled];']
    for i, (kind, label) in enumerate(vertices):
        label = label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        shape = "box" if kind in ("op", "model") else "ellipse"
        lines.append(f'  n{i} [label="{label}", shape={shape}, fillcolor="{COLOURS[kind]}"];')
    lines += [f"  n{a} -> n{b};" for a, b in edges]
    return "\n".join([*lines, "}", ""])


def draw(y: Node | Trace, path: str | os.PathLike[str], names: Mapping[str, Any] | None = None) -> None:
    """Draw the graph that ends in y into a .svg, .png or .pdf file; arguments and errors as for to_dot().

    Graphviz' program `dot` does it if it is on PATH (the pip package graphviz does not bring it), else matplotlib.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known, got = ", ".join(SUFFIXES), suffix or "no suffix"
        raise ValueError(message(f"draw: {path.name}", expected=known, got=got, write='draw(loss, "graph.svg")'))
    vertices, edges = vertices_and_edges(y, names)
    with replacing(path) as aside:
        problem = _run_graphviz(_dot_text(vertices, edges), suffix, aside)
        if problem:
            print(f"{problem}: {path.name} is drawn with matplotlib instead")
            _run_matplotlib(vertices, edges, suffix, aside)


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


def _levels(n: int, edges: list[Edge]) -> list[int]:
    """The length of the longest way to each of n vertices. In a circle of edges the lowest number comes first."""
    level, waiting = [0] * n, [0] * n
    after: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges:
        after[a].append(b)
        waiting[b] += 1
    left = set(range(n))
    while left:
        a = min(left, key=lambda v: (waiting[v], v))
        left.remove(a)
        for b in after[a]:
            if b in left:
                level[b] = max(level[b], level[a] + 1)
                waiting[b] -= 1
    return level


def layout(widths: list[float], edges: list[Edge]) -> tuple[list[float], list[int], list[Edge]]:
    """(x, level, steps): where each point is, and the lines from one level to the next between them.

    The points are the vertices and, numbered on, the bends: an edge that passes other levels has one in each, which
    takes its place in the row like a vertex, so that no line crosses a box. Their widths are appended to `widths`.
    """
    level = _levels(len(widths), edges)
    reader: dict[int, int] = {}  # the level of the first op that reads a vertex
    for a, b in edges:
        reader[a] = min(reader.get(a, level[b]), level[b])
    level = [k if k > 0 else reader.get(a, 1) - 1 for a, k in enumerate(level)]  # data and parameters: just above it
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
    widths = [
        LETTER * n * (1 if kind in ("op", "model") else 1.3) + 0.2
        for n, (kind, _) in zip(letters, vertices, strict=True)
    ]
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
        if kind in ("op", "model"):
            axes.add_patch(Rectangle((x[i] - widths[i] / 2, y[i] - HEIGHT / 2), widths[i], HEIGHT, **style))
        else:
            axes.add_patch(Ellipse((x[i], y[i]), widths[i], HEIGHT, **style))
        axes.text(x[i], y[i], label, ha="center", va="center", family="DejaVu Sans Mono", size=8, parse_math=False)
    figure.savefig(path, format=suffix[1:], dpi=120)
