"""Films: of a drawing, in files, and what does not fit."""

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_diffusions import small_diffusion, small_pictures

from minigen import backend
from minigen.explorer.films import Film, film_of_drawing, film_of_path, in_bytes, read_film, write_film
from minigen.storage import npz


def film(frames=3):
    pictures = np.arange(frames * 2 * 4 * 4).reshape(frames, 2, 4, 4, 1).astype("uint8")
    return Film(
        "A title", pictures, [f"epoch {i + 1}" for i in range(frames)], {"d_loss": [1.5, np.nan, 1.25][:frames]}
    )


def test_bytes_are_the_shares_of_the_range():
    assert in_bytes([-1, 0, 0.5, 1, 2, 0.2498], 0, 1).tolist() == [0, 0, 128, 255, 255, 64]
    assert in_bytes(np.float32([-1, 0, 1]), -1, 1).tolist() == [0, 128, 255] and in_bytes([0], 0, 1).dtype == np.uint8


def test_a_film_is_read_as_it_was_written(tmp_path):
    write_film(tmp_path / "film.npz", film())
    found = read_film(tmp_path / "film.npz")
    assert (found.title, found.captions) == ("A title", ["epoch 1", "epoch 2", "epoch 3"])
    np.testing.assert_array_equal(found.frames, film().frames)
    np.testing.assert_array_equal(found.curves["d_loss"], [1.5, np.nan, 1.25])
    assert found.frames.dtype == np.uint8


@pytest.mark.parametrize(
    ("arrays", "meta"),
    [
        ({"frames": np.zeros(3)}, {"kind": "model"}),
        ({"frames": np.zeros(3)}, {"kind": "film", "title": "a", "captions": [1]}),
        ({"frames": np.zeros(3)}, {"kind": "film", "captions": []}),
        ({}, {"kind": "film", "title": "a", "captions": []}),
    ],
)
def test_a_file_that_is_no_film_is_refused(arrays, meta, tmp_path):
    npz.write(tmp_path / "film.npz", arrays, meta)
    with refused(ValueError, where="film.npz cannot be loaded", expected="a film"):
        read_film(tmp_path / "film.npz")


def test_the_film_of_a_drawing_goes_from_noise_to_the_image():
    """Every seventh of 49 steps, the first and the last too; the random numbers stay as they are."""
    model = small_pictures(classes=3)
    before = backend.random_state()
    found = film_of_drawing(model)
    assert found.frames.shape == (8, 10, 3, 2, 1) and found.frames.dtype == np.uint8
    assert str(before) == str(backend.random_state())
    assert found.captions[0] == "t = 1000 of 1000" and found.captions[-1] == "t = 0 of 1000"
    with backend.own_draws(0):
        drawn = model.sample(10, np.arange(10) % 3, steps=49)
    np.testing.assert_array_equal(found.frames[-1], in_bytes(drawn, 0, 1))
    assert film_of_drawing(small_pictures()).frames.shape == (8, 10, 3, 2, 1)  # without labels too


def test_a_film_has_the_last_picture_and_a_range_where_the_model_has_none():
    path = [(t, np.float32([[[-2.0 * t, t]]])) for t in (4, 1)]
    found = film_of_path([*path, (0, np.float32([[[-3.0, 5.0]]]))], small_diffusion())
    assert found.captions == ["t = 4 of 1000", "t = 1 of 1000", "t = 0 of 1000"]
    assert found.frames[:, 0, 0, :, 0].tolist() == [[0, 223], [32, 127], [0, 255]]
