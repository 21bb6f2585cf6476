"""
Section 9.2.4: how many latent variables survive?
=================================================

A VAE with 32 latent variables uses a dozen of them, and with another loss not one. That is no accident of training: it
can be computed from the data beforehand, exactly for a linear VAE and roughly for a deep one. Those that survive mean
something, and one can walk along them.

``--quick`` takes a few seconds.
"""

import numpy as np

from minigen import Adam, losses, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist
from minigen.models import PCA, latent, linear_vae_optimum

ARGS = tutorial_flags(__doc__, epochs=60, quick_epochs=1, batch_size=128)

(x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255

# %%
# A latent variable costs its KL and pays by explaining the image. 1/2 ||xhat - x||^2 is the loss for noise of variance
# 1 on each pixel, so that what varies by less than 1 is noise, and not worth coding. The eigenvalues of the covariance
# say how much the digits vary in each direction.

eigenvalues = PCA(x_train, 1).eigenvalues
print("variances:", " ".join(f"{v:.2f}" for v in eigenvalues[:14]), f"... of {eigenvalues.sum():.1f} in all")
for latent_dim in (2, 8, 32):
    best = linear_vae_optimum(eigenvalues, latent_dim)
    print(f"{latent_dim:3} latent variables: {best.active:2} used, loss {best.loss:.2f} = ", end="")
    print(f"{best.reconstruction:.2f} + {best.kl:.2f}")
assert linear_vae_optimum(eigenvalues, 32).active == (eigenvalues > 1).sum() == 12

# %%
# A linear VAE gets there. Its loss is noisy (each step draws another z), so it ends a little above.

small = models.linear_vae(784, 2)
for rate, batch_size in ((1e-2, 100), (1e-3, 500), (1e-4, 1000)):
    small.compile(Adam(rate))
    small.fit(x_train, epochs=2 if ARGS.quick else 15, batch_size=batch_size, verbose=0)
reached = np.mean([small.evaluate(x_train)[0] for _ in range(10)])
exact = linear_vae_optimum(eigenvalues, 2).loss
print(f"linear VAE: {reached:.2f} nats per image, closed form {exact:.2f}")
assert exact - 0.1 < reached and (ARGS.quick or reached < exact + 0.15)

# %%
# Why does a loss by mean collapse? Its second derivative says for which noise it stands. A mean squared error over 784
# pixels stands for a variance of 392, a mean cross-entropy for 196 or less; no direction of the digits varies by more
# than 5.

for loss in (losses.half_squared_error, losses.binary_crossentropy_per_image, losses.mse, losses.binary_crossentropy):
    sigma2 = models.effective_variance(loss, 784)
    used = linear_vae_optimum(eigenvalues, 32, sigma2).active
    print(f"{loss.__name__:30} sigma^2 = {sigma2:6.2f}: a linear VAE uses {used} of 32")
    assert (used == 0) == (sigma2 > eigenvalues[0])

# %%
# That is for linear VAEs. But any decoder can draw the mean image for every z, with a KL of 0. Whatever does better has
# a KL below the loss of that: with the mean squared error less than 0.067 nats. Collapse is arithmetic.

mean_image = np.broadcast_to(x_train.mean(axis=0), x_train.shape)
print(f"mean image: mse {losses.mse(x_train, mean_image).item():.4f}, ", end="")
print(f"half squared error {losses.half_squared_error(x_train, mean_image).item():.2f}")

# %%
# A deep VAE with 32 latent variables and the chapter's loss.

vae = models.vae(latent_dim=32)
vae.compile("adam", "half_squared_error")
history = vae.fit(x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size, validation_data=x_test, verbose=0).history
kl = sorted(history["kl_per_dimension"][-1], reverse=True)
linear = linear_vae_optimum(eigenvalues, 32)
print(f"deep VAE: {history['active_units'][-1]} of 32 in use, test loss {history['val_loss'][-1]:.2f}; ", end="")
print(f"best linear one {linear.active} and {linear.loss:.2f}")
print("KL of each:", " ".join(f"{k:.2f}" for k in kl[:14]), "...")
print("linear:    ", " ".join(f"{abs(np.log(v)) / 2:.2f}" for v in linear.variances[:14]))
assert ARGS.quick or (history["val_loss"][-1] < linear.loss and 8 <= history["active_units"][-1] <= 16)
curves = {"deep VAE": kl, "best linear VAE": abs(np.log(linear.variances)) / 2}
figure = plot.curves(curves, y="KL in nats", x="latent variable, the busiest first")
print(plot.save(figure, f"{ARGS.out}/tutorial-kl-per-dimension.png"))

# %%
# A dozen, as for the linear one? Here, about (some have just 0.01 nats); on the 60,000 digits it is 9, with 6.9 nats
# among them where the linear VAE has 4.3 for its 12. A decoder that bends lets one variable explain what a straight one
# needs two for. The rule holds for what is left: if a direction of x - xhat had a variance above 1, a further variable
# would pay. None has. (With two latent variables on the 60,000, five have.)

left = PCA(x_train - vae.predict(x_train), 1).eigenvalues
print("largest variances of x - xhat:", " ".join(f"{v:.2f}" for v in left[:5]))
assert ARGS.quick or left[0] < 1

# %%
# From one digit to another: the straight way between their codes stays among digits, more or less.

mu, _ = vae.encode(x_test[:6])
ways = [vae.decode(latent.interpolate(mu[i], mu[i + 1], 10)) for i in (0, 2, 4)]
print(plot.save(plot.rows(*ways), f"{ARGS.out}/tutorial-interpolation.png"))

# %%
# An attribute as a vector: the mean code of the digits that have it minus that of those that do not. The chapter thinks
# of moustaches and glasses; digits have ink. Compare each with its own class, lest "bold" mean "is a 0".

ink = x_train.sum(axis=1)
of_class = np.array([np.median(ink[y_train == digit]) for digit in range(10)])
towards_bold = latent.direction(vae.encode(x_train)[0], ink > of_class[y_train])
steps = np.linspace(-2, 2, 10, dtype="float32")[:, None]
rows = [vae.decode(z + steps * towards_bold) for z in vae.encode(x_test[:5])[0]]
mean_ink = np.mean([images.sum(axis=1) for images in rows], axis=0)
print("ink along the way:", " ".join(f"{v:.0f}" for v in mean_ink))
assert ARGS.quick or (np.diff(mean_ink) > 0).all()
print(plot.save(plot.rows(*rows), f"{ARGS.out}/tutorial-thin-to-bold.png"))
