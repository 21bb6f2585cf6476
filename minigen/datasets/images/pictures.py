"""One picture as an array of pixels, read by Pillow: its orientation, its mode, its size.

What becomes of the modes that are not plain grey or RGB:

    palette, CMYK, ...     converted by Pillow
    16 bits a pixel        divided by 257 (Pillow would clip at 255, and show nearly all of it white)
    transparent pixels     laid on white (Pillow would show the colour that is stored below the transparency)
    turned, by EXIF or XMP shown as it is meant to be seen
    several frames         the first
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import checks

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"}
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")  # by their content, whatever the suffix is
MODES = {"rgb": "RGB", "grey": "L"}  # of Pillow
CHANNELS = {"rgb": 3, "grey": 1}
TURNED = {5, 6, 7, 8}  # orientations with rows and columns exchanged
ORIENTATION = 0x0112  # its tag in EXIF
PLACES = (b"eXIf", b"XML:com.adobe.xmp", b"Raw profile type exif")  # in a PNG, where an orientation can stand


def size_of(path: Path) -> tuple[int, int]:
    """(rows, columns) that a picture states, without reading its pixels. Raises as read_pixels() does."""
    from PIL import Image

    with checks.explained(path, checks.A_PICTURE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, about what does not matter here
        with Image.open(path, formats=FORMATS) as picture:
            columns, rows = picture.size
            checks.check_few_pixels(path, rows, columns)
            return (columns, rows) if _is_turned(picture, path) else (rows, columns)


def _is_turned(picture: Image, path: Path) -> bool:
    """Whether rows and columns are exchanged where the picture is shown as it is meant to be seen."""
    if picture.format == "PNG":  # it may say so after the pixels, and Pillow reads all of them in search of that
        file = path.read_bytes()
        if not any(place in file for place in PLACES):
            return False
    return picture.getexif().get(ORIENTATION) in TURNED


def read_pixels(path: Path, size: tuple[int, int], color: str, crop: bool) -> np.ndarray:
    """A picture as uint8 (rows, columns, channels), resized to `size` = (rows, columns).

    crop  cut off what another ratio of rows to columns has too much, about the centre, before; else it is stretched

    Raises OSError for a file that cannot be read, and ValueError for one that is empty, damaged, no picture or larger
    than 8,192 x 8,192 pixels, with its name.
    """
    from PIL import Image, ImageOps

    rows, columns = size
    with checks.explained(path, checks.A_PICTURE), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # From memory: of an open file Pillow asks for as many bytes as a damaged header states, gigabytes of them.
        with Image.open(io.BytesIO(path.read_bytes()), formats=FORMATS) as picture:
            checks.check_few_pixels(path, *picture.size[::-1])
            picture.draft(None, (max(size), max(size)))  # a large JPEG is decoded at 1/2, 1/4 or 1/8 of its size
            shown = _plain(ImageOps.exif_transpose(picture)).convert(MODES[color])
        if crop:
            shown = ImageOps.fit(shown, (columns, rows), Image.Resampling.BILINEAR)
        elif shown.size != (columns, rows):
            shown = shown.resize((columns, rows), Image.Resampling.BILINEAR)
        return np.asarray(shown).reshape(rows, columns, CHANNELS[color])


def _plain(picture: Image) -> Image:
    """The picture with 8 bits a pixel and without transparency."""
    from PIL import Image

    if picture.mode.startswith("I"):  # 16 bits
        shades = np.asarray(picture)
        is_transparent = shades == picture.info.get("transparency", -1)
        return Image.fromarray(np.where(is_transparent, 255, shades // 257).astype("uint8"))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture
