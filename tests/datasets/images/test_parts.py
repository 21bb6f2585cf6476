"""The training and the test pictures of a folder."""

import pytest
from helpers.pictures import classes, picture, write
from helpers.refusals import refused

from minigen.datasets import ImageFolder
from minigen.datasets.images.parts import parts_in, read_parts


def names(place, size=None):
    """The paths of both parts inside of the folder."""
    return [{path.removeprefix(f"{place}/") for path in part.paths} for part in read_parts(place, size, "rgb", 0)]


@pytest.mark.parametrize("train", ["train", "Train", "training", "TRAINING"])
@pytest.mark.parametrize("test", ["test", "Test", "testing", "val", "valid", "Validation"])
def test_no_test_picture_gets_into_the_training(tmp_path, train, test):
    classes(tmp_path / train, {"a": 2, "b": 1})
    classes(tmp_path / test, {"b": 2})
    assert parts_in(tmp_path) == (tmp_path / train, tmp_path / test)
    assert names(tmp_path) == [
        {f"{train}/a/0.png", f"{train}/a/1.png", f"{train}/b/0.png"},
        {f"{test}/b/0.png", f"{test}/b/1.png"},
    ]


def test_of_several_folders_for_tests_test_is_taken_and_val_gets_into_neither_part(tmp_path):
    for n, part in enumerate(("train", "val", "test"), 2):
        classes(tmp_path / part, {"a": n, "b": n})
    assert parts_in(tmp_path) == (tmp_path / "train", tmp_path / "test")
    assert [{path.partition("/")[0] for path in part} for part in names(tmp_path)] == [{"train"}, {"test"}]
    train, _ = read_parts(tmp_path, None, "rgb", 0)
    val = ImageFolder(tmp_path / "val")  # as the guide says
    assert len(val) == 6 and val.class_names == train.class_names and val.shape[1:] == train.shape[1:]


def test_classes_that_are_called_as_parts_are(tmp_path):
    classes(tmp_path, {"train": 10, "car": 10, "bus": 10})
    train, test = read_parts(tmp_path, None, "rgb", 0)
    assert train.class_names == ["bus", "car", "train"] == test.class_names and (len(train), len(test)) == (27, 3)


def test_folders_without_pictures_are_no_classes(tmp_path):
    classes(tmp_path / "train", {"a": 2})
    classes(tmp_path / "test", {"a": 2})
    write(tmp_path / ".cache" / "0.png", picture())
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "a.xml").write_text("x")
    assert [len(part) for part in names(tmp_path)] == [2, 2]


@pytest.mark.parametrize("other", ["car/0.png", "0.png", "training/a/0.png"])
def test_parts_beside_something_else(tmp_path, other):
    classes(tmp_path / "train", {"a": 2})
    classes(tmp_path / "test", {"a": 2})
    write(tmp_path / other, picture())
    with refused(ValueError, where=f"datasets.load: {tmp_path}", got="train", fix="train"):
        read_parts(tmp_path, None, "rgb", 0)


def test_pictures_of_one_class_in_both_parts(tmp_path):
    classes(tmp_path, {"train": 3, "test": 2})
    train, test = read_parts(tmp_path, None, "rgb", 0)
    assert (len(train), len(test)) == (3, 2) and set(train.labels) == set(test.labels) == {0}


def test_test_pictures_of_other_classes(tmp_path):
    classes(tmp_path / "train", {"a": 2, "b": 2})
    classes(tmp_path / "test", {"a": 2, "c": 2})
    with refused(ValueError, where="test: classes", expected="a, b", got="c", fix="the same folders"):
        read_parts(tmp_path, None, "rgb", 0)
    classes(tmp_path / "x", {"test": 2})
    classes(tmp_path / "x" / "train", {"a": 2})
    with refused(ValueError, where="test: classes", expected="train: a", got="pictures in no sub-folder"):
        read_parts(tmp_path / "x", None, "rgb", 0)


def test_test_pictures_of_another_size(tmp_path):
    classes(tmp_path / "train", {"a": 2})
    classes(tmp_path / "test", {"a": 2}, shape=(6, 5, 3))
    with refused(ValueError, where="test: size", expected="(12, 10)", got="(6, 5)", fix="size=(12, 10)"):
        read_parts(tmp_path, None, "rgb", 0)
    assert [part.shape for part in read_parts(tmp_path, (6, 5), "grey", 0)] == [(2, 6, 5, 1)] * 2


def test_a_part_without_pictures(tmp_path):
    classes(tmp_path / "train", {"a": 2})
    (tmp_path / "test").mkdir()
    with refused(FileNotFoundError, where="test: no pictures"):
        read_parts(tmp_path, None, "rgb", 0)
