"""BatchNormalization, with statistics of the batch, and the layers that normalise each sample by itself."""

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.refusals import refused
from helpers.small_model import X

import minigen
from minigen import AdamW, BatchNormalization, Dense, GroupNormalization, Input, LayerNormalization, Model, Sequential

# ---- BatchNormalization


@pytest.mark.parametrize("shape", [(50, 3), (10, 4, 4, 3)])
def test_batch_normalization_in_training(xp, shape):
    """Every channel gets mean β and standard deviation γ, whatever it had before."""
    layer = BatchNormalization(epsilon=1e-6)
    x = draw(*shape) * [1.0, 5.0, 0.1] + [0.0, 100.0, -3.0]
    layer(x.astype("float32"))
    layer.gamma.assign([1.0, 2.0, 3.0])
    layer.beta.assign([0.0, -1.0, 4.0])
    y = layer(x.astype("float32"), training=True).numpy().reshape(-1, 3)
    np.testing.assert_allclose(y.mean(axis=0), [0, -1, 4], atol=1e-4)
    np.testing.assert_allclose(y.std(axis=0), [1, 2, 3], rtol=1e-3)


def test_moving_statistics_follow_the_batches_and_serve_in_prediction(xp):
    layer = BatchNormalization(momentum=0.9, epsilon=1e-3)
    mean, variance = np.zeros(3), np.ones(3)
    for seed in range(4):
        x = draw(20, 3, seed=seed) * 2 + 1
        layer(x, training=True)
        mean = 0.9 * mean + 0.1 * x.mean(axis=0)
        variance = 0.9 * variance + 0.1 * x.var(axis=0)
    np.testing.assert_allclose(layer.moving_mean.numpy(), mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), variance, rtol=1e-5)
    np.testing.assert_allclose(layer(x).numpy(), (x - mean) / np.sqrt(variance + 1e-3), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.numpy(), mean, rtol=1e-5)  # prediction moved nothing


def test_building_a_model_moves_no_statistics():
    x = Input((3,))
    model = Model(x, BatchNormalization()(x))
    assert [w.tolist() for w in model.get_weights()] == [[1, 1, 1], [0, 0, 0], [0, 0, 0], [1, 1, 1]]
    assert len(model.parameters()) == 2 and model.count_params() == 12


# ---- LayerNormalization and GroupNormalization

BY_SAMPLE = {
    "layer": lambda **options: LayerNormalization(**options),
    "group": lambda **options: GroupNormalization(3, **options),
    "instance": lambda **options: GroupNormalization(-1, **options),
}
by_sample = pytest.mark.parametrize("make", BY_SAMPLE.values(), ids=BY_SAMPLE)


