"""Model: a graph of layers as one layer, with compile, fit, evaluate, predict, summary and weights as in Keras."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from . import backend, losses, metrics, npz, optimizers, training
from .autograd import no_grad
from .batches import as_data, batches, check_batch_size, check_data, to_device
from .errors import message
from .layers.base import Layer
from .layers.symbolic import Input, Symbolic, batch_shape, calls_between, unique_names
from .tensor import Tensor


class Model(Layer):
    """Model(inputs, outputs): the layers between symbolic inputs and outputs, as one layer.

    Called on a Tensor or array it computes; called on a symbolic tensor it becomes a layer of a larger model. Without
    arguments it is a base class: subclasses hold layers as attributes and write call() or train_step().
    """

    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None) -> None:
        super().__init__(name)
        self.optimizer: optimizers.Optimizer | None = None
        self.loss: Any = None
        self.metrics: list[Any] = []
        self.stop_training = False
        if inputs is not None:
            self._set_graph(inputs, outputs)

    # ---- the graph

    def _set_graph(self, inputs: Any, outputs: Any) -> None:
        """Order the layers between inputs and outputs, and name them."""
        self.inputs, self.outputs = inputs, outputs
        self._calls = calls_between(as_list(inputs), as_list(outputs), self.label)
        self.layers = list(dict.fromkeys(call.layer for call in self._calls))
        self._names = unique_names(self.layers)
        self.built = True
        for path, weight in self.named_weights().items():
            weight.name = path

    def call(self, x: Any, training: bool = False) -> Any:
        """Run every layer in order."""
        given = as_list(x)
        inputs = as_list(self.inputs)
        self._check_inputs(given, inputs)
        values = dict(zip(inputs, given, strict=True))
        for call in self._calls:
            args = [values[i] for i in call.inputs]
            y = call.layer(args if len(args) > 1 else args[0], training)
            values.update(zip(call.outputs, as_list(y), strict=True))
        if isinstance(self.outputs, (list, tuple)):
            return [values[o] for o in self.outputs]
        return values[self.outputs]

    def _check_inputs(self, given: list[Tensor], inputs: list[Symbolic]) -> None:
        if len(given) != len(inputs):
            raise ValueError(
                message(
                    f"{self.label}: number of inputs",
                    expected=len(inputs),
                    got=len(given),
                    write="model([a, b])",
                )
            )
        for x, i in zip(given, inputs, strict=True):
            if x.shape[1:] != i.shape[1:]:
                raise ValueError(
                    message(
                        f"{self.label}: wrong input shape",
                        expected=batch_shape(i.shape),
                        got=x.shape,
                        write=_reshape_hint(x.shape, i.shape[1:]),
                    )
                )

    def _parts(self) -> Iterator[tuple[str, Any]]:
        names = getattr(self, "_names", {})
        yield from ((names[layer], layer) for layer in names)
        yield from (part for part in super()._parts() if part[1] not in names)

    def get_layer(self, name: str) -> Layer:
        """The layer of that name."""
        found = {n: part for n, part in self._parts() if isinstance(part, Layer)}
        if name not in found:
            raise ValueError(
                message(
                    f"{self.label}: no layer {name!r}",
                    expected=f"one of {', '.join(found)}",
                    got=repr(name),
                    write="a name from summary()",
                )
            )
        return found[name]

    # ---- training

    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Sequence[Any] = ()) -> None:
        """Say how to train: an optimizer, a loss and metrics, each by Keras' name or as an object.

        Several outputs take a list of losses, and their sum is minimised. Metrics read the predictions back to the
        host at each step.
        """
        self.optimizer = optimizers.get(optimizer)
        self.loss = [losses.get(one) for one in loss] if isinstance(loss, (list, tuple)) else losses.get(loss)
        self.metrics = [_metric(m) for m in metrics]

    def train_step(self, x: Any, y: Any) -> dict[str, Any]:
        """One update on one batch; returns what to log. Override it to train in another way."""
        y_pred = self(x, training=True)
        loss = self._loss_of(y, y_pred)
        loss.backward()
        self.optimizer.step(self.parameters())  # type: ignore[union-attr]
        return {"loss": loss, **self._measure(y, y_pred)}

    def test_step(self, x: Any, y: Any) -> dict[str, Any]:
        """The same numbers without an update."""
        y_pred = self(x)
        return {"loss": self._loss_of(y, y_pred), **self._measure(y, y_pred)}

    def _loss_of(self, y: Any, y_pred: Any) -> Any:
        if not isinstance(self.loss, list):
            return self.loss(y, y_pred)
        total = self.loss[0](y[0], y_pred[0])
        for loss, target, pred in zip(self.loss[1:], y[1:], y_pred[1:], strict=True):
            total = total + loss(target, pred)
        return total

    def _measure(self, y: Any, y_pred: Any) -> dict[str, float]:
        return {name: metric(y, y_pred) for name, metric in self.metrics}

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int = 1,
        **options: Any,
    ) -> Any:
        """Train for `epochs` passes over the data; returns a History. See minigen.training.fit for all options:
        shuffle, validation_data, checkpoint, resume."""
        return training.fit(self, x, y, batch_size, epochs, verbose, **options)

    def train_on_batch(self, x: Any, y: Any = None) -> Any:
        """One update on one batch; returns the loss, or [loss, metrics...]."""
        self._check_compiled()
        batch = to_device(as_data(x, y), self.dtype)
        return _as_keras(self.train_step(*batch))

    def evaluate(self, x: Any, y: Any = None, batch_size: int = 32, verbose: int = 0) -> Any:
        """The loss over the data, or [loss, metrics...]: means over all samples."""
        self._check_compiled()
        check_batch_size(batch_size)
        data = as_data(x, y)
        check_data(data, self.label)
        self.check_targets(data[-1])
        logs = training.evaluate(self, data, batch_size)
        if verbose:
            print("  ".join(f"{k} {v:.4f}" for k, v in logs.items()))
        return _as_keras(logs)

    def predict(self, x: Any, batch_size: int = 256) -> Any:
        """The outputs for all of x as NumPy arrays, batch by batch, without recording a graph."""
        check_batch_size(batch_size)
        data = as_data(x)
        check_data(data, self.label)
        with no_grad():
            parts = [self(*to_device(batch, self.dtype)) for batch in batches(data, batch_size)]
        if isinstance(parts[0], list):
            return [np.concatenate([p.numpy() for p in output]) for output in zip(*parts, strict=True)]
        return np.concatenate([p.numpy() for p in parts])

    def check_targets(self, y: Any) -> None:
        """Raise ValueError for targets that the compiled loss cannot mean, such as pixels up to 255."""
        for loss, target in zip(as_list(self.loss), as_list(y), strict=False):
            if loss is losses.binary_crossentropy and not (0 <= float(target.min()) and float(target.max()) <= 1):
                raise ValueError(
                    message(
                        f"{self.label}: binary_crossentropy needs targets that are probabilities",
                        expected="y in [0, 1]",
                        got=f"y in [{float(target.min()):g}, {float(target.max()):g}]",
                        write="x / 255 for pixels; (x + 1) / 2 for data in [-1, 1]",
                    )
                )

    def _check_compiled(self) -> None:
        plain = type(self).train_step is Model.train_step
        if plain and (self.optimizer is None or self.loss is None):
            raise RuntimeError(
                message(
                    f"{self.label}: not compiled",
                    expected="an optimizer and a loss",
                    got="none",
                    write="model.compile(optimizer='adam', loss='binary_crossentropy')",
                )
            )

    # ---- weights

    def get_weights(self) -> list[np.ndarray]:
        """All weights as NumPy arrays, in definition order (copies)."""
        return [w.numpy().copy() for w in self.weights()]

    def set_weights(self, arrays: Sequence[Any]) -> None:
        """Overwrite all weights, in the order of get_weights(). Raises ValueError before anything is changed."""
        self._assign(dict(zip(self._numbered(len(arrays)), arrays, strict=True)))

    def _numbered(self, n: int) -> list[str]:
        paths = list(self.named_weights())
        return paths[:n] + [f"array {i}" for i in range(len(paths), n)]

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write all weights to an .npz file at exactly `path` (aside, then renamed)."""
        npz.write(path, self.named_weights(), {"kind": "weights"})

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Read weights that save_weights or a checkpoint wrote.

        Raises ValueError naming every missing, unexpected and mis-shaped weight at once, with the model untouched.
        """
        arrays, meta = npz.read(path)
        if meta.get("kind") == "checkpoint":
            arrays = {k.removeprefix("weights/"): a for k, a in arrays.items() if k.startswith("weights/")}
        self._assign(arrays, str(path))

    def _assign(self, arrays: dict[str, Any], source: str = "set_weights") -> None:
        own = self.named_weights()
        problems = [f"missing: {k} {own[k].shape}" for k in own if k not in arrays]
        problems += [f"unexpected: {k} {np.shape(a)}" for k, a in arrays.items() if k not in own]
        shapes = ((k, own[k].shape, np.shape(a)) for k, a in arrays.items() if k in own)
        problems += [f"wrong shape: {k} is {want}, got {have}" for k, want, have in shapes if want != have]
        if problems:
            raise ValueError(
                message(
                    f"{self.label}: the weights of {source} do not fit; nothing was changed",
                    expected=f"the {len(own)} weights that summary() lists",
                    got="\n            ".join(problems),
                    write="the model that saved them, built with the same layers and names",
                )
            )
        for k, a in arrays.items():
            own[k].assign(a)

    def summary(self) -> None:
        """Print every layer with its output shape and number of weights."""
        print(self.describe())

    def describe(self) -> str:
        """What summary() prints."""
        rows = [("layer", "output shape", "weights")]
        if hasattr(self, "_calls"):
            shapes = {i: "input" for i in as_list(self.inputs)}
            rows += [(kind, batch_shape(i.shape), "0") for i, kind in shapes.items()]
            for call in self._calls:
                out = ", ".join(batch_shape(o.shape) for o in call.outputs)
                rows.append(
                    (
                        f"{self._names[call.layer]} ({type(call.layer).__name__})",
                        out,
                        f"{call.layer.count_params():,}",
                    )
                )
        else:
            parts = [(n, p) for n, p in self._parts() if isinstance(p, Layer)]
            rows += [(f"{n} ({type(p).__name__})", "", f"{p.count_params():,}") for n, p in parts]
        widths = [max(len(r[i]) for r in rows) for i in range(3)]
        lines = [f"{a:<{widths[0]}}   {b:<{widths[1]}}   {c:>{widths[2]}}" for a, b, c in rows]
        lines.insert(1, "-" * len(lines[0]))
        total, trainable = self.count_params(), sum(p.size for p in self.parameters())
        return "\n".join([f"{self.label}", *lines, lines[1], f"{total:,} parameters, {trainable:,} trainable"])


class Sequential(Model):
    """Layers one after the other: Sequential([Input(shape=(784,)), Dense(32, "relu"), Dense(784, "sigmoid")]).

    Without an Input the shapes, and so the weights, are fixed by the first data.
    """

    def __init__(self, layers: Sequence[Any] = (), name: str | None = None) -> None:
        super().__init__(name=name)
        self.layers: list[Layer] = []
        self._start: Symbolic | None = None
        for layer in layers:
            self.add(layer)

    def add(self, layer: Any) -> None:
        """Append a layer (or, first of all, an Input)."""
        if isinstance(layer, Symbolic) and self._start is None and not self.layers:
            self._start = layer
        elif isinstance(layer, Layer):
            self.layers.append(layer)
        else:
            raise TypeError(
                message(
                    f"{self.label}.add",
                    expected="a Layer",
                    got=type(layer).__name__,
                    write="Sequential([Input(...), Dense(32)])",
                )
            )
        if self._start is not None and self.layers:
            self._set_graph(self._start, self._through(self._start))

    def _through(self, x: Symbolic) -> Symbolic:
        for layer in self.layers:
            x = layer(x)
        return x

    def build(self, input_shape: Any) -> None:
        if self._start is None:
            self._start = Input(input_shape[1:])
            self._set_graph(self._start, self._through(self._start))


def as_list(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _reshape_hint(got: tuple[int, ...], want: tuple[Any, ...]) -> str:
    if len(got) == 4 and (got[2], got[3], got[1]) == want:
        return "x.transpose(0, 2, 3, 1): channels come last"
    if got == want:
        return "x[None] for a single sample: the batch comes first"
    if math.prod(got[1:]) == math.prod(want):
        return f"x.reshape(-1, {', '.join(map(str, want))})"
    return f"data whose samples have shape {want}"


def _metric(m: Any) -> tuple[str, Any]:
    return metrics.name_of(m), metrics.get(m)


def _as_keras(logs: dict[str, Any]) -> Any:
    """A single float, or a list of them."""
    values = [float(backend.to_numpy(v)) for v in logs.values()]
    return values[0] if len(values) == 1 else values
