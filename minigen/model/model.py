"""Model: a graph of layers as one layer, with compile, fit, evaluate, predict, summary and weights as in Keras."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from .. import autograd, backend, losses, optimizers, training
from ..arguments import checks_arguments
from ..arrays import black_and_white
from ..autograd import no_grad
from ..checks import check_each_once, check_filled, check_is_list, check_name, check_range, switch
from ..configured import remembers
from ..layers.base import Layer
from ..layers.symbolic import Call, Symbolic, is_symbol, replaced
from ..metrics import get as get_metric
from ..metrics import name_of
from ..training.checks import check_data, check_no_list_of_samples, check_whole_range, checked_count, checked_logs
from ..training.data import as_data, batches, is_checked, length, to_device
from ..training.history import shown
from ..types import Data, Logs
from . import checks
from .files import save_model
from .functional import as_list, calls_between, names_of_outputs, unique_names
from .fusion import contains_convolution, plan
from .summary import describe

CALLED_WITH_NAMES = {"compile", "predict", "sample", "encode", "decode", "generate"}  # see __init_subclass__
GRAPH = {"graph_calls", "layers", "graph_plan", "names_in_graph", "inputs", "outputs"}  # what _set_graph() makes


class Model(Layer):
    """Model(inputs, outputs): the layers between symbolic inputs and outputs, as one layer.

    Called on a Tensor or array it computes; called on a symbolic tensor it becomes a layer of a larger model. Without
    arguments it is a base class: subclasses hold layers as attributes and write call() or train_step(). fuse=False
    computes every layer by itself; minigen/model/fusion.py lists the pairs that are otherwise one op.
    """

    fuse = True
    optimizer: Any = None
    loss: Any = None
    metrics: Sequence[Any] = ()
    data_range: tuple[float, float] | None = None  # (lowest, highest) pixel it is made for; None: any
    has_convolutions: bool | None = None  # of a graph
    own_step_uses_compile: ClassVar[bool] = False  # whether a train_step of its own needs what compile() sets
    _measured = 1  # the number of outputs that the metrics are for
    _checked_for: Any = None  # the loss that the targets were checked for
    names_in_graph: Mapping[Layer, str] = MappingProxyType({})  # of the layers of the graph, in Keras' order
    _nesting = 1  # models in each other, this one counted
    _named: Any = None  # the parts whose weights have been named by their paths in this model
    _is_part = False  # of a model that has named its weights

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in CALLED_WITH_NAMES & set(vars(cls)):  # a subclass may define its own
            if inspect.isfunction(vars(cls)[name]):
                checked = checks_arguments(vars(cls)[name])
                setattr(cls, name, remembers("_compiled_with")(checked) if name == "compile" else checked)

    def __init__(self, inputs: Any = None, outputs: Any = None, name: str | None = None, fuse: bool = True) -> None:
        super().__init__(name)
        self.fuse = switch(f"{self.label}: fuse", fuse)
        if inputs is not None:
            self._set_graph(inputs, outputs)

    # ---- training: the step of every model that does not write its own

    def train_step(self, x: Any, y: Any) -> Logs:
        """One update on one batch; returns what to log. Override it to train in another way."""
        y_pred = self(x, training=True)
        loss = self.total_loss(y, y_pred)
        logs = {"loss": loss, **self.measure(y, y_pred)}  # first: a metric that fails moves no weight
        loss.backward()
        self.optimizer.step(self.parameters())
        return logs

    def test_step(self, x: Any, y: Any) -> Logs:
        """The same numbers without an update."""
        y_pred = self(x)
        return {"loss": self.total_loss(y, y_pred), **self.measure(y, y_pred)}

    def total_loss(self, y: Any, y_pred: Any) -> Any:
        """The loss, or the sum of the losses of several outputs."""
        preds, targets = as_list(y_pred), as_list(y)
        chosen = self._losses(len(preds))
        fix = "compile(loss=[...]) and fit(x, [y1, y2]) with one entry for each output"
        checks.check_one_for_each_output(self, "losses", len(chosen), len(targets), len(preds), fix)
        parts = [self.without_check(loss, y)(y, pred) for loss, y, pred in zip(chosen, targets, preds, strict=True)]
        for part in parts:
            checks.check_loss(self, part)
        return sum(parts[1:], start=parts[0])

    def measure(self, y: Any, y_pred: Any) -> Logs:
        """The compiled metrics of one batch."""
        if not self.metrics:
            return {}
        targets, preds = as_list(y), as_list(y_pred)
        fix = "metrics=[['accuracy'], ['accuracy']]: a list for each output"
        checks.check_one_for_each_output(self, "metrics", self._measured, len(targets), len(preds), fix)
        found = {name: metric(targets[i], preds[i]) for name, metric, i in self.metrics}
        for name, value in found.items():
            checks.check_metric(self, name, value)
        return found

    def on_epoch_end(self, history: dict[str, list[Any]]) -> Logs:
        """What to log besides, once an epoch: override it to watch a training, and to warn when it goes wrong.

        fit() calls it after each epoch with the history, that epoch included; numbers, arrays and Tensors may come
        back. A subclass that overrides it adds to what super().on_epoch_end(history) returns.
        """
        return {}

    # ---- the interface of Keras

    @remembers("_compiled_with")
    @checks_arguments
    def compile(self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Sequence[Any] = ()) -> None:
        """Configure the training: an optimizer, a loss and metrics, each by Keras' name or as an object.

        Several outputs take a list of losses, and their sum is minimised, and a list of metrics for each, such as
        [["accuracy"], ["accuracy"]], logged with the name of the output's layer before. Metrics read the predictions
        back to the host at each step.
        """
        found_metrics = self._metrics_of(metrics)
        found = optimizers.get(optimizer)
        found_loss = [losses.get(one) for one in loss] if isinstance(loss, (list, tuple)) else losses.get(loss)
        for name, metric, i in found_metrics:
            one = found_loss[i] if isinstance(found_loss, list) and i < len(found_loss) else found_loss
            checks.check_accuracy_of_logits(f"{self.label}.compile: {name}", metric, one)
        self.metrics, self._measured = tuple(found_metrics), len(metrics) if _is_nested(metrics or ()) else 1
        self.optimizer, self.loss = found, found_loss

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
    ) -> training.History:
        """Train by calling train_step(*batch) on every batch of every epoch; returns a History.

        x, y             arrays (or lists of arrays); without y, train_step gets x alone
        batch_size       samples a step; the last, short batch of an epoch counts as a full step
        epochs           passes over the data, those of a resumed run included
        verbose          0 silent; 1 one line an epoch, and a progress bar if stderr is a terminal
        shuffle          a new random order for each epoch
        validation_data  (x, y) or x, evaluated after each epoch: val_loss, and loss_end for comparison
        checkpoint       file that holds all that is needed to go on, written after each epoch and on Ctrl-C
        resume           go on from `checkpoint` if it exists: the result is bit for bit that of a run without a break

        A model that carries more from step to step, or from epoch to epoch, than its weights puts that into its
        checkpoints by two methods, such as a weight of the KL that on_epoch_end raises:

            def training_state(self): return {"beta": self.beta}              # numbers or arrays, always of these names
            def set_training_state(self, state): self.beta = state["beta"]    # the same numbers; arrays as NumPy arrays

        The learning rate is not in a checkpoint: a run may go on with another one. LinearDecay makes one that falls.
        What has no name, such as a lambda as loss or the rate of a Dropout, is not compared: it has to be the same.

        Raises ValueError for bad data (NaN, no samples, unequal lengths) and OSError for a checkpoint that cannot be
        written, both before the first step; ValueError for a checkpoint that is damaged or of another run, with the
        model unchanged; TypeError where train_step or test_step return no dict of numbers; and FloatingPointError when
        the loss is no longer finite (the last good checkpoint stays).
        """
        options: dict[str, Any] = {"batch_size": batch_size, "epochs": epochs, "verbose": verbose, "shuffle": shuffle}
        return training.fit(self, x, y, validation_data, **options, checkpoint=checkpoint, resume=resume)

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
        where = f"{self.label}.evaluate"
        training.check_verbose(where, verbose)
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
        data = (self.checked_inputs(x, where),)
        n, done, is_list = length(data), 0, False
        outputs: list[np.ndarray] = []
        with no_grad(), training.progress(where, math.ceil(n / batch_size), 0, verbose) as bar:
            for batch in batches(data, batch_size):
                y = self(*to_device(batch, self.dtype))
                checks.check_rows(as_list(y), length(batch), where)
                parts = [backend.to_numpy(part) for part in as_list(y)]
                if not outputs:
                    is_list = isinstance(y, (list, tuple))
                    outputs = [np.empty((n, *part.shape[1:]), part.dtype) for part in parts]
                checks.check_fit(parts, outputs, where)
                for output, part in zip(outputs, parts, strict=True):
                    output[done : done + len(part)] = part  # while it is in the cache
                done += length(batch)
                bar.update(1)
        return outputs if is_list else outputs[0]

    @checks_arguments
    def summary(self) -> None:
        """Print every layer with its output shape and number of weights.

        A model without a graph, such as a VAE, has its parts listed, and below each of them what it is made of.
        """
        print(self.describe())

    def describe(self) -> str:
        """What summary() prints."""
        return describe(self)

    @checks_arguments
    def save(self, path: str | os.PathLike[str], include_optimizer: bool = True) -> None:
        """Write the model whole, as load_model() reads it: how it is made, its weights, and what compile() set.

        path               a name that ends in .minigen, or in .keras for a file that Keras 3 reads too
        include_optimizer  False leaves out what compile() set: the model is compiled again after load_model()

        Raises ValueError for what cannot be written, such as a lambda, all of it listed, with no file written; OSError
        for a path that cannot be written.
        """
        save_model(self, path, include_optimizer)

    @checks_arguments
    def get_layer(self, name: str) -> Layer:
        """The layer of that name."""
        found = {n: part for n, part in self.direct_parts() if isinstance(part, Layer)}
        check_name(f"layer of {self.label}:", name, found)
        return found[name]

    @property
    def output(self) -> Any:
        """Its outputs, as Keras has it; of a model without a graph, what it gave where it was used as a layer."""
        return self.outputs if self.has_graph else super().output

    @property
    def stop_training(self) -> bool:
        """False: there is no such switch."""
        return False

    @stop_training.setter
    def stop_training(self, value: bool) -> None:
        checks.refuse_stop_training(self.label, value)

    # ---- the graph

    def call(self, x: Any, training: bool = False) -> Any:
        """Run every layer in order."""
        if "graph_calls" not in vars(self):
            checks.refuse_missing_graph(self.label)
        if self._named is None and not self._is_part:
            self.all_parts()  # so that errors and traces of the first step have the names too
        given, inputs = as_list(x), as_list(self.inputs)
        checks.check_inputs(self, given, inputs)
        values = dict(zip(inputs, given, strict=True))
        if autograd.mode.observer is None:
            self._run(self.graph_plan if self.fuse else self.graph_calls, values, training)
        else:  # a trace shows every op, and in which model it ran
            with autograd.mode.observer.running(self.name or type(self).__name__, self.layers):
                self._run(self.graph_calls, values, training)
        if isinstance(self.outputs, (list, tuple)):
            return [values[o] for o in self.outputs]
        return values[self.outputs]

    def _run(self, calls: Sequence[Call], values: dict[Symbolic, Any], training: bool) -> None:
        """Call layer after layer; `values` gets what each returns."""
        for call in calls:
            own = training if call.training is None else call.training
            if call.is_plain:
                y = call.layer(values[call.x], training=own)
            else:
                x, others, keywords = replaced((call.x, call.others, call.keywords), is_symbol, values.__getitem__)
                y = call.layer(x, *others, training=own, **keywords)
            values.update(zip(call.outputs, as_list(y), strict=True))

    @property
    def has_graph(self) -> bool:
        """Whether it is a graph of layers between symbolic inputs and outputs."""
        return "graph_calls" in vars(self)

    def _set_graph(self, inputs: Any, outputs: Any) -> None:
        """Order the layers between inputs and outputs, and name them. ValueError for an input twice, or no output."""
        checks.check_inputs_differ(self.label, as_list(inputs), as_list(outputs))
        self._without_parts = type(self)._without_parts | GRAPH
        self.graph_calls, self.layers = calls_between(as_list(inputs), as_list(outputs), self.label)
        names = unique_names(list(dict.fromkeys(call.layer for call in self.graph_calls)))  # by the order of making
        self.names_in_graph = {layer: names[layer] for layer in self.layers}
        self._nesting = 1 + max((part._nesting for part in self.layers if isinstance(part, Model)), default=0)
        checks.check_nesting(self.label, self._nesting)
        self.inputs, self.outputs = inputs, outputs
        self.has_convolutions = any(map(contains_convolution, self.layers))
        self._plan_graph(self.has_convolutions)
        self.built = True

    def _plan_graph(self, beside_convolutions: bool) -> None:
        """How the calls are computed, here and in the models inside: fusion.py says what may differ."""
        self.graph_plan = plan(self.graph_calls, as_list(self.outputs), beside_convolutions)
        for part in self.layers:
            if beside_convolutions and isinstance(part, Model) and part.has_convolutions is False:
                part._plan_graph(beside_convolutions)

    def _outputs_of(self, call: Call) -> Any:
        """What comes out of a graph is known: nothing has to run for it."""
        if type(self).call is not Model.call or not self.has_graph:
            return super()._outputs_of(call)
        checks.check_inputs(self, as_list(call.x), as_list(self.inputs))
        return self.outputs

    def direct_parts(self, parts: Any = None) -> Iterator[tuple[str, Any]]:
        """Those of the graph under their names, then those in the attributes."""
        yield from ((name, layer) for layer, name in self.names_in_graph.items())
        yield from (part for part in super().direct_parts(parts) if part[1] not in self.names_in_graph)

    def all_parts(self) -> Any:
        """As for a Layer. Weights are named by their paths in the whole model: errors and traces show these names."""
        found = super().all_parts()
        if found is not self._named and not self._is_part:
            self._named = found
            for path, weight in found.weights.items():
                weight.name = path
            for _, part in found.layers:
                if isinstance(part, Model):
                    part._is_part = True
        return found

    # ---- what compile() was given

    def _metrics_of(self, metrics: Any) -> list[tuple[str, Any, int]]:
        """(name in the logs, metric, number of its output) of each; ValueError or TypeError."""
        outputs = as_list(self.outputs) if self.has_graph else []
        where = f"{self.label}.compile: metrics"
        metrics = () if metrics is None else metrics
        check_is_list(where, metrics, "metrics=['accuracy']")
        nested = metrics if _is_nested(metrics) else [metrics] * bool(metrics)
        lists = [as_list(of_one or ()) for of_one in nested]
        written = list(dict.fromkeys(repr(m) if isinstance(m, str) else name_of(m) for m in sum(lists[:1], [])))
        checks.check_metrics_fit(where, metrics, lists, written, len(outputs))
        names = (
            names_of_outputs(outputs, self.names_in_graph) if outputs else [f"output_{i}" for i in range(len(lists))]
        )
        found = []
        for i, of_one in enumerate(lists):
            prefix = f"{names[i]}_" if len(lists) > 1 else ""
            found += [(prefix + name_of(metric), get_metric(metric), i) for metric in of_one]
        check_each_once(where, ["loss", *(name for name, _, _ in found)], "['accuracy']")
        return found

    def _losses(self, outputs: int) -> list[Any]:
        """One loss for each output: a single one serves all."""
        return self.loss if isinstance(self.loss, list) else [self.loss] * outputs

    def without_check(self, loss: Any, y: Any) -> Any:
        """The loss, without its check of the targets where fit() has checked these for it: a GPU would wait for it."""
        return losses.without_check(loss) if self.loss is self._checked_for and is_checked(y) else loss

    # ---- the data: what fit(), evaluate() and predict() check before the first step

    def as_data(self, x: Any, y: Any = None, where: str = "data") -> Data:
        """(x,) or (x, y) as this model takes them: arrays, black and white ones as floats where it takes floats."""
        data = as_data(x, y, where)
        takes_floats = [i.dtype.startswith("float") for i in self.input_symbols()] or [self.data_range is not None]
        inputs = as_list(data[0])
        for n, floats in enumerate(takes_floats[: len(inputs)]):
            inputs[n] = black_and_white(inputs[n], self.dtype) if floats else inputs[n]
        first = inputs if isinstance(data[0], list) else inputs[0]
        return (first, *(first if part is data[0] else part for part in data[1:]))

    def checked_inputs(self, x: Any, where: str = "data") -> Any:
        """x as this model takes it, checked: what predict() and other methods without targets compute on."""
        data = self.as_data(x, None, where)
        self.check_inputs(data, where)
        return data[0]

    def input_symbols(self) -> list[Symbolic]:
        """The symbolic inputs that x meets first, so far as they are known: those of a graph, or of a part."""
        return as_list(self.inputs) if self.has_graph else []

    def check_training(self, data: Data, where: str) -> None:
        """Raise unless the model can be trained on `data`."""
        self.check_inputs(data, where)
        checks.check_epoch_end(self)
        check_whole_range(data[0], self.data_range, where)
        self._check_step("train_step", data, where)

    def check_scoring(self, data: Data, where: str) -> None:
        """Raise unless the model can be scored on `data`."""
        self.check_inputs(data, where)
        has_step = type(self).test_step is not Model.test_step
        if not has_step and self.loss is None and type(self).train_step is not Model.train_step:
            checks.refuse_missing_test_step(where)
        self._check_step("test_step", data, where)

    def _check_step(self, step: str, data: Data, where: str) -> None:
        """What the step needs: a batch that it can take, or a compiled model, and targets that its loss can mean."""
        plain = getattr(type(self), step) is getattr(Model, step)
        if plain or self.own_step_uses_compile:
            self.check_compiled(where)
        if not plain:
            checks.check_step(self, step, data)
        self.check_targets(data, where, needed=plain)

    def check_inputs(self, data: Data, where: str) -> None:
        """Samples of the right shape, finite numbers, as many targets, and inputs in the range that the model declares.

        The shapes are those of all the data: no message shows the shape of a batch.
        """
        wanted, x = self.input_symbols(), as_list(data[0])
        check_no_list_of_samples(data[0], [i.shape[1:] for i in wanted], where, "x")
        for y in data[1:]:
            outputs = as_list(self.outputs) if self.has_graph else []
            check_no_list_of_samples(y, [o.shape[1:] for o in outputs], where, "y")
        for part in x:
            check_filled(part, where)
        if self.has_graph:
            checks.check_inputs(self, x, wanted)
        elif wanted:
            checks.check_images(x[0].shape, wanted[0].shape[1:], where)
        check_data(data, where, self.dtype)
        if self.data_range is not None:
            check_range(data[0], self.data_range, where, self.dtype)

    def check_targets(self, data: Data, where: str, needed: bool) -> None:
        """Raise unless there are targets, if they are needed, and such as the loss can mean."""
        if needed:
            checks.check_has_targets(data, where)
        targets, self._checked_for = as_list(self.targets_of(data)), self.loss
        chosen = self._losses(len(targets))
        # The shapes of the outputs, where they are known, and no step of its own changes the targets.
        shapes: list[Any] = [None] * len(targets)
        if needed and type(self).call is Model.call and self.has_graph:
            outputs = as_list(self.outputs)
            fix = "compile(loss=[...]) and fit(x, [y1, y2]) with one entry for each output"
            checks.check_one_for_each_output(self, "losses", len(chosen), len(targets), len(outputs), fix)
            shapes = [(len(y), *output.shape[1:]) for y, output in zip(targets, outputs, strict=True)]
        for loss, y, shape in zip(chosen, targets, shapes, strict=False):
            if needed or not hasattr(loss, "func"):  # a step of its own may change the targets before a partial(loss)
                losses.check_targets(loss, y, where, self.dtype, shape)

    def check_compiled(self, where: str) -> None:
        """RuntimeError unless compile() has said how to train."""
        checks.check_compiled(self, where)

    def targets_of(self, data: Data) -> Any:
        """What the loss compares the predictions with."""
        return data[-1]


def _is_nested(metrics: Any) -> bool:
    """True for a list of metrics for each output."""
    return any(of_one is None or isinstance(of_one, (list, tuple)) for of_one in metrics)


def _as_keras(logs: Logs) -> Any:
    """A single float, or a list of floats (and lists, where a model logs vectors)."""
    values = [backend.to_numpy(v).tolist() for v in logs.values()]
    return values[0] if len(values) == 1 else values
