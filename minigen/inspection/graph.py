"""The graph that a loss has recorded, as text (to_dot) and as a picture (draw)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..autograd import Node, unwrap
from ..checks.values import mapping
from ..storage.files import as_path, replacing
from ..types import ArrayLike, TensorLike
from . import checks, layout
from .layout import COLOURS, Edge, Vertex
from .trace import Trace

# In the picture of a training step these ops are drawn together with their input.
MINOR = ("Add", "Clip", "Divide", "Multiply", "Negative", "Reshape", "Sum")


def vertices_and_edges(y: Node | Trace, names: Mapping[str, ArrayLike] | None) -> tuple[list[Vertex], list[Edge]]:
    """The ops that led to y in order of execution, each after its inputs, and an edge for every input of an op."""
    if isinstance(y, Trace):
        checks.check_no_names(names)
        return _models_and_edges(y)
    made = checks.reverse_topological_order(y)
    mapping("draw: names", {} if names is None else names, 'draw(loss, "graph.png", {"x": x})')
    titles = {id(x): name for name, x in (names or {}).items()}
    vertices: list[Vertex] = []
    edges: list[Edge] = []
    number: dict[int, int] = {}  # id of a tensor or array -> its vertex

    def add(x: TensorLike, kind: str, text: str) -> None:
        title = titles.get(id(x)) or getattr(x, "name", None) or titles.get(id(unwrap(x)))
        shape = str(tuple(unwrap(x).shape))
        number[id(x)] = len(vertices)
        if kind == "op":
            vertices.append((kind, f"{text}\n{title} {shape}" if title else f"{text}\n{shape}"))
        else:
            vertices.append((kind, f"{title or text}\n{shape}"))

    for t in reversed(made):
        values = ["·" if hasattr(a, "shape") else str(a) for a in t.op.arrays]
        inputs = [x for x, value in zip(t.op.inputs, values, strict=True) if value == "·"]
        for x in inputs:
            if id(x) not in number:
                kind = "parameter" if getattr(x, "requires_grad", False) else "data"
                add(x, kind, kind)
        constants = f"({', '.join(values)})" if len(inputs) < len(values) else ""  # such as Power(·, 2)
        add(t, "op", type(t.op).__name__ + constants)
        edges += [(number[id(x)], number[id(t)]) for x in inputs]
    return vertices, edges


def _models_and_edges(t: Trace) -> tuple[list[Vertex], list[Edge]]:
    """A training step at the level of models: a vertex for each model, each op outside of models, and named data.

    Only ops that backward() reached are drawn, and what led to them. All uses of a model share one vertex, and so do
    ops of one kind with the same sources; a sum, a factor or a clip belongs to the vertex of its input.
    """
    numbers: dict[Any, int] = {}  # key of a vertex -> its number
    vertices: list[Vertex] = []
    edges: dict[Edge, None] = {}  # an ordered set
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
        checks.refuse_no_step(backward=bool(wanted))
    for row in [row for row in t.rows if row.number in wanted]:
        for source in row.sources:
            if isinstance(source, str):  # unnamed data: a vertex for each model and op that reads it
                key = (source, row.module or row.number) if source == "data" else source
                place[source] = vertex(key, "data", source)
        sources = sorted({place[source] for source in row.sources})
        if row.module:
            place[row.number] = vertex(("model", row.module), "model", row.module)
        elif len(sources) == 1 and row.op in MINOR and vertices[sources[0]][0] != "data":
            place[row.number] = sources[0]
        else:
            formula = row.formula.partition(",   ")[0]  # without dL/dx
            label = f"{row.op}\n{formula}" if len(formula) < 40 else row.op
            place[row.number] = vertex((row.op, *sources), "op", label)
        edges |= {(a, place[row.number]): None for a in sources if a != place[row.number]}
    return vertices, list(edges)


def to_dot(y: Node | Trace, names: Mapping[str, ArrayLike] | None = None) -> str:
    """The graph that ends in y in Graphviz' DOT language: ops are boxes, parameters orange and data green ellipses.

    Call it before backward(), which frees the graph (GraphError afterwards). names={"code": z} or names=locals() labels
    tensors with the names of your variables. A minigen.trace() in place of y is drawn as the training steps in it, with
    one box for each model: encoder, decoder and their losses.
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


def draw(y: Node | Trace, path: str | os.PathLike[str], names: Mapping[str, ArrayLike] | None = None) -> None:
    """Draw the graph that ends in y into a .svg, .png or .pdf file; arguments and errors as for to_dot().

    Graphviz' program `dot` is used if it is on PATH (the pip package graphviz does not contain it), else matplotlib.
    Raises ValueError for another suffix, OSError if the file cannot be written.
    """
    path = as_path(path)
    suffix = checks.suffix_of_picture(path)
    vertices, edges = vertices_and_edges(y, names)
    with replacing(path) as aside:
        problem = _run_graphviz(_dot_text(vertices, edges), suffix, aside)
        if problem:
            print(f"{problem}: {path.name} is drawn with matplotlib instead", file=sys.stderr)
            layout.save(vertices, edges, suffix, aside)


def _run_graphviz(text: str, suffix: str, path: Path) -> str:
    """Draw with `dot`; returns what went wrong, or ""."""
    import shutil
    import subprocess

    dot = shutil.which("dot")
    if dot is None:
        return "Graphviz (the program dot) was not found"
    done = subprocess.run([dot, f"-T{suffix[1:]}", "-o", str(path)], input=text, encoding="utf-8", capture_output=True)
    if done.returncode or path.stat().st_size == 0:
        return f"Graphviz failed ({' '.join(done.stderr.split()) or done.returncode})"
    return ""
