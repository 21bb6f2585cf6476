"""MNIST: 70,000 handwritten digits, 28 x 28 pixels, or the sample of 6,000 inside the package.

    (x_train, y_train), (x_test, y_test) = mnist.load_data()

Every file is checked against its SHA-256 before use, so a web page saved as .gz is never data. Other data sets in four
files of the same names, such as Fashion-MNIST, are read without that: read_folder(folder, verify=False).
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arguments import checks_arguments
from ..errors import message
from ..storage.files import as_path
from .idx import ChecksumError, read_idx

Split = tuple[NDArray[Any], NDArray[Any]]  # images (N, 28, 28), labels (N,)

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)

# name: (SHA-256 of the .gz file on the mirrors, SHA-256 of the idx bytes inside).
# Another gzip program makes another .gz of the same digits: only the second identifies the data.
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
              in the cache; else the sample, with one line on stderr that says so.
    "sample"  the 5,000 + 1,000 digits inside the package (every class equally often).
    "full"    the 60,000 + 10,000 digits of MINIGEN_DATA or the cache, downloaded if need be.

    Raises ValueError for another `which` and for a damaged file, OSError if MINIGEN_DATA is set
    but unreadable or incomplete, ConnectionError if the download fails.
    """
    if which is not None and not (isinstance(which, str) and which in ("sample", "full")):
        raise ValueError(
            message(
                "mnist.load_data: unknown set",
                expected='None, "sample" or "full"',
                got=repr(which),
                fix='mnist.load_data("sample") or mnist.load_data("full")',
            )
        )
    if which == "sample":
        return _read_sample()
    if os.environ.get("MINIGEN_DATA"):
        return _read_user_folder(os.environ["MINIGEN_DATA"])

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

    Same arrays as `load_data("full")`. With verify=False the four files may be of another data set under the same names
    (Fashion-MNIST, KMNIST, own images): images (n, h, w) and labels (n,) of any type, without a checksum.

    Raises OSError if a file is missing or unreadable, and ValueError if one is damaged or not MNIST's, or if the shapes
    do not fit.
    """
    folder = as_path(folder)
    x_train, y_train, x_test, y_test = (_read(folder, name, verify) for name in FILES)
    got = f"train {x_train.shape}, {y_train.shape}, test {x_test.shape}, {y_test.shape}"
    pairs = (x_train, y_train), (x_test, y_test)
    if any(x.ndim != 3 or y.shape != x.shape[:1] for x, y in pairs) or x_train.shape[1:] != x_test.shape[1:]:
        expected, fix = "images (n, h, w) and labels (n,), images of one size", "read_idx(path) for each file"
        raise ValueError(message(f"mnist.read_folder: {folder}", expected=expected, got=got, fix=fix))
    return pairs


def cache_folder() -> Path:
    """Where downloads are kept: `mnist` in MINIGEN_CACHE, or else in the user's cache folder."""
    cache = os.environ.get("MINIGEN_CACHE")
    if not cache:
        import pooch

        cache = pooch.os_cache("minigen")
    return Path(os.path.expanduser(cache)) / "mnist"


def download(folder: str | os.PathLike[str] | None = None, mirrors: Sequence[str] = MIRRORS) -> Path:
    """Fetch what is missing of the four files (11 MB) into `folder`, by default the cache.

    Returns the folder. Good files stay and are not fetched again; a damaged file under one of the
    four names is deleted, and one of another data set gets ".old" behind its name. A new file
    appears under its name only when it is whole and its
    SHA-256 is right. The mirrors are tried in order; ConnectionError if none of them serves.
    """
    folder = cache_folder() if folder is None else as_path(folder)
    failures = []
    for mirror in mirrors:
        try:
            for name in FILES:
                if not _is_good(folder, name):
                    _fetch(mirror, name, folder)
            return folder
        except (OSError, ValueError) as error:  # requests' own errors are OSErrors
            cause = str(error).rpartition("Caused by ")[2]  # of the long story that requests tells, the end
            failures.append(f"{mirror} - {type(error).__name__}: {cause:.160}")

    raise ConnectionError(
        message(
            "MNIST could not be downloaded",
            expected="one mirror that serves the four files",
            got="\n            ".join(failures),
            fix='mnist.load_data("sample"), which needs no network;\n'
            f"            or put {', '.join(f'{name}.gz' for name in FILES)}\n"
            f"            by hand into {folder}\n"
            "            (or into any folder, and set MINIGEN_DATA to it)",
        )
    )


