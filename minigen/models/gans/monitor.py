"""Monitoring a GAN: three numbers that the losses do not contain, and warnings that name a failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import backend
from ...callbacks import Callback
from ...errors import message, warn_caller
from ...types import Logs
from ..checks import two_or_more
from .checks import check_scorer

EARLY = 1000  # steps of G: before, few digits are no failure, since most GANs begin with one


@dataclass(frozen=True)
class Failure:
    """One way in which a GAN fails: the number that shows it, its threshold, and what to do."""

    name: str
    number: str
    is_bad: Callable[[float], bool]
    expected: str
    fix: str


FAILURES = (
    Failure(
        "all fakes are the same image",
        "spread",
        lambda spread: spread < 0.02,
        "a spread of 0.02 or more; digits have about 0.2",
        "a generator that depends on its noise: is z drawn afresh for each image, and wide enough?",
    ),
    Failure(
        "mode collapse",
        "digits",
        lambda digits: digits < 5,
        "5 digits or more of 10, counted as e^entropy",
        "smaller learning rates, beta_1=0.5, another loss or seed; models.wgan_gp() collapses least",
    ),
    Failure(
        "the discriminator is too strong",
        "d_accuracy",
        lambda accuracy: accuracy > 0.95,
        "an accuracy of D of 0.95 or less; 0.5 is balance",
        "images in the range of the generator's output; beta_1=0.5; margin=0.4; a slower or smaller discriminator",
    ),
    Failure(
        "the generator's loss is saturated",
        "gradient_norm",
        lambda norm: norm < 0.01,
        "a gradient_norm of 0.01 or more: the norm of the gradient that a fake gets",
        "loss='non_saturating', whose slope stays where D is sure; where g_loss is near 0, G has won: a stronger D",
    ),
)


class GANWarning(UserWarning):
    """A GAN that has stopped learning; `failure` is the name, the text has the signature and what to do."""

    def __init__(self, text: str, failure: str) -> None:
        super().__init__(text)
        self.failure = failure


class GANMonitor(Callback):
    """Measures fakes of a GAN after each epoch. gan.monitor is one; with a scorer it counts the digits too.

        gan.monitor = GANMonitor(scorer)

    It logs
        spread         the standard deviation of a pixel from fake to fake, mean over the pixels: 0 if all are the
                       same image
        gradient_norm  the mean norm of dL_G/dx, the gradient that one fake gets from D: 0 if G can learn nothing
        digits         with a scorer: how many digits there are among the fakes, as e^entropy, 10 if all are equally
                       frequent; this is their variety, not their quality: see scorer.confidence() and .distance()
    and warns (GANWarning) when these or d_accuracy have had the signature of a failure for two epochs in a row. The
    number of digits counts after 1,000 steps of G; d_accuracy where train_step logs it.

    samples: the number of fakes. Raises ValueError for fewer than two, TypeError for a scorer without count(). The
    random numbers of the training stay as they are. A custom monitor is any Callback, and None is no monitor.
    """

    def __init__(self, scorer: Any = None, samples: int = 500) -> None:
        check_scorer(scorer)
        self.scorer = scorer
        reason, fix = "one fake differs from none", "GANMonitor(scorer, samples=500)"
        self.samples = two_or_more("GANMonitor: samples", samples, reason, fix)
        self._begin()

    def _begin(self) -> None:
        self.running = dict.fromkeys((failure.name for failure in FAILURES), 0)  # for how many epochs

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        self.keep(self.model, epoch + 1)
        with backend.own_draws():  # measuring must not change the training
            logs.update(self.measure(self.model))
        for failure in FAILURES:
            self._check(self.model, failure, logs.get(failure.number))

    def training_state(self) -> dict[str, int]:
        """What a checkpoint holds."""
        return {str(i): n for i, n in enumerate(self.running.values())}

    def set_training_state(self, state: dict[str, int]) -> None:
        """Go on from a checkpoint."""
        self.running = dict(zip(self.running, state.values(), strict=True))

    def keep(self, gan: Any, epoch: int) -> None:
        """Store something of the GAN after this epoch (from 1): here nothing, a subclass may."""

    def measure(self, gan: Any) -> dict[str, float]:
        """spread, gradient_norm, and digits if there is a scorer, of fresh fakes."""
        given = [np.arange(self.samples) % gan.classes] if hasattr(gan, "classes") else []
        fakes = gan.sample(self.samples, *given)
        slopes = gan.pixel_gradient(fakes, *given).reshape(len(fakes), -1)
        numbers = {
            "spread": float(fakes.std(axis=0).mean()),
            "gradient_norm": float(np.linalg.norm(slopes, axis=1).mean()),
        }
        if self.scorer is not None:
            numbers["digits"] = self.scorer.count(fakes)
        return numbers

    def _check(self, gan: Any, failure: Failure, value: Any) -> None:
        """Count the epochs in which the failure shows; warn at the second one."""
        too_early = failure.number == "digits" and gan.g_optimizer.iterations < EARLY
        no_pixels = failure.number == "spread" and gan.data_range is None  # the scale of the pixels is unknown
        if value is None or too_early or no_pixels or not failure.is_bad(value):
            self.running[failure.name] = 0
            return
        self.running[failure.name] += 1
        if self.running[failure.name] == 2:
            where, got = f"{gan.label}: {failure.name}", f"{failure.number} {value:.3g}, the second epoch running"
            text = message(where, expected=failure.expected, got=got, fix=failure.fix)
            warn_caller(GANWarning(text, failure.name))
