"""Watching a GAN: three numbers that the losses do not show, and the name of what goes wrong."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import backend
from ..errors import message

SAMPLES = 500  # fakes to look at, once an epoch
TOO_STRONG = 0.99  # D's accuracy over an epoch
FEW_DIGITS = 5.0  # of 10, counted as e^entropy
NO_SPREAD = 0.02  # standard deviation of a pixel, where white is 1; about 0.2 for digits
EARLY = 1000  # steps of G before which few digits are no failure yet
NO_PULL = 0.01  # norm of dL_G/dx of one image; of the order of 1 where G learns


class GANWarning(UserWarning):
    """A GAN that has stopped to learn, with the name of the failure, its signature and a way out."""


class GANMonitor:
    """Looks at fakes of a GAN after each epoch; gan.monitor is one, and a scorer makes it see the digits too.

        gan.monitor = GANMonitor(scorer)

    It logs
        spread  the standard deviation of a pixel from fake to fake, mean over the pixels: 0 if all are the same image
        pull    the mean norm of dL_G/dx, the gradient that one fake gets from D: 0 if G can learn nothing
        digits  with a scorer: how many digits there are among the fakes, as e^entropy, 10 if all are equally frequent
    and warns (GANWarning) where these and d_accuracy have the signature of a failure for two epochs running. That few
    digits are drawn counts after 1,000 steps of G: most GANs begin with one.
    """

    def __init__(self, scorer: Any = None, samples: int = SAMPLES) -> None:
        self.scorer, self.samples = scorer, samples

    def watch(self, gan: Any, history: dict[str, list[Any]]) -> dict[str, Any]:
        """The numbers of this epoch; `history` has those of the epochs before, and what training logged."""
        state = backend.random_state()  # looking must not change the training
        numbers = self.measure(gan)
        backend.set_random_state(state)
        full = history | {k: [*history.get(k, []), v] for k, v in numbers.items()}
        now, before, earlier = (self.diagnose({k: v[-i] for k, v in full.items() if len(v) >= i}) for i in (1, 2, 3))
        for failure, (got, write) in now.items():
            if failure == "mode collapse" and gan.g_optimizer.iterations < EARLY:
                continue
            if failure in before and failure not in earlier:
                text = message(f"{gan.label}: {failure}", expected=EXPECTED[failure], got=got, write=write)
                warnings.warn(text, GANWarning, stacklevel=5)  # the line that called fit()
        return numbers

    def measure(self, gan: Any) -> dict[str, float]:
        """spread, pull, and digits if there is a scorer, of fresh fakes."""
        given = [np.arange(self.samples) % gan.classes] if hasattr(gan, "classes") else []
        fakes = gan.sample(self.samples, *given)
        slopes = gan.pixel_gradient(fakes, *given).reshape(len(fakes), -1)
        numbers = {
            "spread": float(fakes.std(axis=0).mean()),
            "pull": float(np.linalg.norm(slopes, axis=1).mean()),
        }
        if self.scorer is not None:
            numbers["digits"] = self.scorer.count(fakes)
        return numbers

    def diagnose(self, numbers: dict[str, Any]) -> dict[str, tuple[str, str]]:
        """{name of a failure: (what was seen, what to do)} for the numbers of one epoch."""
        found = {}
        if "spread" in numbers and numbers["spread"] < NO_SPREAD:
            write = "a generator that depends on its noise: is z drawn afresh for each image, and wide enough?"
            found["all fakes are the same image"] = f"spread {numbers['spread']:.3g}", write
        elif numbers.get("digits", 10.0) < FEW_DIGITS:
            write = "smaller learning rates, beta_1=0.5, another loss or seed; WassersteinGAN collapses least"
            found["mode collapse"] = f"e^entropy of the digits {numbers['digits']:.1f} of 10", write
        if numbers.get("d_accuracy", 0.0) > TOO_STRONG:
            write = "images in the range of the generator's output; margin=0.4; a slower or smaller discriminator"
            found["the discriminator is too strong"] = f"accuracy {numbers['d_accuracy']:.3f}", write
        if "pull" in numbers and numbers["pull"] < NO_PULL:
            write = "loss='non_saturating', whose slope stays where D is sure"
            found["the generator's loss is saturated"] = f"pull {numbers['pull']:.3g}", write
        return found


EXPECTED = {
    "all fakes are the same image": f"a standard deviation of the pixels of {NO_SPREAD} or more",
    "mode collapse": f"{FEW_DIGITS:.0f} digits or more",
    "the discriminator is too strong": f"an accuracy of D of {TOO_STRONG} or less: 0.5 is balance",
    "the generator's loss is saturated": f"a gradient of {NO_PULL} or more at each fake",
}
