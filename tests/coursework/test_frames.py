"""Jobs and results as bytes."""

import numpy as np
import pytest

from minigen.coursework import frames


def test_a_frame_gives_back_what_was_put_in():
    arrays = {
        "y": np.arange(6.0).reshape(2, 3),
        "n": np.array(3),
        "b": np.array([True]),
        "none": "None",
        "e": np.zeros((0, 2)),
    }
    header = {"kind": "arrays", "text": "", "line": 0, "printed": "é"}
    found = frames.decode(frames.encode(header, arrays))
    assert found["printed"] == "é" and found["arrays"].keys() == arrays.keys()
    for name, a in arrays.items():
        assert type(found["arrays"][name]) is type(a) and np.array_equal(found["arrays"][name], a)


@pytest.mark.parametrize(
    "arrays",
    [
        '[["y", "<f8", [99999999]]]',  # more than there is
        '[["y", "<f8", [-1]]]',
        '[["y", "<f8", [4294967296, 4294967296]]]',
        '[["y", "O", [1]]]',  # objects would be pickled
        '[["y", "no such dtype", [1]]]',
        '[["y"]]',
        "3",
        "null",
    ],
)
def test_a_frame_of_another_make_is_refused(arrays):
    head = f'{{"kind": "arrays", "text": "", "line": 0, "printed": "", "arrays": {arrays}}}'.encode()
    with pytest.raises(ValueError):
        frames.decode(len(head).to_bytes(8, "big") + head + b"12345678")


@pytest.mark.parametrize(
    "frame", [b"", b"123", b"\0" * 8, b"\xff" * 20, b"\0" * 7 + b"\x02{}", b"\0" * 7 + b"\x02\xff\xff"]
)
def test_bytes_that_are_no_frame_are_refused(frame):
    with pytest.raises(ValueError):
        frames.decode(frame)
