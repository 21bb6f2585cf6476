"""MNIST: 70,000 handwritten digits, 28 x 28 pixels, or the sample of 6,000 inside the package.

    (x_train, y_train), (x_test, y_test) = mnist.load_data()

Every file is compared with its SHA-256 before use, so a web page saved as .gz is never taken for data. Other data sets
in four files of the same names, such as Fashion-MNIST, are read without that: read_folder(folder, verify=False).
Source: LeCun, Cortes and Burges (1998), The MNIST database of handwritten digits.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..arguments import checks_arguments
from ..storage.files import as_path
from . import checks
from .idx import ChecksumError, read_idx

Split = tuple[np.ndarray, np.ndarray]  # images (N, 28, 28), labels (N,)

MIRRORS = ("https://storage.googleapis.com/cvdf-datasets/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/")

# name: (SHA-256 of the .gz file on the mirrors, SHA-256 of the idx bytes inside).
# Another gzip program makes another .gz of the same digits: only the second checksum identifies the data.
FILES = {
    "train-images-idx3-ubyte": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}

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
    """The full set from a folder with the four files, each as `name` or `name.gz`, or with ".idx" for "-idx".

    The same arrays as `load_data("full")`. With verify=False the four files may be another data set under the same
    names (Fashion-MNIST, KMNIST, custom images): images (n, h, w) and labels (n,) of any type, without a checksum.

    Raises OSError if a file is missing or unreadable, and ValueError if one is damaged or not MNIST's, or if the shapes
    do not fit.
    """
    folder = as_path(folder)
    x_train, y_train, x_test, y_test = (_read(folder, name, verify) for name in FILES)
    checks.check_images_and_labels(folder, (x_train, y_train), (x_test, y_test))
    return (x_train, y_train), (x_test, y_test)


def cache_folder() -> Path:
    """Where downloads are kept: `mnist` in MINIGEN_CACHE, or else in the user's cache folder."""
    cache = os.environ.get("MINIGEN_CACHE")
    if not cache:
        import pooch

        cache = pooch.os_cache("minigen")
    return Path(os.path.expanduser(cache)) / "mnist"


def download(folder: str | os.PathLike[str] | None = None, mirrors: Sequence[str] = MIRRORS) -> Path:
    """Download those of the four files (11 MB) that are missing in `folder`, by default the cache; returns the folder.

    Intact files are kept. A damaged file under one of the four names is deleted, and one of another data set is renamed
    with ".old" at the end. A new file appears under its name only when it is complete and its SHA-256 is right. The
    mirrors are tried in order. Raises ConnectionError if none of them serves the files.
    """
    folder = cache_folder() if folder is None else as_path(folder)
    failures = []
    for mirror in mirrors:
        try:
            for name in FILES:
                if not _is_intact(folder, name):
                    _download_file(mirror, name, folder)
            return folder
        except (OSError, ValueError) as error:  # the errors of requests are OSErrors
            cause = str(error).rpartition("Caused by ")[2]  # the end of the long text of requests
            failures.append(f"{mirror} - {type(error).__name__}: {cause:.160}")
    checks.refuse_download(folder, list(FILES), failures)


def _download_file(mirror: str, name: str, folder: Path) -> None:
    """Replace the file of this name in `folder` by that of one mirror."""
    import pooch

    for old in (folder / name, folder / f"{name}.gz"):
        try:
            read_idx(old)
        except FileNotFoundError:
            continue
        except ValueError:  # damaged
            old.unlink()
        else:  # a complete file of another data set
            old.replace(f"{old}.old")

    url = f"{mirror.rstrip('/')}/{name}.gz"
    print(f"minigen: downloading {url}", file=sys.stderr)
    pooch.get_logger().setLevel("WARNING")
    # pooch writes to a temporary file in the same folder, compares the checksum, and only then renames it.
    path = pooch.retrieve(url, known_hash=f"sha256:{FILES[name][0]}", fname=f"{name}.gz", path=folder)
    os.chmod(path, 0o644)  # pooch makes it readable for its owner alone, which is useless in a shared folder


def _read(folder: Path, name: str, verify: bool = True) -> np.ndarray:
    """One of the four arrays, from a file with one of the spellings of its name."""
    for path in (folder / spelling for spelling in _spellings(name)):
        try:
            return read_idx(path, FILES[name][1] if verify else None)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
        except ChecksumError as error:
            checks.refuse_other_data_set(path, FILES[name][1], error)
    checks.refuse_missing(folder, name, {name: _spellings(name) for name in FILES}, verify)


def _spellings(name: str) -> list[str]:
    """The four names under which a file is found; many unpackers replace the second hyphen by a dot."""
    dotted = name.replace("-idx", ".idx")
    return [name, f"{name}.gz", dotted, f"{dotted}.gz"]


def _is_intact(folder: Path, name: str) -> bool:
    with contextlib.suppress(OSError, ValueError):
        _read(folder, name)
        return True
    return False


def _read_sample() -> tuple[Split, Split]:
    """The sample inside the package; ValueError if its file is missing or damaged."""
    data = SAMPLE.read_bytes() if SAMPLE.exists() else b""
    checks.check_sample(SAMPLE, data, SAMPLE_SHA256)
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