def _fetch(mirror: str, name: str, folder: Path) -> None:
    """Replace what is in `folder` under this name by the file of one mirror."""
    import pooch

    for old in (folder / name, folder / f"{name}.gz"):
        try:
            read_idx(old)
        except FileNotFoundError:
            continue
        except ValueError:  # damaged
            old.unlink()
        else:  # a whole file of another data set
            old.replace(f"{old}.old")

    url = f"{mirror.rstrip('/')}/{name}.gz"
    print(f"minigen: downloading {url}", file=sys.stderr)
    pooch.get_logger().setLevel("WARNING")
    # pooch writes to a temporary file beside it, checks the hash, and only then renames.
    path = pooch.retrieve(url, known_hash=f"sha256:{FILES[name][0]}", fname=f"{name}.gz", path=folder)
    os.chmod(path, 0o644)  # from pooch only the owner could read it: no use in a shared folder


def _read(folder: Path, name: str, verify: bool = True) -> NDArray[Any]:
    """One of the four arrays, from a file with one of the spellings of its name."""
    for path in (folder / spelling for spelling in _spellings(name)):
        try:
            return read_idx(path, FILES[name][1] if verify else None)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
        except ChecksumError as error:
            where = f"{path} has the wrong checksum: a whole idx file, but not MNIST's"
            got = str(error).splitlines()[2].removeprefix("  got:      ")
            fix = f"mnist.read_folder({str(folder)!r}, verify=False) for another data set"
            text = message(where, expected=f"SHA-256 {FILES[name][1]}", got=got, fix=fix)
            raise ChecksumError(text) from error
    raise _missing(folder, name, verify)


def _spellings(name: str) -> list[str]:
    """The four names that a file goes by; many unpackers write a dot for the second hyphen."""
    dotted = name.replace("-idx", ".idx")
    return [name, f"{name}.gz", dotted, f"{dotted}.gz"]


def _missing(folder: Path, name: str, verify: bool) -> OSError:
    """The error for a folder without one of the four files, which names what is there in its place."""
    kind, reason = (
        (NotADirectoryError, "Not a directory")
        if folder.is_file()
        else (FileNotFoundError, "No such file or directory")
    )
    near = [*folder.glob("*"), *folder.glob("*/*")] if folder.is_dir() else [folder.parent]
    homes = sorted(home for home in near if any((home / spelling).is_file() for spelling in _spellings(name)))
    arrays = [folder] if folder.is_file() and folder.suffix == ".npz" else sorted(folder.glob("*.npz"))
    known = {spelling for one in FILES for spelling in _spellings(one)}
    others = sorted(path for path in folder.glob("*idx*") if path.name not in known)
    got, fix = reason, "the folder that holds them, or: minigen data mnist"
    if homes:
        got = f"{reason}, but {homes[0]} has it"
        fix = f"mnist.read_folder({str(homes[0])!r}{'' if verify else ', verify=False'})"
    elif arrays:
        got = f"{reason}, but {arrays[0]}"
        fix = f'np.load({str(arrays[0])!r})["x_train"], and "y_train", "x_test", "y_test"'
    elif others:
        got = f"{reason}, but {', '.join(path.name for path in others)}"
        fix = f"read_idx({str(others[0])!r}), which reads each of them"
    where, expected = f"cannot read {folder / name}.gz: {reason}", f"a folder with {', '.join(FILES)}"
    return kind(message(where, expected=expected, got=got, fix=fix))


def _is_good(folder: Path, name: str) -> bool:
    try:
        _read(folder, name)
    except (OSError, ValueError):
        return False
    return True


def _read_user_folder(folder: str) -> tuple[Split, Split]:
    """`read_folder`, with errors that say that MINIGEN_DATA led here."""
    try:
        return read_folder(os.path.expanduser(folder))
    except (OSError, ValueError) as error:
        text = f"MINIGEN_DATA={folder} cannot be used: {error}"
        text += "\n            (or unset MINIGEN_DATA and run: minigen data mnist)"
        raise type(error)(text) from error


def _read_sample() -> tuple[Split, Split]:
    """The sample inside the package; ValueError if its file is missing or damaged."""
    data = SAMPLE.read_bytes() if SAMPLE.exists() else b""
    digest = hashlib.sha256(data).hexdigest()
    if digest != SAMPLE_SHA256:  # np.load alone lets some flipped bits through
        raise ValueError(
            message(
                f"the MNIST sample {SAMPLE} is missing or damaged",
                expected=f"SHA-256 {SAMPLE_SHA256}",
                got=f"{digest} ({len(data)} bytes)",
                fix="pip install --force-reinstall minigen (in a clone: git checkout the file)",
            )
        )
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return (arrays["x_train"], arrays["y_train"]), (arrays["x_test"], arrays["y_test"])
