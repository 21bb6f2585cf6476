"""Losses as objects, with Keras' names, arguments and reductions: BinaryCrossentropy(label_smoothing=0.1).

Their `axis` and `reduction` are two steps, as in Keras: the mean over `axis`, for the cross-entropies over classes the
sum, gives one number for each row; `reduction` makes one number of these:
  "sum_over_batch_size", "mean"  the sum of w l over all rows divided by their number: the mean over all elements
  "sum"                          the sum of w l over all rows
  "none", None                   w l of each row
w is sample_weight. Compiled into a model, a loss has to give one number.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from ..arguments import check_takes, checks_arguments
from ..checks.values import is_integer, refuse_missing_method
from ..configured import Configured
from ..elsewhere import no_such_name
from ..tensor import Tensor
from ..types import TensorLike
from . import checks, targets
from .categorical import categorical_crossentropy, sparse_categorical_crossentropy
from .reduction import reduced


class Loss(Configured):
    """Base class of losses of one's own: call(y_true, y_pred) computes one number or more for each sample.

        class Huber(losses.Loss):
            def call(self, y_true, y_pred):
                e = abs(y_pred - y_true)
                return minigen.where(e < 1, e * e / 2, e - 0.5).mean(axis=-1)

    An object is called as loss(y_true, y_pred, sample_weight=None). It weights these numbers and reduces them to one.
    Raises ValueError for an unknown reduction.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if isinstance(vars(cls).get("call"), FunctionType):
            fix = "def call(self, y_true, y_pred): ..."
            check_takes(f"{cls.__name__}.call", cls.call, ("self", "y_true", "y_pred"), fix)

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size") -> None:
        self.name = checks.name_of_object(type(self).__name__, name)
        self.reduction = reduction
        self.reduces_to = checks.reduction_of_object(type(self).__name__, reduction)

    def __getattr__(self, name: str) -> Any:
        there_is = None if "name" in vars(self) else "super().__init__() at the beginning of its __init__"
        raise no_such_name(type(self).__name__, name, {}, there_is)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample, (batch, ...), of a Tensor y_pred, and of y_true as it came or in its precision."""
        refuse_missing_method(type(self).__name__, "call(self, y_true, y_pred)")

    @checks_arguments
    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        y_true, y_pred = checks.loose_pair(self.name, y_true, y_pred)
        each = self.call(y_true, y_pred)
        checks.check_is_tensor(self.name, each)
        if sample_weight is not None:
            sample_weight = checks.weights(self.name, sample_weight, each.dtype)
            checks.check_sample_weight(self.name, sample_weight)
        return reduced(self.name, each, self.reduces_to, sample_weight=sample_weight)


class LossOfFunction(Loss):
    """A function of targets.py or categorical.py with its options: `func` and `keywords`, as in functools.partial."""

    def __init__(
        self, func: Callable[..., Tensor], name: str | None, reduction: str | None, axis: Any = -1, **keywords: Any
    ) -> None:
        super().__init__(name, reduction)
        self.func, self.axis, self.keywords = func, axis, keywords

    def call(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        return self.func(y_true, y_pred, axis=self.axis, **self.keywords)

    @checks_arguments
    def __call__(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: Any = None) -> Tensor:
        if not (is_integer(self.axis) and self.axis == -1):  # weights of what the axis leaves, as in Loss
            return super().__call__(y_true, y_pred, sample_weight)
        options = self.keywords if sample_weight is None else {**self.keywords, "sample_weight": sample_weight}
        if self.reduces_to == "mean":  # the mean of the means is that of all elements: one op
            return self.func(y_true, y_pred, **options)
        return reduced(self.name, self.func(y_true, y_pred, axis=-1, **options), self.reduces_to)


class MeanSquaredError(LossOfFunction):
    """mean of (ŷ - y)²."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(targets.mean_squared_error, name, reduction)


class MeanAbsoluteError(LossOfFunction):
    """mean of |ŷ - y|."""

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(targets.mean_absolute_error, name, reduction)


class BinaryCrossentropy(LossOfFunction):
    """binary_crossentropy: -t log p - (1-t) log(1-p) of each output, with t (1 - s) + s/2 in place of t.

    s = label_smoothing in [0, 1]. Raises ValueError for an s outside, and at a call what the function raises.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        options = checks.options_of_object("BinaryCrossentropy", from_logits, label_smoothing)
        super().__init__(targets.binary_crossentropy, name, reduction, axis, **options)


class CategoricalCrossentropy(LossOfFunction):
    """categorical_crossentropy: -Σₖ tₖ log pₖ over the classes k, with t (1 - s) + s / classes in place of t.

    s = label_smoothing in [0, 1]. The classes are the last axis: another one raises ValueError.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        checks.check_classes_are_last("CategoricalCrossentropy", axis)
        options = checks.options_of_object("CategoricalCrossentropy", from_logits, label_smoothing)
        super().__init__(categorical_crossentropy, name, reduction, axis, **options)


class SparseCategoricalCrossentropy(LossOfFunction):
    """sparse_categorical_crossentropy: -log pₖ of the class k that the integer label names.

    Keras' ignore_class c does not exist: sample_weight = (y != c) / (y != c).mean() gives the mean over the labels
    left, with np.where(y != c, y, 0) as labels. The classes are the last axis: another one raises ValueError.
    """

    def __init__(
        self,
        from_logits: bool = False,
        *,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
    ) -> None:
        checks.check_classes_are_last("SparseCategoricalCrossentropy", axis)
        options = checks.options_of_object("SparseCategoricalCrossentropy", from_logits)
        super().__init__(sparse_categorical_crossentropy, name, reduction, axis, **options)
