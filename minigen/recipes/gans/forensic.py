"""Section 9.1, Problem B: a forensic tool from an arms race."""

from __future__ import annotations

import numpy as np

from ... import models, plot
from ...models import Archive
from ...optimizers import Adam
from ..base import Run, recipe

FEW = 20


@recipe(
    "forensic",
    "9.1",
    "Problem B: a forensic tool from an arms race",
    epochs=10,
    chapter_epochs=2,
    batch_size=64,
    optimizer=None,
    latent_dim=32,
    preset="cpu",
)
def forensic(run: Run) -> None:
    """How does one train a detector of fakes with only 20 of them at hand? A generator that tries to fool the detector
    makes any number. Three detectors of one architecture: 300 steps with 20 fakes and real digits; the GAN's own
    discriminator; and the same, trained 300 steps further on fakes of all epochs but one. They are asked about real
    digits that none has seen, against fakes of this generator, of the earlier one that was left out (D met it when they
    played), and of a VAE, a forger that none has seen. The number is the probability that a real image is taken for
    more real than a fake one (AUC).
    """
    x, _, x_test, _ = run.digits()
    x, x_test = x.reshape(-1, 28, 28, 1), x_test.reshape(-1, 28, 28, 1)
    batch_size = run.batch_size_for(len(x))
    gan = models.dcgan(run.latent_dim, str(run.preset))
    archive = gan.monitor = Archive(run.folder / "generators")
    if not run.settings.resume:
        archive.clear()
    gan.compile(
        run.decaying_adam(len(x), batch_size, 1e-3, beta_1=0.5), run.decaying_adam(len(x), batch_size, 1e-3, beta_1=0.5)
    )
    run.fit(gan, x, batch_size=batch_size)
    left_out = max(1, run.epochs // 3)  # of the history
    fakes = {
        "this generator": gan.sample(len(x_test)),
        f"the generator of epoch {left_out}": archive.draw(gan, left_out, len(x_test)),
        "a VAE": _forged_by_a_vae(run, x).sample(len(x_test)).reshape(x_test.shape),
    }
    known = gan.sample(FEW)
    few = models.dcgan(run.latent_dim, str(run.preset)).discriminator
    steps = min(300, 50 * run.epochs)
    models.train_discriminator(few, x, known, steps)
    own = gan.discriminator
    tuned = models.dcgan(run.latent_dim, str(run.preset)).discriminator
    tuned.set_weights(own.get_weights())
    each = max(1, min(len(x), 10_000) // run.epochs)
    history = archive.draw_all(gan, each, without=left_out if run.epochs > 1 else None)
    models.train_discriminator(tuned, x, history, steps, optimizer=Adam(5e-4))
    for source, images in fakes.items():
        few_auc, own_auc, tuned_auc = (models.detection_auc(d, x_test, images) for d in (few, own, tuned))
        text = f"{few_auc:.3f}, {own_auc:.3f}, {tuned_auc:.3f}"
        what = f"AUC of real digits against {source}: detector of {FEW} fakes, the GAN's D, D with history"
        run.number(what, text, "the last beats the first")
    shown = {"real": x_test[:10], **{name: images[:10] for name, images in fakes.items()}}
    run.figure("fakes", plot.rows(*shown.values(), labels=list(shown)), "What the detectors are asked about.")
    order = np.argsort(tuned.predict(fakes["this generator"]).ravel())
    sure, fooled = fakes["this generator"][order[:10]], fakes["this generator"][order[-10:]]
    caption = "Of this generator's fakes: those that the third detector is surest of, and those that fool it."
    run.figure("verdicts", plot.rows(sure, fooled, labels=["fake, surely", "taken for real"]), caption)


def _forged_by_a_vae(run: Run, x: np.ndarray) -> models.VAE:
    """A VAE with 16 latent variables, trained for twice as many epochs."""
    vae = models.vae(16, hidden=256)
    vae.compile()
    vae.fit(x.reshape(len(x), -1), epochs=2 * run.epochs, batch_size=64, verbose=0)
    return vae
