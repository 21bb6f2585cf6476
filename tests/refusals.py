"""What every refusal of bad input must say."""

import pytest


def refused(problem, action, kind=ValueError):
    """action() raises `kind`; the text names the problem, what was expected, what came and what to write."""
    with pytest.raises(kind) as error:
        action()
    text = str(error.value)
    assert problem in text
    assert all(part in text for part in ("expected:", "got:", "write:"))
