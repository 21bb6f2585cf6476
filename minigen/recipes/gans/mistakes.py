"""Section 9.1: wrong GANs from the museum, trained beside the right one."""

from __future__ import annotations

import warnings

import numpy as np

from ... import backend, models, museum, plot
from ...models import GAN
from ..evaluation.samples import scorer_of_digits
from ..recipe import FIXED, recipe
from ..run import Run


@recipe("gan-traps", "9.1", "Five GANs with one mistake each", epochs=(6, 2), batch_size=32, uses_scorer=True, **FIXED)
def gan_traps(run: Run) -> None:
    """Each of these GANs fails in its own way. The failure shows in the losses, the accuracy of D, the spread of the
    fakes, the gradient that reaches them (gradient_norm) and the number of different digits among them. If a warning
    named the failure, its name is printed beside the numbers. For each mistake there is a check that finds it before
    any training.
    """
    x = run.flat_images().x_train
    x = x[:5000]
    sheets, accuracy, norms = {}, {}, {}
    cases: tuple[type[GAN], ...] = (GAN, *museum.gan.EXHIBITS)
    for case in cases:
        name = "right" if case is GAN else case.__name__
        backend.seed(run.settings.seed)
        model = museum.gan.build(case, image_shape=x.shape[1:])
        model.monitor = models.GANMonitor(scorer_of_digits(run))
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", models.GANWarning)
            history = model.fit(x, epochs=run.epochs, batch_size=run.batch_size, verbose=0).history
        found = ", ".join(museum.gan.caught(model)) or "none"
        run.number(f"{name}: caught by", found, "none" if case is GAN else "one check")
        end = {k: v[-1] for k, v in history.items()}
        text = f"{end['d_loss']:.2f}, {end['g_loss']:.2f}, {end['d_accuracy']:.2f}"
        balance = "1.39, 0.69, 0.50 in balance" if case is GAN else ""
        run.number(f"{name}: d_loss, g_loss, accuracy of D", text, balance)
        watched = [key for key in ("spread", "gradient_norm", "digits") if key in end]  # digits with a scorer only
        text = ", ".join(f"{end[key]:.{digits}f}" for key, digits in zip(watched, (2, 3, 1), strict=False))
        failures = "; ".join(w.message.failure for w in warned if isinstance(w.message, models.GANWarning))
        run.number(f"{name}: {', '.join(watched)}", text + (f" ({failures})" if failures else ""))
        sheets[name] = model.sample(10).clip(0, 1)
        accuracy[name] = history["d_accuracy"]
        norms[name] = np.log10(np.maximum(history["gradient_norm"], 1e-12)).tolist()
    run.figure("samples", run.rows(*sheets.values(), labels=list(sheets)), "Ten fakes of each GAN.")
    curves = plot.curves(accuracy, {"chance": 0.5}, y="accuracy of D")
    run.figure("accuracy", curves, "How often D is right. Where it is always right, G no longer learns.")
    caption = "The gradient that reaches a fake: with the saturating loss it vanishes."
    run.figure("gradient_norm", plot.curves(norms, y="log10 of the norm of dL/dx"), caption)
