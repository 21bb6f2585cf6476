"""MNIST: 70,000 handwritten digits, 28 x 28 pixels, or the sample of 6,000 inside the package.

    (x_train, y_train), (x_test, y_test) = mnist.load_data()

The arrays are compared with their SHA-256 before use, so a web page saved as .gz is never taken for data. Other data
sets are read by datasets.load(). Source: LeCun, Cortes and Burges (1998), The MNIST database of handwritten digits.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..arguments import checks_arguments
from ..storage.files import as_path
from . import checks
from .images import downloads
from .images.files import Split, read_splits
from .images.sources import FOUR, SOURCES

# Cut by tools/make_mnist_sample.py: 500 + 100 digits of each class.
SAMPLE = Path(__file__).with_name("mnist-sample.npz")
SAMPLE_SHA256 = "3003ce9517d4e05b0bf1d6e82de1730dd718125374e91f7d0a5733591c666d20"


@checks_arguments
def load_data(which: str | None = None) -> tuple[Split, Split]:
    """(x_train, y_train), (x_test, y_test): images (N, 28, 28) in 0..255, labels (N,) in 0..9.

    All four are uint8 NumPy arrays, whatever the backend. Where they come from:

    None      the folder in the environment variable MINIGEN_DATA if it is set; else the full set
              in the cache; else the sample, with a line on stderr about it.
    "sample"  the 5,000 + 1,000 digits inside the package (every class equally often).
    "full"    the 60,000 + 10,000 digits of MINIGEN_DATA or the cache, downloaded if they are missing.

    Raises ValueError for another `which` and for a damaged file, OSError if MINIGEN_DATA is set
    but unreadable or incomplete, ConnectionError if the download fails.
    """
    checks.check_which(which)
    if which == "sample":
        return _read_sample()
    if user_folder := os.environ.get("MINIGEN_DATA"):
        try:
            return read_folder(user_folder)
        except (OSError, ValueError) as error:
            checks.refuse_user_folder(user_folder, error)

    cache = cache_folder()
    try:
        return read_folder(cache)
    except FileNotFoundError:
        reason = f"no full MNIST in {cache}"
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]

    if which == "full":
        return read_folder(download(cache))
    print(
        f"minigen: {reason}; using the sample of 5,000 + 1,000 digits (for all 70,000 run: minigen data mnist)",
        file=sys.stderr,
    )
    return _read_sample()


@checks_arguments
def read_folder(folder: str | os.PathLike[str], verify: bool = True) -> tuple[Split, Split]:
    """The full set from a folder with its four files, or from an .npz file, as datasets.load(folder) reads them.

    The same arrays as `load_data("full")`. verify=False leaves out the comparison with the checksums, so that another
    data set is read as well.

    Raises OSError if a file is missing or unreadable, and ValueError if one is damaged or not MNIST's, or if the shapes
    do not fit.
    """
    sums = [sha256 for _, sha256 in SOURCES["mnist"].files.values()] if verify else []
    return read_splits("mnist.read_folder", as_path(folder), sums=dict(zip(FOUR, sums, strict=False)))


def cache_folder() -> Path:
    """Where downloads are kept: `mnist` in MINIGEN_CACHE, or else in the user's cache folder."""
    return downloads.cache_folder("mnist")


def download(folder: str | os.PathLike[str] | None = None, mirrors: Sequence[str] | None = None) -> Path:
    """Download those of the four files (11 MB) that are missing in `folder`, by default the cache; returns the folder.

    As images.downloads.download("mnist"). Raises ConnectionError if none of the mirrors serves the files.
    """
    return downloads.download("mnist", folder, mirrors)


def _read_sample() -> tuple[Split, Split]:
    """The sample inside the package; ValueError if its file is missing or damaged."""
    data = SAMPLE.read_bytes() if SAMPLE.exists() else b""
    checks.check_sample(SAMPLE, data, SAMPLE_SHA256)
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
