"""The monitor of a GAN: what it measures, and the failures that it names."""

import warnings

import numpy as np
import pytest
from helpers.refusals import refused
from helpers.small_gans import LABELS, X, discriminator, generator, small_gan

from minigen import Adam, models
from minigen.callbacks import Callback

# ---- the monitor


def watched(numbers_of_epochs, iterations=1000):
    """The names of the failures that are told, epoch by epoch, for what a GAN logs and its monitor sees."""
    gan, told, history = small_gan(), [], {"d_loss": []}
    gan.compile()
    gan.g_optimizer.iterations = iterations
    for numbers in numbers_of_epochs:
        gan.monitor.measure = lambda gan, numbers=numbers: {k: v for k, v in numbers.items() if k != "d_accuracy"}
        history["d_loss"].append(1.0)
        if "d_accuracy" in numbers:
            history.setdefault("d_accuracy", []).append(numbers["d_accuracy"])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            logs = {k: v[-1] for k, v in history.items()}
            for callback in gan.own_callbacks():
                callback.on_epoch_end(len(told), logs)
        told.append([w.message.failure for w in caught])
        gan.g_optimizer.iterations += 300
    return told


WELL = {"d_accuracy": 0.6, "spread": 0.2, "gradient_norm": 1.0, "digits": 9.5}


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"spread": 0.0}, "all fakes are the same image"),
        ({"digits": 1.2}, "mode collapse"),
        ({"d_accuracy": 1.0}, "the discriminator is too strong"),
        ({"gradient_norm": 1e-6}, "the generator's loss is saturated"),
    ],
)
def test_a_failure_is_named_once_when_it_lasts_two_epochs(wrong, name):
    bad = WELL | wrong
    assert watched([WELL, bad, WELL, bad, bad, bad, WELL, bad, bad]) == [
        [], [], [], [], [name], [], [], [], [name],
    ]  # fmt: skip
    assert watched([bad, bad]) == [[], [name]]


def test_the_epochs_of_a_failure_are_those_of_one_training():
    """A new fit() counts anew, also with the monitor of another GAN."""
    first, second = small_gan(), small_gan()
    for gan in (first, second):
        gan.compile()
        gan.monitor = first.monitor
    first.monitor.measure = lambda gan: {"spread": 0.0}
    for gan in (first, first, second):
        gan.fit(X, epochs=1, verbose=0)  # warnings are errors
    with pytest.warns(models.GANWarning, match="all fakes are the same image"):
        first.fit(X, epochs=2, verbose=0)


def test_few_digits_count_after_a_thousand_steps():
    """Most GANs begin with one; one that never leaves it is told in the second epoch from then on, once."""
    bad = WELL | {"digits": 1.0}
    assert watched([bad] * 8, iterations=0) == [[], [], [], [], [], ["mode collapse"], [], []]
    assert watched([bad] * 4 + [WELL] * 3, iterations=0) == [[]] * 7


def test_points_on_a_line_may_be_close_together():
    gan = models.toy_gan(0.0, 0.001)
    gan.compile(Adam(0.0), Adam(0.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error", models.GANWarning)
        history = gan.fit(np.zeros((20, 1), "float32"), epochs=3, verbose=0).history
    assert len(history["d_loss"]) == 3


@pytest.mark.parametrize("archive", [False, True])
def test_a_warning_points_at_the_line_that_called_fit(archive, tmp_path):
    gan = small_gan()
    gan.monitor = models.Archive(tmp_path) if archive else gan.monitor
    gan.compile(Adam(0.0), Adam(0.0))
    gan.generator.set_weights([0 * w for w in gan.generator.get_weights()])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gan.fit(X, epochs=2, verbose=0)
    assert [w.message.failure for w in caught] == ["all fakes are the same image"]
    assert caught[0].filename == __file__


def test_bad_monitors_are_refused():
    for samples in (1, 0, 2.5, "a", True):
        with refused(ValueError, where="GANMonitor: samples"):
            models.GANMonitor(samples=samples)
    with refused(TypeError, where="GANMonitor: scorer", got="int"):
        models.GANMonitor(3)


def test_a_gan_that_does_well_is_not_warned():
    assert watched([WELL] * 4) == [[]] * 4


def test_what_the_monitor_measures():
    gan = small_gan()
    gan.compile()
    gan.generator.set_weights([0 * w for w in gan.generator.get_weights()])
    seen = models.GANMonitor(samples=20).measure(gan)
    assert seen["spread"] == 0 and set(seen) == {"spread", "gradient_norm"}
    fakes = gan.sample(20)
    norms = np.linalg.norm(gan.pixel_gradient(fakes), axis=1)
    assert seen["gradient_norm"] == pytest.approx(norms.mean(), rel=1e-5)


def test_a_scorer_counts_the_digits_of_the_fakes():
    class Scorer:
        def count(self, images):
            return float(len(images))

    gan = small_gan(models.ConditionalGAN)
    gan.compile()
    gan.monitor = models.GANMonitor(Scorer(), samples=12)
    logs = gan.fit(X, LABELS, epochs=1, verbose=0).history
    assert logs["digits"] == [12.0]


def test_a_generator_without_an_activation_can_be_watched():
    gan = models.GAN(generator("linear"), discriminator())
    gan.compile()
    assert set(gan.fit(X * 3 / 3, epochs=1, verbose=0).history) >= {"spread", "gradient_norm"}


def test_a_monitor_of_ones_own():
    class Mine(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["epochs"] = epoch + 1

    gan = small_gan()
    gan.compile()
    gan.monitor = Mine()
    assert gan.fit(X, epochs=2, verbose=0).history["epochs"] == [1, 2]
    gan.monitor = None
    gan.fit(X, epochs=1, verbose=0)


# ---- bad input


def test_a_monitor_is_a_callback():
    gan = models.gan(4)
    with refused(TypeError, "GAN.monitor", expected="a Callback"):
        gan.monitor = 3
    gan.monitor = None
    with refused(TypeError, "GANMonitor: scorer"):
        models.GANMonitor(3)


def test_text_cannot_count_fakes():
    with refused(TypeError, "GANMonitor: scorer"):
        models.GANMonitor("the scorer")
