"""The graph that a loss has recorded, as text (to_dot) and as a picture (draw)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import autograd
from ..autograd import GraphError, Node, unwrap
from ..errors import message
from ..storage.files import as_path, replacing
from . import layout as picture
from .layout import COLOURS, Edge, Vertex
from .trace import Trace

MINOR = ("Add", "Clip", "Divide", "Multiply", "Negative", "Reshape", "Sum")  # ops that are no vertex of a training step
SUFFIXES = (".svg", ".png", ".pdf")


def vertices_and_edges(y: Node | Trace, names: Mapping[str, Any] | None = None) -> tuple[list[Vertex], list[Edge]]:
    """The ops that led to y in order of execution, each after its inputs, and an edge for every input of an op."""
    if isinstance(y, Trace):
        if names:
            fix = 'train_on_batch(Tensor(x, name="x")); a model has the name that you gave it'
            where, expected = "to_dot: names of a trace", "none: it keeps names, and no tensors"
            raise ValueError(message(where, expected=expected, got=", ".join(names), fix=fix))
        return _models_and_edges(y)
    if not isinstance(y, Node):
        got = type(y).__name__
        raise TypeError(message("to_dot: no Tensor", expected="a Tensor such as a loss", got=got, fix="to_dot(loss)"))
    try:
        made = autograd.reverse_topological_order(y)
    except GraphError:
        raise GraphError(
            message(
                "there is no graph to draw",
                expected="a Tensor computed from parameters, before backward() frees its graph",
                got=f"a leaf of shape {y.data.shape}" if y.op is None else "a graph that backward() has freed",
                fix="loss = ...; draw(loss, 'graph.png') or to_dot(loss); then loss.backward()",
            )
        ) from None
    if not (names is None or isinstance(names, Mapping)):
        where, fix = "draw: names", 'draw(loss, "graph.png", {"x": x})'
        raise TypeError(message(where, expected="a dict of tensors by name", got=type(names).__name__, fix=fix))
    titles = {id(x): name for name, x in (names or {}).items()}
    vertices: list[Vertex] = []
    edges: list[Edge] = []
    place: dict[int, int] = {}  # id of a tensor or array -> its vertex

    def add(x: Any, kind: str, text: str) -> None:
        title = titles.get(id(x)) or getattr(x, "name", None) or titles.get(id(unwrap(x)))
        shape = str(tuple(unwrap(x).shape))
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
        fix = "with minigen.trace() as t: model.train_on_batch(x)"
        raise GraphError(message("there is no training step to draw", expected=expected, got=got, fix=fix))
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
    path = as_path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known, got = ", ".join(SUFFIXES), suffix or "no suffix"
        raise ValueError(message(f"draw: {path.name}", expected=known, got=got, fix='draw(loss, "graph.svg")'))
    vertices, edges = vertices_and_edges(y, names)
    with replacing(path) as aside:
        problem = _run_graphviz(_dot_text(vertices, edges), suffix, aside)
        if problem:
            print(f"{problem}: {path.name} is drawn with matplotlib instead")
            picture.save(vertices, edges, suffix, aside)


def _run_graphviz(text: str, suffix: str, path: Path) -> str:
    """Draw with `dot`; returns what went wrong, or ""."""
    dot = shutil.which("dot")
    if dot is None:
        return "Graphviz (the program dot) was not found"
    done = subprocess.run([dot, f"-T{suffix[1:]}", "-o", str(path)], input=text, encoding="utf-8", capture_output=True)
    if done.returncode or path.stat().st_size == 0:
        return f"Graphviz failed ({' '.join(done.stderr.split()) or done.returncode})"
    return ""
