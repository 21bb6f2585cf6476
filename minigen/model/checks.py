"""What a model refuses: graphs, inputs, losses, metrics, and data that it cannot be trained or scored on."""

from __future__ import annotations

import inspect
import math
import numbers
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .. import losses, optimizers
from ..arguments import check_takes
from ..autograd import Op
from ..callbacks import Callback
from ..callbacks.checks import OTHER_MOMENTS
from ..checks.values import is_numbers, number
from ..errors import described, message
from ..layers.symbolic import Symbolic
from ..metrics import accuracy, binary_accuracy
from ..tensor import Tensor
from ..types import Data, Shape

if TYPE_CHECKING:
    from .trainer import Trainer

MOMENTS = [name for name in (*vars(Callback), *OTHER_MOMENTS) if name.startswith("on_")]

# ---- graphs


def check_symbols(label: str, symbols: Iterable[Any]) -> None:
    """TypeError for inputs and outputs of a Model that Input() and layers did not return."""
    for s in symbols:
        if not isinstance(s, Symbolic):
            where, expected = f"{label}: inputs and outputs", "what Input() and layers called on it return"
            fix = "x = Input(shape=(784,)); Model(x, Dense(32)(x))"
            raise TypeError(message(where, expected=expected, got=type(s).__name__, fix=fix))


def check_inputs_differ(label: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
    """ValueError for an input twice, or no output."""
    different = len({id(i) for i in inputs})
    if different < len(inputs) or not outputs:
        got = f"{len(inputs)}, {different} of them different, and {len(outputs)} outputs"
        where, fix = f"{label}: inputs and outputs", "Model([a, b], y) of a, b = Input(...), Input(...)"
        raise ValueError(message(where, expected="different inputs, an output or more", got=got, fix=fix))


def refuse_missing_input(label: str, symbol: Symbolic) -> NoReturn:
    """ValueError for outputs that depend on an Input that the model was not given."""
    where = f"{label}: the outputs depend on an Input that is not among the inputs"
    got, fix = f"an Input of shape {batch_shape(symbol.shape)} left out", "Model([a, b], outputs)"
    raise ValueError(message(where, expected="every Input that they need", got=got, fix=fix))


def check_nesting(label: str, nesting: int) -> None:
    """ValueError for more models in each other than Python can call: each takes four of its frames."""
    if 4 * nesting > sys.getrecursionlimit():
        where, expected = f"{label}: too many models in each other", f"at most {sys.getrecursionlimit() // 4}"
        fix = f"import sys; sys.setrecursionlimit({8 * nesting})"
        raise ValueError(message(where, expected=expected, got=nesting, fix=fix))


def refuse_missing_graph(label: str) -> NoReturn:
    """NotImplementedError for a model that has neither a graph nor a call()."""
    where, fix = f"{label}: nothing to compute", "def call(self, x, training=False): ..."
    expected = "a call() of its own, since it was built without inputs and outputs"
    raise NotImplementedError(message(where, expected=expected, got="none", fix=fix))


def check_is_layers(kind: str, layers: Any) -> None:
    """TypeError unless the argument of Sequential is a list of layers."""
    if not isinstance(layers, Iterable) or isinstance(layers, (str, Symbolic, Tensor)) or hasattr(layers, "dtype"):
        where, fix = f"{kind}: layers", "Sequential([Input(shape=(784,)), Dense(32)])"
        raise TypeError(message(where, expected="a list of layers", got=f"{layers!r:.60}", fix=fix))


def refuse_layer(label: str, layer: Any) -> NoReturn:
    """TypeError for what Sequential cannot append."""
    where, fix = f"{label}.add", "Sequential([Input(...), Dense(32)])"
    if isinstance(layer, Op):
        fix = f"Activation(lambda x: {layer}()(x)), a layer that calls a new op each time"
    elif callable(layer):
        fix = "Activation(function)"
    raise TypeError(message(where, expected="a Layer", got=type(layer).__name__, fix=fix))


# ---- inputs and outputs


def batch_shape(shape: Sequence[int | None]) -> str:
    """A shape in an error: (batch, 784)."""
    return f"({', '.join('batch' if n is None else str(n) for n in shape)})"


def check_inputs(model: Trainer, given: Sequence[Any], inputs: Sequence[Symbolic]) -> None:
    """ValueError for another number of inputs or another shape than the graph has; TypeError for what is no array."""
    if len(given) != len(inputs):
        where = f"{model.label}: number of inputs"
        fix = "model(np.stack(samples)) for a list of samples" if len(inputs) == 1 else "model([a, b])"
        raise ValueError(message(where, expected=len(inputs), got=len(given), fix=fix))
    for x, i in zip(given, inputs, strict=True):
        if not hasattr(x, "shape"):
            where, got = f"{model.label}: an input that is no array", f"a {type(x).__name__}"
            raise TypeError(message(where, expected=batch_shape(i.shape), got=got, fix='model(x["image"])'))
        if x.shape[1:] != i.shape[1:]:
            where, fix = f"{model.label}: wrong input shape", reshape_hint(x.shape, i.shape[1:])
            raise ValueError(message(where, expected=batch_shape(i.shape), got=x.shape, fix=fix))


def check_images(got: Shape, want: Sequence[Any], where: str) -> None:
    """ValueError unless the images have shape (n, *want)."""
    if got[1:] != want:
        expected = f"(n, {', '.join(map(str, want))})"
        raise ValueError(message(f"{where}: images", expected=expected, got=got, fix=reshape_hint(got, want)))


def reshape_hint(got: Shape, want: Sequence[Any]) -> str:
    """What makes samples of shape `want` out of an array of shape `got`."""
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


def check_rows(y: Sequence[Any], n: int, where: str) -> None:
    """ValueError unless every output has as many rows as the batch has samples: predict() joins the batches."""
    for one in y:
        shape = getattr(one, "shape", None)
        if shape is None or shape[:1] != (n,):
            got, fix = f"{n} samples in, shape {shape} out", "model(x) for all of x at once"
            raise ValueError(message(where, expected="an output for each sample", got=got, fix=fix))


def check_batches_agree(parts: Sequence[np.ndarray], outputs: Sequence[np.ndarray], where: str) -> None:
    """ValueError for a batch with another number, shape or type of outputs than the first batch."""
    first, this = (", ".join(f"{a.shape[1:]} {a.dtype}" for a in arrays) for arrays in (outputs, parts))
    if first != this:
        where, expected = f"{where}: the batches do not fit together", f"in every batch, for each sample, {first}"
        raise ValueError(message(where, expected=expected, got=this, fix="model(x) for all of x at once"))


# ---- losses and metrics


def check_metrics_fit(where: str, metrics: Any, lists: Sequence[Sequence[Any]], names: Sequence[str], n: int) -> None:
    """ValueError unless there is a list of metrics for each of the n outputs."""
    if metrics and n and len(lists) != n:
        expected, got = f"a list of metrics for each of the {n} outputs", repr(metrics)
        of_one = f"[{', '.join(names)}]"
        fix = f"metrics=[{', '.join([of_one] * n)}]"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))


