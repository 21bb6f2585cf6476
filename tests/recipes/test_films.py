"""The film of a GAN: a frame after each epoch, from the same noise, which changes nothing in the training."""

import numpy as np
import pytest

import minigen
from minigen import Adam, Concatenate, Dense, Input, Model, Sequential, models
from minigen.explorer import read_film
from minigen.recipes.films import FilmOfFakes

X, Y = np.random.default_rng(0).random((8, 6)).astype("float32"), np.arange(8) % 3


def gan():
    minigen.seed(0)
    model = models.GAN(Sequential([Input((2,)), Dense(6, "sigmoid")]), Sequential([Input((6,)), Dense(1)]))
    model.monitor = None
    model.compile(Adam(0.05), Adam(0.05))
    return model


def train(path, epochs, model=None, resume=False, data=(X,), **options):
    model = gan() if model is None else model
    film = FilmOfFakes(path / "film.npz", (2, 3, 1), epochs, resume)
    history = model.fit(*data, batch_size=4, epochs=epochs, verbose=0, callbacks=[film], **options).history
    return model, history, read_film(path / "film.npz")


def test_there_is_a_frame_after_each_epoch_with_the_losses(tmp_path):
    model, history, film = train(tmp_path, 3)
    assert film.captions == ["epoch 1", "epoch 2", "epoch 3"]
    assert film.curves == {"d_loss": history["d_loss"], "g_loss": history["g_loss"]}
    assert film.frames.shape == (3, 10, 2, 3, 1) and film.frames.dtype == np.uint8
    noise = np.random.default_rng(0).standard_normal((10, 2)).astype("float32")
    drawn = np.rint(255 * model.generate(noise).reshape(10, 2, 3, 1).astype("float64"))
    np.testing.assert_array_equal(film.frames[-1], drawn)
    assert (film.frames[0] != film.frames[1]).any()


def test_the_training_is_the_same_without_it(tmp_path):
    filmed, *_ = train(tmp_path, 2)
    alone = gan()
    alone.fit(X, batch_size=4, epochs=2, verbose=0)
    for a, b in zip(filmed.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("epochs", "frames", "last"),
    [
        (24, 24, [23, 24]),
        (25, 25, [24, 25]),
        (26, 13, [24, 26]),
        (49, 25, [48, 49]),
        (50, 25, [48, 50]),
        (51, 17, [48, 51]),
    ],
)
def test_a_long_training_has_25_frames_at_most_and_the_last_one(epochs, frames, last, tmp_path):
    film = FilmOfFakes(tmp_path / "film.npz", (2, 3, 1), epochs)
    film.set_model(gan())
    film.draw = lambda model: np.zeros((1, 2, 3, 1), "uint8")
    film.on_train_begin()
    for epoch in range(epochs):
        film.on_epoch_end(epoch, {})
    found = read_film(tmp_path / "film.npz")
    assert len(found.frames) == frames and found.captions[-2:] == [f"epoch {n}" for n in last]
    assert np.isnan(found.curves["d_loss"]).all()


def test_a_resumed_training_keeps_the_frames_of_the_epochs_before(tmp_path):
    (tmp_path / "whole").mkdir()
    _, _, whole = train(tmp_path / "whole", 4)
    for epochs, resume in ((3, False), (4, True)):
        _, _, parts = train(tmp_path, epochs, resume=resume, checkpoint=tmp_path / "checkpoint.npz")
    assert parts.captions == whole.captions and parts.curves == whole.curves
    np.testing.assert_array_equal(parts.frames, whole.frames)
    _, _, anew = train(tmp_path, 1)
    assert anew.captions == ["epoch 1"]


def test_frames_that_are_ahead_of_the_checkpoint_are_dropped(tmp_path):
    train(tmp_path, 2, checkpoint=tmp_path / "checkpoint.npz")
    train(tmp_path, 6)
    _, _, film = train(tmp_path, 3, resume=True, checkpoint=tmp_path / "checkpoint.npz")
    assert film.captions == ["epoch 1", "epoch 2", "epoch 3"]


def test_a_new_training_does_not_read_the_old_film(tmp_path):
    (tmp_path / "film.npz").write_text("damaged")
    assert train(tmp_path, 1)[2].captions == ["epoch 1"]


def test_a_conditional_gan_draws_one_class_after_the_other(tmp_path):
    z, x, y = Input(shape=(2,)), Input(shape=(6,)), Input(shape=(3,))
    generator = Model([z, y], Dense(6, "sigmoid")(Concatenate()([z, y])))
    model = models.ConditionalGAN(generator, Model([x, y], Dense(1)(Concatenate()([x, y]))))
    model.monitor = None
    model.compile()
    _, _, film = train(tmp_path, 1, model, data=(X, Y))
    noise = np.random.default_rng(0).standard_normal((10, 2)).astype("float32")
    drawn = np.rint(255 * model.generate(noise, np.arange(10) % 3).reshape(10, 2, 3, 1).astype("float64"))
    np.testing.assert_array_equal(film.frames[0], drawn)
