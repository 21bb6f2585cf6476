"""BatchNormalization: the statistics of the batch in training, the moving ones in prediction."""

import numpy as np
import pytest
from helpers.draws import normal as draw
from helpers.refusals import refused
from helpers.small_model import X

import minigen
from minigen import BatchNormalization, Input, Model

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


# ---- what it refuses


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
