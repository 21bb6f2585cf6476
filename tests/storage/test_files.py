"""Writing aside and renaming: two writers of one name, what a kill leaves behind, and places that cannot be written."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_model import compiled
from helpers.threads import Beside, side_by_side

import minigen
from minigen import Dense, Input, Sequential, Tensor, load_model, models, plot
from minigen.inspection.graph import draw
from minigen.recipes.files import write_text
from minigen.storage import files, npz
from minigen.storage.files import replacing, set_aside


def names(folder):
    return sorted(path.name for path in folder.iterdir())


X = np.ones((4, 3), "float32")


def small():
    model = Sequential([Input((3,)), Dense(3)])
    model.compile("adam", "mse")
    return model


WRITERS = {
    "w.npz": lambda path: npz.write(path, {"w": np.zeros(9000)}, {}),
    "weights": lambda path: small().save_weights(path),
    "run.npz": lambda path: small().fit(X, X, verbose=0, checkpoint=path),
    "figure.png": lambda path: plot.save(plot.grid(np.zeros((4, 8, 8))), path),
    "graph.svg": lambda path: draw((Tensor(X, requires_grad=True) * 2).sum(), path),
    "page.html": lambda path: write_text(path, "page " * 9000),
}

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such thing")


# ---- several writers


WRITER = """
import sys
import numpy as np
from minigen.storage import npz
for n in range(1, 1000):
    npz.write(sys.argv[1], {"w": np.full(2_000_000, n, "float32")}, {"n": n})
    print(n, flush=True)
