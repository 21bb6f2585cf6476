"""Arrays in .npz archives of other programs."""

import io
import zipfile

import numpy as np
import pytest
from helpers.mutations import mutated
from helpers.refusals import refused

from minigen.datasets.images.archives import may_have, read_npz

A = np.arange(200, dtype="uint8").reshape(10, 4, 5)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
def test_one_of_the_names_or_the_only_array(tmp_path, save, order):
    path = tmp_path / "a.npz"
    save(path, x_train=np.asarray(A, order=order), y_train=np.arange(10))
    assert (read_npz(path, ["x_train", "train_images"]) == A).all()
    save(path, A.astype("float32"))
    got = read_npz(path, ["x_train"])
    assert got.dtype == np.float32 and (got == A).all()


def test_archives_without_the_array_name_those_that_they_have(tmp_path):
    np.savez(tmp_path / "a.npz", images=A, labels=A)
    with refused(ValueError, "a.npz", expected="x_train or train_images", got="images, labels"):
        read_npz(tmp_path / "a.npz", ["x_train", "train_images"])
    np.savez(tmp_path / "both.npz", x_train=A, train_images=A)
    with refused(ValueError, got="x_train, train_images"):
        read_npz(tmp_path / "both.npz", ["x_train", "train_images"])
    with zipfile.ZipFile(tmp_path / "none.npz", "w"):
        pass
    with refused(ValueError, got="none"):
        read_npz(tmp_path / "none.npz", ["x_train"])


def test_what_an_archive_may_have_is_read_from_its_list(tmp_path):
    np.savez(tmp_path / "a.npz", images=A, labels=A)
    assert may_have(tmp_path / "a.npz", ["x_train", "images"]) and not may_have(tmp_path / "a.npz", ["x_train"])
    (tmp_path / "a.npz").write_bytes(b"damaged")
    assert may_have(tmp_path / "a.npz", ["x_train"])


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("code in the archive was run",))


def test_python_objects_are_not_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=np.array([Trap()], dtype=object))
    with refused(ValueError, "a.npz cannot be read", got="not numbers"):
        read_npz(tmp_path / "a.npz", ["x_train"])


def test_an_array_that_states_another_size_is_refused_before_memory_is_taken(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x_train.npy", header.getvalue() + b"123")
    with refused(ValueError, got="(1000000000000,)"):
        read_npz(tmp_path / "a.npz", ["x_train"])


def test_files_that_cannot_be_opened(tmp_path):
    with refused(FileNotFoundError, "nowhere.npz"):
        read_npz(tmp_path / "nowhere.npz", ["x_train"])
    with refused(IsADirectoryError):
        read_npz(tmp_path, ["x_train"])


def test_damaged_archives_are_read_or_refused(tmp_path):
    path, rng, whole = tmp_path / "a.npz", np.random.default_rng(0), io.BytesIO()
    np.savez_compressed(whole, x_train=A)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(150):
        path.write_bytes(mutated(whole.getvalue(), rng))
        try:
            read_npz(path, ["x_train"])
            outcomes["read"] += 1
        except (ValueError, OSError) as error:
            assert "expected:" in str(error) and "fix:" in str(error)
            outcomes["refused"] += 1
    assert outcomes["refused"] > 75
