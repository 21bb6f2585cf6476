"""Section 9.1, Problem B: a forensic tool from an arms race."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import models
from ...models import Archive
from ...optimizers import Adam
from ..recipe import recipe
from ..run import Run

DEFAULTS: dict[str, Any] = {"batch_size": 64, "optimizer": None, "latent_dim": 32, "preset": "cpu"}
FEW = 20  # fakes that the first detector is trained on


@recipe("forensic", "9.1", "Problem B: a forensic tool from an arms race", epochs=(10, 2), **DEFAULTS)
def forensic(run: Run) -> None:
    """How can a detector of fakes be trained if only 20 of them are available? A generator that tries to fool the
    detector makes any number. Three detectors of one architecture are compared: one trained for 300 steps on 20 fakes
    and real digits; the GAN's own discriminator; and the same after 300 more steps on fakes of all epochs but one. They
    are tested on unseen real digits against fakes of this generator, of the generator of the epoch that was left out
    (D was trained on its fakes in that epoch), and of a VAE that none was trained on. The number is the AUC: the
    probability that the detector gives a real image a higher score than a fake one.
    """
    data = run.images()
    x, x_test = data.x_train, data.x_test
    batch_size = run.batch_size_for(len(x))
    shape = x.shape[1:]
    gan = models.dcgan(run.latent_dim, run.preset, image_shape=shape)
    archive = gan.monitor = Archive(run.folder / "generators")
    if not run.settings.resume:
        archive.clear()
    d_optimizer, g_optimizer = (run.decaying_adam(len(x), batch_size, 1e-3, beta_1=0.5) for _ in range(2))
    gan.compile(d_optimizer, g_optimizer)
    run.fit(gan, x, batch_size=batch_size)
    left_out = max(1, run.epochs // 3)  # the epoch whose generator is not used for training
    fakes = {
        "this generator": gan.sample(len(x_test)),
        f"the generator of epoch {left_out}": archive.draw(gan, left_out, len(x_test)),
        "a VAE": _trained_vae(run, x).sample(len(x_test)),
    }
    known = gan.sample(FEW)
    few = models.dcgan(run.latent_dim, run.preset, image_shape=shape).discriminator
    steps = min(300, 50 * run.epochs)
    models.train_discriminator(few, x, known, steps)
    own = gan.discriminator
    tuned = models.dcgan(run.latent_dim, run.preset, image_shape=shape).discriminator
    tuned.set_weights(own.get_weights())
    each = max(1, min(len(x), 10_000) // run.epochs)
    history = archive.draw_all(gan, each, without=left_out if run.epochs > 1 else None)
    models.train_discriminator(tuned, x, history, steps, optimizer=Adam(5e-4))
    for source, images in fakes.items():
        few_auc, own_auc, tuned_auc = (models.detection_auc(d, x_test, images) for d in (few, own, tuned))
        text = f"{few_auc:.3f}, {own_auc:.3f}, {tuned_auc:.3f}"
        name = f"AUC of real digits against {source}: detector of {FEW} fakes, the GAN's D, D with history"
        run.number(name, text, "the last beats the first")
    shown = {"real": x_test[:10], **{name: images[:10] for name, images in fakes.items()}}
    run.figure("fakes", run.rows(*shown.values(), labels=list(shown)), "The test images of the detectors.")
    order = np.argsort(tuned.predict(fakes["this generator"]).ravel())
    lowest, highest = fakes["this generator"][order[:10]], fakes["this generator"][order[-10:]]
    caption = "Fakes of this generator with the lowest and with the highest score of the third detector."
    run.figure("verdicts", run.rows(lowest, highest, labels=["surely fake", "taken for real"]), caption)


def _trained_vae(run: Run, x: np.ndarray) -> models.VAE:
    """A VAE with 16 latent variables, trained for twice as many epochs."""
    vae = models.vae(16, hidden=256, image_shape=x.shape[1:])
    vae.compile()
    vae.fit(x, epochs=2 * run.epochs, batch_size=64, verbose=0)
    return vae
