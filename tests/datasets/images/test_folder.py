"""A folder of pictures: its classes, its sizes, what does not count, and what is kept in memory."""

import os
import shutil

import numpy as np
import pytest
from helpers.idx_files import HTML
from helpers.pictures import bytes_of, classes, picture, write
from helpers.refusals import refused

import minigen
from minigen.datasets import ImageFolder
from minigen.datasets.images import folder as folder_module

COUNTS = {"a": 3, "b": 2, "c": 4}


@pytest.fixture
def letters(tmp_path):
    return classes(tmp_path / "letters", COUNTS)


@pytest.fixture
def reads(monkeypatch):
    """The pictures that are read from now on."""
    names, read = [], folder_module.read_pixels
    monkeypatch.setattr(folder_module, "read_pixels", lambda path, *args: names.append(path.name) or read(path, *args))
    return names


def test_sub_folders_are_classes_in_the_order_of_their_names(letters):
    x = ImageFolder(letters)
    assert x.shape == (9, 12, 10, 3) and len(x) == 9 and x.dtype == np.float32 and x.image_size == (12, 10)
    assert x.class_names == ["a", "b", "c"] and x.labels.tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 2]
    assert [os.path.relpath(path, letters) for path in x.paths[:4]] == ["a/0.png", "a/1.png", "a/2.png", "b/0.png"]
    assert repr(x) == f"<ImageFolder '{letters}', (9, 12, 10, 3), 3 classes>"
    expected = np.stack([picture(i) for i in range(9)])
    assert (x.pixels() == expected).all() and x.pixels().dtype == np.uint8
    np.testing.assert_array_equal(x[:], expected.astype("float32") / 255)
    np.testing.assert_array_equal(x[[4, 0, 4]], expected[[4, 0, 4]].astype("float32") / 255)


@pytest.mark.parametrize("data_range", [(0.0, 1.0), (-1.0, 1.0), (0, 0.1)])
def test_black_and_white_become_the_ends_of_the_range(tmp_path, data_range):
    for name, value in {"black": 0, "grey": 51, "white": 255}.items():
        write(tmp_path / f"{name}.png", np.full((2, 2), value, "uint8"))
    x = ImageFolder(tmp_path, color="grey", data_range=data_range)
    low, high = np.float32(data_range)
    assert x[0].min() == low == np.float32(x.min()) and x[2].max() == high == np.float32(x.max())
    np.testing.assert_allclose(x[1], low + (high - low) / 5, rtol=1e-6)


def test_size_color_and_crop_are_those_of_the_pictures_read(letters):
    x = ImageFolder(letters, size=(6, 8), color="grey")
    assert x.shape == (9, 6, 8, 1) == x[:].shape and ImageFolder(letters, 8).shape == (9, 8, 8, 3)
    assert (ImageFolder(letters, 8)[:] != ImageFolder(letters, 8, crop=True)[:]).any()


def test_pictures_of_several_sizes_need_one(letters):
    write(letters / "b" / "wide.png", picture(1, (12, 20, 3)))
    with refused(ValueError, where="ImageFolder: size", got="(12, 20)", fix="size=(32, 32)"):
        ImageFolder(letters)
    assert ImageFolder(letters, (12, 10)).shape == (10, 12, 10, 3)


def test_what_is_no_picture_by_its_name_or_hidden_does_not_count(letters):
    for name in (".DS_Store", "a/Thumbs.db", "a/._0.png", "notes.txt", ".hidden/x.png", "a/labels.csv", "b/x.npz"):
        path = letters / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no picture")
    (letters / "empty").mkdir()
    (letters / "texts").mkdir()
    (letters / "texts" / "readme.txt").write_text("x")
    assert ImageFolder(letters).class_names == ["a", "b", "c"] and len(ImageFolder(letters)) == 9


