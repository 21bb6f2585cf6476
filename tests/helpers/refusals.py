"""What every refusal of bad input must say."""

import contextlib
import re

import pytest

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
