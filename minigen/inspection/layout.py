"""A graph as a picture without Graphviz: boxes level by level, from the data at the top to the loss at the bottom."""

from __future__ import annotations

import heapq
from pathlib import Path
from typing import Any

Vertex = tuple[str, str]  # kind and label
Edge = tuple[int, int]  # from the vertex of this number to that one
COLOURS = {"op": "#e3ecf7", "model": "#f3dcec", "parameter": "#ffe2b0", "data": "#ddf0d6"}  # the kinds of vertices

LEVEL = 0.85  # inches from level to level
HEIGHT = 0.45  # of a box
GAP = 0.2  # between boxes
LETTER = 0.067  # width of a letter


def _levels(n: int, edges: list[Edge]) -> list[int]:
    """The length of the longest path to each of n vertices. A cycle of edges is entered at its lowest number."""
    level, missing = [0] * n, [0] * n  # missing: predecessors that have no level yet
    successors: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges:
        successors[a].append(b)
        missing[b] += 1
    queue = [(missing[v], v) for v in range(n)]  # a vertex enters it again each time its count decreases
    heapq.heapify(queue)
    done: set[int] = set()
    while queue:
        _, a = heapq.heappop(queue)
        if a in done:
            continue
        done.add(a)
        for b in successors[a]:
            if b not in done:
                level[b] = max(level[b], level[a] + 1)
                missing[b] -= 1
                heapq.heappush(queue, (missing[b], b))
    return level


def layout(widths: list[float], edges: list[Edge]) -> tuple[list[float], list[int], list[Edge]]:
    """(x, level, steps): the position of each point, and the lines from one level to the next between them.

    The points are the vertices, followed by the bends: an edge that passes other levels has a bend in each of them,
    which takes its place in the row like a vertex, so that no line crosses a box. The widths of the bends are appended
    to `widths`.
    """
    level = _levels(len(widths), edges)
    first_use: dict[int, int] = {}  # the level of the first op that uses a vertex
    for a, b in edges:
        first_use[a] = min(first_use.get(a, level[b]), level[b])
    level = [k if k > 0 else first_use.get(a, 1) - 1 for a, k in enumerate(level)]  # leaves: just above
    bends: dict[tuple[int, int], int] = {}  # (source, level) -> number: the edges from one source share them
    steps: dict[Edge, None] = {}  # an ordered set
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
    for row in (rows + rows[::-1]) * 8:  # down and up; every point moves to the mean of its neighbours
        mean = {p: sum(x[q] for q in neighbours[p]) / len(neighbours[p]) for p in row}
        row.sort(key=mean.__getitem__)
        for p, place in zip(row, _apart([mean[p] for p in row], [widths[p] for p in row]), strict=True):
            x[p] = place
    return x, level, list(steps)


def _apart(wanted: list[float], widths: list[float]) -> list[float]:
    """Places near the wanted ones, which ascend, for boxes of these widths side by side.

    Boxes that would overlap form a block, which moves as one to the mean of what its boxes want: the least squares.
    """
    offsets = [0.0]  # the place of each box if all of them touch
    for a, b in zip(widths, widths[1:], strict=False):
        offsets.append(offsets[-1] + (a + b) / 2 + GAP)
    blocks: list[tuple[float, int]] = []  # the place of the first box if the block began there, the number of boxes
    for place, offset in zip(wanted, offsets, strict=True):
        start, n = place - offset, 1
        while blocks and blocks[-1][0] > start:
            other, m = blocks.pop()
            start, n = (start * n + other * m) / (n + m), n + m
        blocks.append((start, n))
    starts = [start for start, n in blocks for _ in range(n)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def save(vertices: list[Vertex], edges: list[Edge], suffix: str, path: Path) -> None:
    """Draw with matplotlib into a file of this suffix."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Ellipse, FancyArrowPatch, Rectangle
    from matplotlib.path import Path as Line

    letters = [max(map(len, label.split("\n"))) for _, label in vertices]
    boxes = [kind in ("op", "model") for kind, _ in vertices]
    widths = [LETTER * n * (1 if box else 1.3) + 0.2 for n, box in zip(letters, boxes, strict=True)]
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
        if boxes[i]:
            axes.add_patch(Rectangle((x[i] - widths[i] / 2, y[i] - HEIGHT / 2), widths[i], HEIGHT, **style))
        else:
            axes.add_patch(Ellipse((x[i], y[i]), widths[i], HEIGHT, **style))
        axes.text(x[i], y[i], label, ha="center", va="center", family="DejaVu Sans Mono", size=8, parse_math=False)
    figure.savefig(path, format=suffix[1:], dpi=120)
