"""Random models of 5 to 20 layers, fused and layer by layer, both against the same graph in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from minigen import Model, Tensor, layers, ops
from minigen.layers import Input

from . import draws, reference
from .case import Case
from .reference import ACTIVATIONS

RULES = [
    (ops.ConvMaxPool, "forward"),
    (ops.ConvMaxPool, "backward"),
    (ops.Conv, "backward"),
    (ops.ConvInputGradient, "forward"),
    (ops.Linear, "backward"),
    (ops.BatchNorm, "backward"),
    (ops.Concatenate, "backward"),
    (ops.MaxPool, "backward"),
]
NAMES = ["linear", "relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "softmax"]
KINDS = "conv conv pool pool average up up transpose end norm norm activation".split()
LARGEST = 10  # rows or columns of an image in the graph
Calls = list[Any]


def draw(rng: draws.Rng) -> Case:
    start = Input(shape=draws.images(rng, 8, 3)[1:])
    wanted, made, reusable = int(rng.integers(5, 21)), [start], []
    while len(made) <= wanted:
        x = made[-1] if draws.chance(rng, 0.7) else draws.one_of(rng, made)  # usually the latest output
        layer, inputs = draw_layer(rng, x, made, reusable)
        try:
            made.append(layer(inputs))
        except Exception as error:  # every drawn layer is valid, so an error is a mismatch
            return Case.refused(f"{type(layer).__name__} on {[i.shape for i in _as_list(inputs)]}", error)
    outputs = made[-1] if draws.chance(rng) else [made[-1], draws.one_of(rng, made[1:])]
    fused, plain = Model(start, outputs), Model(start, outputs, fuse=False)
    training, batch = draws.chance(rng), int(rng.integers(1, 4))
    plain.astype("float64")
    places = [(layer, name) for layer in plain.layers for name, w in layer.direct_parts() if w.requires_grad]
    statistics = [(layer, name) for layer in plain.layers for name, w in layer.direct_parts() if not w.requires_grad]
    arrays = [rng.normal(size=(batch, *start.shape[1:]))]
    arrays += [rng.normal(size=s) / np.sqrt(max(1, np.prod(s[:-1]))) for s in (getattr(*p).shape for p in places)]
    moving = [rng.random(getattr(*p).shape) + 0.5 for p in statistics]

    def ours(x, *weights):
        for (layer, name), w in zip(places, weights, strict=True):
            setattr(layer, name, w)
        found = []
        for model in (fused, plain):
            for (layer, name), a in zip(statistics, moving, strict=True):
                setattr(layer, name, Tensor(a.copy()))
            found += _as_list(model(x, training))
        return found + [getattr(*p) for p in statistics]

    def theirs(x, *weights):
        table = dict(zip(places, weights, strict=True))
        table |= {p: x.new_tensor(a) for p, a in zip(statistics, moving, strict=True)}
        values = {start: x}
        for call in plain.graph_calls:
            args = [values[i] for i in call.inputs]
            values[call.outputs[0]] = in_torch(call.layer, args, table, training)
        ys = [values[o] for o in _as_list(outputs)]
        return ys + ys + [table[p] for p in statistics]

    text = "; ".join(program(plain.graph_calls, start))
    return Case(f"{text}; batch {batch}, training={training}", arrays, ours, theirs, draws.order(rng))


def _as_list(x: Any) -> list[Any]:
    return list(x) if isinstance(x, list) else [x]


def draw_layer(rng: draws.Rng, x: Any, made: list[Any], reusable: list[Any]) -> tuple[Any, Any]:
    """(a layer that takes x, new or reused, and its input: x, or a list that contains x)."""
    shape = x.shape[1:]
    again = [layer for s, layer in reusable if s == shape]
    if again and draws.chance(rng, 0.15):
        return draws.one_of(rng, again), x
    like = [m for m in made if len(m.shape) == len(x.shape) and m.shape[:-1] == x.shape[:-1]]
    if len(like) > 1 and shape[-1] <= 8 and draws.chance(rng, 0.15):
        return layers.Concatenate(), [x, draws.one_of(rng, [m for m in like if m.shape[-1] <= 8] or like)]
    kind = draws.one_of(rng, KINDS)
    if draws.chance(rng, 0.4):  # a pair that a model fuses, unless another layer uses the tensor in between
        kind = {layers.Conv2D: "pool", layers.UpSampling2D: "conv"}.get(type(x.call and x.call.layer), kind)
    layer = draw_new(rng, shape, kind)
    reusable.append((shape, layer))
    return layer, x


def draw_new(rng: draws.Rng, shape: tuple[int, ...], kind: str) -> Any:
    """A new layer of this kind, or a convolution if the kind does not fit the shape."""
    activation, n = draws.one_of(rng, NAMES), int(rng.integers(1, 5))
    if kind == "activation":
        return layers.Activation(activation)
    if kind == "norm":
        return layers.BatchNormalization(momentum=0.9, epsilon=0.1)  # several layers with 1e-3 amplify rounding
    if len(shape) == 1:
        return (
            layers.Reshape((1, shape[0], 1)) if draws.chance(rng, 0.1) and shape[0] > 1 else layers.Dense(n, activation)
        )
    rows, cols, _ = shape
    size = (min(rows, 2), min(cols, int(rng.integers(1, 4))))
    strides = None if draws.chance(rng, 0.7) else draws.pair(rng, 2)
    same = draws.one_of(rng, ["same", "valid"])
    if kind == "up" and max(rows, cols) * 2 <= LARGEST:
        return layers.UpSampling2D(draws.pair(rng, 2), draws.one_of(rng, ["nearest", "nearest", "bilinear"]))
    if kind == "transpose" and max(rows, cols) * 2 + 2 <= LARGEST:
        return layers.Conv2DTranspose(n, draws.pair(rng, 3), draws.pair(rng, 2), same, activation)
    if kind == "pool":
        return layers.MaxPooling2D(size, strides, same)
    if kind == "average":
        return layers.AveragePooling2D(size, strides, same)
    if kind == "end":
        return layers.Flatten() if rows * cols < 20 else layers.GlobalAveragePooling2D()
    taps, dilation = (
        (min(rows, int(rng.integers(1, 4))), min(cols, 3)),
        2 if same == "same" and draws.chance(rng, 0.1) else 1,
    )
    strides = draws.pair(rng, 2) if dilation == 1 and draws.chance(rng, 0.2) else (1, 1)
    bias = draws.chance(rng, 0.8)
    return layers.Conv2D(n, taps, strides, same, activation, dilation_rate=dilation, use_bias=bias)


def program(calls: Calls, start: Any) -> list[str]:
    """The graph as assignments: "t1 = Conv2D(t0)"."""
    names = {start: f"t0 {start.shape[1:]}"}
    lines = []
    for i, call in enumerate(calls, 1):
        inside = ", ".join(names[x] for x in call.inputs)
        names[call.outputs[0]] = f"t{i}"
        options = {k: v for k, v in vars(call.layer).items() if k in SHOWN}
        options |= {"activation": name_of(call.layer)} if hasattr(call.layer, "activation") else {}
        lines.append(f"t{i} = {type(call.layer).__name__}({options})({inside})")
    return lines


SHOWN = "units filters kernel_size strides padding dilation_rate pool_size size interpolation use_bias".split()


def name_of(layer: Any) -> str:
    """The name of the layer's activation."""
    return layer.activation.__name__


