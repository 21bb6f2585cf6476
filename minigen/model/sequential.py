"""Sequential: layers one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from ..arguments import checks_arguments
from ..layers.base import Layer
from ..layers.symbolic import Call, Input, Symbolic
from . import checks
from .functional import unique_names
from .model import Model


class Sequential(Model):
    """Layers one after the other: Sequential([Input(shape=(784,)), Dense(32, "relu"), Dense(784, "sigmoid")]).

    Without an Input the shapes, and so the weights, are fixed by the first data.
    """

    _without_parts = Model._without_parts | {"_stack", "_start", "_end"}

    def __init__(self, layers: Iterable[Any] = (), name: str | None = None, fuse: bool = True) -> None:
        checks.check_is_layers(type(self).__name__, layers)
        super().__init__(name=name, fuse=fuse)
        self._stack: list[Layer] = []  # in order; a layer may stand in it twice
        self._start: Symbolic | None = None
        self._end: Symbolic | None = None
        self._extend(layers)

    @checks_arguments
    def add(self, layer: Any) -> None:
        """Append a layer (or, first of all, an Input)."""
        self._extend([layer])

    def _extend(self, layers: Iterable[Any]) -> None:
        """Append the layers; if one of them is refused, the model is as before."""
        stack, start, end = [*self._stack], self._start, self._end
        for layer in layers:
            if isinstance(layer, Symbolic) and start is None and not stack:
                start = end = layer
            elif isinstance(layer, Layer):
                end = layer(end) if start is not None else None
                stack.append(layer)
            else:
                checks.refuse_layer(self.label, layer)
        self._keep(stack, start, end)

    def _keep(self, stack: list[Layer], start: Symbolic | None, end: Symbolic | None) -> None:
        """These layers, and the graph of them where there is an Input."""
        if start is not None:
            self._set_graph(start, end)
        else:
            self.layers = list(dict.fromkeys(stack))
            self.names_in_graph = unique_names(self.layers)
        self._stack, self._start, self._end = stack, start, end

    def build(self, input_shape: Any, dtype: str = "float32") -> None:
        """Make the weights for data of this shape, the batch first."""
        if self._start is None:
            end = start = Input(tuple(input_shape)[1:], dtype=dtype)
            for layer in self._stack:
                end = layer(end)
            self._keep(self._stack, start, end)

    def _build(self, x: Any) -> None:
        self.build_for((tuple(x.shape), str(x.dtype)))

    def build_for(self, shapes: Any) -> None:
        """build(), once, for (shape, dtype) of the data."""
        self.build(*shapes)
        self.built, self.built_for = True, shapes

    def _outputs_of(self, call: Call) -> Any:
        if self._start is None and self._stack:
            self._build(call.x)
        return super()._outputs_of(call)

    def _waits_for_data(self) -> bool:
        return False  # its layers do

    def init_arguments(self) -> dict[str, Any]:
        """With the layers that it has now; where there is an Input, with the two ends of the graph."""
        arguments = super().init_arguments()
        if "layers" in arguments:
            ends = {} if self._start is None else {"inputs": self._start, "outputs": self._end}
            arguments |= {"layers": list(self._stack), **ends}
        return arguments

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        if "outputs" not in config:
            return super().from_config(config, custom_objects)
        model = cls(name=config["name"], fuse=config["fuse"])  # the layers have been called one after the other
        model._keep(config["layers"], config["inputs"], config["outputs"])
        return model
