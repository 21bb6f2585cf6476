"""Data sets: images by name or from a folder, text, and small ones whose answer is known.

Arrays are NumPy's; fit() moves them to the backend.
"""

from ..streams import Streamed
from . import attributes, mnist, text, toys
from .binary import binarize
from .images.downloads import download
from .images.folder import ImageFolder
from .loading import load

__all__ = ["ImageFolder", "Streamed", "attributes", "binarize", "download", "load", "mnist", "text", "toys"]
