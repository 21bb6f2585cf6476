"""Training: the best linear predictor is learned, gradients of every loss, averages, files, and bad networks."""

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.runs import resumes_bit_for_bit
from helpers.small_diffusions import LABELS, POINTS, SETTINGS, small_diffusion, small_pictures

import minigen
from minigen import SGD, Adam, Dense, Input, Model, gradcheck, losses, models
from minigen.datasets import toys
from minigen.layers import Concatenate, Embedding, Flatten, Layer

RNG = np.random.default_rng(0)


class LinePerTime(Layer):
    """y = w_t x + b_t, numbers of its own for each of T steps"""

    def __init__(self, steps, name=None):
        super().__init__(name)
        self.steps = steps

    def build(self, input_shape):
        self.w = self.add_weight("w", (self.steps + 1, 1), "zeros")
        self.b = self.add_weight("b", (self.steps + 1, 1), "zeros")

    def call(self, inputs):
        x, time = inputs
        t = np.rint(minigen.to_numpy(time.data)[:, 0] * self.steps).astype(int)
        return self.w[t] * x + self.b[t]


def line_per_time(steps):
    inputs = [Input(shape=(1,)), Input(shape=(1,))]
    return Model(inputs, LinePerTime(steps)(inputs))


# ---- the best predictor of Gaussian data


@pytest.mark.parametrize(("schedule", "prediction"), SETTINGS)
def test_the_best_linear_predictor_is_learned(schedule, prediction):
    """Of x₀ ~ N(m, c²) each of E[ε | x_t], E[x₀ | x_t] and E[v | x_t] is linear in x_t; slopes and values to 1 %."""
    m, c, steps = 0.7, 0.5, 5
    betas = {"cosine": models.CosineSchedule(steps), "linear": models.LinearSchedule(steps, 0.1, 0.6)}
    model = models.Diffusion(
        line_per_time(steps), betas.get(schedule, models.StraightSchedule(steps)), prediction, data_range=None
    )
    minigen.seed(0)
    x = (m + c * RNG.normal(size=(20_000, 1))).astype("float32")
    x = (x - x.mean()) / x.std() * c + m  # mean and deviation of these are exact
    model.compile(Adam(0.02))
    model.fit(x, batch_size=2000, epochs=40, verbose=0)
    w, b = (weight.numpy()[1:, 0] for weight in model.ema_network.weights())  # (T,)
    a, s, da, ds = (v[:, 0] for v in model.schedule.rates(np.arange(1, steps + 1), 2, "float64"))
    variance = a**2 * c**2 + s**2
    of_data, of_noise = a * c**2 / variance, s / variance  # slopes of E[x₀ | x_t] and E[ε | x_t]
    slope = {"noise": of_noise, "data": of_data, "velocity": da * of_data + ds * of_noise}[prediction]
    at_mean = {"noise": 0 * a, "data": m + 0 * a, "velocity": da * m}[prediction]  # at x_t = a m
    scale = np.sqrt(slope**2 * variance + at_mean**2).max()
    np.testing.assert_allclose((w - slope) * np.sqrt(variance), 0, atol=0.01 * scale)
    np.testing.assert_allclose(w * a * m + b, at_mean, atol=0.01 * scale)


# ---- gradients


@pytest.mark.parametrize(("schedule", "prediction"), SETTINGS)
def test_the_gradient_of_every_loss(schedule, prediction):
    model = small_diffusion(schedule, prediction, classes=3).astype("float64")
    x, noise = RNG.normal(size=(2, 6, 2))
    t, rows = np.array([1, 5, 200, 600, 999, 1000]), np.eye(3)[[0, 1, 2, 0, 1, 2]]

    def loss():
        predicted = model.predict_with(model.network, model.diffuse(x, t, noise), t, rows, training=True)
        return losses.mean_squared_error(model.target(x, t, noise), predicted)

    gradcheck(loss, [], model.network.parameters(), order=2)