def activate(layer: Any, y: torch.Tensor) -> torch.Tensor:
    name = name_of(layer)
    return y if name == "identity" else ACTIVATIONS[name](y)


def in_torch(layer: Any, args: list[torch.Tensor], table: dict, training: bool) -> torch.Tensor:
    """The output of the layer; `table` holds its weights, and its moving statistics are updated there."""
    x, kernel, bias = args[0], table.get((layer, "kernel")), table.get((layer, "bias"))
    match type(layer).__name__:
        case "Dense":
            y = x @ kernel + bias
        case "Conv2D":
            y = reference.conv2d(x, kernel, bias, layer.strides, layer.padding, layer.dilation_rate)
        case "Conv2DTranspose":
            y = reference.conv2d_transpose(x, kernel, bias, layer.strides, layer.padding)
        case "MaxPooling2D":
            return reference.max_pool2d(x, layer.pool_size, layer.strides, layer.padding)
        case "AveragePooling2D":
            return reference.average_pool2d(x, layer.pool_size, layer.strides, layer.padding)
        case "UpSampling2D":
            return reference.up_sampling2d(x, layer.size, layer.interpolation)
        case "GlobalAveragePooling2D":
            return x.mean(dim=(1, 2))
        case "Concatenate":
            return torch.cat(args, dim=-1)
        case "BatchNormalization":
            return batch_norm(layer, x, table, training)
        case "Flatten":
            return x.reshape(len(x), -1)
        case "Reshape":
            return x.reshape(len(x), *layer.target_shape)
        case _:
            y = x
    return activate(layer, y)


def batch_norm(layer: Any, x: torch.Tensor, table: dict, training: bool) -> torch.Tensor:
    gamma, beta = table[layer, "gamma"], table[layer, "beta"]
    moving = [table[layer, name] for name in ("moving_mean", "moving_variance")]
    if not training:
        return reference.batch_norm(x, gamma, beta, *moving, layer.epsilon)
    rows = x.detach().reshape(-1, x.shape[-1])
    for name, old, new in zip(("mean", "variance"), moving, (rows.mean(0), rows.var(0, correction=0)), strict=True):
        table[layer, f"moving_{name}"] = layer.momentum * old + (1 - layer.momentum) * new
    return reference.batch_norm(x, gamma, beta, None, None, layer.epsilon)
