"""Downloads of the named sets: EMNIST out of its archive, and files of the user's that are in the way."""

import io
import zipfile

import pytest
from helpers.idx_files import HTML, sha256
from helpers.mnist_files import Stand, same
from helpers.refusals import refused

from minigen import datasets
from minigen.datasets.images import downloads
from minigen.datasets.images.sources import SOURCES


@pytest.fixture(params=["fashion-mnist", "kmnist", "qmnist", "emnist-letters"])
def named(request, server, monkeypatch):
    """(name, stand): the set of this name, small, on a mirror; of EMNIST the archive with two of its splits."""
    name, stand = request.param, Stand(request.param)
    server.files = dict(stand.hosted)
    if name.startswith("emnist"):
        other = Stand("emnist-digits")
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            for file, data in (other.hosted | stand.hosted).items():
                archive.writestr(f"gzip/{file}", data)
        server.files = {"gzip.zip": zipped.getvalue()}
        in_archive = ("gzip.zip", sha256(zipped.getvalue()))
        nothing_known = {file: ("", "") for file in stand.table}
        stand.source = stand.source._replace(archive=in_archive, files=nothing_known)
        without = {file: ("", "") for file in other.table}
        source = other.source._replace(archive=in_archive, files=without, mirrors=(server.mirror("good"),))
        monkeypatch.setitem(SOURCES, "emnist-digits", source)
    monkeypatch.setitem(SOURCES, name, stand.source._replace(mirrors=(server.mirror("good"),)))
    return name, stand


def test_a_named_set_is_downloaded_once_and_comes_out_like_mnist(named, server, capsys):
    name, stand = named
    got = datasets.load(name)
    assert same(got, stand.loaded) and all(a.dtype in ("uint8", "int32") for pair in got for a in pair)
    n = len(server.requests)
    assert n == len(server.files) and capsys.readouterr().err.count("downloading") == n
    assert same(datasets.load(name.upper()), stand.loaded) and len(server.requests) == n
    if name == "emnist-letters":  # another split is in the archive that is there
        assert same(datasets.load("emnist-digits"), Stand("emnist-digits").loaded) and len(server.requests) == n


def test_a_damaged_file_in_the_cache_is_renamed_and_replaced(named):
    name, stand = named
    folder = datasets.download(name)
    for file in stand.hosted:
        (folder / file).write_bytes(HTML)
    assert same(datasets.load(name), stand.loaded)
    assert {path.name for path in folder.glob("*.old")} == {f"{file}.old" for file in stand.hosted}
    assert all(path.read_bytes() == HTML for path in folder.glob("*.old"))


def test_an_archive_of_another_checksum_is_renamed(named, server):
    name, stand = named
    if not stand.source.archive:
        return
    folder = downloads.cache_folder(name)
    folder.mkdir(parents=True)
    (folder / "gzip.zip").write_bytes(b"something of the user's")
    datasets.download(name)
    assert (folder / "gzip.zip.old").read_bytes() == b"something of the user's"


def test_nothing_that_is_in_the_way_is_ever_lost(tmp_path, named):
    name, stand = named
    folder, first = tmp_path / "here", f"{next(iter(stand.raw))}.gz"
    folder.mkdir()
    for i in range(3):
        (folder / first).write_bytes(b"mine %d" % i)
        datasets.download(name, folder)
    olds = {path.name.removeprefix(first): path.read_bytes() for path in folder.glob(f"{first}.*")}
    assert olds == {".old": b"mine 0", ".old2": b"mine 1", ".old3": b"mine 2"}


def test_a_set_that_no_mirror_serves_says_where_the_files_go(named, server, monkeypatch):
    name, stand = named
    monkeypatch.setitem(SOURCES, name, SOURCES[name]._replace(mirrors=(server.mirror("404"), server.mirror("html"))))
    with refused(ConnectionError, f"{name} could not be downloaded", fix="by hand into"):
        datasets.load(name)


def test_a_name_that_is_none_is_answered_with_the_nearest():
    with refused(ValueError, fix="'fashion-mnist'"):
        datasets.download("fashion_mnist")
    with refused(ValueError, expected="emnist-letters"):
        datasets.download("emnist")
    with refused(TypeError, "a path"):
        datasets.download("kmnist", 3)
