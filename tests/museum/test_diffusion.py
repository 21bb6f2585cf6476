"""Every wrong diffusion model of the museum is caught by the check that is meant for it, and no right one is."""

import numpy as np
import pytest
from helpers.refusals import refused

import minigen
from minigen import backend, models, museum
from minigen.datasets import toys
from minigen.models import Diffusion

ROOM = museum.diffusion
CAUGHT_BY = {
    ROOM.VarianceAsDeviation: "check_posterior",
    ROOM.AlphaForAlphaBar: "check_noising",
    ROOM.TimeOffByOne: "check_times",
    ROOM.NoiseAtTheEnd: "check_last_step",
    ROOM.UnitRange: "check_data_range",
}
OWN = {ROOM.VarianceAsDeviation: "step", ROOM.AlphaForAlphaBar: "diffuse", ROOM.TimeOffByOne: "guided"}
OWN |= {ROOM.NoiseAtTheEnd: "step", ROOM.UnitRange: "scaled"}
RANGE = [None, (0.0, 1.0)]


def built(kind, schedule="cosine", prediction="velocity", classes=None, data_range=(0.0, 1.0)):
    """A small model of points, compiled."""
    schedule = models.CosineSchedule(20) if schedule == "cosine" else schedule
    model = kind(models.point_network(2, 8, classes=classes), schedule, prediction, data_range=data_range)
    model.compile()
    return model


def test_every_exhibit_has_its_check_and_replaces_one_method():
    assert set(CAUGHT_BY) == set(ROOM.EXHIBITS)
    assert set(CAUGHT_BY.values()) == {check.__name__ for check in ROOM.CHECKS} - {"check_prediction"}
    for exhibit, method in OWN.items():
        assert {name for name in vars(exhibit) if callable(getattr(exhibit, name))} == {method}


@pytest.mark.parametrize("exhibit", ROOM.EXHIBITS, ids=lambda e: e.__name__)
def test_an_exhibit_is_caught_by_its_check_and_by_no_other(exhibit):
    found = ROOM.caught(ROOM.build(exhibit, units=8))
    assert list(found) == [CAUGHT_BY[exhibit]], found


@pytest.mark.parametrize("schedule", ["linear", "cosine", "straight"])
@pytest.mark.parametrize("exhibit", ROOM.EXHIBITS, ids=lambda e: e.__name__)
def test_exhibits_are_caught_whatever_the_schedule_and_the_prediction(exhibit, schedule):
    for prediction, classes in (("data", None), ("velocity", 3)):
        assert list(ROOM.caught(built(exhibit, schedule, prediction, classes))) == [CAUGHT_BY[exhibit]]


@pytest.mark.parametrize("data_range", RANGE, ids=str)
@pytest.mark.parametrize("classes", [None, 3])
@pytest.mark.parametrize("prediction", ["noise", "data", "velocity"])
@pytest.mark.parametrize("schedule", ["linear", "cosine", "straight"])
def test_no_right_model_is_caught(schedule, prediction, classes, data_range):
    if (schedule, prediction) != ("straight", "noise"):  # which has no answer at the last step
        assert ROOM.caught(built(Diffusion, schedule, prediction, classes, data_range)) == {}


@pytest.mark.parametrize("steps", [1, 2, 3, 10])
def test_no_right_model_of_few_steps_is_caught(steps):
    assert ROOM.caught(built(Diffusion, models.CosineSchedule(steps))) == {}


def test_no_right_model_of_other_data_is_caught():
    shape = minigen.Input(shape=(4, 4, 1)), minigen.Input(shape=(1,))
    network = minigen.Model(shape, minigen.Conv2D(1, 3, padding="same")(shape[0]))
    model = Diffusion(network, models.Schedule(np.full(30, 0.1)), data_range=(-3.0, 5.0))
    model.compile()
    assert ROOM.caught(model) == {}


