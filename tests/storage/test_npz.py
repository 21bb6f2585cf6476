"""Arrays in files: what was written comes back, under exactly the given name, and a damaged file changes nothing."""

import os
import pickle
import zipfile

import numpy as np
import pytest
from helpers.damage import rename, unchanged, write_plain
from helpers.memory import peak
from helpers.refusals import LAYOUT, refused
from helpers.runs import autoencoder
from helpers.small_model import X

from minigen import Dense, Input, Sequential, Tensor
from minigen.storage import npz

ARRAYS = {
    "kernel": np.arange(6, dtype="float32").reshape(2, 3) / 7,
    "wide": np.array([[1e-300, np.pi]]),
    "labels": np.array([1, 2, 3], "int64"),
    "image": np.arange(4, dtype="uint8").reshape(1, 2, 2, 1),
    "flag": np.array(True),
    "nothing": np.zeros((0, 3), "float32"),
    "encoder/dense/kernel": np.array(1.5, "float32"),
}
META = {"kind": "test", "epoch": 3, "loss": 0.1, "history": {"loss": [0.1, 1e-17]}, "text": "ü ∑", "none": None}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.npz"


# ---- written and read again


def test_round_trip(path):
    npz.write(path, ARRAYS, META)
    arrays, meta = npz.read(path)
    assert meta == META and list(arrays) == list(ARRAYS)
    for key, array in ARRAYS.items():
        assert arrays[key].dtype == array.dtype
        np.testing.assert_array_equal(arrays[key], array)


def test_tensors_are_brought_to_the_host(xp, path):
    npz.write(path, {"w": Tensor(ARRAYS["kernel"])}, {})
    w = npz.read(path)[0]["w"]
    assert isinstance(w, np.ndarray)
    np.testing.assert_array_equal(w, ARRAYS["kernel"])


@pytest.mark.parametrize("name", ["file.npz", "file", "file.weights", "run.1", ".hidden", "with space"])
def test_the_name_is_exactly_the_one_given(tmp_path, name):
    npz.write(tmp_path / name, ARRAYS, META)
    assert os.listdir(tmp_path) == [name]
    npz.write(str(tmp_path / name), {}, {"second": True})  # a plain string, over the old file
    assert os.listdir(tmp_path) == [name]
    assert npz.read(str(tmp_path / name)) == ({}, {"second": True})


def test_a_relative_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    npz.write("here.npz", ARRAYS, META)
    assert npz.read("here.npz")[1] == META


def test_an_array_may_be_called_meta(path):
    npz.write(path, {"meta": np.ones(2)}, {"a": 1})
    arrays, meta = npz.read(path)
    assert meta == {"a": 1}
    np.testing.assert_array_equal(arrays["meta"], [1, 1])


def test_numpy_can_read_the_file(path):
    npz.write(path, ARRAYS, META)
    with np.load(path) as file:
        np.testing.assert_array_equal(file["arrays/kernel"], ARRAYS["kernel"])


# ---- names


def test_names_that_are_too_long_for_a_file(tmp_path):
    path = tmp_path / "w.npz"
    one = Sequential([Input(shape=(4,)), Dense(2, name="a" * 65_000)])
    one.save_weights(path)
    before = path.read_bytes()
    too_long = Sequential([Input(shape=(4,)), Dense(2, name="a" * 66_000)])
    with refused(ValueError, "is not written"):
        too_long.save_weights(path)
    assert path.read_bytes() == before


def test_the_longest_name_that_a_file_holds(tmp_path):
    """A zip file has two bytes for the length of a name."""
    longest = 65_535 - len("arrays/.npy")
    npz.write(tmp_path / "a.npz", {"a" * longest: np.zeros(1)}, {})
    assert list(npz.read(tmp_path / "a.npz")[0]) == ["a" * longest]
    with refused(ValueError, "is not written"):
        npz.write(tmp_path / "b.npz", {"a" * (longest + 1): np.zeros(1)}, {})


# ---- errors while writing


