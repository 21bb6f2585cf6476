"""Model: a graph of layers as one layer, with summary and weights as in Keras. trainer.py has its training."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .. import autograd
from ..arguments import checks_arguments
from ..checks.values import as_list, check_name, switch
from ..layers.base import Layer
from ..layers.symbolic import Call, Symbolic, is_symbol, replaced
from . import checks
from .files import save_model
from .functional import calls_between, names_of_outputs, unique_names
from .fusion import contains_blocks, plan
from .summary import describe, describe_in_a_line, describe_in_html
from .trainer import Trainer

GRAPH = {"graph_calls", "layers", "graph_plan", "names_in_graph", "inputs", "outputs"}  # what _set_graph() makes


class Model(Trainer):
    """Model(inputs, outputs): the layers between symbolic inputs and outputs, as one layer.

    Called on a Tensor or array it computes; called on a symbolic tensor it becomes a layer of a larger model. Without
    arguments it is a base class: subclasses hold layers as attributes and write call() or train_step(). fuse=False
    computes every layer by itself; minigen/model/fusion.py lists the pairs that are otherwise one op.
    """

    fuse = True
    names_in_graph: Mapping[Layer, str] = MappingProxyType({})  # of the layers of the graph, in Keras' order
    _nesting = 1  # models in each other, this one counted
    _named: Any = None  # the parts whose weights have been named by their paths in this model
    _is_part = False  # of a model that has named its weights

    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None, fuse: bool = True) -> None:
        super().__init__(name)
        self.fuse = switch(f"{self.label}: fuse", fuse)
        if inputs is not None:
            self._set_graph(inputs, outputs)

    @checks_arguments
    def summary(self) -> None:
        """Print every layer with its output shape and number of weights.

        A model without a graph, such as a VAE, has its parts listed, and below each of them what it is made of.
        """
        print(self.describe())

    def describe(self) -> str:
        """What summary() prints."""
        return describe(self)

    def __repr__(self) -> str:
        return describe_in_a_line(self)

    def __str__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        """What a notebook shows: the same table."""
        return describe_in_html(self)

    @checks_arguments
    def save(self, path: str | os.PathLike[str], include_optimizer: bool = True) -> None:
        """Write the model whole, as load_model() reads it: how it is made, its weights, and what compile() set.

        path               a name that ends in .minigen, or in .keras for a file that Keras 3 reads too
        include_optimizer  False leaves out what compile() set: the model is compiled again after load_model()

        Raises ValueError for what cannot be written, such as a lambda, all of it listed, with no file written; OSError
        for a path that cannot be written.
        """
        save_model(self, path, include_optimizer)

    @checks_arguments
    def explore(self, path: str | os.PathLike[str], x: Any = None, y: Any = None, **options: Any) -> Path:
        """Write one HTML page on which the model can be played with in any browser: minigen.explore has the arguments.

        Raises TypeError for a model that has no page, ValueError for layers that the page does not have; OSError if the
        file cannot be written.
        """
        from .. import explore  # it needs the models of minigen.models, which are made of this class

        return explore(self, path, x, y, **options)

    @checks_arguments
    def get_layer(self, name: str) -> Layer:
        """The layer of that name."""
        found = {n: part for n, part in self.direct_parts() if isinstance(part, Layer)}
        check_name(f"layer of {self.label}:", name, found)
        return found[name]

    @property
    def output(self) -> Any:
        """Its outputs, as Keras has it; of a model without a graph, what it gave where it was used as a layer."""
        return self.outputs if self.has_graph else super().output

    # ---- the graph

    def call(self, x: Any, training: bool = False) -> Any:
        """Run every layer in order."""
        if "graph_calls" not in vars(self):
            checks.refuse_missing_graph(self.label)
        if self._named is None and not self._is_part:
            self.all_parts()  # so that errors and traces of the first step have the names too
        given, inputs = as_list(x), as_list(self.inputs)
        checks.check_inputs(self, given, inputs)
        values = dict(zip(inputs, given, strict=True))
        if autograd.mode.observer is None:
            self._run(self.graph_plan if self.fuse else self.graph_calls, values, training)
        else:  # a trace shows every op, and in which model it ran
            with autograd.mode.observer.running(self.name or type(self).__name__, self.layers):
                self._run(self.graph_calls, values, training)
        if isinstance(self.outputs, (list, tuple)):
            return [values[o] for o in self.outputs]
        return values[self.outputs]

    def _run(self, calls: Sequence[Call], values: dict[Symbolic, Any], training: bool) -> None:
        """Call layer after layer; `values` gets what each returns."""
        for call in calls:
            own = training if call.training is None else call.training
            if call.is_plain:
                y = call.layer(values[call.x], training=own)
            else:
                x, others, keywords = replaced((call.x, call.others, call.keywords), is_symbol, values.__getitem__)
                y = call.layer(x, *others, training=own, **keywords)
            values.update(zip(call.outputs, as_list(y), strict=True))

    @property
    def has_graph(self) -> bool:
        """Whether it is a graph of layers between symbolic inputs and outputs."""
        return "graph_calls" in vars(self)

    @property
    def runs_its_graph(self) -> bool:
        """Whether its call() computes just this graph: then the shapes of its outputs are known."""
        return type(self).call is Model.call and self.has_graph

    def _set_graph(self, inputs: Any, outputs: Any) -> None:
        """Order the layers between inputs and outputs, and name them. ValueError for an input twice, or no output."""
        checks.check_inputs_differ(self.label, as_list(inputs), as_list(outputs))
        self._without_parts = type(self)._without_parts | GRAPH
        self.graph_calls, self.layers = calls_between(as_list(inputs), as_list(outputs), self.label)
        names = unique_names(list(dict.fromkeys(call.layer for call in self.graph_calls)))  # by the order of making
        self.names_in_graph = {layer: names[layer] for layer in self.layers}
        self._nesting = 1 + max((part._nesting for part in self.layers if isinstance(part, Model)), default=0)
        checks.check_nesting(self.label, self._nesting)
        self.inputs, self.outputs = inputs, outputs
        self.graph_plan = plan(self.graph_calls, as_list(outputs))
        self.computes_in_blocks = any(map(contains_blocks, self.layers))
        self.built = True

    def _outputs_of(self, call: Call) -> Any:
        """What comes out of a graph is known: nothing has to run for it."""
        if not self.runs_its_graph:
            return super()._outputs_of(call)
        checks.check_inputs(self, as_list(call.x), as_list(self.inputs))
        return self.outputs

    def direct_parts(self, parts: Any = None) -> Iterator[tuple[str, Any]]:
        """Those of the graph under their names, then those in the attributes."""
        yield from ((name, layer) for layer, name in self.names_in_graph.items())
        yield from (part for part in super().direct_parts(parts) if part[1] not in self.names_in_graph)

    def all_parts(self) -> Any:
        """As for a Layer. Weights are named by their paths in the whole model: errors and traces show these names."""
        found = super().all_parts()
        if found is not self._named and not self._is_part:
            self._named = found
            for path, weight in found.weights.items():
                weight.name = path
            for _, part in found.layers:
                if isinstance(part, Model):
                    part._is_part = True
        return found

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs' layers, as in Keras; none for a model without a graph."""
        return names_of_outputs(as_list(self.outputs), self.names_in_graph) if self.has_graph else []
