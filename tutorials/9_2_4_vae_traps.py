"""
Section 9.2.4: which of these VAEs is correct?
==============================================

Seven programs, six of them wrong in one line; most of the mistakes were published. All of them train, and their loss
decreases. Find the correct one by its images and its logs; then compare with the checks, which need neither.

``--quick`` takes a few seconds.
"""

import warnings

import numpy as np

from minigen import models, museum, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist

ARGS = tutorial_flags(__doc__, epochs=12, quick_epochs=1, batch_size=32)

(x_train, _), (x_test, _) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255
if ARGS.quick:
    x_train = x_train[:1000]

# %%
# The cases, in an order drawn from the seed (--seed 1 gives another one). All have the same network and the same loss.

cases = museum.vae.riddle(ARGS.seed, hidden=128)
samples, seen = {}, {}
for name, vae in cases.items():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", models.CollapseWarning)  # it would reveal the answer
        history = vae.fit(x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0).history
    z = vae.draw_codes(x_test)
    error = np.square(vae.predict(x_test) - x_test).sum(axis=1).mean() / 2
    seen[name] = error, history["kl"][-1], sum(history["kl_per_dimension"][-1]), z.std()
    samples[name] = vae.sample(10)

# %%
# What each draws from the prior. In two of them z carries no information; the others are harder to distinguish.

print(plot.save(plot.rows(*samples.values(), labels=list(samples)), f"{ARGS.out}/tutorial-traps.png"))

# %%
# What each logs, and three questions. Which draw the same image for every z? Where do the two columns of the KL differ?
# Which codes have a standard deviation far below 1? (After so few steps that of the correct VAE is slightly above 1.)

if ARGS.quick:
    print("--quick: too few steps to solve the riddle from this table")
print("    1/2 ||xhat - x||^2   Loss z in the log   KL of the heads   deviation of z")
for name, (error, logged, kl, deviation) in seen.items():
    print(f"{name}   {error:18.2f}{logged:20.2f}{kl:18.2f}{deviation:17.2f}")

# %%
# The checks need no training and no images. They compare the spread of z with e^(logvar / 2), Loss z with the
# log-densities of random samples, and Loss xhat with the size of the image; they test the gradient from z to mu, and
# whether a training step calls the three formulas.

print("\nAnd the answer:")
for name, vae in cases.items():
    found = museum.vae.caught(vae)
    print(
        f"{name}  {type(vae).__mro__[1].__name__:28}", *(f"{check}: {text}" for check, text in found.items()), sep="  "
    )
right = [name for name, vae in cases.items() if not museum.vae.caught(vae)]
assert len(right) == 1

# %%
# A VAE of your own can be checked in the same way, if it has the three methods sample_z(mu, logvar), loss_z(mu, logvar)
# and loss_x(x, x_hat). This one draws with the correct spread, and adds the KL twice.


class Mine(models.VAE):
    def loss_z(self, mu, logvar):
        return 2 * super().loss_z(mu, logvar)


print(museum.vae.caught(museum.vae.build(Mine, hidden=8)))
assert list(museum.vae.caught(museum.vae.build(Mine, hidden=8))) == ["check_kl"]