def check_names_of_outputs(where: str, given: Any, names: Sequence[str], all_needed: bool) -> None:
    """ValueError for a dict with other keys than the names of the outputs, or without one that is needed."""
    if not names:
        got, fix = f"a dict for {', '.join(map(str, given))}", "a list, in the order of the outputs"
        raise ValueError(message(where, expected="a list: these outputs have no names", got=got, fix=fix))
    missing = [name for name in names if name not in given] if all_needed else []
    if missing or not set(given) <= set(names):
        expected, got = f"the names of the outputs: {', '.join(names)}", ", ".join(map(str, given)) or "none"
        fix = "{" + ", ".join(f"{name!r}: ..." for name in names) + "}"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))


def check_gives_one_number(where: str, loss: Any) -> None:
    """ValueError for a loss, or one as a metric, with a reduction to more than one number."""
    keywords = getattr(loss, "keywords", {})
    per_row = keywords.get("axis") is not None or keywords.get("reduction") == "none"
    if per_row or getattr(loss, "reduces_to", "") == "none":
        got = " and ".join(f"{k}={keywords[k]!r}" for k in ("reduction", "axis") if k in keywords) or "reduction='none'"
        fix = "the loss without it, a mean; a train_step of your own reduces the numbers itself"
        raise ValueError(message(where, expected="a loss that gives one number", got=got, fix=fix))


def check_each_has_a_loss(where: str, found: Sequence[Any]) -> None:
    """ValueError for several outputs of which one has no loss."""
    if len(found) > 1 and None in found:
        of_one = next((one for one in found if one is not None), losses.mean_squared_error)
        name = getattr(of_one, "__name__", getattr(of_one, "name", "mse"))
        fix = f"{name!r} in its place, and loss_weights={[float(one is not None) for one in found]}: it counts 0 then"
        raise ValueError(message(where, expected="a loss for each output", got="None", fix=fix))


