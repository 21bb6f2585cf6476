"""What the files of exercises are made of besides the exercise itself: tests with marks, and typical wrong answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Test:
    """A test of an exercise: a function of the student's names that returns {name: array}.

    It is run twice, on the student's file and on the solution, and the arrays are compared. It may use np and mg, and
    nothing else of the file that it stands in, since its text alone is sent to the process that runs it.

    public   the student gets it too
    sizes    {what: number}: a result that is wrong by such a factor is a mean for a sum, or a sum for a mean
    dtype    whether the dtype of the results counts
    """

    __test__ = False  # for pytest

    function: Callable[[Any], Mapping[str, Any]]
    marks: int
    public: bool
    sizes: Mapping[str, int]
    dtype: bool

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def title(self) -> str:
        """The first line of its docstring."""
        return (self.function.__doc__ or self.name).strip().splitlines()[0].rstrip(".")


def test(
    marks: int, *, public: bool = False, sizes: Mapping[str, int] = MappingProxyType({}), dtype: bool = False
) -> Callable[[Callable[[Any], Mapping[str, Any]]], Test]:
    """@test(marks=3) above a function makes a Test of it."""

    def made(function: Callable[[Any], Mapping[str, Any]]) -> Test:
        return Test(function, marks, public, sizes, dtype)

    return made


test.__test__ = False  # type: ignore[attr-defined]  # for pytest


@dataclass(frozen=True)
class Wrong:
    """A typical wrong answer: the solution with the text `old` replaced by `new`.

    kind   what kind of mistake it is: a key of diagnosis.KINDS, whose sentence the message begins with
    marks  what the answer gets
    hint   what the message goes on with: where to look, not what to write
    """

    kind: str
    old: str
    new: str
    marks: int
    hint: str = field(default="")