def test_objects_are_not_written(tmp_path):
    """What could not be read again is refused when it is saved."""
    with refused(TypeError, "is not written"):
        npz.write(tmp_path / "w.npz", {"w": np.array([None])}, {})
    assert os.listdir(tmp_path) == []


def break_in_the_middle(f, **entries):
    f.write(b"half a file")
    raise OSError("no space left on device")


def test_an_error_while_writing_leaves_the_old_file(path, monkeypatch):
    npz.write(path, ARRAYS, META)
    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", break_in_the_middle)
    with pytest.raises(OSError, match="no space left"):
        npz.write(path, {}, {"new": True})
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def test_an_error_while_renaming_leaves_nothing_behind(path, monkeypatch):
    def refuse(*names):
        raise PermissionError("not allowed")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError):
        npz.write(path, ARRAYS, META)
    assert os.listdir(path.parent) == []


def test_meta_that_is_no_json_writes_nothing(path):
    npz.write(path, ARRAYS, META)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        npz.write(path, ARRAYS, {"an object": object()})
    assert path.read_bytes() == before and os.listdir(path.parent) == [path.name]


def test_a_missing_file_is_file_not_found(path):
    with pytest.raises(FileNotFoundError, match=r"file\.npz"):
        npz.read(path)


def test_a_missing_folder_is_told_with_the_name_that_was_given(tmp_path):
    """Not with the name of the file that is written aside."""
    with pytest.raises(FileNotFoundError) as caught:
        npz.write(tmp_path / "no such folder" / "w.npz", ARRAYS, META)
    assert "no such folder" in str(caught.value) and ".part" not in str(caught.value)


def test_a_path_that_is_none_is_refused():
    for action in (lambda: npz.write(3, {}, {}), lambda: npz.read(None), lambda: npz.check_writable(2.0)):
        with refused(TypeError, "a path"):
            action()


def test_what_a_kill_of_an_earlier_version_left_behind_is_removed(tmp_path):
    (tmp_path / ".part-w.npz").write_bytes(b"half a file")
    npz.write(tmp_path / "w.npz", {"a": np.ones(2)}, {})
    assert [p.name for p in tmp_path.iterdir()] == ["w.npz"]


# ---- damaged files


def test_a_truncated_file(model, saved):
    whole = saved.read_bytes()
    for length in range(0, len(whole), 13):
        saved.write_bytes(whole[:length])
        with refused(ValueError, where=f"{saved} cannot be read", expected=".npz", fix="train again"):
            model.load_weights(saved)


@pytest.mark.parametrize("mask", [0x01, 0x20, 0xFF])
def test_a_tampered_file(model, saved, mask):
    """Every byte of the file, flipped: an error, or (a date, a comment) the very same weights."""
    whole, refusals = saved.read_bytes(), 0
    for place in range(len(whole)):
        saved.write_bytes(whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :])
        try:
            model.load_weights(saved)
        except ValueError as error:
            assert LAYOUT.fullmatch(str(error)), f"byte {place}: {error}"
            refusals += 1
        except Exception as error:
            pytest.fail(f"byte {place} gives {type(error).__name__}: {error}")
    assert refusals > len(whole) / 2  # (the fixture compares the weights)


def test_a_pickle_in_a_file_is_never_run(model, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "executed"),))

    arrays = {f"arrays/{k}": w.numpy() for k, w in model.named_weights().items()}
    arrays["arrays/code/bias"] = np.array([Bomb(), Bomb()], dtype=object)
    np.savez(tmp_path / "w.npz", meta=np.array('{"kind": "weights"}'), **arrays)
    with refused(ValueError, where="cannot be read"):
        model.load_weights(tmp_path / "w.npz")
    (tmp_path / "w.npz").write_bytes(pickle.dumps(Bomb()))
    with refused(ValueError, where="cannot be read"):
        model.load_weights(tmp_path / "w.npz")
    assert not (tmp_path / "executed").exists()


@pytest.fixture
def weights(tmp_path):
    autoencoder().save_weights(tmp_path / "w.npz")
    return tmp_path / "w.npz"


