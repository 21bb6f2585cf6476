"""The result of comparing gradients: the element with the largest error, and the errors that gradcheck raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..tables import html_table


class GradcheckError(AssertionError):
    """A gradient differs from its finite difference, or cannot be compared with one; the text names the worst element.

    The fields repeat the text, and are None where they do not apply: op is the name of the op at fault (None if each
    rule is right by itself), input a name such as "input 0" or "dense/kernel", relative the relative error.
    """

    op: str | None = None
    input: str | None = None
    index: tuple[int, ...] | None = None
    analytic: float | None = None
    numeric: float | None = None
    relative: float | None = None
    tolerance: float | None = None
    checked: int | None = None
    total: int | None = None

    def __init__(self, text: str, **fields: Any) -> None:
        super().__init__(text)
        vars(self).update(fields)


class KinkError(GradcheckError):
    """f has a corner or a jump at an element of its input: the slopes from the left and from the right differ there.

    No finite difference is its gradient: move the input away. The fields are those of GradcheckError.
    """


@dataclass(frozen=True, repr=False)
class Worst:
    """The element where a gradient differs most from its finite difference, and how many elements were compared."""

    order: int
    tensor: str
    index: tuple[int, ...]
    value: float
    analytic: float
    numeric: float
    error: float  # |analytic - numeric|, relative to the larger of the two plus the noise of the difference
    checked: int = 0  # elements compared one by one
    total: int = 0  # elements of all tensors
    unclear: int = 0  # elements whose differences are dominated by rounding

    @property
    def relative(self) -> float:
        """|analytic - numeric| / max(|analytic|, |numeric|)."""
        return abs(self.analytic - self.numeric) / (max(abs(self.analytic), abs(self.numeric)) or 1.0)

    @property
    def place(self) -> str:
        return f"{self.tensor}[{', '.join(map(str, self.index))}]"

    @property
    def extent(self) -> str:
        blocks = "" if self.checked == self.total else ", the others in blocks"
        unclear = f"; {self.unclear} could not be distinguished from rounding" if self.unclear else ""
        return f"checked {self.checked} of {self.total} elements{blocks}{unclear}"

    def fields(self, tol: float) -> dict[str, Any]:
        """The fields of a GradcheckError about this element."""
        same = {name: getattr(self, name) for name in ("index", "analytic", "numeric", "relative", "checked", "total")}
        return {"input": self.tensor, "tolerance": tol, **same}

    def __repr__(self) -> str:
        return f"<gradcheck {self}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the element where the error is largest, and the numbers that were compared there."""
        names = "worst element", "its value", "gradient by backward", "by finite differences", "relative error", "order"
        numbers = [f"{x:.9g}" for x in (self.value, self.analytic, self.numeric)]
        values = self.place, *numbers, f"{self.error:.1e}", str(self.order)
        return html_table([("gradcheck", "ok"), *zip(names, values, strict=True)], "<<", notes=[self.extent])

    def __str__(self) -> str:
        return f"ok: worst relative error {self.error:.1e}, at {self.place}, order {self.order}; {self.extent}"