def check_are_no_weights(where: str, metrics: Sequence[Any]) -> None:
    """TypeError for numbers in the place of metrics, where Keras has loss_weights."""
    if metrics and all(isinstance(m, numbers.Real) for m in metrics):
        expected, fix = "names or functions", f"loss_weights={metrics!r}"
        raise TypeError(message(where, expected=expected, got=repr(metrics), fix=fix))


def weights_of_losses(where: str, weights: Sequence[Any], outputs: int) -> list[float]:
    """As many numbers as there are outputs, as floats; ValueError or TypeError for anything else."""
    check_weights_of_losses(where, weights, outputs)
    return [number(where, w, "finite numbers", f"loss_weights={[1.0] * outputs}", low=-math.inf) for w in weights]


def check_weights_of_losses(where: str, weights: Sequence[float], outputs: int) -> None:
    """ValueError unless there are as many loss_weights as outputs."""
    if len(weights) != outputs:
        fix = f"loss_weights={[1.0] * outputs}"
        raise ValueError(message(where, expected=f"{outputs}, one for each output", got=len(weights), fix=fix))


def weights_of_outputs(model: Trainer, chosen: Sequence[Any], sample_weight: Any) -> list[Any]:
    """The weights of the samples for each of the chosen losses: one array serves all.

    ValueError for a list of another length, TypeError for a function of the user's own that takes no weights.
    """
    where = f"{model.label}: sample_weight"
    weights = list(sample_weight) if isinstance(sample_weight, (list, tuple)) else [sample_weight] * len(chosen)
    if len(weights) != len(chosen):
        fix = "an array, or a list with one for each output"
        raise ValueError(message(where, expected=f"{len(chosen)} arrays", got=len(weights), fix=fix))
    for loss in chosen:
        if losses.function_of(loss) in losses.LOSSES.values() or isinstance(loss, losses.Loss):
            continue
        if not _takes_weights(loss):
            got = f"one that takes ({', '.join(inspect.signature(loss).parameters)})"
            fix = "def loss(y_true, y_pred, sample_weight=None): ..., or a subclass of losses.Loss"
            raise TypeError(message(where, expected="a loss that takes it", got=got, fix=fix))
    return weights


def _takes_weights(function: Any) -> bool:
    """Whether it has the keyword sample_weight."""
    takes = inspect.signature(function).parameters.values()
    return any(p.name == "sample_weight" or p.kind is p.VAR_KEYWORD for p in takes)


def check_takes_weights(model: Trainer, method: str, arguments: str, has_weights: bool) -> None:
    """TypeError for weights of samples and a method of the model without the keyword for them."""
    if has_weights and not _takes_weights(getattr(model, method)):
        where, expected = f"{model.label}.{method}: sample_weight", f"a {method} that takes it"
        fix = f"def {method}({arguments}, sample_weight=None): ...; or fit() without weights"
        raise TypeError(message(where, expected=expected, got="one that does not", fix=fix))


def check_accuracy_of_logits(where: str, metric: Any, loss: Any) -> None:
    """ValueError for accuracy beside a cross-entropy of logits: its threshold is 0.5, that of logits 0."""
    if metric in (accuracy, binary_accuracy) and losses.is_binary_of_logits(loss):
        expected, got = "outputs that are probabilities", "logits, whose threshold is 0 and not 0.5"
        fix = "metrics=[lambda y, x: minigen.metrics.accuracy(y, x > 0)]"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))


def check_one_for_each_output(model: Trainer, what: str, n: int, targets: int, outputs: int) -> None:
    """ValueError unless there are n targets and n outputs, one for each of n "losses" or lists of "metrics"."""
    if not n == targets == outputs:
        where, expected = f"{model.label}: {what}, targets and outputs", f"{outputs} of each, as many as outputs"
        fix = "compile(loss=[...]) and fit(x, [y1, y2]) with one entry for each output"
        if what == "metrics":
            fix = "metrics=[['accuracy'], ['accuracy']]: a list for each output"
        raise ValueError(message(where, expected=expected, got=f"{n} {what} and {targets} targets", fix=fix))


def check_loss(where: str, loss: Any, fix: str) -> None:
    """ValueError or TypeError unless the loss is a Tensor of one number, of shape ()."""
    if not isinstance(loss, Tensor) or loss.shape != ():
        got = f"shape {loss.shape}" if isinstance(loss, Tensor) else described(loss)
        kind = ValueError if isinstance(loss, Tensor) else TypeError
        raise kind(message(where, expected="a Tensor of one number, shape ()", got=got, fix=fix))