def of_one_set(y, kind):
    """(sets, numbers): those that one mean and one variance are of."""
    if isinstance(kind, LayerNormalization):
        return y.reshape(-1, y.shape[-1])
    return (
        y.reshape(len(y), -1, kind.groups, y.shape[-1] // kind.groups)
        .transpose(0, 2, 1, 3)
        .reshape(len(y) * kind.groups, -1)
    )


@by_sample
def test_mean_and_variance_of_each_sample(make, xp):
    layer = make(epsilon=1e-6)
    y = of_one_set(layer(draw(4, 5, 3, 6) * 7 - 2).numpy(), layer)
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(y.var(axis=1), 1, rtol=1e-3)


@by_sample
def test_gamma_and_beta_are_those_of_the_channels(make, xp):
    x = draw(4, 5, 3, 6)
    layer, plain = make(), make(center=False, scale=False)
    layer(x)
    layer.gamma.assign([1, 2, 3, 4, 5, 6])
    layer.beta.assign([6, 5, 4, 3, 2, 1])
    expected = plain(x).numpy() * [1, 2, 3, 4, 5, 6] + [6, 5, 4, 3, 2, 1]
    np.testing.assert_allclose(layer(x).numpy(), expected, rtol=1e-5, atol=1e-5)


@by_sample
def test_training_prediction_and_the_other_samples_make_no_difference(make):
    layer, x = make(), draw(4, 5, 3, 6)
    alone = layer(x[:1]).numpy()
    for training in (False, True):
        np.testing.assert_allclose(layer(x, training=training).numpy()[:1], alone, rtol=1e-6, atol=1e-6)
    assert len(layer.parameters()) == len(layer.weights) == 2


@by_sample
def test_initializers_and_the_config(make):
    layer = make(gamma_initializer="zeros", beta_initializer="ones", epsilon=0.5)
    np.testing.assert_array_equal(layer(draw(2, 3, 6)).numpy(), 1)
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config() and again.epsilon == 0.5


def test_each_channel_by_itself_is_a_group_of_one():
    x = draw(4, 5, 6)
    layer = GroupNormalization(groups=-1)
    np.testing.assert_array_equal(layer(x).numpy(), GroupNormalization(6)(x).numpy())
    assert layer.groups == layer.get_config()["groups"] == 6  # as in Keras


def test_one_group_of_one_position_is_layer_normalization():
    x = draw(5, 6)
    np.testing.assert_array_equal(GroupNormalization(1)(x).numpy(), LayerNormalization()(x).numpy())


def test_it_trains_in_a_model():
    model = Sequential([Input((6,)), Dense(8, "gelu"), LayerNormalization(), Dense(6)])
    model.compile(AdamW(0.01), "mse")
    x = draw(64, 6)
    history = model.fit(x, x, epochs=30, batch_size=16, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]


@pytest.mark.parametrize(
    "code, where, fix",
    [
        ("LayerNormalization(axis=1)", "LayerNormalization: axis", "x.transpose(...)"),
        ("LayerNormalization(axis=(1, 2))", "LayerNormalization: axis", "Reshape((-1, n))"),
        ("LayerNormalization(epsilon=-1.0)", "LayerNormalization: epsilon", "epsilon=1e-3"),
        ("LayerNormalization(center='no')", "LayerNormalization: center", "center=True"),
        ("GroupNormalization(axis=1)", "GroupNormalization: axis", "x.transpose(...)"),
        ("GroupNormalization(0)", "GroupNormalization: groups", "GroupNormalization(8)"),
        ("GroupNormalization(-2)", "GroupNormalization: groups", "GroupNormalization(8)"),
        ("GroupNormalization(2.0)", "GroupNormalization: groups", "GroupNormalization(8)"),
        ("GroupNormalization(True)", "GroupNormalization: groups", "GroupNormalization(8)"),
        ("GroupNormalization()(X)", "GroupNormalization: groups", "groups=4"),
        ("GroupNormalization(3)(X)", "GroupNormalization: groups", "groups=2"),
        ("GroupNormalization(8)(X)", "GroupNormalization: groups", "groups=4"),
        ("LayerNormalization()(X[0])", "LayerNormalization", ""),
        ("LayerNormalization()(X.astype('int64'))", "LayerNormalization", ""),
    ],
)
def test_what_the_layers_of_samples_refuse(code, where, fix):
    with refused((ValueError, TypeError), where=where, fix=fix):
        eval(code, vars(minigen) | globals())


def test_the_last_axis_as_keras_writes_it():
    for axis in (-1, [-1], (-1,)):
        assert LayerNormalization(axis=axis)(X).shape == X.shape


@by_sample
def test_wrong_number_of_channels_for_the_layers_of_samples(make):
    layer = make()
    layer(draw(2, 5, 6))
    with refused(ValueError, expected="6", got="(2, 5, 3)"):
        layer(draw(2, 5, 3))


# ---- what BatchNormalization refuses


@pytest.mark.parametrize(
    "code",
    [
        "BatchNormalization(momentum=Tensor(0.9))",
        "BatchNormalization(momentum=float('nan'))",
        "BatchNormalization(momentum=1.1)",
        "BatchNormalization(momentum=-0.1)",
        "BatchNormalization(momentum='a')",
        "BatchNormalization(epsilon=Tensor(0.1))",
        "BatchNormalization(epsilon=-1.0)",
        "BatchNormalization(epsilon=float('inf'))",
    ],
)
def test_a_number_that_cannot_be(code):
    with refused(ValueError, ""):
        eval(code, vars(minigen) | globals())


def test_the_ends_of_the_momentum_are_allowed():
    for momentum in (0, 1, 0.5, np.float32(0.5)):
        assert BatchNormalization(momentum=momentum).momentum == momentum


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("training", [False, True])
def test_wrong_number_of_channels_for_batch_normalization(channels, training):
    """One channel would broadcast to four without a word."""
    layer = BatchNormalization()
    layer(X)
    with refused(ValueError, where="BatchNormalization", expected="4", got=f"(8, {channels})"):
        layer(X[:, :channels], training=training)