def test_a_flipped_bit_is_refused_or_harmless(weights):
    """Of 200 bits, from the beginning to the end of the file: what loads is what was saved."""
    model, data = autoencoder(seed=5), weights.read_bytes()
    own = model.get_weights()
    model.load_weights(weights)
    saved, refusals = model.get_weights(), 0
    for bit in np.linspace(0, 8 * len(data) - 1, 200).astype(int).tolist():
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << (bit % 8)
        weights.write_bytes(damaged)
        model.set_weights(own)
        try:
            model.load_weights(weights)
            wanted = saved
        except ValueError as error:
            assert "expected:" in str(error)
            wanted, refusals = own, refusals + 1
        np.testing.assert_equal(model.get_weights(), wanted)
    assert refusals > 100


def test_numbers_that_were_changed_are_refused(weights):
    """By a program that writes a sound archive: zip's own checksums are right, ours is not."""
    with np.load(weights) as file:
        entries = {k: file[k] for k in file.files}
    for change in ("a number", "a name", "a type", "a shape", "meta"):
        changed = dict(entries)
        kernel = changed["arrays/dense/kernel"].copy()
        if change == "a number":
            kernel[3, 2] = np.nextafter(kernel[3, 2], np.float32(9))
        if change == "a type":
            kernel = kernel.astype("float64")
        if change == "a shape":
            kernel = kernel.reshape(4, 6)
        changed["arrays/dense/kernel"] = kernel
        if change == "a name":
            rename(changed, "arrays/dense/bias", "arrays/dense/beta")
        if change == "meta":
            changed["meta"] = np.array(str(changed["meta"]).replace("weights", "weight"))
        np.savez(weights, **changed)
        model = autoencoder(seed=5)
        unchanged(model, lambda m=model: m.load_weights(weights), "another checksum")
    np.savez(weights, **entries)
    autoencoder().load_weights(weights)


def test_data_that_zip_does_not_check_is_refused(weights):
    """A size in the archive's directory that is one too large keeps zipfile from comparing its own checksum."""
    arrays, meta = npz.read(weights)
    write_plain(weights, arrays, meta)
    data = bytearray(weights.read_bytes())
    entry = data.rindex(b"arrays/dense/kernel.npy") - 46  # its line in the directory at the end
    size = int.from_bytes(data[entry + 24 : entry + 28], "little")
    data[entry + 24 : entry + 28] = (size + 1).to_bytes(4, "little")
    numbers = data.index(arrays["dense/kernel"].tobytes())
    data[numbers] ^= 64
    weights.write_bytes(data)
    model = autoencoder(seed=5)
    unchanged(model, lambda: model.load_weights(weights), "cannot be read")


def add_entry(path, name, data, size=None, how=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "a", how) as archive:
        archive.writestr(name, data)


def npy(shape, dtype="<f4", data=b""):
    header = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + data


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("arrays/dense/kernel.npy", npy((6, 4), data=bytes(96))),  # a second entry of that name
        ("spam.npy", npy((1,), data=bytes(4))),
        ("arrays/huge.npy", npy((2**40, 2**20))),
        ("arrays/huge.npy", npy((2**62, 2**62), data=bytes(64))),
        ("arrays/short.npy", npy((100,), data=bytes(64))),
        ("arrays/long.npy", npy((10,), data=bytes(64))),
        ("arrays/negative.npy", npy((-4, -4), data=bytes(64))),
        ("arrays/objects.npy", npy((1,), "|O", data=b"cos\nsystem\n(S'exit 1'\ntR.")),
        ("arrays/records.npy", npy((1,), [("a", "<f4")], data=bytes(4))),
        ("arrays/nothing.npy", npy((4,), "|S0")),
        ("arrays/words.npy", b"no array at all"),
        ("arrays/deep.npy", npy("(" * 3000 + ")" * 3000)),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_strange_entry_is_refused(weights, name, data):
    add_entry(weights, name, data)
    model = autoencoder(seed=5)
    unchanged(model, lambda: model.load_weights(weights), "cannot be read")
    np.savez(weights, meta=np.array("{}"), **{"arrays/dense/kernel": np.zeros((6, 4))})
    npz.read(weights)  # a file without a checksum
    add_entry(weights, name, data)
    with refused(ValueError, "cannot be read"):
        npz.read(weights)


