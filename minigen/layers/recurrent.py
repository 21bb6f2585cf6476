"""Recurrent layers. Data is (batch, steps, features)."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import initializers, ops
from ..checks.values import as_list, positive_integer, refuse_missing_method, switch
from ..tensor import Tensor
from ..types import Shape
from .base import Layer
from .checks import check_state
from .input_spec import SEQUENCES


class Recurrent(Layer):
    """What the three share: the input kernel for all steps at once, then an op that goes through time.

    Shapes: x (batch, steps, in) -> (batch, units), the last step, or (batch, steps, units) with return_sequences. With
    return_state a list: the same, and the state after the last step, each (batch, units). It begins with the state that
    it is given, layer(x, [h, c]) or layer(x, initial_state=[h, c]) or layer([x, h, c]), else with zeros; a single h
    needs no list. kernel (in, gates · units), recurrent_kernel (units, gates · units), bias (gates · units,), the gates
    side by side.

    Raises ValueError for units < 1, data of another rank or width, no steps, and a state of another shape; TypeError
    for integer data (an Embedding, or one-hot rows, come before it).
    """

    input_spec = SEQUENCES
    gates: ClassVar[int] = 1
    bias_rows: ClassVar[Shape] = ()  # bias is (gates · units,), or has a row for each of several biases
    states: ClassVar[int] = 1

    def __init__(
        self,
        units: int,
        *,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        return_sequences: bool = False,
        return_state: bool = False,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        self.units = positive_integer(f"{self.label}: units", units, f"{type(self).__name__}(128)")
        self.kernel_initializer, self.recurrent_initializer = kernel_initializer, recurrent_initializer
        self.bias_initializer = bias_initializer
        self.return_sequences = switch(f"{self.label}: return_sequences", return_sequences)
        self.return_state = switch(f"{self.label}: return_state", return_state)

    def build(self, input_shape: Any) -> None:
        shape = input_shape[0] if isinstance(input_shape, list) else input_shape
        self.input_spec = SEQUENCES.with_features(self.label, shape)
        width = self.gates * self.units
        self.kernel = self.add_weight("kernel", (shape[-1], width), self.kernel_initializer)
        self.recurrent_kernel = self.add_weight("recurrent_kernel", (self.units, width), self.recurrent_initializer)
        self.bias = self.add_weight("bias", (*self.bias_rows, width), self.bias_initializer)

    def call(self, x: Any, initial_state: Any = None) -> Any:
        x, *state = x if isinstance(x, list) else [x]
        if initial_state is not None:
            state += as_list(initial_state)
        check_state(self.label, state, (len(x), self.units), self.states)
        state = state or [initializers.zeros((len(x), self.units), x.dtype)] * self.states
        time_first = ops.dense(x.transpose((1, 0, 2)), self.kernel, self.input_bias())
        h, last = self.through_time(time_first, state)
        y = h.transpose((1, 0, 2)) if self.return_sequences else last[0]
        return [y, *last] if self.return_state else y

    def input_bias(self) -> Tensor:
        """What is added to x W."""
        return self.bias

    def through_time(self, x: Tensor, state: list[Any]) -> tuple[Tensor, list[Tensor]]:
        """(h of all steps, time first; the state after the last one) for x W + b, time first."""
        refuse_missing_method(type(self).__name__, "through_time(self, x, state)")


class SimpleRNN(Recurrent):
    """hₜ = tanh(xₜ W + hₜ₋₁ U + b): the net of Elman 1990. The rule is ops.SimpleRecurrence; shapes as in Recurrent."""

    def through_time(self, x: Tensor, state: list[Any]) -> tuple[Tensor, list[Tensor]]:
        h = ops.SimpleRecurrence()(x, self.recurrent_kernel, *state)
        return h, [h[-1]]


class GRU(Recurrent):
    """hₜ = z hₜ₋₁ + (1 - z) c: where the gate z is 1 the state stays as it is. The rule is ops.GatedRecurrence.

    z = σ(xₜ Wᶻ + bᶻ + sᶻ),   r = σ(xₜ Wʳ + bʳ + sʳ),   c = tanh(xₜ Wᶜ + bᶜ + r sᶜ),   s = hₜ₋₁ U + b'

    It has two biases, the rows of one weight (2, 3 · units): the first is added to x W, the second to hₜ₋₁ U, as in
    Keras with reset_after=True. Shapes and errors as in Recurrent. Source: Cho et al. 2014.
    """

    gates = 3
    bias_rows = (2,)

    def input_bias(self) -> Tensor:
        return self.bias[0]

    def through_time(self, x: Tensor, state: list[Any]) -> tuple[Tensor, list[Tensor]]:
        h = ops.GatedRecurrence()(x, self.recurrent_kernel, self.bias[1], *state)
        return h, [h[-1]]


class LSTM(Recurrent):
    """cₜ = f cₜ₋₁ + i k, hₜ = o tanh(cₜ): a state c that no nonlinearity squashes. The rule is ops.LongShortTermMemory.

    The bias of the forget gate starts at 1 (Jozefowicz et al. 2015), so that at first it keeps the state. Shapes
    as in Recurrent. Source: Hochreiter and Schmidhuber 1997.
    """

    gates = 4
    states = 2

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        bias = self.bias.numpy().copy()
        bias[self.units : 2 * self.units] = 1
        self.bias.assign(bias)

    def through_time(self, x: Tensor, state: list[Any]) -> tuple[Tensor, list[Tensor]]:
        y = ops.LongShortTermMemory()(x, self.recurrent_kernel, *state)
        h, c = ops.split(y, [self.units, self.units], axis=-1)
        return h, [h[-1], c[-1]]