def test_a_folder_without_sub_folders_is_one_class_and_deeper_folders_belong_to_theirs(tmp_path, letters):
    one = ImageFolder(letters / "a")
    assert one.class_names == ["a"] and one.labels.tolist() == [0, 0, 0] and "one class" in repr(one)
    deep = ImageFolder(letters.parent)
    assert deep.class_names == ["letters"] and len(deep) == 9
    write(tmp_path / "letters" / "a" / "more" / "still" / "0.PNG", picture())
    assert ImageFolder(letters).labels.tolist() == [0] * 4 + [1] * 2 + [2] * 4


def test_pictures_beside_sub_folders_have_no_class(letters):
    write(letters / "overview.png", picture())
    with refused(ValueError, where="pictures of no class", got="overview.png"):
        ImageFolder(letters)


def test_links_are_followed_but_not_round_in_circles(tmp_path, letters):
    (letters / "d").symlink_to(letters / "c", target_is_directory=True)
    (letters / "b" / "2.png").symlink_to(letters / "a" / "0.png")
    (letters / "b" / "up").symlink_to(letters, target_is_directory=True)
    x = ImageFolder(letters)
    assert x.class_names == ["a", "b", "c", "d"] and np.bincount(x.labels).tolist() == [3, 3, 4, 4]
    (letters / "b" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    with refused(FileNotFoundError, where="gone.png"):
        ImageFolder(letters)


def test_folders_that_link_to_each_other_give_each_picture_once_a_class(tmp_path):
    """Every order of the folders is a path: of 12 folders, hundreds of millions."""
    folders = [tmp_path / f"class{i}" for i in range(12)]
    for i, folder in enumerate(folders):
        write(folder / f"{i}.png", picture(i))
        for other in folders:
            (folder / f"to_{other.name}").symlink_to(other, target_is_directory=True)
    x = ImageFolder(tmp_path)
    assert np.bincount(x.labels).tolist() == [12] * 12
    assert [sorted(os.path.basename(path) for path in x.paths[i : i + 12]) for i in (0, 132)] == [
        sorted(f"{i}.png" for i in range(12))
    ] * 2


def test_a_link_to_itself_is_no_folder(letters):
    (letters / "a" / "loop").symlink_to(letters / "a" / "loop")
    (letters / "loop").symlink_to(letters / "loop")
    assert len(ImageFolder(letters)) == 9
    (letters / "a" / "loop.png").symlink_to(letters / "a" / "loop.png")
    with refused(OSError, where="loop.png"):
        ImageFolder(letters)


def test_the_parts_of_a_data_set_are_no_classes(tmp_path):
    for part in ("train", "test"):
        classes(tmp_path / "split" / part, {"a": 2, "b": 2})
    place = tmp_path / "split"
    fix = f'ImageFolder("{place / "train"}"), or datasets.load("{place}")'
    with refused(ValueError, where="split: classes", expected="not the parts", got="test, train", fix=fix):
        ImageFolder(place)
    assert ImageFolder(place / "train").class_names == ["a", "b"]
    for part in ("Training", "TEST"):
        classes(tmp_path / "large" / part, {"a": 2})
    with refused(ValueError, where="large: classes", got="TEST, Training", fix="large/Training"):
        ImageFolder(tmp_path / "large")
    assert ImageFolder(place, class_names=["train", "test"]).class_names == ["train", "test"]  # they are meant
    classes(place, {"bus": 1})
    assert ImageFolder(place).class_names == ["bus", "test", "train"]
    shutil.rmtree(place / "bus")
    shutil.rmtree(place / "test")
    with refused(ValueError, where="split: classes", got="train"):
        ImageFolder(place)
    assert ImageFolder(place / "train" / "a").class_names == ["a"]
    os.rename(place / "train" / "a", tmp_path / "train")
    assert ImageFolder(tmp_path / "train").class_names == ["train"]  # pictures of one class in a folder of this name


def test_the_classes_of_the_training_pictures_for_the_test_pictures(tmp_path, letters):
    held_out = classes(tmp_path / "test", {"a": 1, "c": 2})
    x = ImageFolder(held_out, class_names=ImageFolder(letters).class_names)
    assert x.class_names == ["a", "b", "c"] and x.labels.tolist() == [0, 2, 2]
    assert ImageFolder(held_out, class_names=["c", "a"]).labels.tolist() == [0, 0, 1]
    for names in (["a", "b"], ["a", "a", "c"], []):
        with refused(ValueError, where="classes", got="a, c"):
            ImageFolder(held_out, class_names=names)
    for wrong in ("ac", ["a", ["c"]], ["a", 2], 3):
        with refused(TypeError, "class_names"):
            ImageFolder(held_out, class_names=wrong)


@pytest.mark.parametrize("cache", [0, 2**20])
def test_pixels_of_an_index(letters, cache):
    x, all_of_them = ImageFolder(letters, cache=cache), np.stack([picture(i) for i in range(9)])
    assert (x.pixels() == all_of_them).all()
    for index in ([0, 1], [-1], slice(2, 5), np.array([3, 3]), np.arange(9) > 6):
        assert (x.pixels(index) == all_of_them[index]).all()
    assert (x.pixels(4) == all_of_them[4:5]).all()
    for index in (99, [99], "a", None, (0, 1), 1.5):
        with refused(IndexError, where="ImageFolder.pixels: index"):
            x.pixels(index)


# ---- what is kept


def test_pixels_that_fit_are_read_once(letters, reads):
    x = ImageFolder(letters, cache=9 * 12 * 10 * 3)
    first = x[:5]
    np.testing.assert_array_equal(x[:5], first)
    x[:]
    assert len(reads) == 9
    x[np.array([3, 3, 3])]
    assert len(reads) == 9


@pytest.mark.parametrize("cache", [0, 9 * 12 * 10 * 3 - 1])
def test_pixels_that_do_not_fit_are_read_each_time_and_equal(letters, reads, cache):
    x = ImageFolder(letters, cache=cache)
    np.testing.assert_array_equal(x[[1, 0]], ImageFolder(letters)[:2][::-1])
    x[:3]
    assert len(reads) == 2 + 2 + 3 and x[:0].shape == (0, 12, 10, 3)


@pytest.mark.parametrize("cache", [0, 2**20])
def test_training_on_the_folder_is_training_on_its_array(letters, reads, cache):
    x = ImageFolder(letters, cache=cache)
    histories = []
    for data in (x[:], x):
        reads.clear()
        minigen.seed(0)
        model = minigen.Sequential(
            [minigen.Input((12, 10, 3)), minigen.Conv2D(3, 3, padding="same", activation="sigmoid")]
        )
        model.compile("adam", "binary_crossentropy")
        histories.append(model.fit(data, data, batch_size=4, epochs=2, verbose=0).history)
    assert histories[0] == histories[1]
    assert len(reads) == (18 if cache == 0 else 0)  # each picture once in each epoch, though x is the targets too
    assert (model.predict(x) == model.predict(x[:])).all()


# ---- parts


def test_a_split_takes_its_share_of_every_class(tmp_path):
    x = ImageFolder(classes(tmp_path / "x", {"a": 20, "b": 10, "c": 2, "d": 1}, shape=(2, 2, 3)))
    train, test = x.split()
    assert np.bincount(test.labels).tolist() == [2, 1, 1] and np.bincount(train.labels).tolist() == [18, 9, 1, 1]
    assert sorted(train.paths + test.paths) == sorted(x.paths) and test.class_names == ["a", "b", "c", "d"]
    assert train.shape == (29, 2, 2, 3) and len(test) == 4 and len(x) == 33
    for part in (train, test):
        np.testing.assert_array_equal(part[:], np.stack([x[x.paths.index(path)] for path in part.paths]))
    assert x.split(seed=0)[1].paths == test.paths != x.split(seed=1)[1].paths
    assert len(x.split(0.5)[1]) == 10 + 5 + 1


def test_splits_that_there_are_not(tmp_path, letters):
    for share in (0, 1, -0.1, 2, "half", None, True):
        with refused(ValueError, "share"):
            ImageFolder(letters).split(share)
    with refused(ValueError, "seed"):
        ImageFolder(letters).split(seed=-1)
    with refused(ValueError, expected="two pictures or more"):
        ImageFolder(classes(tmp_path / "x", {"a": 1, "b": 1})).split()


# ---- refusals


def test_folders_that_are_none(tmp_path, letters):
    with refused(FileNotFoundError, where="nowhere cannot be read"):
        ImageFolder(tmp_path / "nowhere")
    with refused(NotADirectoryError, where="0.png cannot be read"):
        ImageFolder(letters / "a" / "0.png")
    (tmp_path / "empty").mkdir()
    with refused(FileNotFoundError, got="an empty folder"):
        ImageFolder(tmp_path / "empty")
    (tmp_path / "empty" / "train-images-idx3-ubyte").write_text("x")
    with refused(FileNotFoundError, got="train-images-idx3-ubyte"):
        ImageFolder(tmp_path / "empty")
    for path in (3, None, b"x"):
        with refused(TypeError, "a path"):
            ImageFolder(path)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        *[("size", value, ValueError) for value in (0, (0, 3), (3, 3, 3), -1, 2.5, "32", True, (8193, 8193))],
        *[("color", value, ValueError) for value in ("gray scale", 3, None, "rgba")],
        *[
            ("data_range", value, ValueError)
            for value in ((1, 0), (0, 0), 1, None, (0, np.nan), (0, 1, 2), (-1e300, 1e300))
        ],
        *[("cache", value, ValueError) for value in (-1, 1.5, None, "1 GB", True)],
        *[("crop", value, TypeError) for value in ("no", None, 2)],
    ],
)
def test_arguments_out_of_range(letters, name, value, kind):
    with refused(kind, where=f"ImageFolder: {name}", fix=f"{name}="):
        ImageFolder(letters, **{name: value})


