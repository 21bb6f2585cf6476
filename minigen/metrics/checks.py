"""What metrics take, as NumPy arrays: pairs of targets and predictions, points, labels, probabilities, images."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import backend
from ..arrays import as_array
from ..checks.values import positive_integer, snake_case
from ..errors import message
from ..types import ArrayLike, Shape

# ---- targets and predictions


def on_host(where: str, x: ArrayLike, name: str = "x") -> np.ndarray:
    """`x` as a NumPy array of numbers; TypeError for anything else."""
    return backend.to_numpy(as_array(x, where, name))


def pair(metric: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions; ValueError for no predictions."""
    t, p = on_host(f"{metric}: y_true", y_true, "y_true"), on_host(f"{metric}: y_pred", y_pred, "y_pred")
    if p.size == 0:
        where, expected, fix = f"{metric}: no samples", "at least one sample", "data[:n] with n > 0"
        raise ValueError(message(where, expected=expected, got=p.shape, fix=fix))
    return t, p


def pair_of_one_shape(metric: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions; ValueError for two shapes."""
    t, p = pair(metric, y_true, y_pred)
    check_shape(metric, t, p.shape)
    return t, p


def check_shape(metric: str, t: np.ndarray, shape: Shape) -> None:
    """ValueError unless the targets have that shape: broadcasting them would give a wrong number."""
    if t.shape != shape:
        fix = f"y_true.reshape({shape})" if t.size == math.prod(shape) else "one target for each prediction"
        raise ValueError(message(f"{metric}: shapes differ", expected=f"y_true {shape}", got=t.shape, fix=fix))


def _is_binary(t: np.ndarray) -> bool:
    return bool(((t == 0) | (t == 1)).all())


def class_labels(metric: str, t: np.ndarray, shape: Shape) -> np.ndarray:
    """The classes (...) that labels (...) or one-hot rows (..., classes) name, for outputs of shape (..., classes).

    ValueError for other rows, for labels that are not in 0..classes-1 and for other shapes.
    """
    where, classes = f"{metric}: targets", shape[-1]
    if t.shape == shape:
        ones = t.sum(axis=-1)
        if not (_is_binary(t) and (ones == 1).all()):
            got = f"rows with {ones.min():g} to {ones.max():g} ones" if _is_binary(t) else "rows of other numbers"
            fix = "y.argmax(axis=-1) for rows of probabilities; ((p > 0.5) == y).mean() for several answers a row"
            raise ValueError(message(where, expected="labels, or one-hot rows", got=got, fix=fix))
        t = t.argmax(axis=-1)
    if t.size and not (t.min() >= 0 and t.max() < classes and (t == np.floor(t)).all()):
        fix = "labels that count the classes from 0, and an output for each class"
        raise ValueError(message(where, expected=f"labels 0..{classes - 1}", got=f"{t.min():g}..{t.max():g}", fix=fix))
    check_shape(metric, t, shape[:-1])
    return t


def check_binary_targets(metric: str, t: np.ndarray, shape: Shape) -> None:
    """ValueError unless the targets are 0 and 1, one for each output."""
    check_shape(metric, t, shape)
    if not _is_binary(t):
        where, got = f"{metric}: targets for one output", f"{t.min():g}..{t.max():g}"
        fix = "Dense(classes, 'softmax') as the last layer, for labels that count classes"
        raise ValueError(message(where, expected="0 and 1", got=got, fix=fix))


def labels_and_scores(metric: str, y_true: ArrayLike, y_score: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Both as (n,); ValueError unless the labels are 0 and 1, both of them, and the scores finite."""
    t, s = pair_of_one_shape(metric, y_true, y_score)
    t, s = t.reshape(-1), s.reshape(-1)
    if set(np.unique(t)) != {0, 1}:
        fix = "np.r_[np.ones(len(real)), np.zeros(len(fake))]"
        raise ValueError(message(f"{metric}: targets", expected="0 and 1, both", got=np.unique(t)[:5], fix=fix))
    if not np.isfinite(s).all():
        got, fix = f"{(~np.isfinite(s)).sum()} that are not", "scores without NaN and infinity"
        raise ValueError(message(f"{metric}: scores", expected="finite numbers", got=got, fix=fix))
    return t, s


def pair_of_rows(metric: str, y_true: ArrayLike, y_pred: ArrayLike, least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Both as (..., columns) with `least` columns or more; ValueError for another shape and for two."""
    t, p = pair_of_one_shape(metric, y_true, y_pred)
    _check_columns(metric, p.shape, least)
    return t, p


def _check_columns(metric: str, shape: Shape, least: int) -> None:
    if not shape or shape[-1] < least:
        where, fix = f"{metric}: predictions", "'binary_accuracy' for a single output"
        raise ValueError(message(where, expected=f"rows of {least} numbers or more", got=shape, fix=fix))


def labels_and_rows(metric: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Integer labels (...) and rows of outputs (..., classes); ValueError for labels that do not fit the rows."""
    t, p = pair(metric, y_true, y_pred)
    _check_columns(metric, p.shape, 2)
    return class_labels(metric, t, p.shape).astype("int64"), p


def fewer_than_classes(metric: str, k: Any, classes: int) -> int:
    """`k` as an int; ValueError unless it is in 1..classes-1."""
    fix = f"functools.partial(metrics.{metric}, k={max(1, min(3, classes - 1))})"
    found = positive_integer(f"{metric}: k", k, fix)
    if found >= classes:
        where, expected = f"{metric}: k", f"less than the {classes} classes: otherwise each row is right"
        raise ValueError(message(where, expected=expected, got=k, fix=fix))
    return found


def rows_of_probabilities(metric: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Both as (..., classes) in float64; ValueError for two shapes, and for numbers outside [0, 1] beyond rounding."""
    t, p = (a.astype("float64") for a in pair_of_rows(metric, y_true, y_pred))
    for name, a in (("targets", t), ("predictions", p)):
        if not (a.min() >= -1e-6 and a.max() <= 1 + 1e-6):
            where, got, fix = f"{metric}: {name}", f"{a.min():g}..{a.max():g}", "probabilities, as of a softmax"
            raise ValueError(message(where, expected="numbers in [0, 1]", got=got, fix=fix))
    return t, p


PREDICTED = "p, t = model.predict(x).reshape(-1) > 0.5, y.reshape(-1) == 1"
COUNTS = f"{PREDICTED}; (p & t).sum(), and so on"
NO_MEANS = {  # Keras' names of metrics that are no means over samples -> what to compute from all of the data
    "auc": "minigen.metrics.auc(y.reshape(-1), model.predict(x).reshape(-1))",
    "f1_score": f"{PREDICTED}; 2 * (p & t).sum() / (p.sum() + t.sum())",
    "false_negatives": COUNTS,
    "false_positives": COUNTS,
    "mean_io_u": f"{PREDICTED}; (p & t).sum() / (p | t).sum() for each class",
    "peak_signal_to_noise": "minigen.metrics.peak_signal_to_noise(x, model.predict(x))",
    "precision": f"{PREDICTED}; (p & t).sum() / p.sum()",
    "psnr": "minigen.metrics.peak_signal_to_noise(x, model.predict(x))",
    "r2_score": "p = model.predict(x).reshape(y.shape); 1 - ((y - p) ** 2).mean(axis=0) / y.var(axis=0), and its mean",
    "recall": f"{PREDICTED}; (p & t).sum() / t.sum()",
    "root_mean_squared_error": "metrics=['mse'], and the square root of what it gives",
    "true_negatives": COUNTS,
    "true_positives": COUNTS,
}


def check_is_mean_over_samples(name: str) -> None:
    """ValueError for a metric that is no mean over samples: the mean over the batches is not that of all data."""
    fix = NO_MEANS.get(snake_case(name))
    if fix is not None:
        where, expected = f"metric {name!r}", "a mean over samples, whose mean over the batches is that of all data"
        raise ValueError(message(where, expected=expected, got=repr(name), fix=fix))


# ---- points


def points(metric: str, x: ArrayLike, least: int = 2) -> np.ndarray:
    """(n, dim) in float64; ValueError for fewer than `least` rows, for rows without a number and for NaN."""
    fix = "x.reshape(len(x), -1)"
    a = backend.finite_array(metric, x, 2, fix).astype("float64")
    if len(a) < least or a.shape[1] == 0:
        raise ValueError(message(metric, expected=f"{least} rows or more of one number or more", got=a.shape, fix=fix))
    return a


def labels_of(where: str, y: ArrayLike, n: int, fix: str = 'y.astype("int64"), y.argmax(axis=1)') -> np.ndarray:
    """`y` as an array (n,) of integers or booleans, or ValueError."""
    a = backend.finite_array(where, y, 1, fix)
    if a.dtype.kind not in "iub":
        raise ValueError(message(where, expected="integer labels", got=a.dtype, fix=fix))
    check_as_many(where, "labels", len(a), "points", n)
    return a


def check_as_many(metric: str, what: str, n: int, others: str, m: int) -> None:
    """ValueError unless there are as many of the first as of the others."""
    if n != m:
        raise ValueError(message(metric, expected=f"{m} {what}, as {others}", got=n, fix="arrays of one length"))


def number_of_neighbours(metric: str, k: Any, most: int) -> int:
    """`k` as an int; ValueError unless it is in 1..most."""
    number = positive_integer(f"{metric}: k", k, "k=5")
    if number > most:
        raise ValueError(message(f"{metric}: k", expected=f"at most {most}, the number of points", got=k, fix="k=5"))
    return number


# ---- samples


def distribution(metric: str, p: ArrayLike) -> np.ndarray:
    """(k,) probabilities in float64; ValueError for negative numbers and for another sum than 1."""
    fix = "counts / counts.sum()"
    a = backend.finite_array(metric, p, 1, fix).astype("float64")
    if len(a) == 0 or a.min() < 0 or not math.isclose(a.sum(), 1, rel_tol=1e-5):
        got = f"sum {a.sum():g}, least {a.min() if len(a) else 'none'}"
        raise ValueError(message(metric, expected="probabilities >= 0 with sum 1", got=got, fix=fix))
    return a


def images_with_neighbours(metric: str, x: ArrayLike) -> np.ndarray:
    """(n, rows, columns[, channels]) in float64; ValueError for another shape, for one pixel and for NaN."""
    a, fix = on_host(metric, x), "x.reshape(-1, 28, 28)"
    if a.ndim not in (3, 4) or 0 in a.shape or max(a.shape[1:3]) < 2:
        expected = "images (n, rows, columns[, channels])"
        raise ValueError(message(f"{metric}: shape", expected=expected, got=a.shape, fix=fix))
    return backend.finite_array(metric, a, a.ndim, fix).astype("float64")
