"""What the process that reads HDF5 files refuses: links, sizes that are not in the file, and other types."""

import io

import h5py
import numpy as np
import pytest
from helpers.interchange import FOLDER

from minigen.storage import hdf5_child


def data_of(make):
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        make(file)
    return out.getvalue()


def test_arrays_of_keras():
    found = hdf5_child.arrays_in((FOLDER / "keras_text.weights.h5").read_bytes())
    assert found["layers/gru/cell/vars/2"].shape == (2, 12)


def soft_link(file):
    file["a"] = np.ones(2)
    file["b"] = h5py.SoftLink("/a")


def external_link(file):
    file["b"] = h5py.ExternalLink("other.h5", "/a")


def circle(file):
    group = file.create_group("a")
    group["b"] = group


def larger_than_the_file(file):
    file.create_dataset("a", shape=(10**6,), dtype="f4")  # no number is stored


def never_written(file):
    file.create_dataset("a", shape=(4,), dtype="f4")


def compressed(file):
    file.create_dataset("a", data=np.zeros(10**6), compression="gzip")


def elsewhere(file):
    file.create_dataset("a", shape=(4,), dtype="f4", external=[("other.bin", 0, 16)])


def text(file):
    file["a"] = "text"


def records(file):
    file["a"] = np.zeros(2, [("x", "f4")])


def virtual(file):
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource("other.h5", "a", shape=(4,))
    file.create_virtual_dataset("a", layout)


@pytest.mark.parametrize(
    "make, what",
    [
        (soft_link, "b is a link"),
        (external_link, "b is a link"),
        (circle, "groups that contain each other"),
        (larger_than_the_file, "a of 4,000,000 bytes, 0 of them"),
        (never_written, "a of 16 bytes, 0 of them"),
        (compressed, "a of 8,000,000 bytes"),
        (elsewhere, "a of 16 bytes"),
        (virtual, "a of 16 bytes"),
        (text, "not numbers"),
        (records, "not numbers"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_no_plain_array_of_numbers_in_the_file_is_refused(make, what):
    with pytest.raises(ValueError, match=what):
        hdf5_child.arrays_in(data_of(make))


def test_one_dataset_in_many_places_counts_as_often():
    def make(file):
        file["a0"] = np.zeros(500)
        for i in range(1, 5):
            file[f"a{i}"] = file["a0"]

    with pytest.raises(ValueError, match="bytes"):
        hdf5_child.arrays_in(data_of(make))