def check_metric(model: Trainer, name: str, value: Any) -> None:
    """TypeError unless a metric returned a number or an array of them. Nothing leaves the device."""
    if not is_numbers(value):
        where, fix = f"{model.label}: the metric {name}", "lambda y_true, y_pred: np.abs(y_pred - y_true).mean()"
        raise TypeError(message(where, expected="a number", got=repr(value), fix=fix))


# ---- data


def check_compiled(model: Trainer, where: str) -> None:
    """RuntimeError without an optimizer and a loss; TypeError if they were not set by compile()."""
    fix = "model.compile(optimizer='adam', loss=...)"
    if model.loss is None:
        raise RuntimeError(message(f"{where}: not compiled", expected="an optimizer and a loss", got="none", fix=fix))
    chosen = model.loss if isinstance(model.loss, list) else [model.loss]
    if not isinstance(model.optimizer, optimizers.Optimizer) or not all(map(callable, chosen)):
        where, got = f"{where}: compiled in another way", f"{model.optimizer!r}, {model.loss!r}"
        expected = "an Optimizer, and a function as loss for each output"
        raise TypeError(message(where, expected=expected, got=got, fix=fix))


def check_compared(model: Trainer, where: str) -> None:
    """TypeError for a loss or a metric that does not take targets and outputs."""
    chosen = model.loss if isinstance(model.loss, list) else [model.loss]
    named = [("loss", loss) for loss in chosen] + [(f"metric {name}", metric) for name, metric, _ in model.metrics]
    for what, function in named:
        fix = f"def {what.partition(' ')[0]}(y_true, y_pred): ..."
        check_takes(f"{where}: the {what}", function, ("y_true", "y_pred"), fix)


def check_has_targets(data: Data, where: str) -> None:
    """ValueError for x alone where a loss compares with y."""
    if len(data) == 1:
        where, fix = f"{where}: no targets", "(x, y) as a pair, or (x, x) for an autoencoder"
        raise ValueError(message(where, expected="x and y", got="x alone", fix=fix))


def check_step(model: Trainer, step: str, data: Data) -> None:
    """TypeError for a step that cannot take a batch: weights of samples, or Keras' train_step(self, data)."""
    check_takes_weights(model, step, "self, x, y", len(data) == 3)
    if str(getattr(type(model), step).__module__).startswith("minigen."):  # minigen's own have texts of their own
        return
    takes = inspect.signature(getattr(model, step))
    try:
        takes.bind(*data[:2])
    except TypeError:
        batch = ("x", "y")[: len(data)]
        got = f"{step}({', '.join(['self', *takes.parameters])})"
        fix = f"def {step}(self, {', '.join(batch)}): ..."
        if len(data) == 1 and len(takes.parameters) == 2:
            fix = "fit(x, y), with targets"
        where, expected = f"{model.label}.{step}", f"to take {' and '.join(batch)}"
        raise TypeError(message(where, expected=expected, got=got, fix=fix)) from None


def check_no_moments(model: Trainer) -> None:
    """TypeError for a model with a moment of a callback, which nothing would call."""
    for name in [name for name in MOMENTS if hasattr(type(model), name)]:
        where, expected = f"{model.label}.{name}", "a Callback with this method"
        fix = "model.fit(..., callbacks=[Mine()]), or own_callbacks(self) of the model, which returns [Mine()]"
        raise TypeError(message(where, expected=expected, got="a method of the model", fix=fix))


def refuse_missing_test_step(where: str) -> NoReturn:
    """RuntimeError for a model with a train_step, and neither a test_step nor a loss."""
    where, expected = f"{where}: no test_step", "a test_step beside the train_step"
    fix = "def test_step(self, x): return {'loss': ...}, or compile(loss=...)"
    raise RuntimeError(message(where, expected=expected, got="none", fix=fix))


def check_replayed(found: np.ndarray, usual: np.ndarray, close: float) -> None:
    """RuntimeError unless a replayed step gives what the usual one gives, up to `close` of the largest number."""
    difference, largest = np.abs(found - usual).max(initial=0), np.abs(usual).max(initial=1e-6)
    if not difference <= close * largest:  # NaN too
        where, expected = "a replayed training step", f"the numbers of the usual one to {close * largest:.2g}"
        fix = "no MINIGEN_CUDA_GRAPHS in the environment"
        raise RuntimeError(message(where, expected=expected, got=f"a difference of {difference:.2g}", fix=fix))
