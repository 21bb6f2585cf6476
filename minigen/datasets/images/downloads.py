"""Downloads of the named data sets into the cache: mirrors in order, checksums, and nothing of the user's lost."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ...arguments import checks_arguments
from ...checks.values import named
from ...storage.files import as_path, replacing, set_aside
from ..idx import checksum, read_idx
from . import checks
from .files import part_of_file, sets_in
from .sources import SOURCES


def cache_folder(name: str) -> Path:
    """Where the files of a set are kept: its folder in MINIGEN_CACHE, or else in the user's cache folder."""
    cache = os.environ.get("MINIGEN_CACHE")
    if not cache:
        import pooch

        cache = pooch.os_cache("minigen")
    return Path(os.path.expanduser(cache)) / ("emnist" if name.startswith("emnist-") else name)


@checks_arguments
def download(name: str, folder: str | os.PathLike[str] | None = None, mirrors: Sequence[str] | None = None) -> Path:
    """Download those files of a named set that are missing in `folder`, by default the cache; returns the folder.

    Intact files are kept. A damaged one, or one of another data set, is renamed, with ".old" at its end. A new file
    appears under its name only when it is complete and its checksum is right. The mirrors are tried in order. EMNIST
    comes in one archive of 560 MB for all its splits, which stays beside the files. Raises ValueError for a name that
    is not known, ConnectionError if no mirror serves the files.
    """
    source = named("data set", name, SOURCES)
    folder = cache_folder(name) if folder is None else as_path(folder)
    failures = []
    for mirror in source.mirrors if mirrors is None else mirrors:
        try:
            missing = [file for file, sums in source.files.items() if not _is_intact(folder, file, sums[1])]
            if missing and source.archive:
                _fetch(mirror, *source.archive, folder)
            for file in missing:
                for old in (folder / file, folder / f"{file}.gz"):
                    set_aside(old)
                if source.archive:
                    _unpack(folder / source.archive[0], folder / f"{file}.gz")
                else:
                    _fetch(mirror, f"{file}.gz", source.files[file][0], folder)
            return folder
        except (OSError, ValueError) as error:  # the errors of requests are OSErrors
            cause = str(error).rpartition("Caused by ")[2]  # the end of the long text of requests
            failures.append(f"{mirror} - {type(error).__name__}: {cause:.160}")
    checks.refuse_download(name, folder, [f"{file}.gz" for file in source.files], failures)


def _is_intact(folder: Path, file: str, sha256: str) -> bool:
    """Whether the folder has it under one spelling of its name, complete, and with this checksum if it has one."""
    files = (path for paths in sets_in(folder).values() for path in paths.values())
    for path in (path for path in files if part_of_file(path.name) == part_of_file(file)):
        with contextlib.suppress(OSError, ValueError):
            return checksum(read_idx(path)) == sha256 or not sha256
    return False


def _fetch(mirror: str, name: str, sha256: str, folder: Path) -> None:
    """One file of a mirror, in `folder`; ValueError for another checksum. An intact one is not fetched again."""
    import pooch

    path = folder / name
    if path.exists():
        if pooch.file_hash(path) == sha256:
            return
        set_aside(path)
    url = f"{mirror.rstrip('/')}/{name}"
    print(f"minigen: downloading {url}", file=sys.stderr)
    pooch.get_logger().setLevel("WARNING")
    # pooch writes to a temporary file in the same folder, compares the checksum, and only then renames it.
    pooch.retrieve(url, known_hash=f"sha256:{sha256}", fname=name, path=folder)
    os.chmod(path, 0o644)  # pooch makes it readable for its owner alone, which is useless in a shared folder


def _unpack(archive: Path, target: Path) -> None:
    """Write the file that has the name of the target in a zip archive, whatever folder it is in there."""
    import shutil
    import zipfile

    with checks.explained(archive, f"a zip archive with {target.name}"), zipfile.ZipFile(archive) as opened:
        (info,) = (info for info in opened.infolist() if Path(info.filename).name == target.name)
        with (
            opened.open(info) as packed,
            replacing(target, by_all_ranks=True) as temporary,
            open(temporary, "wb") as file,
        ):
            shutil.copyfileobj(packed, file)