@pytest.mark.parametrize("text", ["", "[1, 2]", "3", "null", "{", '"meta"', "[" * 100_000, '{"sha256": 3}'])
def test_meta_that_is_none_is_refused(weights, text):
    arrays, _ = npz.read(weights)
    np.savez(weights, meta=np.array(text), **{f"arrays/{k}": a for k, a in arrays.items()})
    model = autoencoder(seed=5)
    unchanged(model, lambda: model.load_weights(weights), "cannot be read")


def test_a_file_that_would_unpack_to_much_more_costs_next_to_nothing(tmp_path):
    """40 MB of zeros, compressed to 40 kB; and 10 MB without compression, in entries that lie in one another."""
    path, model = tmp_path / "bomb.npz", autoencoder()
    zeros = np.zeros(10_000_000, "float32")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("arrays/w.npy", "w") as entry:
        np.lib.format.write_array(entry, zeros)
    assert path.stat().st_size < 1e5
    del zeros
    assert peak(lambda: unchanged(model, lambda: model.load_weights(path), "compressed arrays")) < 2e6

    np.savez(path, meta=np.array("{}"), **{"arrays/w0": np.zeros(250_000, "float32")})  # 1 MB
    data, inside = path.read_bytes(), []
    start = data.rindex(b"PK\x05\x06")
    directory = data[int.from_bytes(data[start + 16 : start + 20], "little") : start]
    line = directory[directory.rindex(b"PK\x01\x02") :]
    inside = b"".join(line.replace(b"arrays/w0", b"arrays/w%d" % i) for i in range(10))
    end = bytearray(data[start:])
    end[8:10] = end[10:12] = (2 + 9).to_bytes(2, "little")
    whole = directory[: -len(line)] + inside
    end[12:16] = len(whole).to_bytes(4, "little")
    path.write_bytes(data[: start - len(directory)] + whole + end)
    assert peak(lambda: unchanged(model, lambda: model.load_weights(path), "in a file of")) < 2e6


def test_the_checksum_covers_names_types_shapes_numbers_and_meta():
    a = {"w": np.arange(6, dtype="int32").reshape(2, 3)}
    sums = {
        npz.checksum(b, text)
        for b, text in [
            (a, "{}"),
            (a, "{} "),
            ({"v": a["w"]}, "{}"),
            ({"w": a["w"].reshape(3, 2)}, "{}"),
            ({"w": a["w"].view("float32")}, "{}"),
            ({"w": a["w"] + 1}, "{}"),
            (a | {"b": a["w"]}, "{}"),
        ]
    }
    assert len(sums) == 7
    assert npz.checksum({"w": np.asfortranarray(a["w"])}, "{}") in sums


# ---- other files


def npy_file(path):
    with open(path, "wb") as f:
        np.save(f, X)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: p.write_bytes(b""),
        lambda p: p.write_text("hello"),
        lambda p: p.write_text("<!DOCTYPE html><html>404</html>"),
        npy_file,
        lambda p: np.savez(p, kernel=X),
        lambda p: np.savez(p, meta=np.array("no json")),
        lambda p: np.savez(p, meta=np.array("[1, 2]")),
        lambda p: p.mkdir(),
    ],
    ids=["empty", "text", "html", "npy", "another npz", "no json", "a list", "a folder"],
)
def test_a_file_that_is_not_minigens(model, tmp_path, make):
    make(tmp_path / "w.npz")
    with refused(ValueError, where="w.npz cannot be read", expected="written by minigen"):
        model.load_weights(tmp_path / "w.npz")


def test_a_text_file_is_not_called_a_pickle(model, tmp_path):
    (tmp_path / "w.npz").write_text("hello")
    with pytest.raises(ValueError) as caught:
        model.load_weights(tmp_path / "w.npz")
    assert "allow_pickle" not in str(caught.value)  # NumPy's own hint would run whatever the file holds


def test_a_file_that_is_not_there(model, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"w\.npz"):
        model.load_weights(tmp_path / "w.npz")
