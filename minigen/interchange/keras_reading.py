"""The description of a model (layers/description/) for the config of a Functional or Sequential model of Keras."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..configured import Configured
from . import checks, keras_layers

Step = dict[str, Any]


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
            step = makers[kind](config) if kind in makers else self._plain(found)
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

    def _plain(self, found: Mapping[str, Any]) -> int:
        kind, config, module = found["class_name"], found["config"], found.get("module")
        if kind == "InputLayer":
            _, *shape = config["batch_shape"]
            return self.add({"input": {"shape": shape, "dtype": config["dtype"], "name": config["name"]}})
        operation = keras_layers.operation_from_keras(found)
        if operation is not None:
            return self.add({"class": "minigen.Arithmetic", "config": operation})
        if module != "keras.layers":
            self.problems.append(f"{kind} {config.get('name')!r} of {module}: minigen has no such layer")
            return self.add({"class": kind, "config": {}})
        arguments = keras_layers.from_keras(kind, config, self.problems)
        return self.add({"class": f"minigen.{kind}", "config": {k: self.value(v) for k, v in arguments.items()}})

    def value(self, value: Any) -> Any:
        """A value in the forms of layers/description/values.py; an object of minigen is made in a step."""
        if isinstance(value, Configured):
            config = {name: self.value(inner) for name, inner in value.init_arguments().items()}
            return {"ref": self.add({"class": f"minigen.{type(value).__name__}", "config": config})}
        if isinstance(value, dict):
            return {"dict": [[key, self.value(inner)] for key, inner in value.items()]}
        if isinstance(value, tuple):
            return {"tuple": self.value(list(value))}
        return [self.value(inner) for inner in value] if isinstance(value, list) else value

    def call(self, layer: int, x: Any, keywords: Mapping[str, Any]) -> int:
        """The step that calls a layer; what comes out of it is found by calling it.

        In fit() and predict() Keras 3 computes every layer as the model runs, whatever `training` was in the graph.
        """
        step = {"call": {"ref": layer}, "x": x, "others": [], "keywords": dict(keywords)}
        return self.add(step | {"training": None, "outputs": None})

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

        keywords = {k: v for k, v in node["kwargs"].items() if k not in ("mask", "training")}
        if any(_histories(node["kwargs"].get("mask"))):
            self.problems.append(f"{name}: a mask in its call")
        if not node["args"]:
            self.problems.append(f"{name}: a call of its inputs by name, {', '.join(keywords)}")
            return layer
        x, *others = node["args"]
        kind, switches = self.steps[layer].get("class"), {}
        if kind == "minigen.MultiHeadAttention":  # called on several sequences, with switches such as use_causal_mask
            keywords |= dict(zip(("value", "key"), others, strict=False))
            others, switches = [], {k: v for k, v in keywords.items() if isinstance(v, bool)}
            keywords = {k: v for k, v in keywords.items() if k not in switches and v is not None}
        if kind == "minigen.Arithmetic":  # its numbers are arguments of the layer
            x, others = [value for value in node["args"] if _is_tensors(value)], []
            x = x if len(x) > 1 else x[0]
        if others or not all(map(_is_tensors, keywords.values())):
            self.problems.append(f"{name}: arguments of its call beside x")
        tensors = {k: tensor(v) for k, v in keywords.items() if _is_tensors(v)}
        return self.call(layer, tensor(x), tensors | switches)

    def compile_step(self, root: int, given: Mapping[str, Any]) -> None:
        """The step that compiles the model."""
        self.add({"compile": {"ref": root}, "config": {name: self.value(value) for name, value in given.items()}})

    def description(self, root: int) -> dict[str, Any]:
        """All of it, with the keys of layers/description/writing.py."""
        return {"steps": self.steps, "root": root, "layers": {}, "frozen": self.frozen, "outside": [], "arrays": {}}


def _histories(node: Any) -> Iterator[list[Any]]:
    """[name of a layer, which of its calls, which output] of every tensor in the config of a call, or in a part."""
    todo = [node]
    while todo:
        value = todo.pop()
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            yield value["config"]["keras_history"]
        elif isinstance(value, (dict, list)):
            todo += value.values() if isinstance(value, dict) else value


def _is_tensors(value: Any) -> bool:
    """Whether it is a tensor in a config, or a list of them."""
    many = value if isinstance(value, list) else [value]
    return all(isinstance(one, dict) and one.get("class_name") == "__keras_tensor__" for one in many)
