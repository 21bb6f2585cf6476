"""The config of a Functional or Sequential model of Keras for a model with a graph of layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..checks.values import as_list
from . import keras_layers
from .keras_layers import serialized


class Writer:
    """Makes the configs of a model and of the models in it; layers that they share get a number in common."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        self.numbers: dict[int, int] = {}  # id of a layer -> its shared_object_id

    def layer(self, layer: Any, name: str) -> dict[str, Any]:
        """A layer, or a model in another one."""
        if keras_layers.is_operation(layer):
            return keras_layers.operation_to_keras(layer, name)
        if getattr(layer, "has_graph", False):
            found = self.model(layer, name)
        else:
            config = keras_layers.to_keras(layer, name, self.problems)
            found = serialized(type(layer).__name__, config, "keras.layers")
            if layer.built_for is not None:
                found["build_config"] = _build_config(layer)
        return found | {"shared_object_id": self.numbers.setdefault(id(layer), len(self.numbers) + 1)}

    def model(self, model: Any, name: str) -> dict[str, Any]:
        """A model with a graph, as Sequential or Functional."""
        if not getattr(model, "runs_its_graph", False):
            self.problems.append(f"{model.label}: a model without a graph of layers, or with a call() of its own")
            return {}
        names = _names(model)
        dotted = [one for one in [name, *names.values()] if "." in one]
        self.problems += [f"{one}: a name with a dot, which Keras on PyTorch does not take" for one in dotted]
        if hasattr(model, "_stack"):
            layers = [self.input(model.inputs, names), *(self.layer(part, names[id(part)]) for part in model._stack)]
            config = {"name": name, "trainable": True, "layers": layers}
            return serialized("Sequential", config, "keras")
        inputs, outputs = as_list(model.inputs), as_list(model.outputs)
        ends = {s: [names[id(s)], 0, 0] for s in inputs}
        nodes: dict[int, list[Any]] = {}  # id of a layer -> its calls
        for call in model.graph_calls:
            nodes.setdefault(id(call.layer), []).append(call)
            place, first = len(nodes[id(call.layer)]) - 1, int(_is_functional(call.layer))
            ends |= {s: [names[id(call.layer)], place + first, i] for i, s in enumerate(call.outputs)}
        layers = [self.input(s, names) | {"name": names[id(s)], "inbound_nodes": []} for s in inputs]
        for layer in model.layers:
            calls = [self.node(call, ends) for call in nodes[id(layer)]]
            layers.append(self.layer(layer, names[id(layer)]) | {"name": names[id(layer)], "inbound_nodes": calls})
        config = {"name": name, "trainable": True, "layers": layers}
        config["input_layers"] = [ends[s] for s in inputs] if len(inputs) > 1 else ends[inputs[0]]
        config["output_layers"] = [ends[s] for s in outputs] if len(outputs) > 1 else ends[outputs[0]]
        return serialized("Functional", config, "keras.src.models.functional") | {"registered_name": "Functional"}

    def input(self, symbol: Any, names: Mapping[int, str]) -> dict[str, Any]:
        """An InputLayer."""
        config = {"batch_shape": list(symbol.shape), "dtype": symbol.dtype, "sparse": False, "ragged": False}
        config |= {"name": names[id(symbol)], "optional": False}
        number = self.numbers.setdefault(id(symbol), len(self.numbers) + 1)
        return serialized("InputLayer", config, "keras.layers") | {"shared_object_id": number}

    def node(self, call: Any, ends: Mapping[Any, list[Any]]) -> dict[str, Any]:
        """One call of a layer."""

        def tensor(value: Any) -> Any:
            if isinstance(value, (list, tuple)):
                return [tensor(inner) for inner in value]
            if not hasattr(value, "call") or value not in ends:
                self.problems.append(f"{call.layer.label}: an argument that is no output of a layer")
                return None
            name, place, i = ends[value]
            place -= int(bool(value.call) and _is_functional(value.call.layer))  # here Keras counts these from 0 too
            config = {"shape": list(value.shape), "dtype": value.dtype, "keras_history": [name, place, i]}
            return {"class_name": "__keras_tensor__", "config": config}

        if call.training is not None:
            self.problems.append(f"{call.layer.label}: training={call.training} in the graph, which Keras passes over")
        if keras_layers.is_operation(call.layer):
            both = keras_layers.operands(call.layer, call.x)
            return {"args": [v if isinstance(v, (int, float)) else tensor(v) for v in both], "kwargs": {}}
        names = list(call.layer.call_signature.parameters)[2:]  # in Keras not all are at the same place
        given = {**dict(zip(names, call.others, strict=False)), **call.keywords}
        keywords = {k: v if isinstance(v, bool) or v is None else tensor(v) for k, v in given.items()}
        return {"args": [tensor(call.x)], "kwargs": keywords}


def _names(model: Any) -> dict[int, str]:
    """The names of the layers and inputs of a model, by id. Inputs without a name get Keras'."""
    names = {id(layer): name for layer, name in model.names_in_graph.items()}
    for i, symbol in enumerate(as_list(model.inputs)):
        names[id(symbol)] = symbol.name or f"input_layer{f'_{i}' if i else ''}"
    return names


def _is_functional(layer: Any) -> bool:
    """Whether Keras counts its calls from 1: a Functional model has a first one of its own."""
    return getattr(layer, "has_graph", False) and not hasattr(layer, "_stack")


def _build_config(layer: Any) -> dict[str, Any]:
    """The shapes that Keras builds a layer for; those of an attention are in its parts."""
    if type(layer).__name__ == "MultiHeadAttention":
        parts = {"query_shape": layer.query, "value_shape": layer.value, "key_shape": layer.key}
        return {"shapes_dict": {name: _keras_shape(part.built_for) for name, part in parts.items()}}
    return {"input_shape": _keras_shape(layer.built_for)}


def _keras_shape(shapes: Any) -> Any:
    if isinstance(shapes, list):
        return [_keras_shape(shape) for shape in shapes]
    return [None, *shapes[1:]]
