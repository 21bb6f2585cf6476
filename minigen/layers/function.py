"""Any function as a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..checks import check_is_callable
from .base import Layer
from .checks import check_holds_no_weights


class Lambda(Layer):
    """y = function(x): Lambda(lambda x: x[:, :2])(x), and of a list for several inputs, Lambda(f)([a, b]).

    function  of a Tensor or a list of them, made of minigen's functions and operators

    A function has no weights that could be trained or saved: for those, subclass Layer. Its code is never written into
    a file, at most its name: a model with a Lambda comes back only where the function is given again, and a `lambda`
    has no name. Raises TypeError for what is no function, ValueError for a function that uses a layer or a weight from
    outside of it.
    """

    def __init__(self, function: Callable[[Any], Any], name: str | None = None) -> None:
        super().__init__(name)
        check_is_callable(f"{self.label}: function", function, "Lambda(lambda x: x * x)")
        check_holds_no_weights(self.label, function)
        self.function = function

    def call(self, x: Any) -> Any:
        return self.function(x)
