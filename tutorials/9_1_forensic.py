"""
Section 9.1, Problem B: a forensic tool, with 20 fakes at hand
==============================================================

Someone forges digits. You have thousands of real ones and 20 forgeries. A detector trained on these memorizes the 20. A
GAN supplies as many forgeries as you like: its generator is trained to fool the detector.

``--quick`` takes a few seconds.
"""

import numpy as np

from minigen import Adam, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist
from minigen.optimizers import LinearDecay

ARGS = tutorial_flags(__doc__, epochs=6, quick_epochs=2, batch_size=32)

(x_train, _), (x_test, _) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 28, 28, 1).astype("float32") / 255
x_test = x_test.reshape(-1, 28, 28, 1).astype("float32") / 255
if ARGS.quick:
    x_train, x_test = x_train[:200], x_test[:200]
n, detector_steps = len(x_test), 10 if ARGS.quick else 300

# %%
# Train the GAN. The archive keeps the generator of each epoch, and with it a history of forgeries, from poor to good.

gan = models.dcgan()
steps = ARGS.epochs * -(-len(x_train) // ARGS.batch_size)
archive = gan.monitor = models.Archive(f"{ARGS.out}/tutorial-forensic-generators")
archive.clear()
gan.compile(Adam(LinearDecay(1e-3, steps), beta_1=0.5), Adam(LinearDecay(1e-3, steps), beta_1=0.5))
gan.fit(x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size)

# %%
# Three forgers. The last is a model of another family: a VAE, which was not trained against this discriminator.

vae = models.vae(16, hidden=256)
vae.compile()
vae.fit(x_train.reshape(-1, 784), epochs=2 * ARGS.epochs, batch_size=64, verbose=0)
early = max(1, ARGS.epochs // 3)
forgers = {
    "this generator": gan.sample(n),
    f"epoch {early}": archive.draw(gan, early, n),
    "a VAE": vae.sample(n).reshape(x_test.shape),
}
print(plot.save(plot.rows(x_test, *forgers.values(), labels=["real", *forgers]), f"{ARGS.out}/tutorial-forgers.png"))

# %%
# Three detectors of the same architecture. The first is trained on the 20 fakes and all real digits. The second is the
# D of the GAN, trained against its generator. The third is this D, trained further on the whole history except for the
# epoch on which it is tested.

known = gan.sample(20)
few = models.dcgan().discriminator
models.train_discriminator(few, x_train, known, steps=detector_steps)

tuned = models.dcgan().discriminator
tuned.set_weights(gan.discriminator.get_weights())
forgeries = archive.draw_all(gan, len(x_train) // ARGS.epochs, without=early)
models.train_discriminator(tuned, x_train, forgeries, steps=detector_steps, optimizer=Adam(5e-4))

# %%
# The results: the probability that a detector ranks a real test digit above a forgery (AUC). Chance is 0.5.

detectors = {"20 fakes": few, "the GAN's own D": gan.discriminator, "D and its history": tuned}
auc = {(d, f): models.detection_auc(detectors[d], x_test, forgers[f]) for d in detectors for f in forgers}
print(f"{'AUC':>18}", *(f"{forger:>16}" for forger in forgers))
for d in detectors:
    print(f"{d:>18}", *(f"{auc[d, f]:16.3f}" for f in forgers))
assert ARGS.epochs < 6 or all(auc["D and its history", f] > auc["20 fakes", f] for f in forgers)

# %%
# A negative logit means "fake". The detector trained on 20 fakes has memorized them: other fakes get no negative logit.

print("mean logit of its 20 fakes, of other fakes, of real digits:", end=" ")
print(*(f"{few.predict(images).mean():.1f}" for images in (known, forgers["this generator"], x_test)), sep=", ")
order = np.argsort(tuned.predict(forgers["this generator"]).ravel())
sure, fooled = forgers["this generator"][order[:10]], forgers["this generator"][order[-10:]]
rows = plot.rows(sure, fooled, labels=["surely fake", "taken for real"])
print(plot.save(rows, f"{ARGS.out}/tutorial-verdicts.png"))
