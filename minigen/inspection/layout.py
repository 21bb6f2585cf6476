"""A graph as a picture without Graphviz: boxes level by level, from the data at the top to the loss at the bottom."""

from __future__ import annotations

import heapq
from pathlib import Path
from typing import Any

Vertex = tuple[str, str]  # kind and label
Edge = tuple[int, int]  # from the vertex of this number to that one
COLOURS = {"op": "#e3ecf7", "model": "#f3dcec", "parameter": "#ffe2b0", "data": "#ddf0d6"}  # the kinds of vertices

LEVEL, HEIGHT, GAP, LETTER = 0.85, 0.45, 0.2, 0.067  # inches: from level to level; of a box; between; of a letter


def _levels(n: int, edges: list[Edge]) -> list[int]:
    """The length of the longest way to each of n vertices. In a circle of edges the lowest number comes first."""
    level, waiting = [0] * n, [0] * n
    after: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges:
        after[a].append(b)
        waiting[b] += 1
    line = [(waiting[v], v) for v in range(n)]  # a vertex stands in it once for each number it has waited for
    heapq.heapify(line)
    done: set[int] = set()
    while line:
        _, a = heapq.heappop(line)
        if a in done:
            continue
        done.add(a)
        for b in after[a]:
            if b not in done:
                level[b] = max(level[b], level[a] + 1)
                waiting[b] -= 1
                heapq.heappush(line, (waiting[b], b))
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


def save(vertices: list[Vertex], edges: list[Edge], suffix: str, path: Path) -> None:
    """Draw with matplotlib into a file of this suffix."""
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
