"""run(): execute a student's code and one test, and give what the test returned, as numbers."""

from __future__ import annotations

import contextlib
import io
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .stands import EXERCISE, TEST, Refused, check_names, refusing

MODULE = "exercise"  # the __name__ of a submission
IMPORTS = "import numpy as np\nimport minigen as mg\n"  # of every test
MOST_PRINTED, MOST_TEXT = 2_000, 400  # characters that are kept
MOST_BYTES = 16 * 2**20  # of all arrays of a result

Result = dict[str, Any]  # kind, text, line, printed, arrays: {name: array, or the description of what is none}


def run(source: str, test: str, name: str, refused: list[str]) -> Result:
    """Execute `source` and then the function `name` of the text `test` on its names.

    "kind" of the result is "arrays", or why there are none: "hole" for NotImplementedError, "missing" for a name that
    the file lacks, "refused" for a function of minigen that is itself the exercise, "exit", "memory", or "error".
    """
    with _module() as names:

        def execute() -> None:
            exec(compile(source, EXERCISE, "exec", dont_inherit=True), names)

        return _collected(execute, names, test, name, refused)


@contextlib.contextmanager
def _module() -> Iterator[dict[str, Any]]:
    """The names of an empty module `exercise`, which is among the imported ones, as dataclasses and pickle need it."""
    before = sys.modules.get(MODULE)
    module = sys.modules[MODULE] = types.ModuleType(MODULE)
    try:
        yield vars(module)
    finally:
        sys.modules.pop(MODULE, None)
        if before is not None:
            sys.modules[MODULE] = before


def run_on(names: dict[str, Any], test: str, name: str, refused: list[str]) -> Result:
    """run() for code that has been executed already, as the cells of a notebook have: `names` are its globals."""
    return _collected(lambda: None, names, test, name, refused)


def _collected(execute: Callable[[], None], names: dict[str, Any], test: str, name: str, refused: list[str]) -> Result:
    printed = _Printed()
    result: Result = {"kind": "arrays", "text": "", "line": 0, "arrays": {}}
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with refusing(refused) as originals:
                tests: dict[str, Any] = {}
                exec(compile(IMPORTS + test, TEST, "exec", dont_inherit=True), tests)
                execute()
                check_names(names, originals)
                found = tests[name](_Names(names))
                result["arrays"] = {str(k): _as_array(v) for k, v in dict(found).items()}
        except BaseException as error:  # a student's code may raise anything, SystemExit too
            result |= _why(error)
    return {**result, "printed": printed.getvalue()}


class _Missing(Exception):
    """A name that the test needs is not in the file."""


class _Names:
    """The names that the student's file has defined."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def __getattr__(self, name: str) -> Any:
        if name not in self._names:
            raise _Missing(name)
        return self._names[name]


def _why(error: BaseException) -> Result:
    kinds: dict[type[BaseException], str] = {NotImplementedError: "hole", _Missing: "missing", Refused: "refused"}
    kinds |= {SystemExit: "exit", MemoryError: "memory"}
    kind = next((k for e, k in kinds.items() if isinstance(error, e)), "error")
    text = _text_of(error)
    line = _line(error, EXERCISE)
    if kind == "error":
        text = f"{type(error).__name__}: {text}"
        if not line and _line(error, TEST):
            text = f"in the test, with what your code gave: {text}"
    return {"kind": kind, "text": text, "line": line}


def _text_of(error: BaseException) -> str:
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)  # str() has the line, too
        return text[:MOST_TEXT]
    except BaseException:  # a __str__ of the student's own
        return "(its text cannot be read)"


def _line(error: BaseException, file: str) -> int:
    """The line of the file in which the error arose, or 0."""
    lines = [error.lineno or 0] if isinstance(error, SyntaxError) and error.filename == file else []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return lines[-1] if lines else 0


class _Printed(io.StringIO):
    """What is printed, up to MOST_PRINTED characters."""

    left = MOST_PRINTED

    def write(self, text: str) -> int:
        if self.left > 0:
            self.left -= super().write(text[: self.left])
        return len(text)


def _as_array(value: Any) -> np.ndarray | str:
    """The value as an array of numbers; for anything else its description."""
    if value is None:
        return "None"
    if hasattr(value, "numpy"):
        value = value.numpy()
    try:
        array = np.array(value)
    except ValueError:  # rows of different lengths
        return f"a {type(value).__name__} whose parts have different lengths"
    if array.dtype.kind not in "biuf":
        return f"no array of numbers, but of type {type(value).__name__}"
    return array if array.nbytes <= MOST_BYTES else f"an array of shape {array.shape}, too large"