@pytest.mark.parametrize(("schedule", "prediction"), SETTINGS)
def test_a_training_step_follows_the_gradient_of_what_it_logs(schedule, prediction):
    """SGD with rate 1 moves each weight by the slope of the logged loss, which finite differences find."""
    model = small_diffusion(schedule, prediction).astype("float64")
    model.compile(SGD(1.0))
    x = POINTS[:16].astype("float64")
    before = model.network.get_weights()

    def step(i=None, place=None, eps=0.0):
        weights = [w.copy() for w in before]
        if i is not None:
            weights[i][place] += eps
        model.network.set_weights(weights)
        minigen.seed(1)
        return float(model.train_step(minigen.Tensor(x))["loss"])

    step()
    moved = [a - b for a, b in zip(before, model.network.get_weights(), strict=True)]
    for i, w in enumerate(before):
        for place in [tuple(RNG.integers(n) for n in w.shape) for _ in range(4)]:
            slope = (step(i, place, 1e-5) - step(i, place, -1e-5)) / 2e-5
            assert moved[i][place] == pytest.approx(slope, rel=1e-5, abs=1e-9)


def test_the_loss_of_ddpm_written_out():
    """‖ε - ε̂(√ᾱ x + √(1 - ᾱ) ε, t)‖² of pixels that are scaled to [-1, 1]"""
    model = small_pictures(schedule="linear")
    model.compile(SGD(0.0))
    x = RNG.random((40, 3, 2, 1)).astype("float32")
    minigen.seed(2)
    logged = float(model.train_step(x)["loss"])
    minigen.seed(2)
    t = model.draw_times(40)
    noise = minigen.backend.normal(x.shape)
    alpha_bar = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))[t - 1].reshape(-1, 1, 1, 1)
    x_t = np.sqrt(alpha_bar) * (2 * x - 1) + np.sqrt(1 - alpha_bar) * noise
    predicted = model.network([x_t.astype("float32"), (t[:, None] / 1000).astype("float32")]).numpy()
    assert logged == pytest.approx(((noise - predicted) ** 2).mean(), rel=1e-5)


def test_flow_matching_is_this_class():
    """Straight paths and the velocity: the loss ‖ε - x₀ - v(x₀ + t (ε - x₀), t)‖², written here."""
    model = small_diffusion("straight", "velocity")
    model.compile(SGD(0.0))
    minigen.seed(2)
    logged = float(model.train_step(POINTS)["loss"])
    minigen.seed(2)
    t = model.draw_times(200)[:, None] / 1000
    noise = minigen.backend.normal((200, 2))
    x_t = (1 - t) * POINTS + t * noise
    v = model.network([x_t.astype("float32"), t.astype("float32")]).numpy()
    assert logged == pytest.approx(((noise - POINTS - v) ** 2).mean(), rel=1e-5)


# ---- the averages


def test_the_averages_follow_the_weights():
    """With (1 + k) / (10 + k) in the first steps: 0.1, 0.18, 0.25, and from then on ema."""
    model = small_diffusion(ema=0.3)
    model.compile(SGD(0.3))
    expected = model.network.get_weights()
    for d in (0.1, 2 / 11, 0.25, 0.3, 0.3):
        model.train_step(POINTS)
        expected = [d * e + (1 - d) * w for e, w in zip(expected, model.network.get_weights(), strict=True)]
        for e, w in zip(expected, model.ema_network.get_weights(), strict=True):
            np.testing.assert_allclose(w, e, rtol=1e-5, atol=1e-7)
    assert model.averaged == 5


def test_the_averages_are_no_parameters():
    model = small_diffusion()
    names = [name for name, w in model.named_weights().items() if w.requires_grad]
    assert names and all(name.startswith("network/") for name in names)
    assert len(model.ema_network.weights()) == len(model.network.weights())
    model.compile()
    model.train_step(POINTS)
    assert all(w.grad is None for w in model.ema_network.weights())


