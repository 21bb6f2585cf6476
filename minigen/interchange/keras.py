"""A whole model in a .keras file of Keras 3: a zip archive with config.json, metadata.json and model.weights.h5.

A Functional or Sequential model of Keras becomes a description (layers/description/), and a model with a graph becomes
a config. All that the other side has not is refused, listed at once.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..storage.files import as_path, replacing
from . import checks, keras_layers, keras_training, keras_weights
from .keras_layers import serialized
from .keras_weights import kind_of

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
VERSION = "3.15.1"  # of Keras, in whose form the files are written
Step = dict[str, Any]


def save(model: Any, path: str | os.PathLike[str], include_optimizer: bool) -> None:
    """Write the model, aside and then renamed. ValueError that lists what Keras has not, with nothing written."""
    problems: list[str] = []
    config = Writer(problems).model(model, model.name or kind_of(model))
    given = vars(model).get("_compiled_with")
    if include_optimizer and given is not None:
        config["compile_config"] = keras_training.to_keras(given, problems)
    checks.check_no_problems(f"{model.label}.save: {path}", "Keras", problems)
    weights = keras_weights.content(model)
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr(METADATA, json.dumps({"keras_version": VERSION}))
        archive.writestr(CONFIG, json.dumps(config))
        archive.writestr(WEIGHTS, weights)


def load(path: str | os.PathLike[str], compile: bool) -> tuple[dict[str, Any], bytes]:
    """(the description of the model in the file, the bytes of its weights).

    Raises ValueError for a file that is damaged, and for what minigen has not, all of it listed; OSError if it cannot
    be opened.
    """
    path = as_path(path)
    checks.check_archive_opens(path)
    try:
        with zipfile.ZipFile(path) as archive:
            checks.check_entries(archive.infolist(), path.stat().st_size, (CONFIG, WEIGHTS))
            config, weights = json.loads(archive.read(CONFIG)), archive.read(WEIGHTS)
        reader = Reader()
        root = reader.layer(config)
        if compile and config.get("compile_config"):
            given = keras_training.from_keras(config["compile_config"], reader.problems)
            reader.compile_step(root, given)
    except Exception as error:  # of a damaged archive, and of a config that is none
        checks.refuse_damaged(path, error)
    checks.check_no_problems(f"{path} cannot be loaded", "minigen", reader.problems)
    return reader.description(root), weights


# ---- from a model to a config


class Writer:
    """Makes the configs of a model and of the models in it; layers that they share get a number in common."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        self.numbers: dict[int, int] = {}  # id of a layer -> its shared_object_id

    def layer(self, layer: Any, name: str) -> dict[str, Any]:
        """A layer, or a model in another one."""
        found = self.model(layer, name) if getattr(layer, "has_graph", False) else None
        if found is None:
            config = keras_layers.to_keras(layer, name, self.problems)
            found = serialized(type(layer).__name__, config, "keras.layers")
        if layer.built_for is not None:
            found["build_config"] = {"input_shape": _keras_shape(layer.built_for)}
        return found | {"shared_object_id": self.numbers.setdefault(id(layer), len(self.numbers) + 1)}

    def model(self, model: Any, name: str) -> dict[str, Any]:
        """A model with a graph, as Sequential or Functional."""
        if not getattr(model, "has_graph", False):
            self.problems.append(f"{model.label}: a model without a graph of layers")
            return {}
        names = _names(model)
        if hasattr(model, "_stack"):
            layers = [self.input(model.inputs, names), *(self.layer(part, names[id(part)]) for part in model._stack)]
            config = {"name": name, "trainable": True, "layers": layers}
            return serialized("Sequential", config, "keras")
        inputs, outputs = _as_list(model.inputs), _as_list(model.outputs)
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
            if value not in ends:
                self.problems.append(f"{call.layer.label}: an argument that is no output of a layer")
                return None
            name, place, i = ends[value]
            place -= int(bool(value.call) and _is_functional(value.call.layer))  # here Keras counts these from 0 too
            config = {"shape": list(value.shape), "dtype": value.dtype, "keras_history": [name, place, i]}
            return {"class_name": "__keras_tensor__", "config": config}

        keywords = {name: tensor(value) for name, value in call.keywords.items()}
        keywords |= {} if call.training is None else {"training": call.training}
        return {"args": [tensor(value) for value in (call.x, *call.others)], "kwargs": keywords}


