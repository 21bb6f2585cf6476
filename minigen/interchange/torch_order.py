"""The order of features where images become rows, or rows images.

An image is (rows, columns, channels) here and (channels, rows, columns) in PyTorch. Flattened, its numbers stand in
another order, and so do the rows of the kernel of a Dense layer behind it; before a Reshape to an image it is the
columns. An order is an array: feature i here is feature order[i] there.

    Conv2D → Flatten → Dropout → Dense        the order reaches the kernel through the layers between them
    Dense → BatchNormalization → Reshape      it reaches the kernel from behind
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..checks.values import as_list

ELEMENTWISE = {
    "Activation", "Add", "Arithmetic", "Average", "BatchNormalization", "Dropout", "GaussianNoise",
    "LayerNormalization", "LeakyReLU", "Maximum", "Minimum", "Multiply", "ReLU", "Rescaling", "Subtract",
}  # fmt: skip
NEW_FEATURES = {"Dense", "MaskedDense", "Embedding", "SimpleRNN", "GRU", "LSTM"}  # whose outputs are in no order yet


def image_order(shape: Iterable[int]) -> np.ndarray:
    """Of an image (rows, columns, channels): for each number of the flattened image its place in PyTorch."""
    rows, columns, channels = shape
    return np.arange(rows * columns * channels).reshape(channels, rows, columns).transpose(1, 2, 0).reshape(-1)


class Orders:
    """The orders of the features in the graphs of a model.

    Symbols whose features stand in one order are a group; a group has the order of the images that it touches.
    """

    def __init__(self, model: Any) -> None:
        self.groups: dict[Any, list[Any]] = {}  # symbol -> all symbols of its group, itself among them
        self.orders: dict[int, np.ndarray] = {}  # id of a group -> its order
        self.joined: dict[Any, Any] = {}  # symbol of a Concatenate -> its call
        self.ends: dict[int, list[tuple[Any, Any]]] = {}  # id of a layer -> what comes in and goes out, for each call
        self.problems: list[str] = []
        parts = [model, *(part for _, part in model.all_parts().layers)]
        graphs = [part for part in parts if getattr(part, "has_graph", False)]
        calls = [call for graph in graphs for call in graph.graph_calls]
        for call in calls:
            self._join(call)
        for call in calls:
            self._see_images(call)
        for call in calls:
            self._check_layer(call)
        inside = {id(call.layer) for call in calls}
        for graph in graphs:
            if id(graph) not in inside:
                self._check_ends(graph)

    def of(self, layer: Any) -> tuple[np.ndarray, np.ndarray]:
        """The orders of the features that come into a layer with a kernel (in, out), or gamma (out,), and go out."""
        weights = dict(layer.direct_parts())
        shape = getattr(weights.get("kernel", weights.get("gamma", weights.get("beta"))), "shape", ())
        found = [np.arange(n) for n in (shape if len(shape) == 2 else (*shape[:1], *shape[:1]))]
        rows = [ends for ends in self.ends.get(id(layer), []) if all(len(symbol.shape) == 2 for symbol in ends)]
        orders = [tuple(map(self.order, ends)) for ends in rows]
        if any(not np.array_equal(a, b) for pair in orders for a, b in zip(pair, orders[0], strict=True)):
            self.problems.append(f"{layer.label}: used twice, on features in two orders")
        one, other = orders[0] if orders and len(shape) in (1, 2) else found or [np.zeros(0, int)] * 2
        return one, other

    def order(self, symbol: Any) -> np.ndarray:
        """The order of the features of a symbol (batch, features): of an image, or of what a Concatenate joins."""
        group = self._group(symbol)
        known = self.orders.get(id(group))
        for call in (self.joined[one] for one in group if one in self.joined):
            starts = np.cumsum([0, *(one.shape[-1] for one in call.inputs)])
            found = np.concatenate([start + self.order(one) for start, one in zip(starts, call.inputs, strict=False)])
            known = found if known is None else known
            self._check_same(known, found, call.layer.label)
        return np.arange(symbol.shape[-1]) if known is None else known

    # ---- groups

    def _group(self, symbol: Any) -> list[Any]:
        return self.groups.setdefault(symbol, [symbol])

    def _merge(self, a: Any, b: Any) -> None:
        one, other = self._group(a), self._group(b)
        if one is not other:
            one += other
            self.groups |= dict.fromkeys(other, one)

    def _join(self, call: Any) -> None:
        """The symbols of a call whose features stand in one order become one group."""
        kind, inputs, outputs = type(call.layer).__name__, call.inputs, call.outputs
        self.ends.setdefault(id(call.layer), []).append((inputs[0], outputs[0]))
        if getattr(call.layer, "has_graph", False):
            inner = (as_list(call.layer.inputs), as_list(call.layer.outputs))
            for outer, ends in zip((inputs, outputs), inner, strict=True):
                for a, b in zip(outer, ends, strict=False):
                    self._merge(a, b)
        elif kind in ELEMENTWISE or (kind == "Reshape" and inputs[0].shape == outputs[0].shape):
            for symbol in inputs:
                if symbol.shape == outputs[0].shape:  # one feature for all has no order
                    self._merge(symbol, outputs[0])
        elif kind == "Concatenate" and len(outputs[0].shape) == 2:
            self.joined[outputs[0]] = call

    # ---- orders

    def _see_images(self, call: Any) -> None:
        """Flatten and Reshape between images and rows give a group its order."""
        kind, x, y = type(call.layer).__name__, call.inputs[0], call.outputs[0]
        if kind in ("Flatten", "Reshape") and x.shape != y.shape:
            image, other = (x, y) if len(x.shape) == 4 else (y, x)
            if len(image.shape) == 4 and len(other.shape) == 2:
                self._set(other, image_order(image.shape[1:]), call.layer.label)
            elif 4 in (len(x.shape), len(y.shape)) and not _is_trivial(image.shape):
                self.problems.append(f"{call.layer.label}: images {x.shape[1:]} to {y.shape[1:]}")
            elif len(x.shape) == 2:
                self._set(x, np.arange(x.shape[-1]), call.layer.label)

    def _check_layer(self, call: Any) -> None:
        """A layer that PyTorch has not must not need an order; order() finds a Concatenate in two."""
        known = ELEMENTWISE | NEW_FEATURES | {"Concatenate", "Flatten", "Reshape"}
        rows = [symbol for symbol in (*call.inputs, *call.outputs) if len(symbol.shape) == 2]
        is_ordered = any([self._is_ordered(symbol) for symbol in rows])
        if is_ordered and type(call.layer).__name__ not in known and not getattr(call.layer, "has_graph", False):
            self.problems.append(f"{call.layer.label}: a layer that PyTorch has not, on features of an image")

    def _set(self, symbol: Any, order: np.ndarray, label: str) -> None:
        self._check_same(self.orders.setdefault(id(self._group(symbol)), order), order, label)

    def _check_same(self, known: np.ndarray, order: np.ndarray, label: str) -> None:
        if not np.array_equal(known, order):
            self.problems.append(f"{label}: features in two orders, of different images")

    def _is_ordered(self, symbol: Any) -> bool:
        order = self.order(symbol)
        return not np.array_equal(order, np.arange(len(order)))

    def _check_ends(self, graph: Any) -> None:
        """Rows that come in, or go out, would stand in another order in PyTorch."""
        for symbol in [*as_list(graph.inputs), *as_list(graph.outputs)]:
            if len(symbol.shape) == 2 and self._is_ordered(symbol):
                self.problems.append(f"{graph.label}: an input or output that is a flattened image of several channels")


def _is_trivial(shape: Any) -> bool:
    """Whether an image has its numbers in the same order in both libraries: one channel, or one pixel."""
    return shape[3] == 1 or math.prod(shape[1:3]) == 1
