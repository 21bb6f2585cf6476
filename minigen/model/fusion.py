"""What a Model computes in another form than its layers do: the same numbers in less time and memory.

Pairs of layers as one op (the table PAIRS; minigen/ops/fused.py), and a convolution with its relu. Model(...,
fuse=False) computes layer by layer, and so does every model inside trace(), so that each layer and each activation has
a row of its own; summary() lists the pairs that a model found.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from .. import ops
from ..layers import Conv2D, Conv2DTranspose, MaskedConv2D, MaxPooling2D, UpSampling2D
from ..layers.base import Layer
from ..layers.symbolic import Call, Symbolic
from ..tensor import Tensor

INCREASING = (ops.identity, ops.relu, ops.leaky_relu, ops.elu, ops.sigmoid, ops.tanh, ops.softplus)


class Pair(NamedTuple):
    """Two layers in a row that one op computes."""

    first: type[Layer]
    second: type[Layer]
    fits: Callable[[Any, Any], bool]
    compute: Callable[[Any, Any, Tensor], Tensor]


def conv_pool_fits(conv: Conv2D, pool: MaxPooling2D) -> bool:
    """max(f(a), f(b)) is f(max(a, b)) where f is increasing, so the activation may wait until after the pooling."""
    return conv.activation in INCREASING


def conv_pool(conv: Conv2D, pool: MaxPooling2D, x: Tensor) -> Tensor:
    """On the CPU the large map between them exists only block by block."""
    pooling = {"pool_size": pool.pool_size, "pool_strides": pool.strides, "pool_padding": pool.padding}
    options: dict[str, Any] = conv.options() | pooling
    return conv.activation(ops.conv_max_pool2d(x, conv.kernel, conv.bias, **options))


def up_conv_fits(up: UpSampling2D, conv: Conv2D) -> bool:
    """Repeated pixels meet every tap of the kernel: with strides or dilation they need not."""
    return up.interpolation == "nearest" and conv.strides == conv.dilation_rate == (1, 1)


def up_conv(up: UpSampling2D, conv: Conv2D, x: Tensor) -> Tensor:
    """A transposed convolution of the small image: 4 multiplications in place of 9, for size 2 and a 3 x 3 kernel."""
    relu = conv.activation is ops.relu  # then it is part of the op
    y = ops.up_sampling_conv2d(x, conv.kernel, conv.bias, up.size, conv.padding, conv.label, relu)
    return y if relu else conv.activation(y)


PAIRS = (
    Pair(Conv2D, MaxPooling2D, conv_pool_fits, conv_pool),
    Pair(UpSampling2D, Conv2D, up_conv_fits, up_conv),
)


class Fused(Layer):
    """Two layers as one."""

    def __init__(self, pair: Pair, first: Layer, second: Layer) -> None:
        super().__init__()
        self.pair, self.first, self.second = pair, first, second

    def call(self, x: Tensor) -> Tensor:
        if find(self.first, self.second) is not self.pair:  # a layer was given another activation since
            return self.second(self.first(x))
        return self.pair.compute(self.first, self.second, x)


class ConvRelu(Layer):
    """A convolution and its relu as one op: the relu needs no pass over memory of its own."""

    def __init__(self, conv: Conv2D) -> None:
        super().__init__()
        self.conv = conv

    def call(self, x: Tensor) -> Tensor:
        if self.conv.activation is not ops.relu:  # it was given another one since
            return self.conv(x)
        return self.conv.convolve(x, relu=True)


def plan(calls: list[Call], outputs: Collection[Symbolic]) -> list[Call]:
    """The calls of a model as they are computed."""
    return [_with_relu(call) for call in fused(calls, outputs)]


def _with_relu(call: Call) -> Call:
    """A convolution and its relu as one; other calls as they are."""
    layer: Any = call.layer
    is_convolution = call.is_plain and type(layer) in (Conv2D, Conv2DTranspose, MaskedConv2D)
    if not is_convolution or layer.activation is not ops.relu:
        return call
    changed = Call(ConvRelu(layer), call.x, training=call.training)
    changed.outputs = call.outputs
    return changed


def fused(calls: list[Call], outputs: Collection[Symbolic]) -> list[Call]:
    """The calls of a model with two replaced by one where they are a pair and no other call uses the first result."""
    readers: dict[Symbolic, list[Call]] = {}
    for call in calls:
        for x in call.inputs:
            readers.setdefault(x, []).append(call)
    found: list[Call] = []
    taken: set[Call] = set()
    ends = set(outputs)
    for call in calls:
        if call in taken:
            continue
        middle = call.outputs[0]
        after = readers.get(middle, [])
        is_hidden = len(after) == 1 and middle not in ends and call.is_plain and after[0].is_plain
        pair = find(call.layer, after[0].layer) if is_hidden else None
        if pair is None:
            found.append(call)
        else:
            both = Call(Fused(pair, call.layer, after[0].layer), call.x)
            both.outputs = after[0].outputs
            found.append(both)
            taken.add(after[0])
    return found


def find(first: Layer, second: Layer) -> Pair | None:
    """The pair of the table for these two layers. A subclass may compute something else, so it is in no pair."""
    for pair in PAIRS:
        if type(first) is pair.first and type(second) is pair.second and pair.fits(first, second):
            return pair
    return None


def contains_blocks(layer: Layer) -> bool:
    """Whether the layer or one inside computes in blocks. A model with a graph knows it already."""
    if "graph_calls" in vars(layer):
        return layer.computes_in_blocks
    return any(part.computes_in_blocks for part in layer.sublayers())