def test_training_changes_the_network_and_improves_it(xp):
    model = small_diffusion("straight", classes=3)
    model.compile(Adam(0.01))
    history = model.fit(POINTS, LABELS, batch_size=50, epochs=15, verbose=0).history["loss"]
    assert history[-1] < 0.9 * history[0]


def test_evaluate_takes_the_averages():
    model = small_diffusion(classes=3)
    model.compile()
    minigen.seed(0)
    before = model.evaluate(POINTS, LABELS)
    for w in model.network.weights():
        w.assign(w.numpy() * 3)
    minigen.seed(0)
    assert model.evaluate(POINTS, LABELS) == before
    assert model.evaluate(POINTS, LABELS, return_dict=True).keys() == {"loss"}


# ---- files


def test_a_model_in_a_file_draws_the_same(tmp_path):
    for make in (small_pictures, lambda: small_diffusion(models.LinearSchedule(20), "noise", classes=3, ema=0.9)):
        model = make()
        model.compile(Adam(0.01))
        x = RNG.random((8, *model.sample_shape)).astype("float32")
        data = (x, np.arange(8) % 3) if model.is_conditional else (x,)
        model.fit(*data, epochs=2, verbose=0)
        model.save(tmp_path / "m.minigen")
        again = minigen.load_model(tmp_path / "m.minigen")
        drawn = []
        for one in (model, again):
            minigen.seed(3)
            drawn.append(one.sample(4, steps=5))
        np.testing.assert_array_equal(*drawn)
        assert again.averaged == model.averaged == 2 and again.ema == model.ema
        again.fit(*data, epochs=1, verbose=0)


def test_a_schedule_of_own_betas_is_in_the_file(tmp_path):
    model = small_diffusion(models.Schedule([0.1, 0.2, 0.4]))
    model.save(tmp_path / "m.minigen")
    np.testing.assert_array_equal(minigen.load_model(tmp_path / "m.minigen").schedule.betas, [0.1, 0.2, 0.4])


def test_resumes_bit_for_bit(tmp_path):
    assert resumes_bit_for_bit(tmp_path, lambda: (small_diffusion(classes=3), POINTS, LABELS), batch_size=64)


@pytest.mark.parametrize(
    ("other", "where"),
    [
        ({"prediction": "noise"}, "the prediction of a checkpoint"),
        ({"schedule": models.LinearSchedule(20)}, "the schedule of a checkpoint"),
        ({"schedule": models.CosineSchedule(21)}, "the schedule of a checkpoint"),
    ],
)
def test_a_checkpoint_of_another_diffusion(tmp_path, other, where):
    """The weights would fit, and mean something else."""
    settings = {"schedule": models.CosineSchedule(20), "prediction": "velocity"}
    arguments = {"batch_size": 64, "verbose": 0, "checkpoint": tmp_path / "c.npz"}
    for changes, epochs in (({}, 1), (other, 2)):
        model = small_diffusion(**settings | changes)
        model.compile()
        before = model.get_weights()
        if not changes:
            model.fit(POINTS, epochs=epochs, **arguments)
    with refused(ValueError, where=where):
        model.fit(POINTS, epochs=2, resume=True, **arguments)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.averaged == 0


def test_weights_alone(tmp_path):
    model, other = small_diffusion(), small_diffusion()
    model.save_weights(tmp_path / "w.npz")
    other.load_weights(tmp_path / "w.npz")
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


# ---- use


def test_a_call_is_the_prediction_of_the_averages():
    model = small_diffusion()
    inputs = [POINTS, np.full((200, 1), 0.5, "float32")]
    np.testing.assert_allclose(model.predict(inputs), model.ema_network(inputs).numpy(), atol=1e-6)
    np.testing.assert_array_equal(model(inputs).numpy(), model.ema_network(inputs).numpy())


# ---- bad input


