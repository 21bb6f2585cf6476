"""Small files in place of those of a named data set, and those of another one."""

import gzip
import struct

import numpy as np
from helpers.idx_files import idx_bytes, sha256

from minigen.datasets.images.sources import MNIST, SOURCES


def same(one, two):
    """Whether two results of load_data hold the same four arrays."""
    pairs = zip([*one[0], *one[1]], [*two[0], *two[1]], strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


class Stand:
    """Four small files in place of the real ones of a set: their idx bytes and what load_data gives."""

    def __init__(self, name="mnist"):
        rng = np.random.default_rng(0)
        arrays = [rng.integers(0, 256, (n, *rest), dtype=np.uint8) for n in (90, 30) for rest in ((28, 28), ())]
        arrays[1::2] = [labels % 10 for labels in arrays[1::2]]
        self.loaded = (arrays[0], arrays[1]), (arrays[2], arrays[3])
        stored = [self._stored(name, a) for a in arrays]
        self.raw = dict(zip(SOURCES[name].files, map(idx_bytes, stored), strict=True))
        self.hosted = {f"{name}.gz": gzip.compress(raw, 1) for name, raw in self.raw.items()}
        self.table = {name: (sha256(self.hosted[f"{name}.gz"]), sha256(raw)) for name, raw in self.raw.items()}
        self.source = SOURCES[name]._replace(files=self.table)

    def _stored(self, name, array):
        """The array as this set stores it: EMNIST's images by columns, QMNIST's labels with seven columns more."""
        if name.startswith("emnist") and array.ndim == 3:
            return array.swapaxes(1, 2)
        if name == "qmnist" and array.ndim == 1:
            others = np.arange(7 * len(array)).reshape(-1, 7) * 100_000
            return np.column_stack([array, others]).astype("int32")
        return array

    def fill(self, folder):
        """The four files by hand, two as they are and two gzipped otherwise than on the mirrors."""
        folder.mkdir(parents=True)
        for name, raw in self.raw.items():
            if "images" in name:
                (folder / f"{name}.gz").write_bytes(gzip.compress(raw, 9))
            else:
                (folder / name).write_bytes(raw)
        return folder


def fill(folder, files, spelling="{}"):
    """The four files under their names, or as `spelling` makes of them."""
    folder.mkdir(parents=True)
    for name, raw in files.items():
        name = spelling.format(name)
        (folder / name).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    return folder


def others():
    """Four files of another data set: 6 + 4 images of 12 x 10 pixels in int16, labels in int32."""
    x, y = np.arange(10 * 120, dtype=">i2").reshape(10, 12, 10), np.arange(10, dtype=">i4")
    head = {"images": (b"\0\0\x0b\x03", (12, 10)), "labels": (b"\0\0\x0c\x01", ())}
    files = {}
    for name in MNIST:
        (kind, rest), some = head[name[name.index("-") + 1 :][:6]], slice(0, 6) if "train" in name else slice(6, 10)
        part = (x if "images" in name else y)[some]
        files[name] = kind + struct.pack(f">{part.ndim}I", len(part), *rest) + part.tobytes()
    return files, ((x[:6], y[:6]), (x[6:], y[6:]))
