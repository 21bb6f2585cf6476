"""Model: a graph of layers as one layer, with compile, fit, evaluate, predict, summary and weights as in Keras."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from .. import autograd, backend, losses, optimizers, training
from ..arguments import checks_arguments
from ..arrays import black_and_white
from ..autograd import no_grad
from ..callbacks import Callback
from ..checks import check_filled, check_name, check_range, switch
from ..configured import remembers
from ..layers.base import Layer
from ..layers.symbolic import Call, Symbolic, is_symbol, replaced
from ..progress import progress
from ..training.checkpoints import optimizers_of
from ..training.checks import (
    check_data,
    check_no_list_of_samples,
    check_whole_range,
    check_without_arrays,
    checked_count,
    checked_logs,
)
from ..training.data import as_data, batches, call_step, is_checked, length, to_device, with_weights
from ..training.text import shown
from ..types import Data, Logs
from . import checks, objective
from .files import save_model
from .functional import as_list, calls_between, names_of_outputs, unique_names
from .fusion import contains_convolution, plan
from .summary import describe, describe_in_a_line, describe_in_html

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
    loss_weights: list[float] | None = None
    metrics: Sequence[Any] = ()
    data_range: tuple[float, float] | None = None  # (lowest, highest) pixel it is made for; None: any
    has_convolutions: bool | None = None  # of a graph
    stop_training = False  # a callback sets it to True: training ends after this batch or epoch
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

    def train_step(self, x: Any, y: Any, sample_weight: Any = None) -> Logs:
        """One update on one batch; returns what to log. Override it to train in another way.

        One that takes no sample_weight refuses a fit() with such weights.
        """
        y_pred = self(x, training=True)
        logs = self.losses_of(y, y_pred, sample_weight) | self.measure(y, y_pred)  # first: if it fails, no weight moves
        logs["loss"].backward()
        self.optimizer.step(self.parameters())
        return logs

    def test_step(self, x: Any, y: Any, sample_weight: Any = None) -> Logs:
        """The same numbers without an update."""
        y_pred = self(x)
        return self.losses_of(y, y_pred, sample_weight) | self.measure(y, y_pred)

    def losses_of(self, y: Any, y_pred: Any, sample_weight: Any = None) -> Logs:
        """{"loss": total_loss}, and of several outputs the loss of each by Keras' name, such as "digit_loss"."""
        if type(self).total_loss is not Model.total_loss:
            weights = [] if sample_weight is None else [sample_weight]  # one of a subclass may not take any
            return {"loss": self.total_loss(y, y_pred, *weights)}
        total, parts = objective.total_and_parts(self, y, y_pred, sample_weight)
        logs = {"loss": total}
        if len(parts) > 1:
            logs |= zip(objective.names_of_losses(self.output_names, len(parts)), parts, strict=True)
        return logs

    def total_loss(self, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss, or the sum of the losses of several outputs times their loss_weights.

        sample_weight: an array with a number for each sample (or each element, with the axes of y from the front), or a
        list with one for each output.
        """
        return objective.total_and_parts(self, y, y_pred, sample_weight)[0]

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

    def own_callbacks(self) -> list[Callback]:
        """The callbacks that belong to this model: fit() calls them before those that it is given.

        Override it for a model that watches, or changes itself in, each of its trainings. A subclass adds to what
        super().own_callbacks() returns.
        """
        return []

    # ---- the interface of Keras

    @remembers("_compiled_with")
    @checks_arguments
    def compile(
        self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = (), *, loss_weights: Any = None
    ) -> None:
        """Configure the training: an optimizer, a loss and metrics, each by Keras' name or as an object.

        Several outputs take a list of losses, and a list of metrics for each, such as [["accuracy"], ["accuracy"]]; or
        dicts by the names of the outputs' layers: {"ring": "mse", "digit": "mse"}. The sum of the losses is minimised,
        each times its number in loss_weights, a list or a dict too. The loss of each output is logged without this
        number as "ring_loss", a metric as "ring_accuracy". Metrics read the predictions back to the host at each step.

        Raises ValueError for unknown names, for a loss that gives more than one number, for a metric that is no mean
        over samples, and for lists that do not fit the outputs.
        """
        where, names = f"{self.label}.compile", self.output_names
        found_metrics, measured = objective.chosen_metrics(f"{where}: metrics", metrics, names)
        found, found_loss = optimizers.get(optimizer), objective.chosen_losses(f"{where}: loss", loss, names)
        weights = objective.chosen_weights(f"{where}: loss_weights", loss_weights, found_loss, names)
        for name, metric, i in found_metrics:
            one = found_loss[i] if isinstance(found_loss, list) and i < len(found_loss) else found_loss
            checks.check_accuracy_of_logits(f"{where}: {name}", metric, one)
        self.metrics, self._measured = tuple(found_metrics), measured
        self.optimizer, self.loss, self.loss_weights = found, found_loss, weights

    @checks_arguments
    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        epochs: int = 1,
        verbose: int = 1,
        *,
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> training.History:
        """Train by calling train_step(*batch) on every batch of every epoch; returns a History.

        x, y              arrays (or lists of arrays); without y, train_step gets x alone. Or x alone is an iterable of
                          batches, x, (x, y) or (x, y, sample_weight) each: a generator, a data loader
        batch_size        samples a step; the last, short batch of an epoch counts as a full step
        epochs            the number of the last epoch, which is passes over the data, those of a resumed run included
        verbose           0 silent; 1 one line an epoch, and a progress bar on a terminal and in a notebook
        callbacks         objects of minigen.callbacks, called at the beginning and end of epochs
        validation_split  the share of x and y that is held out as validation data: their end, before any shuffling
        validation_data   (x, y), x, (x, y, sample_weight) or an iterable of batches, evaluated after each epoch:
                          val_loss, and (for arrays) loss_end for comparison
        shuffle           a new random order for each epoch; an iterable has its own
        class_weight      {label: weight of each sample that has it}
        sample_weight     (n,), a weight for each sample: its loss is multiplied by it
        initial_epoch     the number of the first epoch, from 0
        steps_per_epoch   the steps of an epoch, in place of all batches of the data. Arrays are shuffled anew for each
                          epoch; other data go on where they stood
        checkpoint        file that holds all that is needed to go on, written after each epoch and on Ctrl-C
        resume            go on from `checkpoint` if it exists: the result is bit for bit that of a run without a break,
                          if an iterable gives the same batches again

        A model that carries more from step to step, or from epoch to epoch, than its weights puts that into its
        checkpoints by two methods, such as a weight of the KL that a callback raises (which may have them itself):

            def training_state(self): return {"beta": self.beta}              # numbers or arrays, always of these names
            def set_training_state(self, state): self.beta = state["beta"]    # the same numbers; arrays as NumPy arrays

        The learning rate is not in a checkpoint: a run may go on with another one. LinearDecay makes one that falls.
        What has no name, such as a lambda as loss or the rate of a Dropout, is not compared: it has to be the same.

        Raises ValueError for bad data (NaN, no samples, unequal lengths) and OSError for a checkpoint that cannot be
        written, both before the first step (the batches of an iterable are checked one by one); ValueError for a
        checkpoint that is damaged or of another run, with the model unchanged; TypeError where train_step or test_step
        return no dict of numbers, and for what is no callback; and FloatingPointError when the loss is no longer finite
        (the last good checkpoint stays).
        """
        return training.fit(
            self,
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            checkpoint=checkpoint,
            resume=resume,
        )

    @checks_arguments
    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """One update on one batch; returns what train_step logs, in the form of evaluate()."""
        where = f"{self.label}.train_on_batch"
        return_dict = switch(f"{where}: return_dict", return_dict)
        data = with_weights(self.as_data(x, y, where), sample_weight, class_weight, where)
        self.check_training(data, where)
        logs = call_step(self.train_step, data, self.dtype)
        return _as_keras(checked_logs(logs, f"{self.label}.train_step"), return_dict)

    @checks_arguments
    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        verbose: int = 0,
        sample_weight: Any = None,
        *,
        return_dict: bool = False,
    ) -> Any:
        """The loss over the data, or a list of all that test_step logs: means over all samples.

        x and y are as for fit(): arrays, or x alone an iterable of batches. verbose=1 prints the means, and shows a
        progress bar on a terminal and in a notebook. return_dict=True returns {"loss": ..., "accuracy": ...} instead.
        """
        where = f"{self.label}.evaluate"
        return_dict = switch(f"{where}: return_dict", return_dict)
        batch_size = checked_count(where, "batch_size", batch_size, 128)
        found, steps = self._batches_to_score(x, y, sample_weight, batch_size, where)
        with progress(where, steps, 0, verbose) as bar:
            logs = training.evaluate(self, found, bar)
        if verbose:
            print(shown(logs))
        return _as_keras(logs, return_dict)

    def _batches_to_score(
        self, x: Any, y: Any, sample_weight: Any, batch_size: int, where: str
    ) -> tuple[Iterable[Data], int | None]:
        """(the data of evaluate(), checked; how many batches, None if that is unknown)"""
        if training.is_iterable_of_batches(x):
            check_without_arrays(where, {"y": y, "sample_weight": sample_weight})
            found = training.Batches(self, x, where, self.check_scoring)
            return found, found.number()
        data = with_weights(self.as_data(x, y, where), sample_weight, None, where)
        self.check_scoring(data, where)
        return batches(data, batch_size), math.ceil(length(data) / batch_size)

    @checks_arguments
    def predict(self, x: Any, batch_size: int = 256, verbose: int = 0) -> Any:
        """The outputs for all of x as NumPy arrays, batch by batch, without recording a graph.

        x: arrays, or an iterable of batches, of which (x, y) gives its x. verbose=1 shows a progress bar.
        Raises ValueError unless each sample has an output of its own.
        """
        where = f"{self.label}.predict"
        batch_size = checked_count(where, "batch_size", batch_size, 128)
        if training.is_iterable_of_batches(x):
            parts = [self.predict(batch[0]) for batch in training.Batches(self, x, where, self.check_inputs)]
            several = isinstance(parts[0], list)
            return [np.concatenate(of_one) for of_one in zip(*parts, strict=True)] if several else np.concatenate(parts)
        data = (self.checked_inputs(x, where),)
        n, done, is_list = length(data), 0, False
        outputs: list[np.ndarray] = []
        with no_grad(), progress(where, math.ceil(n / batch_size), 0, verbose) as bar:
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

    def __repr__(self) -> str:
        return describe_in_a_line(self)

    def __str__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        """What a notebook shows: the same table."""
        return describe_in_html(self)

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

    def optimizers(self) -> list[Any]:
        """Every optimizer of this model and of those in it, each once."""
        return list(optimizers_of([self]).values())

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

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs' layers, as in Keras; none for a model without a graph."""
        return names_of_outputs(as_list(self.outputs), self.names_in_graph) if self.has_graph else []

    def losses_for(self, outputs: int) -> list[Any]:
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
        checks.check_no_epoch_end(self)
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
        for y in data[1:2]:
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
        chosen = self.losses_for(len(targets))
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
        return data[:2][-1]


def _as_keras(logs: Logs, return_dict: bool) -> Any:
    """A dict of floats, or a single float, or a list of floats (and lists, where a model logs vectors)."""
    values = {name: backend.to_numpy(v).tolist() for name, v in logs.items()}
    if return_dict:
        return values
    return values[next(iter(values))] if len(values) == 1 else list(values.values())