def network_of(shapes, output):
    inputs = [Input(shape=shape) for shape in shapes]
    return Model(inputs if len(inputs) > 1 else inputs[0], Dense(output)(inputs[0]))


@pytest.mark.parametrize("shapes", [[(2,)], [(2,), (2,)], [(2,), (1,), (3, 1)], [(2,), (1,), (3,), (1,)]])
def test_a_network_of_other_inputs(shapes):
    with refused(ValueError, where="inputs of the network", expected="[x, time (batch, 1)]", got=str(shapes[-1])):
        models.Diffusion(network_of(shapes, 2))


def test_a_network_of_integers():
    x, time = Input(shape=(2,)), Input(shape=(1,), dtype="int64")
    network = Model([x, time], Dense(2)(Concatenate()([x, Flatten()(Embedding(5, 3)(time))])))
    with refused(TypeError, where="inputs of the network", expected="floats", got="int64", fix="without a dtype"):
        models.Diffusion(network)


def test_a_network_of_another_output():
    with refused(ValueError, where="output of the network", expected="the shape (2,) of x", got="(3,)"):
        models.Diffusion(network_of([(2,), (1,)], 3))


def test_no_network():
    for network in (Dense(2), "unet", None, Model()):
        with refused(TypeError, where="Diffusion: the network has no graph"):
            models.Diffusion(network)


def test_an_unknown_prediction():
    for prediction in ("x0", None, 3):
        with refused(ValueError, where="prediction", expected="data, noise, velocity"):
            small_diffusion(prediction=prediction)


def test_noise_cannot_be_predicted_where_no_signal_is_left():
    with refused(ValueError, where="leaves nothing of the data", got="StraightSchedule", fix='prediction="velocity"'):
        small_diffusion("straight", "noise")
    small_diffusion("straight", "data")


@pytest.mark.parametrize("name", ["drop_labels", "ema"])
@pytest.mark.parametrize("value", [-0.1, 1.0, "no"])
def test_shares_outside_of_their_range(name, value):
    with refused(ValueError, where=f"Diffusion: {name}", expected="0 or more, below 1"):
        small_diffusion(**{name: value})


def test_labels_have_to_fit_the_network():
    with refused(TypeError, got="no labels"):
        fitted(small_diffusion(classes=3), POINTS)
    with refused(TypeError, where="2 arguments"):
        fitted(small_diffusion(), POINTS, LABELS)
    with refused(ValueError, where="label out of range"):
        fitted(small_diffusion(classes=2), POINTS, LABELS)


def fitted(model, *data):
    model.compile()
    model.fit(*data, verbose=0)


def test_data_outside_of_the_range_or_of_another_shape():
    model = small_pictures()
    with refused(ValueError, got="255"):
        fitted(model, np.full((4, 3, 2, 1), 255, "float32"))
    with refused(ValueError, expected="(n, 3, 2, 1)"):
        fitted(model, np.zeros((4, 2, 2, 1), "float32"))


def test_metrics_and_no_compile():
    with refused(ValueError, where="Diffusion.compile: metrics", fix="bound"):
        small_diffusion().compile(metrics=["mae"])
    with refused(RuntimeError, where="not compiled"):
        small_diffusion().fit(POINTS, verbose=0)


def test_three_clusters_are_learned():
    """A short training by the classes' defaults: samples at the clusters, in their shares."""
    minigen.seed(0)
    model = models.toy_diffusion(units=64)
    model.compile(Adam(5e-3))
    model.fit(toys.THREE_CLUSTERS.draw(4000, RNG)[0], batch_size=256, epochs=12, verbose=0)
    x = model.sample(1000, steps=25)
    shares = np.bincount(toys.THREE_CLUSTERS.responsibilities(x).argmax(axis=1), minlength=3) / 1000
    np.testing.assert_allclose(shares, toys.THREE_CLUSTERS.shares, atol=0.08)
    np.testing.assert_allclose(np.cov(x.T), toys.THREE_CLUSTERS.covariance, atol=0.2)
