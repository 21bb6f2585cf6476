"""What every refusal of bad input must say."""

import contextlib
import re

import numpy as np
import pytest

NO_SIZES = [0, -1, 2.5, True, "3", None]  # what is no positive integer
LAYOUT = re.compile(
    r"(?s)(?P<where>\S.*?)\n  expected: (?P<expected>\S.*?)\n  got:      (?P<got>.+?)\n  fix:      (?P<fix>\S.*)"
)


@contextlib.contextmanager
def refused(kind, anywhere="", *, where="", expected="", got="", fix=""):
    """The block raises `kind`; all four parts of its text are there, and each contains the word given for it."""
    with pytest.raises(kind) as caught:
        yield
    text = str(caught.value)
    parts = LAYOUT.fullmatch(text)
    assert parts, f"the four parts are not all there:\n{text}"
    assert anywhere in text, f"{anywhere!r} is not in:\n{text}"
    for part, word in {"where": where, "expected": expected, "got": got, "fix": fix}.items():
        assert word in parts[part], f"{word!r} is not in {part!r} of:\n{text}"


def text_of(action, kind):
    """The four parts of the refusal."""
    with pytest.raises(kind) as caught:
        action()
    text = str(caught.value)
    assert all(part in text for part in ("expected:", "got:", "fix:")), text
    return text


def advice(action, kind, **names):
    """What the refusal says to write, typed."""
    return eval(text_of(action, kind).split("fix:")[1].strip(), {"np": np, **names})
