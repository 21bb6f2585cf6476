"""Layers that are called with training=True or False in a graph keep it in fit() and predict()."""

import numpy as np
import pytest

import minigen
from minigen import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    GaussianNoise,
    Input,
    Layer,
    Model,
    Sequential,
)

ONES = np.ones((4, 20), "float32")


# ---- training in a graph


def dropped(y):
    return 0.2 < (y == 0).mean() < 0.8


@pytest.mark.parametrize("positional", [False, True])
def test_dropout_that_is_told_to_train_does_so_in_predict(positional):
    x, drop = Input((20,)), Dropout(0.5)
    y = drop(x, True) if positional else drop(x, training=True)
    model = Model(x, y)
    assert (
        dropped(model.predict(ONES)) and dropped(model(ONES).numpy()) and dropped(model(ONES, training=False).numpy())
    )


def test_noise_that_is_told_not_to_train_does_nothing_in_fit():
    x = Input((20,))
    model = Model(x, GaussianNoise(1.0)(Dropout(0.5)(x, training=False), training=False))
    np.testing.assert_array_equal(model(ONES, training=True).numpy(), ONES)


def test_none_is_what_the_model_does():
    x = Input((20,))
    model = Model(x, Dropout(0.5)(x, training=None))
    assert dropped(model(ONES, training=True).numpy()) and not dropped(model.predict(ONES))


def test_batch_statistics_that_are_frozen_stay_in_fit():
    x, frozen, free = Input((20,)), BatchNormalization(), BatchNormalization()
    model = Model(x, Dense(1)(free(frozen(x, training=False))))
    model.compile("sgd", "mse")
    model.fit(5 * ONES, np.zeros((4, 1), "float32"), epochs=2, verbose=0)
    assert (frozen.moving_mean.numpy() == 0).all() and (frozen.moving_variance.numpy() == 1).all()
    assert (free.moving_mean.numpy() != 0).all()


def encoder(kind):
    if kind == "sequential":
        return Sequential([Input((20,)), BatchNormalization(), Dense(3)])
    if kind == "sequential without input":
        return Sequential([BatchNormalization(), Dense(3)])
    x = Input((20,))
    if kind == "model":
        return Model(x, Dense(3)(BatchNormalization()(x)))
    if kind == "nested":
        return Model(x, Sequential([Sequential([BatchNormalization()]), Dense(3)])(x))

    class Own(Layer if kind == "own layer" else Model):
        def __init__(self):
            super().__init__()
            self.norm = BatchNormalization()

        def call(self, x, training=None):
            return self.norm(x, training)

    return Own()


@pytest.mark.parametrize(
    "kind", ["sequential", "sequential without input", "model", "nested", "own layer", "own model"]
)
def test_a_whole_encoder_is_frozen(kind):
    part, x = encoder(kind), Input((20,))
    head = Dense(1)
    frozen, free = Model(x, head(part(x, training=False))), Model(x, head(part(x)))
    (norm,) = [layer for layer in part.sublayers() if isinstance(layer, BatchNormalization)]
    for model, moves in ((frozen, False), (free, True)):
        model.compile("sgd", "mse")
        model.fit(5 * ONES, np.zeros((4, 1), "float32"), verbose=0)
        assert (norm.moving_mean.numpy() != 0).all() == moves


def test_the_innermost_word_counts():
    x = Input((20,))
    always = Model(x, Dropout(0.5)(x, training=True))
    assert dropped(Model(x, always(x, training=False)).predict(ONES))


def test_two_uses_of_one_layer_with_different_words():
    x, drop = Input((20,)), Dropout(0.5)
    model = Model(x, [drop(x, training=True), drop(x, training=False), drop(x)])
    assert [dropped(y) for y in model.predict(ONES)] == [True, False, False]
    assert [dropped(y.numpy()) for y in model(ONES, training=True)] == [True, False, True]


def test_a_fused_pair_beside_a_word():
    x = Input((6, 6, 1))
    h = minigen.MaxPooling2D()(Conv2D(2, 3, padding="same")(Dropout(0.5)(x, training=True)), training=False)
    model = Model(x, h)
    assert "computed as one" in model.describe()
    ones = np.ones((1, 6, 6, 1), "float32")
    assert not np.array_equal(model.predict(ones), model.predict(ones))
