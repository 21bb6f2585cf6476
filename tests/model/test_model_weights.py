"""Names and values of a model's weights: paths, copies, files."""

import numpy as np
from helpers.draws import uniform as draw
from helpers.runs import same
from helpers.small_model import autoencoder

import minigen
from minigen import BatchNormalization, Dense, Input, Model, Sequential

# ---- names


def test_names_are_unique_and_in_order():
    x = Input((3,))
    y = Dense(3)(Dense(3, name="dense_1")(Dense(3)(Dense(3)(x))))
    model = Model(x, BatchNormalization()(y))
    layers = [path.split("/")[0] for path in model.named_weights() if path.endswith(("kernel", "gamma"))]
    assert layers == ["dense", "dense_2", "dense_1", "dense_3", "batch_normalization"]


def test_two_models_of_one_process_have_the_same_paths(xp, tmp_path):
    """Names are counted within a model: weights saved by the first load into the second, and nothing else happens."""
    first, second = autoencoder(), autoencoder()
    assert list(first.named_weights()) == list(second.named_weights())
    first.save_weights(tmp_path / "w.npz")
    second.load_weights(tmp_path / "w.npz")
    assert same(first.get_weights(), second.get_weights())
    np.testing.assert_array_equal(first.predict(draw(3, 6)), second.predict(draw(3, 6)))


def test_weights_keep_the_names_of_the_whole():
    """A part that is used alone does not rename what the whole has named; a larger whole does."""
    inner = Sequential([Input((4,)), Dense(3)], name="encoder")
    assert [w.name for w in inner.parameters()] == ["dense/kernel", "dense/bias"]
    x = Input((4,))
    outer = Model(x, Dense(2)(inner(x)))
    assert [w.name for w in outer.weights()][:2] == ["encoder/dense/kernel", "encoder/dense/bias"]
    inner.predict(np.zeros((1, 4), "float32"))
    assert [w.name for w in inner.parameters()] == ["encoder/dense/kernel", "encoder/dense/bias"]


def test_weights_that_come_later_are_named_too():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = Dense(3), Dense(2)

        def call(self, x):
            return self.second(self.first(x))

    model = Own()
    assert model.weights() == []
    model(np.zeros((1, 4), "float32"))
    assert (
        [w.name for w in model.weights()]
        == list(model.named_weights())
        == [
            "first/kernel",
            "first/bias",
            "second/kernel",
            "second/bias",
        ]
    )


def test_the_first_forward_pass_has_the_names_already():
    model = Sequential([Input((3,)), Dense(4), Dense(2)])
    text = minigen.to_dot(model(np.ones((1, 3), "float32")).sum())
    assert "dense/kernel" in text and "dense_1/kernel" in text


def test_a_part_in_the_place_of_another_is_named():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.head = Dense(2)

        def call(self, x):
            return self.head(x)

    model = Own()
    model(np.zeros((1, 4), "float32"))
    model.parameters()
    model.head = Dense(5)
    model(np.zeros((1, 4), "float32"))
    assert [w.name for w in model.parameters()] == ["head/kernel", "head/bias"]


# ---- values


def test_save_and_load_keep_every_bit_and_the_name(xp, tmp_path):
    model = Sequential([Input((6,)), Dense(3), BatchNormalization(), Dense(6)])
    model(draw(20, 6), training=True)
    saved = model.get_weights()
    model.save_weights(tmp_path / "my.weights")
    assert [p.name for p in tmp_path.iterdir()] == ["my.weights"]
    model.set_weights([w + 1 for w in saved])
    model.load_weights(str(tmp_path / "my.weights"))
    assert same(model.get_weights(), saved) and len(saved) == 8


def test_get_weights_are_copies(xp):
    model = autoencoder()
    weights = model.get_weights()
    for w in weights:
        w += 1
    assert not any((a == b).any() for a, b in zip(weights, model.get_weights(), strict=True))
    model.set_weights(weights)
    weights[0][:] = 7
    assert (model.get_weights()[0] != 7).all()


def test_parameters_are_the_trainable_weights_in_order():
    model = Sequential([Input((3,)), Dense(3), BatchNormalization(), Dense(2)])
    kinds = [p.name.split("/")[-1] for p in model.parameters()]
    assert kinds == ["kernel", "bias", "gamma", "beta", "kernel", "bias"]
    assert [w.name.split("/")[-1] for w in model.weights()][2:6] == ["gamma", "beta", "moving_mean", "moving_variance"]
