"""summary(): the layers of a model with their output shapes and numbers of weights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..checks.values import as_list
from ..layers.base import Layer
from ..tables import html_table, text_table
from ..tensor import Tensor
from .checks import batch_shape
from .fusion import Fused

if TYPE_CHECKING:
    from .model import Model

Row = tuple[str, str, str]  # layer, output shape, weights
SIDES = "<<>"  # of these: numbers to the right


def describe(model: Model) -> str:
    """What summary() prints."""
    head, *lines = text_table(_table(model), SIDES, gap=3).splitlines()
    *pairs, total = _notes(model)
    rule = "-" * max(map(len, [head, *lines]))
    return "\n".join([model.label, head, rule, *lines, *pairs, rule, total])


def describe_in_a_line(model: Model) -> str:
    """Its name, what goes in and comes out, as far as that is known, and the number of weights."""
    shapes = ""
    if model.has_graph:
        inputs, outputs = (
            ", ".join(batch_shape(s.shape) for s in as_list(ends)) for ends in (model.inputs, model.outputs)
        )
        shapes = f"{inputs} to {outputs}, "
    return f"<{model.label}, {shapes}{model.count_params():,} weights>"


def describe_in_html(model: Model) -> str:
    """What a notebook shows."""
    return html_table(_table(model), SIDES, caption=model.label, notes=_notes(model))


def _table(model: Model) -> list[Row]:
    """The rows below a header."""
    return [("layer", "output shape", "weights"), *_rows(model, set())]


def _notes(model: Model) -> list[str]:
    """The layers that are computed as one, if there are any, and the number of weights."""
    pairs = _pairs(model)
    total, trainable = model.count_params(), sum(p.size for p in model.parameters())
    together = [f"computed as one: {', '.join(pairs)}"] if pairs else []
    return [*together, f"{total:,} parameters, {trainable:,} trainable"]


def _rows(model: Any, counted: set[int]) -> list[Row]:
    """A row for each call of the graph, or for each part; `counted` are the ids of weights that are counted already."""
    if not hasattr(model, "graph_calls"):
        return _rows_of_parts(model, counted)
    rows = [(f"{i.name or 'input'} (Input)", batch_shape(i.shape), "0") for i in as_list(model.inputs)]
    for call in model.graph_calls:
        out = ", ".join(batch_shape(o.shape) for o in call.outputs)
        weights, _ = _count(call.layer.weights(), counted)
        rows.append((f"{model.names_in_graph[call.layer]} ({type(call.layer).__name__})", out, weights))
    return rows


def _rows_of_parts(whole: Layer, counted: set[int]) -> list[Row]:
    """A row for each part that has no place in a graph and, indented, for what it is made of."""
    rows: list[Row] = []
    for name, part in whole.direct_parts():
        above = set(counted)
        weights, shared = _count([part] if isinstance(part, Tensor) else part.weights(), counted)
        rows.append((f"{name} ({'weight' if isinstance(part, Tensor) else type(part).__name__})", "", weights))
        inner: list[Row] = []
        if isinstance(part, Layer) and not shared:
            is_model = hasattr(part, "train_step")
            has_layers = any(isinstance(inside, Layer) for _, inside in part.direct_parts())
            inner = _rows(part, above) if is_model or has_layers else []
        rows += [(f"  {name}", shape, n) for name, shape, n in inner]
    return rows


def _count(weights: Iterable[Tensor], counted: set[int]) -> tuple[str, bool]:
    """(how many numbers they are, or "shared"; whether all of them are counted already). Then they are counted."""
    sizes = {id(weight): weight.size for weight in weights}
    shared = bool(sizes) and sizes.keys() <= counted
    counted.update(sizes)
    return "shared" if shared else f"{sum(sizes.values()):,}", shared


def _pairs(model: Model) -> list[str]:
    """The layers that are computed as one, two by two, here and in the models inside."""
    pairs = []
    for path, part in [("", model), *model.all_parts().layers]:
        calls = getattr(part, "graph_plan", ()) if getattr(part, "fuse", False) else ()
        for call in calls:
            if isinstance(call.layer, Fused):
                first, second = part.names_in_graph[call.layer.first], part.names_in_graph[call.layer.second]
                pairs.append(f"{path}/{first} + {second}".removeprefix("/"))
    return pairs
