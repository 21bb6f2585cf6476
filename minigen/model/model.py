"""Model: a graph of layers as one layer, with compile, fit, evaluate, predict, summary and weights as in Keras."""

from __future__ import annotations

import inspect
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .. import autograd, backend, losses, optimizers
from ..arguments import checks_arguments
from ..arrays import black_and_white, check_filled, check_range
from ..autograd import no_grad
from ..checks import switch
from ..errors import message
from ..layers.base import Layer
from ..layers.symbolic import Call, Input, Symbolic, batch_shape, calls_between, is_symbol, replaced, unique_names
from ..metrics import accuracy, name_of
from ..metrics import get as get_metric
from ..tensor import Tensor
from ..training import loop as training
from ..training.data import (
    Data,
    as_data,
    batches,
    check_data,
    check_no_list_of_samples,
    check_whole_range,
    checked_count,
    is_checked,
    length,
    to_device,
)
from ..training.history import checked_logs, shown
from .fusion import Fused, fused, has_convolutions, tell_dense_layers

CALLED_WITH_NAMES = {"compile", "predict", "sample", "encode", "decode", "generate"}  # see __init_subclass__
GRAPH = ("_calls", "layers", "_fused_calls", "_names", "inputs", "outputs")  # what _set_graph() makes


class Model(Layer):
    """Model(inputs, outputs): the layers between symbolic inputs and outputs, as one layer.

    Called on a Tensor or array it computes; called on a symbolic tensor it becomes a layer of a larger model. Without
    arguments it is a base class: subclasses hold layers as attributes and write call() or train_step(). fuse=False
    computes every layer by itself; minigen/fusion.py lists the pairs that are otherwise one op.
    """

    fuse = True
    optimizer: optimizers.Optimizer | None = None
    loss: Any = None
    metrics: Sequence[Any] = ()
    _measured = 1  # the number of outputs that the metrics are for
    _loss_at_entrance: Any = None  # the one that the targets were checked for
    _names: Mapping[Layer, str]  # of the layers of the graph, in Keras' order
    _nesting = 1  # models in each other, this one counted
    has_convolutions: bool | None = None  # of a graph: then its dense layers know of them
    _named = 0  # how many weights have been named by their paths in this model
    _is_part = False  # of a model that has named them
    data_range: tuple[float, float] | None = None  # (lowest, highest) pixel it is made for; None: any number will do

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in CALLED_WITH_NAMES & set(vars(cls)):  # a subclass may do so in a way of its own
            if inspect.isfunction(vars(cls)[name]):
                setattr(cls, name, checks_arguments(vars(cls)[name]))

    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None, fuse: bool = True) -> None:
        super().__init__(name)
        self.fuse = switch(f"{self.label}: fuse", fuse)
        if inputs is not None:
            self._set_graph(inputs, outputs)

    # ---- the graph

    def _set_graph(self, inputs: Any, outputs: Any) -> None:
        """Order the layers between inputs and outputs, and name them. ValueError for an input twice, or no output."""
        given = as_list(inputs)
        different = len({id(i) for i in given})
        if different < len(given) or not as_list(outputs):
            got = f"{len(given)}, {different} of them different, and {len(as_list(outputs))} outputs"
            where, fix = f"{self.label}: inputs and outputs", "Model([a, b], y) of a, b = Input(...), Input(...)"
            raise ValueError(message(where, expected="different inputs, an output or more", got=got, fix=fix))
        self._calls, self.layers = calls_between(as_list(inputs), as_list(outputs), self.label)
        self._fused_calls = fused(self._calls, as_list(outputs))
        names = unique_names(list(dict.fromkeys(call.layer for call in self._calls)))  # by the order of making
        self._names = {layer: names[layer] for layer in self.layers}
        self.inputs, self.outputs = inputs, outputs
        self.built = True
        self._check_nesting()
        self.has_convolutions = any(map(has_convolutions, self.layers))
        if self.has_convolutions:
            tell_dense_layers(self.layers)

    def _check_nesting(self) -> None:
        """Raise ValueError for more models in each other than Python can call: each takes three of its frames."""
        self._nesting = 1 + max((part._nesting for part in self.layers if isinstance(part, Model)), default=0)
        needed = 4 * self._nesting
        if needed > sys.getrecursionlimit():
            expected, fix = (
                f"at most {sys.getrecursionlimit() // 4}",
                f"import sys; sys.setrecursionlimit({2 * needed})",
            )
            where, got = f"{self.label}: too many models in each other", self._nesting
            raise ValueError(message(where, expected=expected, got=got, fix=fix))

    def _outcome(self, call: Call) -> Any:
        """What comes out of a graph is known: nothing has to run for it."""
        if type(self).call is not Model.call or not hasattr(self, "inputs"):
            return super()._outcome(call)
        self._check_inputs(as_list(call.x), as_list(self.inputs))
        return self.outputs

    def call(self, x: Any, training: bool = False) -> Any:
        """Run every layer in order."""
        if not hasattr(self, "inputs"):
            raise NotImplementedError(
                message(
                    f"{self.label}: nothing to compute",
                    expected="a call() of its own, since it was built without inputs and outputs",
                    got="none",
                    fix="def call(self, x, training=False): ...",
                )
            )
        if not (self._named or self._is_part):
            self.named_weights()  # so that errors and traces of the first step have the names too
        given = as_list(x)
        inputs = as_list(self.inputs)
        self._check_inputs(given, inputs)
        values = dict(zip(inputs, given, strict=True))
        if autograd.mode.observer is None:
            self._run(self._fused_calls if self.fuse else self._calls, values, training)
        else:  # a trace wants every op, and to know where it ran
            with autograd.mode.observer.running(self.name or type(self).__name__, self.layers):
                self._run(self._calls, values, training)
        if isinstance(self.outputs, (list, tuple)):
            return [values[o] for o in self.outputs]
        return values[self.outputs]

    def _run(self, calls: Sequence[Any], values: dict[Symbolic, Any], training: bool) -> None:
        """Call layer after layer; `values` gets what each gives."""
        for call in calls:
            own = training if call.training is None else call.training
            if call.is_plain:
                y = call.layer(values[call.x], training=own)
            else:
                x, others, keywords = replaced((call.x, call.others, call.keywords), is_symbol, values.__getitem__)
                y = call.layer(x, *others, training=own, **keywords)
            values.update(zip(call.outputs, as_list(y), strict=True))

    def _check_inputs(self, given: list[Tensor], inputs: list[Symbolic]) -> None:
        if len(given) != len(inputs):
            raise ValueError(
                message(
                    f"{self.label}: number of inputs",
                    expected=len(inputs),
                    got=len(given),
                    fix="model(np.stack(samples)) for a list of samples" if len(inputs) == 1 else "model([a, b])",
                )
            )
        for x, i in zip(given, inputs, strict=True):
            if not hasattr(x, "shape"):
                where, got = f"{self.label}: an input that is no array", f"a {type(x).__name__}"
                raise TypeError(message(where, expected=batch_shape(i.shape), got=got, fix='model(x["image"])'))
            if x.shape[1:] != i.shape[1:]:
                raise ValueError(
                    message(
                        f"{self.label}: wrong input shape",
                        expected=batch_shape(i.shape),
                        got=x.shape,
                        fix=_reshape_hint(x.shape, i.shape[1:]),
                    )
                )

    def _parts(self) -> Iterator[tuple[str, Any]]:
        yield from ((name, layer) for layer, name in self._names.items())
        yield from (part for part in super()._parts() if part[1] not in self._names)

    def named_weights(self) -> dict[str, Tensor]:
        """As for a Layer. The weights are named by their paths in the whole model, as errors and traces show them."""
        found = super().named_weights()
        if self._is_part:
            return found
        for path, weight in found.items():
            weight.name = path
        if len(found) != self._named:
            self._named = len(found)
            for part in self.sublayers():
                if isinstance(part, Model) and part is not self:
                    part._is_part = True
        return found

    def __getattr__(self, name: str) -> Any:
        """A model without a graph has no names of layers in it."""
        return {} if name == "_names" else super().__getattr__(name)  # type: ignore[misc]

    @property
    def stop_training(self) -> bool:
        """False: there is no such switch."""
        return False

    @stop_training.setter
    def stop_training(self, value: bool) -> None:
        where, fix = f"{self.label}.stop_training", "for _ in range(50): history = model.fit(x, y, epochs=1); break"
        raise AttributeError(message(where, expected="epochs one by one", got=f"{value!r}", fix=fix))

    @property
    def output(self) -> Any:
        """Its outputs, as Keras has it; of a model without a graph, what it gave where it was used as a layer."""
        return self.outputs if hasattr(self, "outputs") else super().output

    @checks_arguments
    def get_layer(self, name: str) -> Layer:
        """The layer of that name."""
        found = {n: part for n, part in self._parts() if isinstance(part, Layer)}
        if not isinstance(name, str) or name not in found:
            raise ValueError(
                message(
                    f"{self.label}: no layer {name!r}",
                    expected=f"one of {', '.join(found)}",
                    got=repr(name),
                    fix="a name from summary()",
                )
            )
        return found[name]

    # ---- training

    @checks_arguments
    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Sequence[Any] = ()) -> None:
        """Say how to train: an optimizer, a loss and metrics, each by Keras' name or as an object.

        Several outputs take a list of losses, and their sum is minimised, and a list of metrics for each, such as
        [["accuracy"], ["accuracy"]], logged with the name of the output's layer before. Metrics read the predictions
        back to the host at each step.
        """
        found_metrics = self._metrics_of(metrics)
        found = optimizers.get(optimizer)
        found_loss = [losses.get(one) for one in loss] if isinstance(loss, (list, tuple)) else losses.get(loss)
        for name, metric, i in found_metrics:
            one = found_loss[i] if isinstance(found_loss, list) and i < len(found_loss) else found_loss
            if metric is accuracy and losses.is_binary_of_logits(one):
                where, got = f"{self.label}.compile: {name}", "logits, where 0 is the border and not 0.5"
                fix = "metrics=[lambda y, x: minigen.metrics.accuracy(y, x > 0)]"
                raise ValueError(message(where, expected="outputs that are probabilities", got=got, fix=fix))
        self.metrics, self._measured = found_metrics, len(metrics) if _is_nested(metrics or ()) else 1
        self.optimizer, self.loss = found, found_loss

    def _metrics_of(self, metrics: Any) -> list[tuple[str, Any, int]]:
        """(name in the logs, metric, number of the output that it looks at) of each; ValueError or TypeError."""
        outputs = as_list(getattr(self, "outputs", ()) or ())
        where = f"{self.label}.compile: metrics"
        metrics = () if metrics is None else metrics
        if not isinstance(metrics, (list, tuple)):
            raise TypeError(message(where, expected="a list", got=repr(metrics), fix="metrics=['accuracy']"))
        if _is_nested(metrics):
            lists = [as_list(of_one or ()) for of_one in metrics]
        else:
            lists = [list(metrics)] if metrics else []
        if metrics and outputs and len(lists) != len(outputs):
            expected, got = f"a list of metrics for each of the {len(outputs)} outputs", repr(metrics)
            one = ", ".join(repr(m) if isinstance(m, str) else name_of(m) for m in dict.fromkeys(lists[0]))
            fix = f"metrics=[{', '.join([f'[{one}]'] * len(outputs))}]"
            raise ValueError(message(where, expected=expected, got=got, fix=fix))
        names = _names_of_outputs(outputs, self._names) if outputs else [f"output_{i}" for i in range(len(lists))]
        found = []
        for i, of_one in enumerate(lists):
            prefix = f"{names[i]}_" if len(lists) > 1 else ""
            found += [(prefix + name_of(metric), get_metric(metric), i) for metric in of_one]
        logged = [name for name, _, _ in found]
        if len({"loss", *logged}) <= len(logged):
            raise ValueError(message(where, expected="every name once, beside loss", got=logged, fix="['accuracy']"))
        return found

    def train_step(self, x: Any, y: Any) -> dict[str, Any]:
        """One update on one batch; returns what to log. Override it to train in another way."""
        y_pred = self(x, training=True)
        loss = self._loss_of(y, y_pred)
        logs = {"loss": loss, **self.measure(y, y_pred)}  # first: a metric that cannot be moves no weight
        loss.backward()
        self.optimizer.step(self.parameters())  # type: ignore[union-attr]
        return logs

    def test_step(self, x: Any, y: Any) -> dict[str, Any]:
        """The same numbers without an update."""
        y_pred = self(x)
        return {"loss": self._loss_of(y, y_pred), **self.measure(y, y_pred)}

    def _loss_of(self, y: Any, y_pred: Any) -> Any:
        """The loss, or the sum of the losses of several outputs."""
        preds, targets = as_list(y_pred), as_list(y)
        chosen = self._losses(len(preds))
        if not len(chosen) == len(targets) == len(preds):
            raise ValueError(
                message(
                    f"{self.label}: losses, targets and outputs",
                    expected=f"{len(preds)} of each, as many as outputs",
                    got=f"{len(chosen)} losses and {len(targets)} targets",
                    fix="compile(loss=[...]) and fit(x, [y1, y2]) with one entry for each output",
                )
            )
        parts = [self._once(loss, y)(y, pred) for loss, y, pred in zip(chosen, targets, preds, strict=True)]
        for part in parts:
            self._check_loss(part)
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total

    def _check_loss(self, loss: Any) -> None:
        if not isinstance(loss, Tensor) or loss.size != 1:
            got = f"shape {loss.shape}" if isinstance(loss, Tensor) else type(loss).__name__
            where, fix = f"{self.label}: the loss", "lambda y_true, y_pred: minigen.mean((y_pred - y_true) ** 2)"
            kind = ValueError if isinstance(loss, Tensor) else TypeError
            raise kind(message(where, expected="a Tensor of one number", got=got, fix=fix))

    def _once(self, loss: Any, y: Any) -> Any:
        """The loss, without its own look at targets that the entrance has looked at: a GPU would wait for it."""
        known = losses.of_probabilities(loss)
        return known.unchecked if known and is_checked(y) and self.loss is self._loss_at_entrance else loss

    def on_epoch_end(self, history: dict[str, list[Any]]) -> dict[str, Any]:
        """What to log besides, once an epoch: override it to watch a training, and to warn when it goes wrong.

        fit() calls it after each epoch with the history, that epoch included; numbers, arrays and Tensors may come
        back. A subclass that overrides it adds to what super().on_epoch_end(history) returns.
        """
        return {}

    def measure(self, y: Any, y_pred: Any) -> dict[str, float]:
        """The compiled metrics of one batch."""
        targets, preds = as_list(y), as_list(y_pred)
        if self.metrics and not len(targets) == len(preds) == self._measured:
            raise ValueError(
                message(
                    f"{self.label}: metrics, targets and outputs",
                    expected=f"{self._measured} of each, as compile(metrics=...) says",
                    got=f"{len(targets)} targets for {len(preds)} outputs",
                    fix="metrics=[['accuracy'], ['accuracy']]: a list for each output",
                )
            )
        return {name: self._measured_by(name, metric, targets[i], preds[i]) for name, metric, i in self.metrics}

    def _measured_by(self, name: str, metric: Any, y: Any, y_pred: Any) -> Any:
        """metric(y, y_pred); TypeError where that is no number or array of them."""
        value = metric(y, y_pred)
        number = autograd.unwrap(value)
        dtype = number.dtype if hasattr(number, "dtype") else np.asarray(number).dtype  # nothing leaves the device
        if dtype.kind not in "fiub":
            where, fix = f"{self.label}: the metric {name}", "lambda y_true, y_pred: np.abs(y_pred - y_true).mean()"
            raise TypeError(message(where, expected="a number", got=repr(value), fix=fix))
        return value

    @checks_arguments
    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int = 1,
        *,
        shuffle: bool = True,
        validation_data: Any = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> Any:
        """Train for `epochs` passes over the data; returns a History. minigen.training.fit explains all arguments."""
        return training.fit(
            self,
            x,
            y,
            batch_size,
            epochs,
            verbose,
            shuffle=shuffle,
            validation_data=validation_data,
            checkpoint=checkpoint,
            resume=resume,
        )

    @checks_arguments
    def train_on_batch(self, x: Any, y: Any = None) -> Any:
        """One update on one batch; returns the loss, or a list of all that train_step logs."""
        where = f"{self.label}.train_on_batch"
        data = self.as_data(x, y, where)
        self.check_training(data, where)
        logs = self.train_step(*to_device(data, self.dtype))
        return _as_keras(checked_logs(logs, f"{self.label}.train_step"))

    @checks_arguments
    def evaluate(self, x: Any, y: Any = None, batch_size: int = 32, verbose: int = 0) -> Any:
        """The loss over the data, or a list of all that test_step logs: means over all samples. verbose=1 prints it."""
        training.check_verbose(f"{self.label}.evaluate", verbose)
        where = f"{self.label}.evaluate"
        batch_size = checked_count(where, "batch_size", batch_size, 128)
        data = self.as_data(x, y, where)
        self.check_scoring(data, where)
        logs = training.evaluate(self, data, batch_size)
        if verbose:
            print(shown(logs))
        return _as_keras(logs)

    @checks_arguments
    def predict(self, x: Any, batch_size: int = 256, verbose: int = 0) -> Any:
        """The outputs for all of x as NumPy arrays, batch by batch, without recording a graph.

        verbose=1 shows a progress bar on a terminal. Raises ValueError unless each sample has an output of its own.
        """
        where = f"{self.label}.predict"
        batch_size = checked_count(where, "batch_size", batch_size, 128)
        data = self.as_data(x, None, where)
        self._check_inputs_of(data, where)
        parts, steps = [], math.ceil(length(data) / batch_size)
        with no_grad(), training.progress(where, steps, 0, verbose) as bar:
            for batch in batches(data, batch_size):
                parts.append(self(*to_device(batch, self.dtype)))
                bar.update(1)
                self._check_rows(parts[-1], length(batch), where)
        outputs = [
            np.concatenate([*map(backend.to_numpy, output)]) for output in zip(*map(as_list, parts), strict=True)
        ]
        return outputs if isinstance(parts[0], (list, tuple)) else outputs[0]

    def _check_rows(self, y: Any, n: int, where: str) -> None:
        """ValueError unless every output has as many rows as the batch has samples: they are put one behind another."""
        for one in as_list(y):
            shape = getattr(one, "shape", None)
            if shape is None or shape[:1] != (n,):
                got, fix = f"{n} samples in, shape {shape} out", "model(x) for all of x at once"
                raise ValueError(message(where, expected="an output for each sample", got=got, fix=fix))

    # ---- checks at the door

    def as_data(self, x: Any, y: Any = None, where: str = "data") -> Data:
        """(x,) or (x, y) as this model takes them: arrays, black and white ones as floats where it takes floats."""
        data = as_data(x, y, where)
        takes_floats = [i.dtype.startswith("float") for i in self.entrances()] or [self.data_range is not None]
        inputs = as_list(data[0])
        for n, floats in enumerate(takes_floats[: len(inputs)]):
            inputs[n] = black_and_white(inputs[n], self.dtype) if floats else inputs[n]
        first = inputs if isinstance(data[0], list) else inputs[0]
        return (first, *(first if part is data[0] else part for part in data[1:]))

    def entrances(self) -> list[Symbolic]:
        """The symbolic inputs that x meets first, so far as they are known: those of a graph, or of a part."""
        return as_list(self.inputs) if hasattr(self, "inputs") else []

    def check_training(self, data: Data, where: str) -> None:
        """Raise unless the model can be trained on `data`."""
        self._check_inputs_of(data, where)
        self._check_epoch_end()
        if self.data_range is not None:
            check_whole_range(data[0], self.data_range, where)
        plain = type(self).train_step is Model.train_step
        if plain:
            self._check_compiled(where)
        else:
            self._check_step("train_step", data)
        self._check_targets(data, where, needed=plain)

    def check_scoring(self, data: Data, where: str) -> None:
        """Raise unless the model can be scored on `data`."""
        self._check_inputs_of(data, where)
        plain = type(self).test_step is Model.test_step
        if plain and self.loss is None and type(self).train_step is not Model.train_step:
            raise RuntimeError(
                message(
                    f"{where}: no test_step",
                    expected="a test_step beside the train_step",
                    got="none",
                    fix="def test_step(self, x): return {'loss': ...}, or compile(loss=...)",
                )
            )
        if plain:
            self._check_compiled(where)
        else:
            self._check_step("test_step", data)
        self._check_targets(data, where, needed=plain)

    def _check_step(self, step: str, data: Data) -> None:
        """TypeError for a step of one's own that cannot take a batch, such as Keras' train_step(self, data)."""
        module = str(getattr(type(self), step).__module__)
        if module.startswith("minigen."):  # minigen's own say it in their words
            return
        takes = inspect.signature(getattr(self, step))
        try:
            takes.bind(*data)
        except TypeError:
            got = f"{step}({', '.join(['self', *takes.parameters])})"
            where, expected = f"{self.label}.{step}", " and ".join(("x", "y")[: len(data)])
            fix = f"def {step}(self, {', '.join(('x', 'y')[: len(data)])}): ..."
            if len(data) == 1 and len(takes.parameters) == 2:
                fix = "fit(x, y), with targets"
            raise TypeError(message(where, expected=f"to take {expected}", got=got, fix=fix)) from None

    def _check_epoch_end(self) -> None:
        """TypeError for an on_epoch_end of one's own that takes something else, such as Keras' (epoch, logs)."""
        takes = list(inspect.signature(self.on_epoch_end).parameters.values())
        needed = [p for p in takes if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        if not takes or len(needed) > 1 or takes[0].name == "epoch":
            where, got = f"{self.label}.on_epoch_end", f"({', '.join(map(str, takes))})"
            fix = "def on_epoch_end(self, history): epoch = len(history['loss'])"
            raise TypeError(message(where, expected="to take the history", got=got, fix=fix))

    def _check_inputs_of(self, data: Data, where: str) -> None:
        """Samples of the right shape, finite numbers, as many targets, and inputs in the range that the model declares.

        The shapes are those of all the data: no message shows the shape of a batch.
        """
        wanted = self.entrances()
        check_no_list_of_samples(data[0], _shapes(wanted), where, "x")
        for y in data[1:]:
            outputs = as_list(getattr(self, "outputs", []))
            check_no_list_of_samples(y, _shapes(outputs), where, "y")
        for part in as_list(data[0]):
            check_filled(part, where)
        if hasattr(self, "inputs"):
            self._check_inputs(as_list(data[0]), wanted)
        elif wanted:
            check_images(as_list(data[0])[0].shape, wanted[0].shape[1:], where)
        check_data(data, where, self.dtype)
        if self.data_range is not None:
            check_range(data[0], self.data_range, where, self.dtype)

    def _check_compiled(self, where: str) -> None:
        fix = "model.compile(optimizer='adam', loss=...)"
        if self.loss is None:
            expected = "an optimizer and a loss"
            raise RuntimeError(message(f"{where}: not compiled", expected=expected, got="none", fix=fix))
        if not isinstance(self.optimizer, optimizers.Optimizer) or not all(map(callable, as_list(self.loss))):
            expected, got = "an Optimizer, and a function as loss for each output", f"{self.optimizer!r}, {self.loss!r}"
            raise TypeError(message(f"{where}: compiled in another way", expected=expected, got=got, fix=fix))

    def _check_targets(self, data: Data, where: str, needed: bool) -> None:
        """There must be targets, and such as the loss can mean: no pixels up to 255 for a probability."""
        if needed and len(data) == 1:
            raise ValueError(
                message(
                    f"{where}: no targets",
                    expected="x and y",
                    got="x alone",
                    fix="(x, y) as a pair, or (x, x) for an autoencoder",
                )
            )
        targets, self._loss_at_entrance = as_list(self._targets_of(data)), self.loss
        for loss, y in zip(self._losses(len(targets)), targets, strict=False):
            known = losses.of_probabilities(loss)
            if known:
                known.check(f"{where}: {known.loss.__name__}", y, self.dtype)

    def _targets_of(self, data: Data) -> Any:
        """What the loss compares the predictions with."""
        return data[-1]

    def _losses(self, outputs: int) -> list[Any]:
        """One loss for each output: a single one serves all."""
        return self.loss if isinstance(self.loss, list) else [self.loss] * outputs

    @checks_arguments
    def summary(self) -> None:
        """Print every layer with its output shape and number of weights.

        A model without a graph, such as a VAE, has its parts listed, and below each of them what it is made of.
        """
        print(self.describe())

    def describe(self) -> str:
        """What summary() prints."""
        rows = [("layer", "output shape", "weights"), *self._rows(set())]
        widths = [max(len(r[i]) for r in rows) for i in range(3)]
        lines = [f"{a:<{widths[0]}}   {b:<{widths[1]}}   {c:>{widths[2]}}" for a, b, c in rows]
        lines.insert(1, "-" * len(lines[0]))
        pairs = self._pairs()
        if pairs:
            lines.append(f"computed as one: {', '.join(pairs)}")
        total, trainable = self.count_params(), sum(p.size for p in self.parameters())
        return "\n".join([f"{self.label}", *lines, lines[1], f"{total:,} parameters, {trainable:,} trainable"])

    def _rows(self, counted: set[int]) -> list[tuple[str, str, str]]:
        """(layer, output shape, weights) of each call of the graph, or of each part; `counted` are ids of weights."""
        if not hasattr(self, "_calls"):
            return _rows_of_parts(self, counted)
        rows = [(f"{i.name or 'input'} (Input)", batch_shape(i.shape), "0") for i in as_list(self.inputs)]
        for call in self._calls:
            out = ", ".join(batch_shape(o.shape) for o in call.outputs)
            weights, _ = _count(call.layer.named_weights().values(), counted)
            rows.append((f"{self._names[call.layer]} ({type(call.layer).__name__})", out, weights))
        return rows

    def _pairs(self) -> list[str]:
        """The layers that are computed as one, two by two, here and in the models inside."""
        pairs = []
        for path, part in self._all_parts():
            calls = getattr(part, "_fused_calls", ()) if isinstance(part, Model) and part.fuse else ()
            for call in calls:
                if isinstance(call.layer, Fused):
                    first, second = part._names[call.layer.first], part._names[call.layer.second]
                    pairs.append(f"{path}/{first} + {second}".removeprefix("/"))
        return pairs


class Sequential(Model):
    """Layers one after the other: Sequential([Input(shape=(784,)), Dense(32, "relu"), Dense(784, "sigmoid")]).

    Without an Input the shapes, and so the weights, are fixed by the first data.
    """

    def __init__(self, layers: Iterable[Any] = (), name: str | None = None, fuse: bool = True) -> None:
        if not isinstance(layers, Iterable) or isinstance(layers, (str, Symbolic, Tensor)) or hasattr(layers, "dtype"):
            where, fix = f"{type(self).__name__}: layers", "Sequential([Input(shape=(784,)), Dense(32)])"
            raise TypeError(message(where, expected="a list of layers", got=f"{layers!r:.60}", fix=fix))
        super().__init__(name=name, fuse=fuse)
        self._stack: list[Layer] = []  # in order; a layer may stand in it twice
        self._start: Symbolic | None = None
        self._end: Symbolic | None = None
        for layer in layers:
            self.add(layer)

    @checks_arguments
    def add(self, layer: Any) -> None:
        """Append a layer (or, first of all, an Input)."""
        if isinstance(layer, Symbolic) and self._start is None and not self._stack:
            self._start = self._end = layer
        elif isinstance(layer, Layer):
            if self._start is not None:
                self._end, self.built = layer(self._end), True
            self._stack.append(layer)
            for name in GRAPH:
                vars(self).pop(name, None)  # made again when it is asked for
        else:
            raise TypeError(
                message(
                    f"{self.label}.add",
                    expected="a Layer",
                    got=type(layer).__name__,
                    fix="Sequential([Input(...), Dense(32)])",
                )
            )

    def __getattr__(self, name: str) -> Any:
        """Python asks here for what is not there yet: after add(), the parts of the graph. All are made at once."""
        stack, start = vars(self).get("_stack"), vars(self).get("_start")
        if start is not None and name in GRAPH:
            self._set_graph(start, self._end)
        elif stack is not None and name in ("layers", "_names"):
            self.layers = list(dict.fromkeys(stack))
            self._names = unique_names(self.layers)
        else:
            return super().__getattr__(name)
        return vars(self)[name]

    def build(self, input_shape: Any, dtype: str = "float32") -> None:
        """Make the weights for data of this shape, the batch first."""
        if self._start is None:
            end = start = Input(tuple(input_shape)[1:], dtype=dtype)
            for layer in self._stack:
                end = layer(end)
            self._start, self._end = start, end
            self._set_graph(start, end)

    def _build(self, x: Any) -> None:
        self.build(x.shape, str(x.dtype))
        self.built = True

    def _outcome(self, call: Call) -> Any:
        if self._start is None and self._stack:
            self._build(call.x)
        return super()._outcome(call)

    def _awaits_data(self) -> bool:
        return False  # its layers do


def _rows_of_parts(whole: Layer, counted: set[int]) -> list[tuple[str, str, str]]:
    """(part, output shape, weights) of each part that has no place in a graph and, set in, what it is made of."""
    rows: list[tuple[str, str, str]] = []
    for name, part in whole._parts():
        above = set(counted)
        weights, shared = _count([part] if isinstance(part, Tensor) else part.named_weights().values(), counted)
        rows.append((f"{name} ({'weight' if isinstance(part, Tensor) else type(part).__name__})", "", weights))
        inner: list[tuple[str, str, str]] = []
        if isinstance(part, Model) and not shared:
            inner = part._rows(above)
        elif isinstance(part, Layer) and not shared and any(isinstance(inside, Layer) for _, inside in part._parts()):
            inner = _rows_of_parts(part, above)
        rows += [(f"  {name}", shape, n) for name, shape, n in inner]
    return rows


def _count(weights: Iterable[Tensor], counted: set[int]) -> tuple[str, bool]:
    """(how many numbers they are, or "shared"; whether all of them are counted already). Then they are counted."""
    sizes = {id(weight): weight.size for weight in weights}
    shared = bool(sizes) and sizes.keys() <= counted
    counted.update(sizes)
    return "shared" if shared else f"{sum(sizes.values()):,}", shared


def as_list(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _shapes(places: Sequence[Symbolic]) -> list[tuple[Any, ...]]:
    """Of one sample at each of them."""
    return [place.shape[1:] for place in places]


def _is_nested(metrics: Any) -> bool:
    """True for a list of metrics for each output."""
    return any(of_one is None or isinstance(of_one, (list, tuple)) for of_one in metrics)


def _names_of_outputs(outputs: Sequence[Symbolic], names: Mapping[Layer, str]) -> list[str]:
    """The name of the layer that makes each output, with a number where one makes several."""
    found = [names[o.call.layer] if o.call else o.name or "input" for o in outputs]
    return [name if name not in found[:i] else f"{name}_{found[:i].count(name)}" for i, name in enumerate(found)]


def check_images(got: tuple[int, ...], want: tuple[Any, ...], where: str) -> None:
    """Raise ValueError unless images of shape (n, *want) came."""
    if got[1:] != want:
        expected = f"(n, {', '.join(map(str, want))})"
        raise ValueError(message(f"{where}: images", expected=expected, got=got, fix=_reshape_hint(got, want)))


def _reshape_hint(got: tuple[int, ...], want: tuple[Any, ...]) -> str:
    if len(got) == 4 and (got[2], got[3], got[1]) == want:
        return "x.transpose(0, 2, 3, 1): channels come last"
    if got == want:
        return "x[None] for a single sample: the batch comes first"
    if math.prod(got[1:]) == math.prod(want):
        return f"x.reshape(-1, {', '.join(map(str, want))})"
    if (*got, 1) == want:
        return f"x[None{', :' * len(got)}, None] for a single sample: the batch comes first, channels come last"
    if got and None not in got and math.prod(got) == math.prod(want):
        return f"x.reshape(1, {', '.join(map(str, want))}) for a single sample: the batch comes first"
    return f"data whose samples have shape {want}"


def _as_keras(logs: dict[str, Any]) -> Any:
    """A single float, or a list of floats (and lists, where a model logs vectors)."""
    values = [backend.to_numpy(v).tolist() for v in logs.values()]
    return values[0] if len(values) == 1 else values
