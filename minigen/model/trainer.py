"""Trainer: what every model has for its training and its use: compile, fit, evaluate and predict, as in Keras."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from .. import backend, losses, optimizers, parallel, training
from ..arguments import checks_arguments
from ..arrays import black_and_white
from ..autograd import no_grad
from ..callbacks import Callback
from ..checks.arrays import check_filled, check_range
from ..checks.values import as_list, switch
from ..configured import remembers
from ..layers.base import Layer
from ..layers.symbolic import Symbolic
from ..progress import progress
from ..training.checkpoints import optimizers_of
from ..training.checks import (
    check_data,
    check_is_no_pair,
    check_no_list_of_samples,
    check_whole_range,
    check_without_arrays,
    checked_count,
    checked_logs,
)
from ..training.data import as_data, batches, call_step, is_checked, length, share_of, to_device, with_weights
from ..training.history import of_whole_batches, read
from ..training.ranks import average_statistics
from ..training.text import shown
from ..types import Data, Logs
from . import checks, objective, replay

CALLED_WITH_NAMES = {"compile", "predict", "sample", "encode", "decode", "generate"}  # see __init_subclass__


class Trainer(Layer):
    """A layer that can be trained: the base of Model, which says what it computes.

    A model with a training of its own overrides train_step(), and test_step() for evaluate() and validation data.
    """

    optimizer: Any = None
    loss: Any = None
    loss_weights: list[float] | None = None
    metrics: Sequence[Any] = ()
    data_range: tuple[float, float] | None = None  # (lowest, highest) pixel it is made for; None: any
    stop_training = False  # a callback sets it to True: training ends after this batch or epoch
    own_step_uses_compile: ClassVar[bool] = False  # whether a train_step of its own needs what compile() sets
    inputs: Any  # of a graph, as the outputs
    outputs: Any
    _measured = 1  # the number of outputs that the metrics are for
    _checked_for: Any = None  # the loss that the targets were checked for

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in CALLED_WITH_NAMES & set(vars(cls)):  # a subclass may define its own
            if inspect.isfunction(vars(cls)[name]):
                checked = checks_arguments(vars(cls)[name])
                setattr(cls, name, remembers("compile", "_compiled_with")(checked) if name == "compile" else checked)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in vars(self).get("_compiled_with", ()):
            vars(self)["_compiled_with"][name] = value  # what compile() was given, which has been set since

    # ---- what Model knows of its graph

    @property
    def has_graph(self) -> bool:
        """Whether it is a graph of layers between symbolic inputs and outputs."""
        return False

    @property
    def runs_its_graph(self) -> bool:
        """Whether its call() computes just this graph: then the shapes of its outputs are known."""
        return False

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs of a graph, those of their layers."""
        return []

    # ---- training: the step of every model that does not write its own

    @replay.repeats
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
        for one, pred in zip(as_list(y), as_list(y_pred), strict=False):
            losses.check_no_column(self.label, one, pred)
        if type(self).total_loss is not Trainer.total_loss:  # one of a subclass may not take any weights
            weights = {} if sample_weight is None else {"sample_weight": sample_weight}
            checks.check_takes_weights(self, "total_loss", "self, y, y_pred", bool(weights))
            loss = self.total_loss(y, y_pred, **weights)
            checks.check_loss(f"{self.label}.total_loss", loss, "return minigen.mean((y_pred - y) ** 2)")
            return {"loss": loss}
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
        checks.check_one_for_each_output(self, "metrics", self._measured, len(targets), len(preds))
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

    @remembers("compile", "_compiled_with")
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
        batch_size        samples a step of arrays; the last, short batch of an epoch counts as a full step
        epochs            the number of the last epoch, which is passes over the data, those of a resumed run included
        verbose           0 silent; 1 one line an epoch, and a progress bar on a terminal and in a notebook
        callbacks         objects of minigen.callbacks, called at the beginning and end of epochs
        validation_split  the share of x and y that is held out as validation data: their end, before any shuffling.
                          Labels in ascending order are refused (ValueError)
        validation_data   (x, y), x, (x, y, sample_weight) or an iterable of batches, evaluated after each epoch:
                          val_loss, and (for arrays) loss_end for comparison
        shuffle           a new random order for each epoch; an iterable has its own
        class_weight      {label: weight of each sample that has it}, of labels (n,) or (n, 1) or rows (n, classes)
        sample_weight     (n,) or (n, 1), a weight for each sample: its loss is multiplied by it
        initial_epoch     the number of the first epoch, from 0
        steps_per_epoch   the steps of an epoch, in place of all batches of the data. Arrays are shuffled anew for each
                          epoch; other data go on where they stood
        checkpoint        file that holds all that is needed to go on, written after each epoch and on Ctrl-C
        resume            go on from `checkpoint` if it exists: the result is bit for bit that of a run without a break,
                          if an iterable gives the same batches again, and BLAS, its kernel and the numbers of threads
                          and of ranks are the same; a line is printed where they are others

        A model that carries more from step to step, or from epoch to epoch, than its weights puts that into its
        checkpoints by two methods, such as a weight of the KL that a callback raises (which may have them itself):

            def training_state(self): return {"beta": self.beta}              # numbers or arrays, always of these names
            def set_training_state(self, state): self.beta = state["beta"]    # the same numbers; arrays as NumPy arrays

        The learning rate is not in a checkpoint: a run may go on with another one. LinearDecay makes one that falls.
        What has no name, such as a lambda as loss or the rate of a Dropout, is not compared: it has to be the same.

        Raises ValueError for bad data (NaN, no samples, unequal lengths) and OSError for a checkpoint that cannot be
        written, both before the first step (the batches of an iterable are checked one by one); ValueError for a
        checkpoint that is damaged or of another run, with the model unchanged; TypeError where train_step or test_step
        return no dict of numbers, and for what is no callback; and FloatingPointError when the loss or a weight is no
        longer finite (the last good checkpoint stays).

        In a parallel program (minigen.parallel) all ranks call fit() alike, with all of the data and the batch size of
        all ranks together; each computes its share of every batch.
        """
        where = f"{self.label}.fit"
        saving, counting = (checkpoint, resume), (initial_epoch, steps_per_epoch)
        options = training.Options(where, batch_size, epochs, verbose, callbacks, shuffle, *saving, *counting)
        with replay.replayed(self):
            return training.fit(self, x, y, options, validation_split, validation_data, class_weight, sample_weight)

    @checks_arguments
    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """One update on one batch; returns what train_step logs, in the form of evaluate().

        In a parallel program all ranks call it with the same batch, and each computes its share.
        """
        where = f"{self.label}.train_on_batch"
        return_dict = switch(f"{where}: return_dict", return_dict)
        data = with_weights(self.as_data(x, y, where), sample_weight, class_weight, where)
        self.check_training(data, where)
        data, share = share_of(data)
        with parallel.sharing(share):
            logs = checked_logs(call_step(self.train_step, data, self.dtype), f"{self.label}.train_step")
        if share is not None:
            average_statistics([self])
            logs = of_whole_batches(read([(logs, share.rows)]))[0][0]
        return _as_keras(logs, return_dict)

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

        x and y are as for fit(): arrays, or x alone an iterable of batches, whose size is their own. verbose=1 prints
        the means, and shows a progress bar on a terminal and in a notebook. return_dict=True returns
        {"loss": ..., "accuracy": ...} instead.
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

        x: arrays, or an iterable of batches, of which (x, y) gives its x; one of more than batch_size is divided.
        verbose=1 shows a progress bar. Raises ValueError unless each sample has an output of its own.
        """
        where = f"{self.label}.predict"
        batch_size = checked_count(where, "batch_size", batch_size, 128)
        if training.is_iterable_of_batches(x):
            return self._predict_batches(training.Batches(self, x, where, self.check_inputs), batch_size, verbose)
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
                checks.check_batches_agree(parts, outputs, where)
                for output, part in zip(outputs, parts, strict=True):
                    output[done : done + len(part)] = part  # while it is in the cache
                done += length(batch)
                bar.update(1)
        return outputs if is_list else outputs[0]

    def _predict_batches(self, given: training.Batches, batch_size: int, verbose: int) -> Any:
        """The outputs for all batches that the user makes, one behind the other."""
        parts = []
        with progress(given.where, given.number(), 0, verbose) as bar:
            for batch in given:
                parts.append(self.predict(batch[0], batch_size))
                bar.update(1)
        several = isinstance(parts[0], list)
        return [np.concatenate(of_one) for of_one in zip(*parts, strict=True)] if several else np.concatenate(parts)

    def optimizers(self) -> list[Any]:
        """Every optimizer of this model and of those in it, each once."""
        return list(optimizers_of([self]).values())

    # ---- what compile() was given

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
        checks.check_no_moments(self)
        check_whole_range(data[0], self.data_range, where)
        self._check_step("train_step", data, where)

    def check_scoring(self, data: Data, where: str) -> None:
        """Raise unless the model can be scored on `data`."""
        self.check_inputs(data, where)
        has_step = type(self).test_step is not Trainer.test_step
        if not has_step and self.loss is None and type(self).train_step is not Trainer.train_step:
            checks.refuse_missing_test_step(where)
        self._check_step("test_step", data, where)

    def _check_step(self, step: str, data: Data, where: str) -> None:
        """What the step needs: a batch that it can take, or a compiled model, and targets that its loss can mean."""
        plain = getattr(type(self), step) is getattr(Trainer, step)
        if plain or self.own_step_uses_compile:
            self.check_compiled(where)
        if plain:
            checks.check_compared(self, where)
        else:
            checks.check_step(self, step, data)
        self.check_targets(data, where, needed=plain)

    def check_inputs(self, data: Data, where: str) -> None:
        """Samples of the right shape, finite numbers, as many targets, and inputs in the range that the model declares.

        The shapes are those of all the data: no message shows the shape of a batch.
        """
        wanted, x = self.input_symbols(), as_list(data[0])
        if len(data) == 1:
            check_is_no_pair(data[0], [i.shape[1:] for i in wanted], where)
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
        if needed and self.runs_its_graph:
            outputs = as_list(self.outputs)
            checks.check_one_for_each_output(self, "losses", len(chosen), len(targets), len(outputs))
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
