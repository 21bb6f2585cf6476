"""What to_dot() and draw() refuse: values that are no tensor, graphs that do not exist, and unknown file types."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from .. import autograd
from ..autograd import GraphError, Node
from ..errors import message

SUFFIXES = (".svg", ".png", ".pdf")


def reverse_topological_order(y: Any) -> list[Node]:
    """The tensors behind y, newest first. TypeError if y is no Tensor, GraphError if it has no graph."""
    if not isinstance(y, Node):
        expected, got = "a Tensor such as a loss", type(y).__name__
        raise TypeError(message("to_dot: no Tensor", expected=expected, got=got, fix="to_dot(loss)"))
    try:
        return autograd.reverse_topological_order(y)
    except GraphError:
        where, fix = "there is no graph to draw", "loss = ...; draw(loss, 'graph.png') or to_dot(loss); loss.backward()"
        expected = "a Tensor computed from parameters, before backward() frees its graph"
        got = f"a leaf of shape {y.data.shape}" if y.op is None else "a graph that backward() has freed"
        raise GraphError(message(where, expected=expected, got=got, fix=fix)) from None


def check_no_names(names: Mapping[str, Any] | None) -> None:
    """ValueError for names beside a trace, which holds no tensors to look them up."""
    if names:
        where, expected = "to_dot: names of a trace", "none: a trace holds names, and no tensors"
        fix = 'train_on_batch(Tensor(x, name="x")); a model is shown with its own name'
        raise ValueError(message(where, expected=expected, got=", ".join(names), fix=fix))


def refuse_no_step(backward: bool) -> NoReturn:
    """GraphError for a trace without a forward pass, or without a backward pass."""
    where, expected = "there is no training step to draw", "forward and backward inside of the trace"
    got, fix = "backward() alone" if backward else "no backward()", "with minigen.trace() as t: model.train_on_batch(x)"
    raise GraphError(message(where, expected=expected, got=got, fix=fix))


def suffix_of_picture(path: Path) -> str:
    """The suffix of `path` in lower case; ValueError unless it is one of SUFFIXES."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known, got = ", ".join(SUFFIXES), suffix or "no suffix"
        raise ValueError(message(f"draw: {path.name}", expected=known, got=got, fix='draw(loss, "graph.svg")'))
    return suffix
