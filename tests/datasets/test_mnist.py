"""MNIST: the sample, folders, other data sets and downloads, with and without network."""

import gzip
import importlib.util
import json
import os
import struct
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from helpers.full_mnist import FULL_SET
from helpers.idx_files import HTML, WHOLE, idx_bytes, refuse_to_open, sha256
from helpers.refusals import refused

from minigen.datasets import idx, mnist
from minigen.datasets.idx import read_idx


@pytest.fixture(autouse=True)
def sealed(monkeypatch, tmp_path):
    """No setting of this machine reaches a test, and no test reaches the user's cache."""
    monkeypatch.delenv("MINIGEN_DATA", raising=False)
    monkeypatch.setenv("MINIGEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user_cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def same(one, two):
    """Whether two results of load_data hold the same four arrays."""
    pairs = zip([*one[0], *one[1]], [*two[0], *two[1]], strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


needs_full_set = pytest.mark.skipif(not FULL_SET.is_dir(), reason="no full MNIST at hand")

ROOT = Path(__file__).parents[2]
PACKAGE_PARENT = Path(mnist.__file__).parents[2]  # the clone, or site-packages


# ---- the sample


def test_sample_is_balanced_and_silent(capsys):
    (x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
    assert x_train.shape == (5000, 28, 28) and x_test.shape == (1000, 28, 28)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert np.bincount(y_train).tolist() == [500] * 10
    assert np.bincount(y_test).tolist() == [100] * 10
    assert len(set(y_train[:50])) == 10  # shuffled, not sorted by class
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("position", [None, 100, 500_000, -200])
def test_damaged_sample_is_refused(tmp_path, monkeypatch, position):
    copy = tmp_path / "sample.npz"
    if position is not None:
        data = bytearray(mnist.SAMPLE.read_bytes())
        data[position] ^= 1
        copy.write_bytes(data)
    monkeypatch.setattr(mnist, "SAMPLE", copy)
    with pytest.raises(ValueError, match="sample.npz is missing or damaged"):
        mnist.load_data("sample")


@pytest.mark.parametrize("which", ["Full", "", 0])
def test_unknown_set(which):
    with pytest.raises(ValueError, match="unknown set"):
        mnist.load_data(which)


# ---- folders


def test_nothing_set_gives_the_sample_with_one_line(tmp_path, capsys):
    got = mnist.load_data()
    out, err = capsys.readouterr()
    assert same(got, mnist.load_data("sample"))
    assert out == "" and err.count("\n") == 1
    assert f"no full MNIST in {tmp_path / 'cache' / 'mnist'}" in err
    assert "sample of 5,000 + 1,000 digits" in err and "minigen data mnist" in err


class Stand:
    """Four small files in place of the real ones: their idx bytes and what load_data gives."""

    def __init__(self):
        rng = np.random.default_rng(0)
        arrays = [rng.integers(0, 256, (n, *rest), dtype=np.uint8) for n in (90, 30) for rest in ((28, 28), ())]
        self.loaded = (arrays[0], arrays[1]), (arrays[2], arrays[3])
        self.raw = dict(zip(mnist.FILES, map(idx_bytes, arrays), strict=True))
        self.hosted = {f"{name}.gz": gzip.compress(raw, 1) for name, raw in self.raw.items()}
        self.table = {name: (sha256(self.hosted[f"{name}.gz"]), sha256(raw)) for name, raw in self.raw.items()}

    def fill(self, folder):
        """The four files by hand, two as they are and two gzipped otherwise than on the mirrors."""
        folder.mkdir(parents=True)
        for name, raw in self.raw.items():
            if "images" in name:
                (folder / f"{name}.gz").write_bytes(gzip.compress(raw, 9))
            else:
                (folder / name).write_bytes(raw)
        return folder


@pytest.fixture
def stand(monkeypatch):
    stand = Stand()
    monkeypatch.setattr(mnist, "FILES", stand.table)
    return stand


def no_download(*args):
    raise AssertionError("this must not need the network")


@pytest.mark.parametrize("which", [None, "full"])
def test_order_user_folder_then_cache(tmp_path, monkeypatch, capsys, stand, which):
    monkeypatch.setattr(mnist, "download", no_download)
    stand.fill(mnist.cache_folder())
    assert same(mnist.load_data(which), stand.loaded)

    user = stand.fill(tmp_path / "user")
    for path in mnist.cache_folder().iterdir():  # from here on the cache is no use
        path.write_bytes(HTML)
    monkeypatch.setenv("MINIGEN_DATA", str(user))
    assert same(mnist.load_data(which), stand.loaded)
    assert capsys.readouterr() == ("", "")
    assert len(mnist.load_data("sample")[0][0]) == 5000  # always the sample


def test_damaged_cache_is_not_used_and_said_so(capsys, stand):
    cache = stand.fill(mnist.cache_folder())
    (cache / "t10k-images-idx3-ubyte.gz").write_bytes(HTML)
    assert len(mnist.load_data()[0][0]) == 5000
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "t10k-images-idx3-ubyte.gz is not an idx file" in err


def test_cache_folder(monkeypatch):
    import pooch

    monkeypatch.setenv("MINIGEN_CACHE", "~/here")
    assert mnist.cache_folder() == Path("~/here/mnist").expanduser()
    monkeypatch.delenv("MINIGEN_CACHE")
    assert mnist.cache_folder() == Path(pooch.os_cache("minigen")) / "mnist"


def break_missing_file(folder):
    (folder / "train-labels-idx1-ubyte").unlink()


def break_web_page(folder):
    (folder / "train-images-idx3-ubyte.gz").write_bytes(HTML)


def break_one_pixel(folder):
    path = folder / "t10k-images-idx3-ubyte.gz"
    data = bytearray(gzip.decompress(path.read_bytes()))
    data[-1] ^= 1
    path.write_bytes(gzip.compress(data))


@pytest.mark.parametrize("which", [None, "full"])
@pytest.mark.parametrize(
    ("damage", "kind", "text"),
    [
        (break_missing_file, FileNotFoundError, "train-labels-idx1-ubyte.gz: No such file"),
        (break_web_page, ValueError, "train-images-idx3-ubyte.gz is not an idx file"),
        (break_one_pixel, ValueError, "t10k-images-idx3-ubyte.gz has the wrong checksum"),
    ],
)
def test_user_folder_with_a_bad_file(tmp_path, monkeypatch, stand, which, damage, kind, text):
    stand.fill(mnist.cache_folder())  # a good cache does not hide the mistake
    folder = stand.fill(tmp_path / "user")
    damage(folder)
    monkeypatch.setenv("MINIGEN_DATA", str(folder))
    with pytest.raises(kind, match=text) as caught:
        mnist.load_data(which)
    assert str(caught.value).startswith(f"MINIGEN_DATA={folder} cannot be used")


def test_user_folder_that_is_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="MINIGEN_DATA=.*nowhere cannot be used"):
        mnist.load_data()
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("MINIGEN_DATA", str(tmp_path / "file"))
    with pytest.raises(OSError, match="MINIGEN_DATA=.*file cannot be used"):
        mnist.load_data()

    monkeypatch.setattr(idx, "open", refuse_to_open, raising=False)
    with pytest.raises(PermissionError, match="MINIGEN_DATA=.*\n.*\n.*Permission denied"):
        mnist.load_data()


# ---- other data sets, other names


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
    for name in mnist.FILES:
        (kind, rest), some = head[name[name.index("-") + 1 :][:6]], slice(0, 6) if "train" in name else slice(6, 10)
        part = (x if "images" in name else y)[some]
        files[name] = kind + struct.pack(f">{part.ndim}I", len(part), *rest) + part.tobytes()
    return files, ((x[:6], y[:6]), (x[6:], y[6:]))


@pytest.mark.parametrize("spelling", ["{}", "{}.gz"])
def test_another_data_set_is_read_without_checksums(tmp_path, spelling):
    files, arrays = others()
    folder = fill(tmp_path / "fashion", files, spelling)
    got = mnist.read_folder(folder, verify=False)
    assert same(got, arrays) and got[0][0].dtype == np.int16 and got[0][1].dtype == np.int32


@pytest.mark.parametrize("way", ["read_folder", "MINIGEN_DATA"])
def test_another_data_set_is_not_called_damaged(tmp_path, monkeypatch, way):
    files, arrays = others()
    folder = fill(tmp_path / "fashion", files)
    monkeypatch.setenv("MINIGEN_DATA", str(folder))
    with pytest.raises(ValueError, match="a whole idx file, but not MNIST's") as caught:
        mnist.load_data() if way == "MINIGEN_DATA" else mnist.read_folder(folder)
    text = str(caught.value)
    assert "delete" not in text and "damaged" not in text and "int16 (6, 12, 10)" in text
    call = text.partition("fix:      ")[2].partition(" for another data set")[0]
    assert same(eval(call, {"mnist": mnist}), arrays)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("gz", ["", ".gz"])
def test_names_with_a_dot_are_read(tmp_path, stand, gz, verify):
    folder = tmp_path / "dots"
    folder.mkdir()
    for name, raw in stand.raw.items():
        (folder / (name.replace("-idx", ".idx") + gz)).write_bytes(gzip.compress(raw) if gz else raw)
        (folder / name).mkdir()  # as some unpackers leave behind
    assert same(mnist.read_folder(folder, verify=verify), stand.loaded)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("given", [".", "MNIST", "MNIST/raw/train-images-idx3-ubyte"])
def test_a_folder_near_the_files_is_told_where_they_are(tmp_path, stand, given, verify):
    fill(tmp_path / "MNIST" / "raw", stand.raw)
    with pytest.raises((FileNotFoundError, NotADirectoryError), match="MNIST/raw has it") as caught:
        mnist.read_folder(tmp_path / given, verify=verify)
    call = str(caught.value).partition("fix:      ")[2]
    assert same(eval(call, {"mnist": mnist}), stand.loaded)


@pytest.mark.parametrize("given", ["keras", "keras/mnist.npz"])
def test_the_archive_of_keras_is_found(tmp_path, given):
    (tmp_path / "keras").mkdir()
    np.savez(tmp_path / "keras" / "mnist.npz", x_train=np.arange(3), y_train=0, x_test=0, y_test=0)
    with pytest.raises(OSError, match="mnist.npz") as caught:
        mnist.read_folder(tmp_path / given)
    call = str(caught.value).partition("fix:      ")[2].partition(", and")[0]
    file = eval(call.removesuffix('["x_train"]'), {"np": np})
    assert file["x_train"].tolist() == [0, 1, 2] and '["x_train"]' in call
    file.close()


def test_names_of_another_kind_are_listed(tmp_path):
    (tmp_path / "emnist-letters-train-images-idx3-ubyte.gz").write_bytes(WHOLE)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(WHOLE)  # one of the four: not worth a word
    with pytest.raises(FileNotFoundError, match="but emnist-letters-train-images-idx3-ubyte.gz\n") as caught:
        mnist.read_folder(tmp_path)
    call = str(caught.value).partition("fix:      ")[2].partition(", which")[0]
    assert eval(call, {"read_idx": read_idx}).shape == (4, 3, 2)


def test_files_that_do_not_fit_together(tmp_path):
    files, _ = others()
    train, labels, test, _ = files
    swapped = fill(tmp_path / "swapped", files | {train: files[labels], labels: files[train]})
    with refused(ValueError, "mnist.read_folder"):
        mnist.read_folder(swapped, verify=False)
    fewer = fill(tmp_path / "fewer", files | {labels: files["t10k-labels-idx1-ubyte"]})
    with refused(ValueError, "mnist.read_folder"):
        mnist.read_folder(fewer, verify=False)
    sizes = fill(tmp_path / "sizes", files | {test: idx_bytes(np.zeros((4, 10, 12), "uint8"))})
    with refused(ValueError, "mnist.read_folder"):
        mnist.read_folder(sizes, verify=False)


def test_folders_that_are_none():
    with refused(ValueError, "a path"):
        mnist.read_folder("a\0b")
    with refused(TypeError, "a path"):
        mnist.read_folder(3)
    with refused(TypeError, "a path"):
        mnist.download(3)
    with refused(ValueError, "unknown set"):
        mnist.load_data(np.arange(3))
    with refused(ValueError, "unknown set"):
        mnist.load_data(["full"])


class Handler(BaseHTTPRequestHandler):
    """GET /BEHAVIOUR/FILE: serve the file, or fail in the way that the first part names."""

    def do_GET(self):
        self.server.requests.append(self.path)
        _, behaviour, name = self.path.split("/")
        if behaviour in ("403", "404", "500", "503"):
            return self.send_error(int(behaviour))
        body = HTML if behaviour == "html" else self.server.files[name]
        self.send_response(200)
        if behaviour != "cut_unannounced":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if behaviour in ("cut", "cut_unannounced", "stall"):
            body = body[: len(body) // 2]
        self.wfile.write(body)
        if behaviour == "stall":
            self.server.release.wait(120)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(stand):
    """A server of the stand-in files; `server.mirror("404")` is the URL of a mirror like that."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.requests, server.release = stand.hosted, [], threading.Event()
    server.mirror = lambda behaviour: f"http://127.0.0.1:{server.server_port}/{behaviour}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_download_renames_a_good_file_of_another_data_set(server, stand):
    folder = fill(mnist.cache_folder(), others()[0])
    mnist.download(mirrors=[server.mirror("good")])
    assert same(mnist.load_data("full"), stand.loaded)
    assert {p.name: p.read_bytes() for p in folder.glob("*.old")} == {f"{n}.old": b for n, b in others()[0].items()}


@needs_full_set
def test_full_set(monkeypatch, capsys):
    monkeypatch.setenv("MINIGEN_DATA", str(FULL_SET))
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert x_train.shape == (60000, 28, 28) and x_test.shape == (10000, 28, 28)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(y_train).tolist() == counts
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(y_test).tolist() == counts
    assert capsys.readouterr().err == ""


@needs_full_set
def test_sample_is_what_the_tool_cuts():
    path = ROOT / "tools" / "make_mnist_sample.py"
    spec = importlib.util.spec_from_file_location("make_mnist_sample", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    cut = tool.make_sample(FULL_SET)
    sample = mnist.load_data("sample")
    assert same(((cut["x_train"], cut["y_train"]), (cut["x_test"], cut["y_test"])), sample)


# ---- downloads


def test_download_into_the_cache(server, stand, capsys):
    folder = mnist.download(mirrors=[server.mirror("good")])
    assert folder == mnist.cache_folder()
    assert {path.name for path in folder.iterdir()} == set(stand.hosted)  # no temporary file left
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in folder.iterdir())
    assert len(server.requests) == 4
    assert capsys.readouterr().out == ""
    assert same(mnist.load_data(), stand.loaded)


def test_full_downloads_when_need_be(monkeypatch, server, stand):
    monkeypatch.setattr(mnist.download, "__defaults__", (None, (server.mirror("good"),)))
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
    with pytest.raises(ConnectionError, match="MNIST could not be downloaded"):
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
    assert len(mnist.MIRRORS) >= 2
    assert not [mirror for mirror in mnist.MIRRORS if "lecun" in mirror]


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


def test_bad_cached_file_goes_even_without_a_mirror(server, stand):
    bad = stand.fill(mnist.cache_folder()) / "t10k-images-idx3-ubyte.gz"
    bad.write_bytes(HTML)
    with pytest.raises(ConnectionError):
        mnist.download(mirrors=[server.mirror("404")])
    assert not bad.exists() and len(list(bad.parent.iterdir())) == 3


def test_folder_that_cannot_be_written(tmp_path, server):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConnectionError, match="NotADirectoryError"):
        mnist.download(tmp_path / "file", [server.mirror("good")])
    assert (tmp_path / "file").read_text() == "in the way"


DOWNLOAD = """
import json, sys
from minigen.datasets import mnist
mnist.FILES = json.loads(sys.argv[3])
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
