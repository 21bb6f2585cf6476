"""Figures. Each function takes arrays or Tensors (of either backend) and returns a matplotlib Figure; save() writes it.

images.py draws images side by side, lines.py curves, codes.py latent spaces, plane.py points that move, attention.py
what characters look at; showing.py shows a figure in a notebook or in a window. checks.py refuses what cannot be drawn,
and hints.py says what to write instead. matplotlib is imported on use, and without pyplot: no global state, no display
needed.
"""

from .attention import attention
from .codes import decoded, mappings, scatter
from .figures import save
from .images import grid, rows, tile
from .lines import curves, functions
from .plane import arrows, paths

# fmt: off
__all__ = [
    "arrows", "attention", "curves", "decoded", "functions", "grid", "mappings", "paths", "rows", "save", "scatter",
    "tile",
]
# fmt: on
