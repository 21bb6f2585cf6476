"""Losses: (y_true, y_pred) -> one number, the mean over the batch. One function for each equation.

Two families, and the factor between them matters (a VAE adds a KL of the second kind):
  mean over everything   binary_crossentropy, mean_squared_error, ...: Keras' numbers, "per pixel"
  sum over each sample   half_squared_error: the chapter's 1/2 ‖x̂ - x‖², "per image"; on 784 pixels it is 392 x the mse
                         binary_crossentropy_per_image: 784 x binary_crossentropy
kl_standard_normal (Loss z) is of the second family too, and takes the two heads of an encoder.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import backend, ops
from ..arguments import checks_arguments
from ..arrays import as_array, into_range, outside
from ..autograd import Op, unwrap
from ..autograd.checks import check_fresh
from ..checks import switch
from ..errors import message, named
from ..ops.activation import Sigmoid, Softmax
from ..ops.crossentropy import BinaryCrossentropy, SoftmaxCrossentropy
from ..ops.gaussian import HalfSquaredError
from ..tensor import Tensor

SUM_ERROR = 0.01  # of a row of probabilities: what rounding and label smoothing may leave
EPSILON = 1e-7  # Keras' clip: probabilities are kept inside [ε, 1 - ε]
Loss = Callable[[Any, Any], Tensor]


def check(loss: str, y_true: Any, y_pred: Any) -> tuple[Any, Tensor]:
    """The pair as (array or Tensor, Tensor) of equal shapes, or ValueError; TypeError in the other order."""
    if isinstance(y_true, Tensor) and y_true.op is not None and not isinstance(y_pred, Tensor):
        where, fix = f"{loss}: arguments", f"{loss}(y_true, y_pred)"
        expected, got = "targets, then predictions", "predictions, which have a history, then an array"
        raise TypeError(message(where, expected=expected, got=got, fix=fix))
    y_pred = _predictions(loss, y_pred)
    if not isinstance(y_true, Tensor) or y_true.dtype.kind != "f":
        y_true = backend.asarray(as_array(y_true, f"{loss}: y_true", "y_true"), y_pred.dtype)
    if y_true.shape != y_pred.shape:
        raise ValueError(
            message(
                f"{loss}: the shapes of y_true and y_pred differ, and broadcasting them would give a wrong number",
                expected=f"y_true of shape {y_pred.shape}, as y_pred",
                got=f"{y_true.shape}",
                fix=_targets_for(loss, y_true.shape, y_pred.shape),
            )
        )
    _check_not_empty(loss, y_pred)
    return y_true, y_pred


def _targets_for(loss: str, given: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """What to write for targets of another shape than the outputs."""
    if math.prod(given) == math.prod(wanted):
        return f"y_true.reshape({wanted})"
    if loss == "categorical_crossentropy" and given in (wanted[:-1], (*wanted[:-1], 1)):
        return "sparse_categorical_crossentropy, and y.reshape(-1), for labels that count the classes"
    return "targets that match the outputs"


def _predictions(loss: str, y_pred: Any) -> Tensor:
    """A Tensor of floats. TypeError for a list of tensors, through which no gradient would pass."""
    if isinstance(y_pred, Tensor) and y_pred.dtype.kind == "f":
        return y_pred
    if isinstance(y_pred, (list, tuple)) and any(isinstance(y, Tensor) for y in y_pred):
        where, fix = f"{loss}: y_pred", "minigen.stack(y_pred)"
        raise TypeError(message(where, expected="a tensor", got="a list of tensors", fix=fix))
    a = as_array(y_pred, f"{loss}: y_pred", "y_pred")
    floats = hasattr(y_pred, "dtype") and a.dtype.kind == "f"  # lists become float32, and integers: 0.9 must not be 0
    return Tensor(backend.asarray(a, None if floats else "float32"))


def _check_not_empty(loss: str, y_pred: Tensor) -> None:
    if y_pred.size == 0:
        raise ValueError(
            message(
                f"{loss}: empty batch",
                expected="at least one sample",
                got=y_pred.shape,
                fix="data[:n] with n > 0",
            )
        )


@checks_arguments
def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """mean of (ŷ - y)², over every element."""
    y_true, y_pred = check("mean_squared_error", y_true, y_pred)
    return ops.square(y_pred - y_true).mean()


@checks_arguments
def half_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """Loss x̂ = 1/2 ‖x̂ - x‖², summed over each sample, mean over the batch (sections 9.2.1 and 9.2.4 of the chapter).

    It is the negative log-likelihood of x under N(x̂, Id), without its constant: nats per image.
    """
    y_true, y_pred = check("half_squared_error", y_true, y_pred)
    return HalfSquaredError()(y_true, y_pred)


@checks_arguments
def kl_standard_normal(mu: Any, logvar: Any) -> Any:
    """Loss z = D_KL(N(μ, Σ), N(0, Id)): the sum over k of 1/2 (Σₖₖ + μₖ² - 1 - log Σₖₖ), mean over the batch.

    In nats per image. mu and logvar = log Σ (batch, latent) are the two heads of the encoder of a VAE; Tensors give a
    Tensor, arrays an array. It is 0 exactly where mu = 0 and logvar = 0. The chapter leaves out the parentheses; the
    sum takes all four terms. logvar is clipped to [-20, 20]. The rule is ops.KLStandardNormal. Source: Kingma and
    Welling 2014, appendix B, and section 9.2.4 of the chapter.
    """
    return ops.kl_per_dimension(mu, logvar).sum()


@checks_arguments
def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """mean of |ŷ - y|, over every element."""
    y_true, y_pred = check("mean_absolute_error", y_true, y_pred)
    return abs(y_pred - y_true).mean()


@checks_arguments
def binary_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Tensor:
    """mean of -t log p - (1-t) log(1-p), over every element: nats per pixel (x 784 for nats per image).

    y_true t in [0, 1] and y_pred p in [0, 1], of equal shape; with from_logits y_pred are logits x, p = sigmoid(x).
    Where y_pred is the direct output of a sigmoid, its logits are used: exact, and a confident wrong answer keeps its
    gradient. Other probabilities are clipped to [1e-7, 1 - 1e-7] as in Keras, and outside of it the gradient is 0.
    Raises GraphError for logits that were changed after the sigmoid.
    """
    y_true, y_pred = check("binary_crossentropy", y_true, y_pred)
    check_probabilities("binary_crossentropy", y_true, y_pred.dtype)
    return _binary_crossentropy(y_true, y_pred, from_logits)


def _binary_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Tensor:
    """The same, of targets that were looked at before."""
    y_true, y_pred = check("binary_crossentropy", y_true, y_pred)
    if switch("binary_crossentropy: from_logits", from_logits):
        _check_logits("binary_crossentropy", y_pred, Sigmoid)
        return BinaryCrossentropy()(y_pred, y_true)
    if isinstance(y_pred.op, Sigmoid):
        check_fresh(y_pred, "binary_crossentropy of")
        return BinaryCrossentropy(p=y_pred.data)(y_pred.op.inputs[0], y_true)
    _check_predictions("binary_crossentropy", y_pred, "sigmoid", most=1)
    p = ops.clip(y_pred, EPSILON, 1 - EPSILON)
    return -(ops.log(p) * y_true + ops.log(1 - p) * (1 - y_true)).mean()


@checks_arguments
def binary_crossentropy_per_image(y_true: Any, y_pred: Any, from_logits: bool = False) -> Tensor:
    """Σ over the pixels of -t log p - (1-t) log(1-p), mean over the batch: nats per image.

    It is binary_crossentropy times the number of pixels, and what a VAE can add a KL to. The rest is as there.
    """
    y_true, y_pred = check("binary_crossentropy_per_image", y_true, y_pred)
    check_probabilities("binary_crossentropy_per_image", y_true, y_pred.dtype)
    return _binary_crossentropy_per_image(y_true, y_pred, from_logits)


def _binary_crossentropy_per_image(y_true: Any, y_pred: Any, from_logits: bool = False) -> Tensor:
    """The same, of targets that were looked at before."""
    y_true, y_pred = check("binary_crossentropy_per_image", y_true, y_pred)
    return _binary_crossentropy(y_true, y_pred, from_logits) * math.prod(y_pred.shape[1:])


def check_probabilities(where: str, y: Any, dtype: Any = "float32") -> None:
    """Raise ValueError for targets that, in `dtype`, lie outside of [0, 1]: pixels up to 255, NaN."""
    y = unwrap(y)
    got = outside(y, 0.0, 1.0, dtype)
    if got:
        problem, fix = f"{where} needs targets that are probabilities", into_range(y, 0.0, 1.0)
        raise ValueError(message(problem, expected="y in [0, 1]", got=f"y in {got}", fix=fix))


def _check_logits(loss: str, y_pred: Tensor, activation: type[Op]) -> None:
    """Raise ValueError for the direct output of a sigmoid or softmax, which would be taken twice."""
    if isinstance(y_pred.op, activation):
        name = activation.__name__.lower()
        where, fix = f"{loss}: from_logits=True", f"from_logits=False, or a last layer without {name}"
        raise ValueError(message(where, expected="logits", got=f"the output of a {name}", fix=fix))


def _check_predictions(loss: str, y_pred: Tensor, activation: str, most: float) -> None:
    """Raise ValueError for predictions below 0 or above `most`, beyond rounding: clipped, the worst would look best.

    The direct outputs of a sigmoid or softmax need no look.
    """
    low, high = float(y_pred.data.min()), float(y_pred.data.max())
    if low < -SUM_ERROR or high > most + SUM_ERROR:
        where = f"{loss}: predictions"
        fix = f"activation={activation!r} in the last layer, or functools.partial(losses.{loss}, from_logits=True)"
        expected, got = "probabilities, in [0, 1]", f"numbers in [{low:g}, {high:g}]"
        raise ValueError(message(where, expected=expected, got=got, fix=fix))


def check_shares(where: str, y: Any, dtype: Any = "float32") -> None:
    """Raise ValueError unless each row of targets is a distribution over classes: 0 or more each, with sum 1.

    A smaller sum is the weight of the row, and 0 leaves it out.
    """
    y = unwrap(y)
    sums = y.sum(axis=-1)
    beyond = outside(y, 0.0, 1.0, dtype)
    if beyond or outside(sums, 0.0, 1 + SUM_ERROR, dtype):
        expected = "rows of probabilities: 0 or more each, with sum 1 at most"
        got = (
            f"numbers in {beyond}" if beyond else f"rows with sums from {float(sums.min()):g} to {float(sums.max()):g}"
        )
        fix = "y / y.sum(axis=-1, keepdims=True) for counts, or binary_crossentropy for several classes at once"
        if y.ndim == 1 or y.shape[-1] == 1:
            fix = "sparse_categorical_crossentropy, and y.reshape(-1), for labels that count the classes"
        raise ValueError(message(f"{where}: targets", expected=expected, got=got, fix=fix))


@checks_arguments
def categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Tensor:
    """mean over rows of -Σₖ tₖ log pₖ, with targets t (usually one-hot) and probabilities p of shape (batch, classes).

    With from_logits p = softmax(y_pred), exactly; and so it is where y_pred is the direct output of a softmax, whose
    logits are used. Other probabilities are divided by their sum over the classes and clipped, as in Keras. Raises
    ValueError for rows t with negative numbers or a sum above 1, GraphError for logits that were changed after the
    softmax.
    """
    y_true, y_pred = check("categorical_crossentropy", y_true, y_pred)
    check_shares("categorical_crossentropy", y_true, y_pred.dtype)
    return _categorical_crossentropy(y_true, y_pred, from_logits)


def _categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, loss: str = "categorical_crossentropy"
) -> Tensor:
    """The same, of targets that were looked at before; `loss` is the name in errors."""
    y_true, y_pred = check(loss, y_true, y_pred)
    if switch(f"{loss}: from_logits", from_logits):
        _check_logits(loss, y_pred, Softmax)
        return SoftmaxCrossentropy()(y_pred, y_true)
    if isinstance(y_pred.op, Softmax) and y_pred.op.axis == -1:
        check_fresh(y_pred, f"{loss} of")
        return SoftmaxCrossentropy(y_pred.op, y_pred.data)(y_pred.op.inputs[0], y_true)
    _check_predictions(loss, y_pred, "softmax", most=math.inf)  # they are divided by their sum
    p = ops.clip(y_pred / y_pred.sum(axis=-1, keepdims=True), EPSILON, 1 - EPSILON)
    return -(ops.log(p) * y_true).sum() / (y_pred.size // y_pred.shape[-1])


@checks_arguments
def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Tensor:
    """categorical_crossentropy with integer labels y_true of shape (batch,) in 0..classes-1.

    Raises TypeError for float labels, ValueError for a wrong shape or a label out of range.
    """
    y_pred = _predictions("sparse_categorical_crossentropy", y_pred)
    _check_not_empty("sparse_categorical_crossentropy", y_pred)
    labels = check_labels("sparse_categorical_crossentropy", y_true, y_pred.shape)
    one_hot = np.eye(y_pred.shape[-1], dtype=y_pred.dtype)[labels]
    return _categorical_crossentropy(one_hot, y_pred, from_logits, "sparse_categorical_crossentropy")


def check_labels(where: str, y_true: Any, shape: tuple[int, ...], fix: str = "") -> np.ndarray:
    """Integer labels for predictions of `shape` (batch, classes), on the host: CuPy would wrap a bad index silently.

    Booleans are the labels 0 and 1.
    """
    labels = backend.to_numpy(as_array(y_true, f"{where}: labels", "y"))
    labels = labels.astype("int64") if labels.dtype.kind == "b" else labels
    if len(shape) > 2 and labels.shape == shape[:1]:
        expected, got = "one row of outputs for each label", f"outputs {shape} for labels {labels.shape}"
        fix = "Flatten() before the last layer"
        raise ValueError(message(f"{where}: wrong shape of the outputs", expected=expected, got=got, fix=fix))
    if labels.shape == shape:
        expected, fix = f"{shape[:-1]}, one label a row", "y.argmax(axis=-1) for one-hot rows"
        got = f"{labels.shape}, as many columns as classes"
        raise ValueError(message(f"{where}: wrong shape of the labels", expected=expected, got=got, fix=fix))
    if labels.dtype.kind not in "iu":
        raise TypeError(
            message(
                f"{where}: labels are not integers",
                expected=f"integers 0..{shape[-1] - 1}",
                got=str(labels.dtype),
                fix=fix or 'y.astype("int64"), or categorical_crossentropy for one-hot targets',
            )
        )
    if labels.shape != shape[:-1]:
        raise ValueError(
            message(
                f"{where}: wrong shape of the labels",
                expected=f"{shape[:-1]}, one label a row",
                got=labels.shape,
                fix="y.reshape(-1)" if labels.size == shape[0] else f"{shape[0]} labels, one for each row",
            )
        )
    if labels.size and not (0 <= labels.min() and labels.max() < shape[-1]):
        raise ValueError(
            message(
                f"{where}: label out of range",
                expected=f"0..{shape[-1] - 1}, the model has {shape[-1]} outputs",
                got=f"{labels.min()}..{labels.max()}",
                fix=fix
                or (
                    "y - 1, for labels that count from 1"
                    if labels.min() == 1 and labels.max() == shape[-1]
                    else f"Dense({labels.max() + 1}) as the last layer"
                    if labels.min() >= 0
                    else "labels that count from 0"
                ),
            )
        )
    return labels


mse, mae, bce = mean_squared_error, mean_absolute_error, binary_crossentropy  # Keras' short names

LOSSES: dict[str, Loss] = {
    "binary_crossentropy": binary_crossentropy,
    "bce": binary_crossentropy,
    "binary_crossentropy_per_image": binary_crossentropy_per_image,
    "categorical_crossentropy": categorical_crossentropy,
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
    "half_squared_error": half_squared_error,
    "mean_absolute_error": mean_absolute_error,
    "mae": mean_absolute_error,
    "mean_squared_error": mean_squared_error,
    "mse": mean_squared_error,
}


PER_IMAGE = (half_squared_error, binary_crossentropy_per_image)  # in nats: what a VAE can add a KL to


class OfProbabilities(NamedTuple):
    """A loss that looks at its targets: what it asks of them, and the loss without a look, for those seen before."""

    loss: Loss
    check: Callable[[str, Any, Any], None]
    unchecked: Loss


OF_PROBABILITIES = (
    OfProbabilities(binary_crossentropy, check_probabilities, _binary_crossentropy),
    OfProbabilities(binary_crossentropy_per_image, check_probabilities, _binary_crossentropy_per_image),
    OfProbabilities(categorical_crossentropy, check_shares, _categorical_crossentropy),
)


def of_probabilities(loss: Any) -> OfProbabilities | None:
    """What is known of a loss that asks for probabilities as targets; None for any other."""
    return next((known for known in OF_PROBABILITIES if known.loss is loss), None)


def is_binary_of_logits(loss: Any) -> bool:
    """Whether it is partial(binary_crossentropy, from_logits=True), or the same per image."""
    binary = getattr(loss, "func", None) in (binary_crossentropy, binary_crossentropy_per_image)
    return binary and bool(loss.keywords.get("from_logits"))


def get(loss: str | Loss) -> Loss:
    """The loss of that name (or the function itself; None for a model with a train_step of its own)."""
    found = named("loss", loss, LOSSES)
    if not (found is None or callable(found)):
        expected, fix = "a name, or a function (y_true, y_pred) -> one number", "'mean_squared_error'"
        raise TypeError(message("loss", expected=expected, got=repr(loss), fix=fix))
    return found