class WiderNoise(Diffusion):
    """The other deviation of the DDPM paper, σ² = β_t: the mean of the posterior with more noise around it."""

    def step(self, x_0, noise, t, r, eta):
        if eta == 0 or r == 0:
            return super().step(x_0, noise, t, r, eta)
        signal, deviation = self.schedule.signal, self.schedule.noise
        kept = (deviation[r] ** 2 - self.schedule.deviation(t, r) ** 2) ** 0.5
        added = (deviation[t] ** 2 - (signal[t] / signal[r] * deviation[r]) ** 2) ** 0.5
        return signal[r] * x_0 + kept * noise + added * backend.normal(x_0.shape, x_0.dtype)


def test_the_other_deviation_of_the_paper_is_not_caught():
    assert ROOM.caught(built(WiderNoise)) == {}


class VarianceInNoising(Diffusion):
    def diffuse(self, x_0, t, noise):
        rates = self.rates(t, x_0)
        return rates.signal * x_0 + rates.noise**2 * noise


class NoiseFromT(Diffusion):
    """DDIM whose noise is that of t, not of r."""

    def step(self, x_0, noise, t, r, eta):
        return super().step(x_0, noise * (self.schedule.noise[t] / self.schedule.noise[r] if r else 1), t, r, eta)


class TimesFrom0(Diffusion):
    def draw_times(self, n):
        return super().draw_times(n) - 1


class NeverTheLast(Diffusion):
    def draw_times(self, n):
        return np.minimum(super().draw_times(n), self.steps - 1)


class OtherTimesInTraining(Diffusion):
    def predict_with(self, network, x_t, t, rows, training=False):
        return super().predict_with(network, x_t, t - 1 if training else t, rows, training)


class WrongSign(Diffusion):
    def target(self, x_0, t, noise):
        return -super().target(x_0, t, noise)


class OneWay(Diffusion):
    """Scales the data, and never back."""

    def unscaled(self, x):
        return backend.to_numpy(x)


class OwnStep(Diffusion):
    """Never calls diffuse."""

    def train_step(self, x):
        t, x_0 = self.draw_times(len(x)), self.scaled(x)
        return {"loss": (self.predict_with(self.network, x_0, t, None, training=True) ** 2).mean()}


class Misspelt(Diffusion):
    def train_step(self, x):
        return self.difuse(x)


OTHER_WRONG_ONES = {
    VarianceInNoising: ("check_noising", "noise"),
    NoiseFromT: ("check_posterior", "mean of a step"),
    TimesFrom0: ("check_times", "training draws t from 0..19"),
    NeverTheLast: ("check_times", "training draws t from 1..19, where the schedule has 1..20"),
    OtherTimesInTraining: ("check_times", "in training"),
    WrongSign: ("check_prediction", "from the target itself"),
    OneWay: ("check_data_range", "-1 and 1 are drawn as -1 and 1"),
    OwnStep: ("check_times", "does not call diffuse"),
    Misspelt: ("check_times", "train_step fails: AttributeError"),
}


@pytest.mark.parametrize("wrong", OTHER_WRONG_ONES, ids=lambda w: w.__name__)
def test_other_mistakes_are_caught_too(wrong):
    check, text = OTHER_WRONG_ONES[wrong]
    found = ROOM.caught(built(wrong))
    assert list(found) == [check] and text in found[check], found


def test_what_the_checks_say():
    said = {e: next(iter(ROOM.caught(ROOM.build(e, units=8)).values())) for e in ROOM.EXHIBITS}
    assert (
        said[ROOM.AlphaForAlphaBar]
        == "x_26 is 0.968 x_0 + 0.251 noise, where the schedule gives 0.680 x_0 + 0.733 noise"
    )
    assert said[ROOM.TimeOffByOne] == "in drawing the network is told the time 0 of 50 for x_1"
    assert said[ROOM.UnitRange] == "data in [0.0, 1.0] is diffused as [0, 1], not [-1, 1]"
    assert said[ROOM.VarianceAsDeviation].endswith("not 0.3695") and "0.13" in said[ROOM.VarianceAsDeviation]
    assert "the step from 1 to 0 adds noise with the deviation 0.04" in said[ROOM.NoiseAtTheEnd]


