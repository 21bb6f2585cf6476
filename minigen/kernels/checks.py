"""Input validation for the geometry of windows."""

from __future__ import annotations

from typing import NoReturn

from ..checks.values import one_of
from ..errors import message
from ..types import Shape


def padding_name(where: str, padding: str) -> str:
    """The padding in lower case: "valid" or "same"; ValueError for anything else."""
    return one_of(f"{where}: padding", padding, ("valid", "same"), "'same'")


def refuse_large_window(where: str, image: Shape, window: Shape, dilation: tuple[int, int]) -> NoReturn:
    """ValueError for a window that is larger than the image, without padding."""
    where, fix = f"{where}: the window is larger than the image", "padding='same', or a smaller window"
    expected = f"a window of at most {image[0]} x {image[1]} pixels with padding 'valid'"
    got = f"{window[0]} x {window[1]}"
    got += "" if dilation == (1, 1) else f", spread by dilation {dilation[0]} x {dilation[1]}"
    raise ValueError(message(where, expected=expected, got=got, fix=fix))
