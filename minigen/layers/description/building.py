"""A layer or model made by the steps of its description. Nothing is computed: the shapes stand in the description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...configured import class_of_name, made
from ...tensor import Tensor
from ..symbolic import Call, Input, Symbolic, is_symbol, replaced
from . import checks
from .values import decoded, function_of_name


def build(description: Any, custom_objects: Mapping[str, Any] | None = None, compile: bool = True) -> Any:
    """The layer or model that was described, with new weights; compiled, if the description says so and compile=True.

    custom_objects: {"Scale": Scale, ...}, the classes and functions that are not minigen's. Raises ValueError for a
    description that is wrong, and for names that are unknown, all of them listed.
    """
    custom_objects = {} if custom_objects is None else checks.checked_custom_objects(custom_objects)
    checks.check_description(description)
    steps = description["steps"]
    if not compile:
        steps = steps[: description["root"] + 1]  # what compile() was given stands behind the model
    checks.check_names(steps, custom_objects)
    builder = Builder(custom_objects, description["arrays"])
    for step in steps:
        with checks.explained(f"step {len(builder.made)}, {step.get('class') or next(iter(step))}"):
            builder.made.append(builder.result_of(step))
    with checks.explained("its weights"):
        layer = builder.made_by(description["root"])
        build_weights(layer, description["layers"])
        for number, arrays in description["outside"]:
            if not compile and number >= len(steps):
                continue
            weights = builder.made_by(number).named_weights()
            for path, array in arrays.items():
                weights[path].assign(builder.value(array))
        for path, weight in layer.named_weights().items():
            is_frozen = any(f"{path}/".startswith(f"{frozen}/" if frozen else "") for frozen in description["frozen"])
            weight.requires_grad = weight.requires_grad and not is_frozen
    return layer


def build_weights(layer: Any, states: Mapping[str, Any]) -> None:
    """Build every layer in it, by path, for the shapes that it was built for; those outside come first."""
    parts = {"": layer} | dict(layer.all_parts().layers)
    for path, state in states.items():
        if path not in parts:  # it was made when the layer around it was built
            parts |= dict(layer.all_parts().layers)
        part = checks.found_part(path, parts, state["class"])
        shapes = decoded(state["built_for"], {})
        if shapes is not None and not part.built:
            part.build_for(shapes)
        if part.dtype != state["dtype"]:
            part.dtype = state["dtype"]
            for _, weight in part.direct_parts():
                if isinstance(weight, Tensor):
                    weight.data = weight.data.astype(part.dtype)


class Builder:
    """What the steps so far have made."""

    def __init__(self, custom_objects: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        self.custom_objects = custom_objects
        self.made: list[Any] = []
        self.of_form: dict[str, Callable[[Any], Any]] = {
            "array": arrays.__getitem__,
            "ref": self.made_by,
            "symbol": self.symbol,
            "function": lambda name: function_of_name(name, custom_objects),
        }

    def made_by(self, number: Any) -> Any:
        """What an earlier step has made."""
        checks.check_number(number, len(self.made))
        return self.made[number]

    def symbol(self, place: Any) -> Symbolic:
        """An Input, or an output of a call: [number of the step, which of its outputs]."""
        number, i = checks.list_of("symbol", place, 2)
        made = self.made_by(number)
        outputs = [made] if isinstance(made, Symbolic) else getattr(made, "outputs", None)
        symbol: Symbolic = checks.nth_output(outputs, i)
        return symbol

    def value(self, value: Any) -> Any:
        return decoded(value, self.of_form)

    def result_of(self, step: Mapping[str, Any]) -> Any:
        """A symbol, a call or an object."""
        if "input" in step:
            return Input(**step["input"])
        if "call" in step:
            return self._call(step)
        config = {name: self.value(value) for name, value in step["config"].items()}
        if "compile" in step:
            return self.value(step["compile"]).compile(**config)
        return made(class_of_name(step["class"], self.custom_objects), config, self.custom_objects)

    def _call(self, step: Mapping[str, Any]) -> Call:
        layer, x, others = (self.value(step[part]) for part in ("call", "x", "others"))
        keywords = {name: self.value(value) for name, value in step["keywords"].items()}
        checks.check_is_layer(layer)
        if step["outputs"] is None:  # they are found by calling the layer
            y = layer(x, *others, training=step["training"], **keywords)
            found: Call = checks.checked_symbol(y[0] if isinstance(y, list) else y).call
            return found
        call = Call(layer, x, others, step["training"], keywords)
        if not layer.built:
            layer.build_for(replaced(x, is_symbol, lambda symbol: (1, *symbol.shape[1:])))
        layer.note_outputs(call, [checks.checked_output(*output) for output in step["outputs"]])
        return call
