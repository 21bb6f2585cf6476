"""What losses refuse: pairs that do not fit, targets that are no probabilities, labels out of range, no logits, and
weights, axes and reductions that mean nothing."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from .. import backend, ops
from ..arrays import as_array
from ..autograd import Op, unwrap
from ..autograd.checks import holds_tensors
from ..checks.arrays import into_range, outside
from ..checks.values import is_integer, number, one_of, snake_case, switch
from ..errors import described, message
from ..ops.checks import reduced_axes
from ..tensor import Tensor
from ..types import Array, ArrayLike, DType, Shape, TensorLike

SUM_ERROR = 0.01  # how far rounding and label smoothing may move the sum of a distribution

# ---- targets and predictions


def pair(loss: str, y_true: TensorLike, y_pred: TensorLike) -> tuple[TensorLike, Tensor]:
    """(array or Tensor, Tensor) of one shape; ValueError for two shapes, TypeError for predictions before targets."""
    if isinstance(y_true, Tensor) and y_true.op is not None and not isinstance(y_pred, Tensor):
        where, got = f"{loss}: arguments", "the output of an op, then an array"
        raise TypeError(message(where, expected="targets, then predictions", got=got, fix=f"{loss}(y_true, y_pred)"))
    y_pred = predictions(loss, y_pred)
    if not isinstance(y_true, Tensor) or y_true.dtype.kind != "f":
        y_true = backend.asarray(as_array(y_true, f"{loss}: y_true", "y_true"), y_pred.dtype)
    if y_true.shape != y_pred.shape:
        _refuse_shapes(loss, y_true.shape, y_pred.shape, _fix_of_shape(loss, y_true.shape, y_pred.shape))
    return y_true, y_pred


def check_no_column(where: str, y_true: Any, y_pred: Any) -> None:
    """ValueError for targets (n,) of outputs (n, 1) and the reverse: y_pred - y_true would be (n, n)."""
    given, wanted = (getattr(y, "shape", None) for y in (y_true, y_pred))
    if given and wanted and ((*given, 1) == wanted or given == (*wanted, 1)):
        _refuse_shapes(where, given, wanted, "y[..., None]" if len(given) < len(wanted) else "y[..., 0]")


def _refuse_shapes(loss: str, given: Shape, wanted: Shape, fix: str) -> NoReturn:
    """ValueError for targets of another shape than the predictions."""
    where = f"{loss}: the shapes of y_true and y_pred differ, and broadcasting them would give a wrong number"
    raise ValueError(message(where, expected=f"y_true of shape {wanted}, as y_pred", got=f"{given}", fix=fix))


def _fix_of_shape(loss: str, given: Shape, wanted: Shape) -> str:
    """What to write for targets of another shape than the predictions."""
    if math.prod(given) == math.prod(wanted):
        return f"y_true.reshape({wanted})"
    if loss == "categorical_crossentropy" and given in (wanted[:-1], (*wanted[:-1], 1)):
        return "sparse_categorical_crossentropy, and y.reshape(-1), for integer labels"
    return "targets of the shape of the outputs"


def predictions(loss: str, y_pred: TensorLike) -> Tensor:
    """A Tensor of floats. TypeError for a list of tensors, which as an array has no gradient; ValueError for none."""
    if holds_tensors(y_pred):
        where, fix = f"{loss}: y_pred", "minigen.stack(y_pred)"
        raise TypeError(message(where, expected="a tensor", got="a list of tensors", fix=fix))
    if isinstance(y_pred, Tensor) and y_pred.dtype.kind == "f":
        tensor = y_pred
    else:
        a = as_array(y_pred, f"{loss}: y_pred", "y_pred")
        is_float = hasattr(y_pred, "dtype") and a.dtype.kind == "f"  # integers and lists become float32
        tensor = Tensor(backend.asarray(a, None if is_float else "float32"))
    if tensor.size == 0:
        _refuse_empty(loss, "at least one sample", tensor.shape)
    return tensor


def _refuse_empty(loss: str, expected: str, shape: Shape) -> NoReturn:
    """ValueError for a batch without a number."""
    raise ValueError(message(f"{loss}: empty batch", expected=expected, got=shape, fix="data[:n] with n > 0"))


def check_has_samples(loss: str, y_pred: Tensor) -> None:
    """ValueError for a single number, which has no batch to take the mean over."""
    if y_pred.ndim == 0:
        where, fix = f"{loss}: a single number", "np.array([[2.5]]) for a batch of one sample"
        raise ValueError(message(where, expected="(batch, ...)", got="shape ()", fix=fix))


def check_is_no_output_of(activation: type[Op], loss: str, y_pred: Tensor) -> None:
    """ValueError for from_logits=True on the output of a sigmoid or softmax, which would be applied twice."""
    if isinstance(y_pred.op, activation):
        name = activation.__name__.lower()
        where, fix = f"{loss}: from_logits=True", f"from_logits=False, or a last layer without {name}"
        raise ValueError(message(where, expected="logits", got=f"the output of a {name}", fix=fix))


def check_predicted_probabilities(loss: str, y_pred: Tensor, activation: str, most: float) -> None:
    """ValueError for predictions below 0 or above `most`, beyond rounding: clipped, the worst would look best."""
    low, high = float(y_pred.data.min()), float(y_pred.data.max())
    if low < -SUM_ERROR or high > most + SUM_ERROR:
        fix = f"activation={activation!r} in the last layer, or functools.partial(losses.{loss}, from_logits=True)"
        got = f"numbers in [{low:g}, {high:g}]"
        raise ValueError(message(f"{loss}: predictions", expected="probabilities, in [0, 1]", got=got, fix=fix))


# ---- targets of one kind


def check_probabilities(where: str, y: TensorLike, dtype: DType = "float32") -> None:
    """ValueError for targets outside [0, 1] in `dtype`, such as pixels up to 255 and NaN."""
    y = unwrap(y)
    got = outside(y, 0.0, 1.0, dtype)
    if got:
        where, fix = f"{where} needs targets that are probabilities", into_range(y, 0.0, 1.0)
        if y.size == len(y) and float(y.min()) == 0 and float(y.max()) < 255 and (y == y.round()).all():
            classes = int(y.max()) + 1
            fix = f"Dense({classes}, 'softmax') at last, and 'sparse_categorical_crossentropy', for labels of classes"
        elif -0.5 <= float(y.min()) and float(y.max()) <= 1.5:
            fix += "; for labels beyond [0, 1] on purpose, of logits a: minigen.mean(minigen.softplus(a) - y * a)"
        raise ValueError(message(where, expected="y in [0, 1]", got=f"y in {got}", fix=fix))


def check_distributions(where: str, y: TensorLike, dtype: DType = "float32") -> None:
    """ValueError unless each row of targets (batch, classes) is a distribution: no number below 0, the sum 1.

    A sum below 1 is allowed: it is the weight of the row, and 0 leaves the row out.
    """
    y = unwrap(y)
    sums = y.sum(axis=-1)  # (batch,)
    beyond = outside(y, 0.0, 1.0, dtype)
    if beyond or outside(sums, 0.0, 1 + SUM_ERROR, dtype):
        where, expected = f"{where}: targets", "rows of probabilities, none below 0, with a sum of 1 at most"
        got = f"rows with sums from {float(sums.min()):g} to {float(sums.max()):g}"
        fix = "y / y.sum(axis=-1, keepdims=True) for counts, or binary_crossentropy for several classes at once"
        if y.ndim == 1 or y.shape[-1] == 1:
            fix = "sparse_categorical_crossentropy, and y.reshape(-1), for integer labels"
        raise ValueError(message(where, expected=expected, got=f"numbers in {beyond}" if beyond else got, fix=fix))


def labels_in_range(where: str, y_true: ArrayLike, shape: Shape, fix: str = "") -> np.ndarray:
    """Integer labels, one for each row of predictions of `shape` (batch, classes). Booleans are the labels 0 and 1.

    They are on the host: CuPy would wrap an index out of range without an error. TypeError for floats, ValueError for
    another shape and for a label that is not in 0..classes-1; `fix` is what the texts of both suggest.
    """
    labels = backend.to_numpy(as_array(y_true, f"{where}: labels", "y"))
    labels = labels.astype("int64") if labels.dtype.kind == "b" else labels
    rows, classes = shape[:-1], shape[-1]
    wrong_shape, one_label_a_row = f"{where}: wrong shape of the labels", f"{rows}, one label a row"
    if len(shape) > 2 and labels.shape == shape[:1]:
        wrong_shape, expected = f"{where}: wrong shape of the outputs", "one row of outputs for each label"
        got = f"outputs {shape} for labels {labels.shape}"
        raise ValueError(message(wrong_shape, expected=expected, got=got, fix="Flatten() before the last layer"))
    if labels.shape == shape:
        got, fix = f"{labels.shape}, as many columns as classes", "y.argmax(axis=-1) for one-hot rows"
        raise ValueError(message(wrong_shape, expected=one_label_a_row, got=got, fix=fix))
    if labels.dtype.kind not in "iu":
        where, expected = f"{where}: labels are not integers", f"integers 0..{classes - 1}"
        fix = fix or 'y.astype("int64"), or categorical_crossentropy for one-hot targets'
        raise TypeError(message(where, expected=expected, got=labels.dtype, fix=fix))
    if labels.shape != rows:
        fix = "y.reshape(-1)" if labels.size == shape[0] else f"{shape[0]} labels, one for each row"
        raise ValueError(message(wrong_shape, expected=one_label_a_row, got=labels.shape, fix=fix))
    if labels.size and not (0 <= labels.min() and labels.max() < classes):
        where, fix = f"{where}: label out of range", fix or _fix_of_range(int(labels.min()), int(labels.max()), classes)
        expected = f"0..{classes - 1}, the model has {classes} outputs"
        raise ValueError(message(where, expected=expected, got=f"{labels.min()}..{labels.max()}", fix=fix))
    return labels


def _fix_of_range(least: int, most: int, classes: int) -> str:
    """What to write for labels least..most in place of 0..classes-1."""
    if least == 1 and most == classes:
        return "y - 1, for labels that count from 1"
    return f"Dense({most + 1}) as the last layer" if least >= 0 else "labels that count from 0"


# ---- from the loss of each element to one number


def reduction_and_axes(loss: str, reduction: Any, axis: Any, n: int, summed: int) -> tuple[str, Shape | None]:
    """The reduction, and its axes or None for all, where the last `summed` of the n axes of y_pred are gone already.

    ValueError for another reduction, an axis that does not exist, one beside "none", and for axes without the summed.
    """
    reduction = one_of(f"{loss}: reduction", reduction, ("mean", "sum", "none"), 'reduction="mean"')
    if axis is None:
        return reduction, None
    found: Any = reduced_axes(loss, np.empty((1,) * n), axis, "axis=-1")
    axes = tuple(a % n for a in (found if isinstance(found, tuple) else (found,)))
    if reduction == "none":
        where, got, fix = f"{loss}: axis", f'axis={axis!r} with "none"', f'reduction="mean", axis={axis!r}; or no axis'
        raise ValueError(message(where, expected='reduction="mean" or "sum" over an axis', got=got, fix=fix))
    gone = set(range(n - summed, n))
    if not gone <= set(axes):
        where, fix = f"{loss}: axis", "axis=-1 for a number of each row; y.transpose(...) for classes first"
        raise ValueError(message(where, expected="axes that include the classes, -1", got=f"axis={axis!r}", fix=fix))
    return reduction, tuple(a for a in axes if a not in gone)


def weights(loss: str, sample_weight: TensorLike, dtype: DType) -> TensorLike:
    """The weights as a Tensor of floats unchanged, or as an array of `dtype`."""
    if isinstance(sample_weight, Tensor) and sample_weight.dtype.kind == "f":
        return sample_weight
    return backend.asarray(as_array(sample_weight, f"{loss}: sample_weight", "sample_weight"), dtype)


def check_sample_weight(where: str, sample_weight: TensorLike) -> None:
    """ValueError for weights below 0 and for NaN and infinity: a loss with them may have no minimum."""
    w = unwrap(sample_weight)
    got = outside(w, 0.0, float(np.finfo("float64").max), "float64")
    if got:
        where, fix = f"{where}: sample_weight", "np.clip(sample_weight, 0, None); 0 leaves a sample out"
        raise ValueError(message(where, expected="finite numbers, none below 0", got=f"numbers in {got}", fix=fix))


def fitted_weights(loss: str, w: TensorLike, shape: Shape) -> TensorLike:
    """The weights with axes of size 1 behind theirs, for losses of `shape`; ValueError unless theirs are its first."""
    if len(w.shape) > len(shape) or any(n not in (1, m) for n, m in zip(w.shape, shape, strict=False)):
        where, expected = f"{loss}: wrong shape of sample_weight", f"{shape[:1]}, one weight a sample, or {shape}"
        fix = "sample_weight.reshape(-1)" if shape and math.prod(w.shape) == shape[0] else "as many weights as samples"
        if not shape:
            expected, fix = "a number for each sample, which can be weighted", "a loss without a mean over the batch"
        raise ValueError(message(where, expected=expected, got=w.shape, fix=fix))
    return w.reshape((*w.shape, *[1] * (len(shape) - len(w.shape))))


def checked_smoothing(loss: str, label_smoothing: Any) -> float:
    """`label_smoothing` as a float, or ValueError unless it is in [0, 1]."""
    if type(label_smoothing) is float and label_smoothing == 0:
        return 0.0
    where, beyond = f"{loss}: label_smoothing", math.nextafter(1, 2)
    return number(where, label_smoothing, "a number in [0, 1]", "label_smoothing=0.1", below=beyond)


# ---- losses as objects

REDUCTIONS = {"sum_over_batch_size": "mean", "mean": "mean", "sum": "sum", "none": "none", None: "none"}  # Keras' names


def reduction_of_object(where: str, reduction: Any) -> str:
    """The reduction of the functions that Keras' name stands for; ValueError for another name."""
    if not (reduction is None or isinstance(reduction, str)) or reduction not in REDUCTIONS:
        expected, fix = " or ".join(map(repr, REDUCTIONS)), 'reduction="sum_over_batch_size"'
        if isinstance(reduction, str) and reduction == "mean_with_sample_weight":
            fix += " and sample_weight / sample_weight.mean()"
        raise ValueError(message(f"{where}: reduction", expected=expected, got=repr(reduction), fix=fix))
    return REDUCTIONS[reduction]