def _names(model: Any) -> dict[int, str]:
    """The names of the layers and inputs of a model, by id. Inputs without a name get Keras'."""
    names = {id(layer): name for layer, name in model.names_in_graph.items()}
    for i, symbol in enumerate(_as_list(model.inputs)):
        names[id(symbol)] = symbol.name or f"input_layer{f'_{i}' if i else ''}"
    return names


def _as_list(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _is_functional(layer: Any) -> bool:
    """Whether Keras counts its calls from 1: a Functional model has a first one of its own."""
    return getattr(layer, "has_graph", False) and not hasattr(layer, "_stack")


def _keras_shape(shapes: Any) -> Any:
    if isinstance(shapes, list):
        return [_keras_shape(shape) for shape in shapes]
    return [None, *shapes[1:]]


# ---- from a config to a description


class Reader:
    """Makes the steps of a description from the config of a model and of the models in it."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.problems: list[str] = []
        self.shared: dict[Any, int] = {}  # shared_object_id -> the step that has made it
        self.path: list[str] = []  # of the layer that is being read
        self.frozen: list[str] = []  # paths of layers

    def add(self, step: Step) -> int:
        self.steps.append(step)
        return len(self.steps) - 1

    def layer(self, found: Mapping[str, Any]) -> int:
        """The step that makes a layer or model."""
        number, kind, config = found.get("shared_object_id"), found["class_name"], found["config"]
        if number is None or number not in self.shared:
            makers = {"Functional": self.functional, "Model": self.functional, "Sequential": self.sequential}
            if config.get("trainable") is False:
                self.frozen.append("/".join(self.path))
            step = makers[kind](config) if kind in makers else self._plain(kind, config)
            if number is None:
                return step
            self.shared[number] = step
        return self.shared[number]

    def inside(self, found: Mapping[str, Any], name: str) -> int:
        """The step that makes a layer of the model that is being read."""
        self.path.append(name)
        step = self.layer(found)
        self.path.pop()
        return step

    def _plain(self, kind: str, config: Mapping[str, Any]) -> int:
        if kind == "InputLayer":
            _, *shape = config["batch_shape"]
            return self.add({"input": {"shape": shape, "dtype": config["dtype"], "name": config["name"]}})
        arguments = keras_layers.from_keras(kind, config, self.problems)
        return self.add({"class": f"minigen.{kind}", "config": {k: self.value(v) for k, v in arguments.items()}})

    def value(self, value: Any) -> Any:
        """A value in the forms of layers/description/values.py."""
        if isinstance(value, tuple):
            return {"tuple": list(value)}
        if hasattr(value, "get_config"):
            step = {"class": f"minigen.{type(value).__name__}", "config": value.get_config()}
            return {"ref": self.add(step)}
        return value

    def call(self, layer: int, x: Any, keywords: Mapping[str, Any], training: Any = None) -> int:
        """The step that calls a layer; what comes out of it is found by calling it."""
        step = {"call": {"ref": layer}, "x": x, "others": [], "keywords": dict(keywords)}
        return self.add(step | {"training": training, "outputs": None})

    def sequential(self, config: Mapping[str, Any]) -> int:
        """The steps of a Sequential model."""
        layers = [self.inside(layer, layer["config"]["name"]) for layer in config["layers"]]
        made: Step = {"name": config["name"], "fuse": True}
        if "input" in self.steps[layers[0]]:
            start, *layers = layers
            end = start
            for layer in layers:
                end = self.call(layer, {"symbol": [end, 0]}, {})
            made |= {"inputs": {"symbol": [start, 0]}, "outputs": {"symbol": [end, 0]}}
        made["layers"] = [{"ref": layer} for layer in layers]
        return self.add({"class": "minigen.Sequential", "config": made})

    def functional(self, config: Mapping[str, Any]) -> int:
        """The steps of a Functional model. A call waits until those that it needs are made, as in Keras."""
        layers = {layer["name"]: self.inside(layer, layer["name"]) for layer in config["layers"]}
        kinds = {layer["name"]: layer["class_name"] for layer in config["layers"]}
        calls: dict[str, list[int]] = {name: [step] for name, step in layers.items() if kinds[name] == "InputLayer"}
        waiting = {layer["name"]: list(layer["inbound_nodes"]) for layer in config["layers"]}
        while any(waiting.values()):
            before = sum(map(len, waiting.values()))
            for name, nodes in waiting.items():
                while nodes and all(place < len(calls.get(other, ())) for other, place, _ in _histories(nodes[0])):
                    calls.setdefault(name, []).append(self._node(name, layers[name], nodes.pop(0), calls))
            checks.check_progress(before, sum(map(len, waiting.values())), waiting)

        def end(place: Any) -> Any:
            if isinstance(place, dict):
                self.problems.append(f"{config['name']}: inputs or outputs by name, {', '.join(place)}")
                return None
            if len(place) == 3 and isinstance(place[0], str):
                return {"symbol": [calls[place[0]][place[1] - (kinds[place[0]] in ("Functional", "Model"))], place[2]]}
            return [end(inner) for inner in place]

        ends = {"inputs": end(config["input_layers"]), "outputs": end(config["output_layers"])}
        return self.add({"class": "minigen.Model", "config": ends | {"name": config["name"], "fuse": True}})

    def _node(self, name: str, layer: int, node: Mapping[str, Any], calls: Mapping[str, Sequence[int]]) -> int:
        """One call of a layer in a Functional model."""

        def tensor(value: Any) -> Any:
            if isinstance(value, list):
                return [tensor(inner) for inner in value]
            other, place, i = value["config"]["keras_history"]
            return {"symbol": [calls[other][place], i]}

        keywords = {k: v for k, v in node["kwargs"].items() if v is not None}
        training = keywords.pop("training", None)
        if self.steps[layer].get("class", "").removeprefix("minigen.") in keras_weights.RECURRENT:
            training = None  # Keras notes false there, whether it was given or not
        x, *others = [tensor(value) for value in node["args"]]
        if others or any(not _is_tensors(value) for value in keywords.values()):
            self.problems.append(f"{name}: arguments of its call beside x and training")
        return self.call(layer, x, {k: tensor(v) for k, v in keywords.items() if _is_tensors(v)}, training)

    def compile_step(self, root: int, given: Mapping[str, Any]) -> None:
        """The step that compiles the model."""
        loss = given["loss"]
        functions = [_function(one) for one in loss] if isinstance(loss, list) else _function(loss)
        config = {"optimizer": self.optimizer(given["optimizer"]), "loss": functions, "metrics": list(given["metrics"])}
        self.add({"compile": {"ref": root}, "config": config})

    def optimizer(self, optimizer: Any) -> Any:
        """An optimizer, whose learning rate may be an object."""
        if optimizer is None or isinstance(optimizer, str):
            return optimizer
        arguments = {name: self.value(value) for name, value in optimizer.init_arguments().items()}
        return {"ref": self.add({"class": f"minigen.{type(optimizer).__name__}", "config": arguments})}

    def description(self, root: int) -> dict[str, Any]:
        """All of it, with the keys of layers/description/writing.py."""
        return {"steps": self.steps, "root": root, "layers": {}, "frozen": self.frozen, "outside": [], "arrays": {}}


def _function(loss: Any) -> Any:
    if loss is None or isinstance(loss, str):
        return loss
    name = f"minigen.losses.{loss.func.__name__}"
    return {"partial": [{"function": name}, {"tuple": []}, {"dict": [["from_logits", True]]}]}


def _histories(node: Any) -> Iterator[list[Any]]:
    """[name of a layer, which of its calls, which output] of every tensor in the arguments of a call."""
    todo = [node["args"], node["kwargs"]]
    while todo:
        value = todo.pop()
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            yield value["config"]["keras_history"]
        elif isinstance(value, (dict, list)):
            todo += value.values() if isinstance(value, dict) else value


def _is_tensors(value: Any) -> bool:
    many = value if isinstance(value, list) else [value]
    return all(isinstance(one, dict) and one.get("class_name") == "__keras_tensor__" for one in many)
