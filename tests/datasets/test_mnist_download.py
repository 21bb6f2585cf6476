"""Downloads of MNIST: mirrors that fail, files in the cache, and killed downloads."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.idx_files import HTML
from helpers.mnist_files import fill, others, same

from minigen.datasets import mnist
from minigen.datasets.images.sources import SOURCES

PACKAGE_PARENT = Path(mnist.__file__).parents[2]  # the clone, or site-packages


def test_a_download_renames_a_good_file_of_another_data_set(server, stand):
    folder = fill(mnist.cache_folder(), others()[0])
    mnist.download(mirrors=[server.mirror("good")])
    assert same(mnist.load_data("full"), stand.loaded)
    assert {p.name: p.read_bytes() for p in folder.glob("*.old")} == {f"{n}.old": b for n, b in others()[0].items()}


def test_download_into_the_cache(server, stand, capsys):
    folder = mnist.download(mirrors=[server.mirror("good")])
    assert folder == mnist.cache_folder()
    assert {path.name for path in folder.iterdir()} == set(stand.hosted)  # no temporary file left
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in folder.iterdir())
    assert len(server.requests) == 4
    assert capsys.readouterr().out == ""
    assert same(mnist.load_data(), stand.loaded)


def test_full_downloads_when_need_be(monkeypatch, server, stand):
    monkeypatch.setitem(SOURCES, "mnist", stand.source._replace(mirrors=(server.mirror("good"),)))
    assert same(mnist.load_data("full"), stand.loaded)
    assert same(mnist.load_data("full"), stand.loaded)
    assert len(server.requests) == 4


FAILURES = ["403", "404", "500", "503", "html", "cut", "cut_unannounced"]


@pytest.mark.parametrize("behaviour", FAILURES)
def test_second_mirror_serves(tmp_path, server, stand, behaviour):
    mirrors = [server.mirror(behaviour), server.mirror("good")]
    folder = mnist.download(tmp_path / "new", mirrors)
    assert same(mnist.read_folder(folder), stand.loaded)
    bad = [path for path in server.requests if behaviour in path]
    assert len(bad) == 1  # a mirror that failed is not asked again


@pytest.mark.parametrize("behaviour", FAILURES)
def test_only_mirror_fails(tmp_path, server, behaviour):
    with pytest.raises(ConnectionError, match="mnist could not be downloaded"):
        mnist.download(tmp_path / "new", [server.mirror(behaviour)])
    assert list((tmp_path / "new").iterdir()) == []


def test_every_mirror_fails(tmp_path, server, stand):
    mirrors = [server.mirror("404"), server.mirror("html"), "http://127.0.0.1:1/closed/"]
    with pytest.raises(ConnectionError) as caught:
        mnist.download(tmp_path / "new", mirrors)
    text = str(caught.value)
    for mirror, reason in zip(mirrors, ["404", "SHA256", "Connection refused"], strict=True):
        line = next(line for line in text.splitlines() if mirror in line)
        assert reason in line
    by_hand = text[text.index("by hand") - 200 :]
    assert all(name in by_hand for name in stand.hosted) and str(tmp_path / "new") in by_hand
    assert 'load_data("sample"), which needs no network' in text


def test_no_mirror_is_the_one_that_refuses_everybody():
    assert len(SOURCES["mnist"].mirrors) >= 2
    assert not [mirror for mirror in SOURCES["mnist"].mirrors if "lecun" in mirror]


def test_good_files_are_not_fetched_again(server, stand):
    folder = stand.fill(mnist.cache_folder())  # put there by hand, also recompressed
    before = {path: path.read_bytes() for path in folder.iterdir()}
    mnist.download(mirrors=[server.mirror("good")])
    assert server.requests == []
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_bad_cached_file_is_replaced(server, stand, suffix):
    folder = stand.fill(mnist.cache_folder())
    (folder / f"t10k-images-idx3-ubyte{suffix}").write_bytes(HTML)
    mnist.download(mirrors=[server.mirror("good")])
    assert server.requests == ["/good/t10k-images-idx3-ubyte.gz"]
    assert same(mnist.load_data("full"), stand.loaded)


def test_bad_cached_file_is_renamed_even_without_a_mirror(server, stand):
    bad = stand.fill(mnist.cache_folder()) / "t10k-images-idx3-ubyte.gz"
    bad.write_bytes(HTML)
    with pytest.raises(ConnectionError):
        mnist.download(mirrors=[server.mirror("404")])
    assert not bad.exists() and len(list(bad.parent.iterdir())) == 4
    assert bad.with_name(f"{bad.name}.old").read_bytes() == HTML


def test_folder_that_cannot_be_written(tmp_path, server):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConnectionError, match="NotADirectoryError"):
        mnist.download(tmp_path / "file", [server.mirror("good")])
    assert (tmp_path / "file").read_text() == "in the way"


DOWNLOAD = """
import json, sys
from minigen.datasets import mnist
from minigen.datasets.images.sources import SOURCES
SOURCES["mnist"] = SOURCES["mnist"]._replace(files=json.loads(sys.argv[3]))
mnist.download(sys.argv[1], [sys.argv[2]])
"""


def start_download(folder, mirror, stand):
    """A process of its own that downloads the stand-in files."""
    arguments = [str(folder), mirror, json.dumps(stand.table)]
    return subprocess.Popen(
        [sys.executable, "-c", DOWNLOAD, *arguments],
        env=os.environ | {"PYTHONPATH": str(PACKAGE_PARENT)},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_download_says_one_line_a_file(tmp_path, server, stand):
    process = start_download(tmp_path / "new", server.mirror("good"), stand)
    lines = process.communicate(timeout=120)[1].splitlines()
    expected = [f"minigen: downloading {server.mirror('good')}{name}" for name in stand.hosted]
    assert process.returncode == 0 and lines == expected


def test_killed_download_leaves_no_file(tmp_path, server, stand):
    folder = tmp_path / "new"
    process = start_download(folder, server.mirror("stall"), stand)
    deadline = time.monotonic() + 120
    while not (folder.is_dir() and any(path.stat().st_size > 10_000 for path in folder.iterdir())):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()  # SIGKILL, half-way through the first file
    process.communicate()

    assert {path.name for path in folder.iterdir()}.isdisjoint(stand.hosted)
    mnist.download(folder, [server.mirror("good")])
    assert same(mnist.read_folder(folder), stand.loaded)


def test_import_does_not_need_pooch():
    program = "import sys, minigen.datasets; sys.exit('pooch' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE_PARENT)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