C = 0.2  # the deviation of Gaussian data, for which the best network is linear


def deviation_of_samples(schedule, times, power=1, last=0):
    """What becomes of noise of deviation 1 in steps with the best network: x̂₀ = a C² / (a² C² + s²) x_t.

    power: of σ, by which the new noise of a step is multiplied; last: whether the last step adds that of its t.
    """
    variance = 1.0
    for t, r in zip(times, times[1:], strict=False):
        a, b, sigma = schedule.signal[t], schedule.noise[t], schedule.deviation(t, r)
        gain = a * C**2 / (a**2 * C**2 + b**2)
        kept = (schedule.noise[r] ** 2 - sigma**2) ** 0.5
        variance *= (schedule.signal[r] * gain + kept * (1 - a * gain) / b) ** 2
        variance += sigma ** (2 * power) + (last * b**2 if r == 0 else 0)
    return variance**0.5


@pytest.mark.parametrize("steps", [10, 50])
@pytest.mark.parametrize(
    ("kind", "mistake"), [(Diffusion, {}), (ROOM.VarianceAsDeviation, {"power": 2}), (ROOM.NoiseAtTheEnd, {"last": 1})]
)
def test_the_samples_of_a_wrong_step_are_as_wrong_as_theory_says(kind, mistake, steps):
    """Without training: with the exact network, what is wrong with the samples is the mistake alone."""
    schedule = models.CosineSchedule(50)
    network = models.exact_network(toys.GaussianMixture([[0.0, 0.0]], [C**2]), schedule)
    model = kind(network, schedule, "velocity", data_range=None)
    minigen.seed(0)
    drawn = model.sample(10_000, steps=steps, eta=1.0).std()
    assert drawn == pytest.approx(deviation_of_samples(schedule, schedule.times(steps), **mistake), rel=0.02)
    right = deviation_of_samples(schedule, schedule.times(steps))
    assert (drawn / right > 1.02) == (kind is ROOM.NoiseAtTheEnd)
    assert (drawn / right < 0.9) == (kind is ROOM.VarianceAsDeviation)


def test_looking_at_a_model_changes_nothing():
    model = built(Diffusion)
    model.train_on_batch(np.full((4, 2), 0.5, "float32"))
    before, draws, optimizer, averaged = model.get_weights(), backend.random_state(), model.optimizer, model.averaged
    assert ROOM.caught(model) == {}
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert backend.random_state() == draws and model.optimizer is optimizer and optimizer.iterations == 1
    assert model.averaged == averaged == 1
    assert not {"diffuse"} & set(vars(model)) and "call" not in vars(model.network) | vars(model.ema_network)


def test_what_is_no_compiled_diffusion_model_is_refused():
    with refused(RuntimeError, "museum.diffusion.caught: not compiled"):
        ROOM.caught(models.toy_diffusion())
    for what in (None, "diffusion", Diffusion, models.vae(2, hidden=4)):
        with refused(TypeError, "museum.diffusion.caught"):
            ROOM.caught(what)
    for what in (None, models.VAE, models.toy_diffusion()):
        with refused(TypeError, "museum.diffusion.build"):
            ROOM.build(what)


def test_the_points_are_the_three_clusters_in_the_unit_square():
    rng = np.random.default_rng
    x, labels = toys.THREE_CLUSTERS.draw(1000, rng(0))
    moved, same = ROOM.UNIT_SQUARE.draw(1000, rng(0))
    np.testing.assert_allclose(moved, (x + 2) / 4, atol=1e-6)
    assert (labels == same).all() and ((moved < 0) | (moved > 1)).mean() < 0.005
