"""Pictures as files, written by Pillow."""

import io

import numpy as np
from PIL import Image


def picture(seed=0, shape=(12, 10, 3)):
    """Smooth colours: a picture that JPEG keeps."""
    corners = np.random.default_rng(seed).integers(0, 256, (2, 2, 3), dtype=np.uint8)
    large = Image.fromarray(corners).resize(shape[1::-1], Image.Resampling.BILINEAR)
    return np.asarray(large if len(shape) == 3 else large.convert("L"))


def bytes_of(array, suffix="png", **options):
    """The file of a picture."""
    file = io.BytesIO()
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(file, {"jpg": "JPEG"}.get(suffix, suffix.upper()), **options)
    return file.getvalue()


def write(path, array, **options):
    """Write a picture in the format of the suffix; missing folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes_of(array, path.suffix[1:].lower(), **options))
    return path


def classes(folder, counts, shape=(12, 10, 3)):
    """A folder with so many PNG files in each sub-folder, all different: {"a": 3, "b": 2}."""
    n = 0
    for name, count in counts.items():
        for i in range(count):
            write(folder / name / f"{i}.png", picture(n, shape))
            n += 1
    return folder