"""


def test_kill_9_while_writing_leaves_a_whole_checkpoint(tmp_path):
    """The process dies at a random moment, most of the time within a fix: the name always holds a whole file."""
    path = tmp_path / "run.npz"
    for delay in (0.0, 0.004, 0.009, 0.015, 0.022):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True) as process:
            said = [int(process.stdout.readline()) for _ in range(2)][-1]
            time.sleep(delay)
            process.kill()
            said = max([said, *(int(line) for line in process.stdout.read().split("\n")[:-1])])
        arrays, meta = npz.read(path)
        assert meta["n"] in (said, said + 1)
        assert (arrays["w"] == meta["n"]).all()


@pytest.mark.parametrize(
    "name", ["run.npz", "run", ".hidden", "x" * 246 + ".npz", "é" * 125, "a." + "b" * 248, "∑.png"]
)
def test_two_writers_of_one_name_do_not_meet(tmp_path, name):
    path = tmp_path / name
    with replacing(path) as first:
        first.write_text("first")
        with replacing(path) as second:
            assert first != second and first.suffix == second.suffix == (path.suffix if len(path.suffix) < 9 else "")
            second.write_text("second")
        assert path.read_text() == "second" and first.read_text() == "first"
    assert path.read_text() == "first" and names(tmp_path) == [name]


@pytest.mark.parametrize("name", WRITERS)
def test_everything_that_is_written_may_be_written_by_two(tmp_path, name, monkeypatch):
    """The second writer begins and ends just before the first one renames its file."""
    path, replace, inner = tmp_path / name, os.replace, []

    def meanwhile(aside, target):
        if not inner:
            inner.append(aside)
            WRITERS[name](path)
            assert aside.exists() and path.exists()
        replace(aside, target)

    monkeypatch.setattr(os, "replace", meanwhile)
    WRITERS[name](path)
    assert inner and names(tmp_path) == [name]


WRITERS_OF_OTHERS = {
    "w.safetensors": lambda path: small().save_weights(path),
    "w.weights.h5": lambda path: small().save_weights(path),
    "m.keras": lambda path: small().save(path),
}


@pytest.mark.parametrize("name", WRITERS | WRITERS_OF_OTHERS)
def test_a_file_is_whole_on_the_disk_before_it_has_its_name(tmp_path, name, monkeypatch):
    """Otherwise a file of no bytes may stand there after a power cut."""
    sizes, fsync, replace = {}, os.fsync, os.replace

    def noted(file):
        sizes[os.fstat(file).st_ino] = os.fstat(file).st_size
        fsync(file)

    def checked(aside, target):
        assert sizes[os.stat(aside).st_ino] == os.stat(aside).st_size > 0
        replace(aside, target)
        sizes["renamed"] = True

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(os, "replace", checked)
    (WRITERS | WRITERS_OF_OTHERS)[name](tmp_path / name)
    assert sizes["renamed"]


def test_eight_writers_and_a_reader(tmp_path):
    """The reader finds a whole file each time."""
    path = tmp_path / "run.npz"

    def write(n):
        for _ in range(10):
            npz.write(path, {"w": np.full(2000, n)}, {"n": n})

    def read():
        arrays, meta = npz.read(path)
        assert (arrays["w"] == meta["n"]).all()

    write(0)
    with Beside(read):
        side_by_side(*(lambda n=n: write(n) for n in range(8)))
    assert names(tmp_path) == ["run.npz"]


@posix
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of newer Pythons: a fork of a program with threads
def test_what_a_kill_left_behind_is_removed_by_the_next_writer(tmp_path):
    path = tmp_path / "run.npz"
    if (child := os.fork()) == 0:
        with replacing(path) as aside:
            aside.write_text("half a file")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (left,) = names(tmp_path)
    assert left.startswith(".part-") and left.endswith(".npz")
    with replacing(tmp_path / "another") as aside:
        assert names(tmp_path) == [aside.name]
        files.check_writable(path)  # it looks for leftovers, too: this file belongs to a program that runs
        assert names(tmp_path) == [aside.name]
        aside.write_text("whole")
    assert names(tmp_path) == ["another"]


@posix
def test_a_new_file_that_is_taken_for_a_leftover_is_made_again(tmp_path, monkeypatch):
    """For a moment it has no lock; just then another writer comes along."""
    lock, taken = files.fcntl.flock, []

    def meanwhile(file, how):
        if how == files.fcntl.LOCK_EX and not taken:
            taken.append(file)
            files.check_writable(tmp_path / "another")
        lock(file, how)

    monkeypatch.setattr(files.fcntl, "flock", meanwhile)
    with replacing(tmp_path / "w.npz") as aside:
        assert taken and names(tmp_path) == [aside.name]
    assert names(tmp_path) == ["w.npz"]


@posix
def test_a_file_that_is_none_of_ours_stays(tmp_path):
    mine = [".part-time", ".part-0123456789abcdef0", ".part-zzzzzzzzzzzzzzzz.npz", "x.part-0123456789abcdef"]
    for name in mine:
        (tmp_path / name).write_text("mine")
    small().save_weights(tmp_path / "w.npz")
    assert names(tmp_path) == sorted([*mine, "w.npz"])


def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "w"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as aside:
        aside.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old" and names(tmp_path) == ["w"]


@posix
def test_the_file_behind_a_link_is_replaced(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "latest").symlink_to(tmp_path / "disk" / "run.npz")
    for _ in range(2):
        small().save_weights(tmp_path / "latest")
        assert (tmp_path / "latest").is_symlink() and names(tmp_path / "disk") == ["run.npz"]


@posix
def test_a_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    small().save_weights(tmp_path / "w.npz")
    assert (tmp_path / "w.npz").stat().st_mode == (tmp_path / "plain").stat().st_mode


# ---- places that cannot be written, files that cannot be read


def test_a_tilde_is_the_home_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    model = compiled()
    model.save_weights("~/w.npz")
    assert (tmp_path / "w.npz").exists()
    model.load_weights("~/w.npz")


def test_a_link_that_leads_nowhere_is_told_from_a_missing_folder(tmp_path):
    (tmp_path / "w.npz").symlink_to(tmp_path / "gone" / "w.npz")
    with pytest.raises(FileNotFoundError, match="a link to .*gone.*whose folder is not there"):
        compiled().save_weights(tmp_path / "w.npz")
    with pytest.raises(FileNotFoundError, match="no folder .*missing"):
        compiled().save_weights(tmp_path / "missing" / "w.npz")


def test_a_device_without_an_end_is_not_read():
    for read in (minigen.datasets.text.read, compiled().load_weights, minigen.datasets.idx.read_idx):
        with refused(OSError, "got:      a device"):
            read("/dev/zero")


def no_file(*arguments):
    raise PermissionError(errno.EACCES, "Permission denied", str(arguments[0]))


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_without_permission_is_a_permission_error_with_the_path(tmp_path, monkeypatch, name):
    monkeypatch.setattr(os, "open", no_file)
    with pytest.raises(PermissionError, match=f"{name} cannot be written(.|\n)*expected:(.|\n)*fix:") as caught:
        WRITERS[name](tmp_path / name)
    assert ".part" not in str(caught.value) and caught.value.errno == errno.EACCES


@pytest.mark.parametrize("place", ["denied", "a file as folder", "a folder", "no folder", "too long", "a pipe", "proc"])
def test_a_place_that_cannot_be_written_is_known_before_the_training(tmp_path, monkeypatch, place):
    (tmp_path / "file").touch()
    path = {"a file as folder": tmp_path / "file" / "w", "a folder": tmp_path, "no folder": tmp_path / "no" / "w"}.get(
        place, tmp_path / ("x" * 256 if place == "too long" else "w")
    )
    if place == "denied":
        monkeypatch.setattr(os, "open", no_file)
    if place == "a pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("no pipes here")
        os.mkfifo(path)
    if place == "proc":
        path = "/proc/run.npz"  # even root cannot make a file there
        if not os.path.isdir("/proc"):
            pytest.skip("no /proc here")
    model = small()
    monkeypatch.setattr(model, "train_step", None)
    for action in (
        lambda: model.fit(X, X, verbose=0, checkpoint=path),
        lambda: model.fit(X, X, verbose=0, checkpoint=path, resume=True),
        lambda: minigen.training.alternate([(minigen.training.Task("a", model, X, X), 1)], verbose=0, checkpoint=path),
        lambda: model.save_weights(path),
        lambda: npz.check_writable(path),
    ):
        with refused(OSError, "cannot be written"):
            action()
    if place == "a pipe":
        assert stat.S_ISFIFO(path.stat().st_mode)
        path.unlink()
    assert set(names(tmp_path)) == {"file"}


@pytest.mark.parametrize("bad", ["", "a\0b", "\ud800", b"run.npz", 3, None])
def test_what_is_no_path_is_refused(bad):
    kind = ValueError if isinstance(bad, str) else TypeError
    for action in (
        lambda: small().save_weights(bad),
        lambda: small().load_weights(bad),
        lambda: files.make_folder(bad),
    ):
        with refused(kind, "a path"):
            action()


def test_a_file_without_read_permission_is_a_permission_error(tmp_path, monkeypatch):
    model, path = small(), tmp_path / "run.npz"
    model.fit(X, X, verbose=0, checkpoint=path)
    monkeypatch.setattr(npz, "open", no_file, raising=False)
    with refused(PermissionError, "run.npz cannot be read"):
        model.load_weights(path)
    monkeypatch.setattr(npz, "check_writable", lambda path: None)
    with refused(PermissionError, "run.npz cannot be read"):
        npz.read(path)
    monkeypatch.undo()
    with refused(ValueError, "cannot be read"):
        model.load_weights(tmp_path)
    with refused(FileNotFoundError, "cannot be read"):
        model.load_weights(tmp_path / "none")
    with refused(NotADirectoryError, "cannot be read"):
        model.load_weights(path / "x")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO])
def test_a_full_disk_is_an_error_with_the_path_and_the_old_file_stays(tmp_path, monkeypatch, code):
    model, path = small(), tmp_path / "run.npz"
    model.fit(X, X, verbose=0, checkpoint=path)
    before = path.read_bytes()

    def full(file):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    for action in (lambda: model.save_weights(path), lambda: model.fit(X, X, epochs=2, verbose=0, checkpoint=path)):
        with pytest.raises(OSError, match=r"run\.npz cannot be written(.|\n)*expected:(.|\n)*fix:") as caught:
            action()
        assert caught.value.errno == code and os.strerror(code) in str(caught.value)
        assert ("room" in str(caught.value)) == (code != errno.EIO)
        assert path.read_bytes() == before and names(tmp_path) == ["run.npz"]


@posix
@pytest.mark.parametrize("name", ["w.npz", "figure.png", "page.html"])
def test_a_file_that_may_not_grow_further(tmp_path, name):
    """The operating system's own limit, met in the middle of writing."""
    resource = pytest.importorskip("resource")
    (tmp_path / name).write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError) as caught:
            WRITERS[name](tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    text = str(caught.value)
    assert name in text and "room for the file" in text and "fix:" in text
    assert (tmp_path / name).read_text() == "old" and names(tmp_path) == [name]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with refused(FileExistsError, "cannot be made"):
        models.Archive(tmp_path / "file")
    with refused(NotADirectoryError, "cannot be made"):
        models.Archive(tmp_path / "file" / "below")
    with refused(TypeError, "a path"):
        models.Archive(3)
    assert files.make_folder(tmp_path / "a" / "b").is_dir()


def test_a_file_that_is_set_aside_is_never_lost(tmp_path):
    path = tmp_path / "a.gz"
    for i in range(3):
        path.write_text(str(i))
        set_aside(path)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"a.gz.old": "0", "a.gz.old2": "1", "a.gz.old3": "2"}
    set_aside(path)  # nothing is there
    set_aside(tmp_path)
    assert len(names(tmp_path)) == 3


def test_a_read_only_file_is_not_replaced_and_a_private_one_stays_private(tmp_path):
    path = tmp_path / "w.npz"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with refused(PermissionError, got="a read-only file", fix="chmod u+w"):
        npz.write(path, {"a": np.zeros(2)}, {})
    assert path.read_bytes() == b"old"
    path.chmod(0o600)
    npz.write(path, {"a": np.zeros(2)}, {})
    assert path.stat().st_mode & 0o777 == 0o600 and npz.read(path)[0]["a"].shape == (2,)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
@pytest.mark.parametrize("name", ["w.npz", "w.safetensors", "w.weights.h5", "m.minigen", "m.keras"])
def test_a_pipe_is_refused_for_reading(name, tmp_path):
    os.mkfifo(tmp_path / name)
    with refused(OSError, expected="a file", got="a pipe"):
        if name.startswith("m"):
            load_model(tmp_path / name)
        else:
            Sequential([Input((2,)), Dense(1)]).load_weights(tmp_path / name)
