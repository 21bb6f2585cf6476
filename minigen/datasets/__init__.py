"""Data sets: images by name or from a folder, text, and small ones whose answer is known.

Arrays are NumPy's; fit() moves them to the backend.
"""

from typing import TYPE_CHECKING, NoReturn

from .. import elsewhere
from ..streams import Streamed
from . import attributes, mnist, text, toys
from .binary import binarize
from .images.downloads import download
from .images.folder import ImageFolder
from .loading import load

__all__ = ["ImageFolder", "Streamed", "attributes", "binarize", "download", "load", "mnist", "text", "toys"]


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, __all__)
