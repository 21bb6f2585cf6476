"""grade(): the marks of a submission, test by test, each with a message that says what kind of mistake there is."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..backend import own_draws
from ..console import printable
from . import child, diagnosis
from .checks import check_has_test, fail
from .child import Result
from .exercise import Exercise, get
from .pieces import Test, Wrong
from .submission import Submission

Runner = Callable[[str, str, str, list[str]], Result]

SENTENCES = {
    "hole": "not written yet. {text}",
    "missing": "there is no {text} in the file: the names that the exercise gives have to stay",
    "refused": "{text} does what this exercise asks you to write: do without it",
    "exit": "the program ended before the test did: leave out exit(), quit() and the like",
    "time": "the time limit is exceeded: is there a loop that does not end, or one over all elements?",
    "memory": "the memory limit is exceeded: which array is much larger than it has to be?",
    "error": "{text}",
}
EMPTY = re.compile(r'raise NotImplementedError\("exercise \d+: write (\S+) here')
NOT_RUN = "not run: two tests before this one have exceeded the time limit"


@dataclass(frozen=True)
class Mark:
    """What one test gave: `score` of its marks, and the message, "" where all is right."""

    test: Test
    score: int
    message: str
    kind: str = ""  # of the result, as in child.run()
    printed: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Marks:
    """What a submission got. str() is the report for the student, in the characters of the console."""

    exercise: Exercise
    marks: tuple[Mark, ...]
    empty: tuple[str, ...] = ()  # what is not written yet

    @property
    def score(self) -> int:
        return sum(mark.score for mark in self.marks)

    @property
    def most(self) -> int:
        return sum(mark.test.marks for mark in self.marks)

    def __str__(self) -> str:
        lines = [f"exercise {self.exercise.number}, {self.exercise.title}: {self.score} of {self.most} marks"]
        for mark in self.marks:
            lines.append(f"  {mark.score}/{mark.test.marks}  {mark.test.title}")
            lines += [f"       {line}" for line in mark.message.splitlines()]
        printed = next((mark.printed for mark in self.marks if mark.printed), "")
        if printed.strip():
            lines.append(f"  printed: {printed.strip():.200}")
        if self.empty:
            lines.append(f"  not written yet: {', '.join(self.empty)}")
        if self.most < self.exercise.marks:
            lines.append(f"  These are the public tests. The hidden ones have {self.exercise.marks - self.most} marks.")
        return printable("\n".join(lines))


def grade(exercise: Exercise, answer: Submission | str, run: Runner = child.run, public_only: bool = False) -> Marks:
    """The marks of a submission, or of its text; `run` is a Sandbox, or child.run, without limits, for trusted code."""
    if isinstance(answer, str):
        answer = Submission(answer, exercise.number)
    marks: list[Mark] = []
    for test in exercise.tests:
        if test.public or not public_only:
            too_long = sum(mark.kind == "time" for mark in marks)
            marks.append(_mark(exercise, test, answer, run) if too_long < 2 else Mark(test, 0, NOT_RUN))
    return Marks(exercise, tuple(marks), tuple(EMPTY.findall(answer.source)))


def _mark(exercise: Exercise, test: Test, answer: Submission, run: Runner) -> Mark:
    """The mark of one test."""
    start = time.perf_counter()
    result = run(answer.source, exercise.text_of(test), test.name, list(exercise.refused))
    message = judge(exercise, test, result, answer.place)
    seconds = time.perf_counter() - start
    return Mark(test, 0 if message else test.marks, message, result["kind"], result["printed"], seconds)


def check(number: int, name: str, names: dict[str, Any]) -> None:
    """Run one test on these names, such as globals() of a notebook. AssertionError, with the message, if it fails.

    It runs in this process, as the cells before it did: what they have changed stays changed, and no limit is set.
    """
    exercise = get(number)
    test = check_has_test(number, name, exercise.tests)
    result = child.run_on(names, exercise.text_of(test), name, list(exercise.refused))
    message = judge(exercise, test, result)
    if message:
        fail(message)


def judge(exercise: Exercise, test: Test, result: Result, place: Callable[[int], str] = "line {}".format) -> str:
    """What is wrong with the result of a test, "" for nothing: a known mistake, or what the numbers look like.

    place(n) says which line number n is.
    """
    right, wrong = known_results(exercise.number, test.name)
    if result["kind"] == "arrays" and diagnosis.is_right(result["arrays"], right["arrays"], test):
        return ""
    for answer, other in wrong:
        if diagnosis.is_equal(result, other):
            return f"{diagnosis.KINDS[answer.kind]}: {answer.hint}"
    if result["kind"] == "arrays":
        found = diagnosis.first_wrong(result["arrays"], right["arrays"], test)
        assert found is not None
        return diagnosis.describe(*found, test)
    where = f"{place(result['line'])}: " if result["line"] and result["kind"] == "error" else ""
    return where + SENTENCES.get(result["kind"], "no result").format(text=result["text"])


@functools.cache
def known_results(number: int, name: str) -> tuple[Result, list[tuple[Wrong, Result]]]:
    """(the result of the solution in that test, [(a wrong answer, its result) for those that fail it])."""
    exercise = get(number)
    test = check_has_test(number, name, exercise.tests)

    def result_of(source: str) -> Result:
        with own_draws():
            return child.run(source, exercise.text_of(test), name, list(exercise.refused))

    right = result_of(exercise.solved)
    assert right["kind"] == "arrays", f"{exercise.slug}.{name}: {right['text']}"
    wrong = [(answer, result_of(exercise.answer(answer))) for answer in exercise.wrong]
    passes = functools.partial(diagnosis.is_right, right=right["arrays"], test=test)
    return right, [(a, r) for a, r in wrong if r["kind"] != "arrays" or not passes(r["arrays"])]