def name_of_object(kind: str, name: Any) -> str:
    """The name, that of the class for None; TypeError for anything but text."""
    if not (name is None or isinstance(name, str)):
        raise TypeError(message(f"{kind}: name", expected="text", got=repr(name), fix=f"name={snake_case(kind)!r}"))
    return snake_case(kind) if name is None else name


def loose_pair(loss: str, y_true: Any, y_pred: Any) -> tuple[Any, Tensor]:
    """Targets of any shape, floats in the precision of the predictions and on their device; and a Tensor of floats."""
    y_pred = predictions(loss, y_pred)
    if getattr(getattr(y_true, "dtype", None), "kind", "") == "f" and not isinstance(y_true, Tensor):
        y_true = backend.asarray(y_true, y_pred.dtype)
    check_no_column(loss, y_true, y_pred)
    return y_true, y_pred


def check_is_tensor(loss: str, each: Any) -> None:
    """TypeError unless call() gave a Tensor: an array has no gradient."""
    if not isinstance(each, Tensor):
        where, fix = f"{loss}: call()", "return abs(y_pred - y_true).mean(axis=-1)"
        raise TypeError(message(where, expected="a Tensor, computed from y_pred", got=described(each), fix=fix))


def options_of_object(where: str, from_logits: Any, label_smoothing: Any = 0.0) -> dict[str, Any]:
    """The options of a cross-entropy that are not the default ones, checked."""
    options = {"from_logits": switch(f"{where}: from_logits", from_logits)}
    return {k: v for k, v in (options | {"label_smoothing": checked_smoothing(where, label_smoothing)}).items() if v}


