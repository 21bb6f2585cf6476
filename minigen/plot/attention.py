"""Attention maps: which characters of a text each of them looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..arguments import checks_arguments
from ..types import ArrayLike
from .checks import maps_of
from .figures import new_figure

if TYPE_CHECKING:
    from .showing import Figure

MOST_CHARACTERS = 64  # whose names fit along an axis
NAMES = {" ": "␣", "\n": "⏎", "\t": "⇥"}  # of characters that cannot be seen


@checks_arguments
def attention(maps: ArrayLike, text: str, title: str = "") -> Figure:
    """One square for each head, a row of squares for each block: dark where the character of the row looks.

    maps  (blocks, heads, n, n), as GPT.attention_maps(text) gives them: row i has the weights of the characters that
          character i looks at, 0 to 1
    text  its n characters, which stand beside the rows and below the columns if they are 64 or fewer; one that cannot
          be printed, such as a byte of a file, as a hexadecimal number

    Raises ValueError for maps of another shape or with weights outside of [0, 1], TypeError unless the text is one.
    """
    a = maps_of(maps, text)
    blocks, heads, n, _ = a.shape
    side = min(6.0, 0.8 + max(1.6, 0.14 * n))  # inches
    figure = new_figure(side * heads, side * blocks)
    names = [NAMES.get(c, c if c.isprintable() else f"{ord(c):02x}") for c in text] if n <= MOST_CHARACTERS else []
    for block, row in enumerate(figure.subplots(blocks, heads, squeeze=False)):
        for head, axes in enumerate(row):
            axes.imshow(a[block, head], cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(f"block {block + 1}, head {head + 1}", fontsize=8)
            below, beside = (names if block == blocks - 1 else []), (names if head == 0 else [])
            axes.set_xticks(range(len(below)), below, fontsize=6)
            axes.set_yticks(range(len(beside)), beside, fontsize=6)
            axes.tick_params(length=0)
    figure.suptitle(title, fontsize=10)
    return figure