def test_all_files_that_are_no_pictures_are_named_before_any_is_read(letters, reads):
    (letters / "a" / "3.png").write_bytes(HTML)
    (letters / "c" / "x.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match="(?s)3.png cannot be read.*a web page"):
        ImageFolder(letters)
    with pytest.raises(ValueError, match="and 1 more: .*x.jpg"):
        ImageFolder(letters)
    assert not reads


def test_a_picture_that_is_cut_off_is_named_when_it_is_read(letters):
    (letters / "b" / "1.png").write_bytes(bytes_of(picture())[:-60])
    x = ImageFolder(letters)
    assert x[:4].shape == (4, 12, 10, 3)
    with refused(ValueError, where="b/1.png cannot be read"):
        x[4]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything is readable here")
def test_what_may_not_be_read_is_named(letters):
    (letters / "b" / "1.png").chmod(0)
    with refused(PermissionError, where="1.png"):
        ImageFolder(letters)
    (letters / "b").chmod(0)
    with refused(PermissionError, where=str(letters / "b")):
        ImageFolder(letters)
    (letters / "b").chmod(0o755)


def test_without_pillow_it_says_what_to_install(letters, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL.Image", None)
    with refused(ImportError, fix="pip install pillow"):
        ImageFolder(letters)


def test_arithmetic_is_answered_with_the_range(letters):
    x = ImageFolder(letters)
    for call in (lambda: x / 255, lambda: 2 * x - 1, lambda: x - 0.5, lambda: 1 - x):
        with refused(TypeError, "ImageFolder: arithmetic", got="[0, 1]", fix="data_range=(-1.0, 1.0)"):
            call()
    assert ImageFolder(letters, data_range=(-1.0, 1.0)).min() == -1 and (x[:1000] / 255).max() <= 1