def check_classes_are_last(where: str, axis: Any) -> None:
    """ValueError for classes that are not the last axis."""
    if not (is_integer(axis) and axis == -1):
        fix = "axis=-1, and y.transpose(0, 2, 3, 1) for data with the classes first"
        raise ValueError(message(f"{where}: axis", expected="-1, the last", got=repr(axis), fix=fix))


# ---- logits of a discriminator


def logits(loss: str, a: TensorLike) -> TensorLike:
    """A Tensor unchanged, anything else as an array. TypeError unless it holds floats, ValueError for no numbers and
    for the output of a sigmoid or softmax: the losses of this package apply the sigmoid themselves."""
    a = a if isinstance(a, Tensor) else backend.asarray(as_array(a, loss, "logits"))
    if a.dtype.kind != "f":
        raise TypeError(message(f"{loss}: no logits", expected="floats", got=a.dtype, fix='np.asarray(a, "float32")'))
    if math.prod(a.shape) == 0:
        _refuse_empty(loss, "a logit or more", a.shape)
    if isinstance(ops.made_by(a), (ops.Sigmoid, ops.Softmax)):
        where, expected = f"{loss}: probabilities where logits are expected", "the output of a layer without activation"
        got = "the output of a sigmoid or softmax: the loss applies the sigmoid itself, and twice is wrong"
        fix = "Dense(1) as the last layer of the discriminator"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))
    return a


def images_of_one_shape(where: str, real: TensorLike, fake: TensorLike) -> tuple[Array, Array]:
    """Both as arrays; ValueError unless there are as many fakes as real images, all of one shape."""
    real, fake = (backend.asarray(as_array(a, where, "x")) for a in (real, fake))
    if real.shape != fake.shape:
        where, fix = f"{where}: real and fake differ in shape", "as many fakes as real images"
        raise ValueError(message(where, expected=real.shape, got=fake.shape, fix=fix))
    return real, fake
