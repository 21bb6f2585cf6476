"""
Section 9.2.4: how many latent variables are used?
==================================================

A VAE with 32 latent variables uses about twelve of them, and with another loss none. This is no accident of training:
the number can be computed from the data beforehand, exactly for a linear VAE and approximately for a deep one. Those in
use have a meaning, and images can be varied along them.

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
# A latent variable costs its KL and reduces the reconstruction error. 1/2 ||xhat - x||^2 is the loss for noise of
# variance 1 on each pixel, so that variation below 1 counts as noise and is not worth coding. The eigenvalues of the
# covariance are the variances of the digits in each principal direction.

eigenvalues = PCA(x_train, 1).eigenvalues
print("variances:", " ".join(f"{v:.2f}" for v in eigenvalues[:14]), f"... of {eigenvalues.sum():.1f} in all")
for latent_dim in (2, 8, 32):
    best = linear_vae_optimum(eigenvalues, latent_dim)
    print(f"{latent_dim:3} latent variables: {best.active:2} used, loss {best.loss:.2f} = ", end="")
    print(f"{best.reconstruction:.2f} + {best.kl:.2f}")
assert linear_vae_optimum(eigenvalues, 32).active == (eigenvalues > 1).sum() == 12

# %%
# A linear VAE reaches this optimum. Its loss is noisy (each step draws another z), so that it ends slightly above.

small = models.linear_vae(784, 2)
for rate, batch_size in ((1e-2, 100), (1e-3, 500), (1e-4, 1000)):
    small.compile(Adam(rate))
    small.fit(x_train, epochs=2 if ARGS.quick else 15, batch_size=batch_size, verbose=0)
reached = np.mean([small.evaluate(x_train)[0] for _ in range(10)])
exact = linear_vae_optimum(eigenvalues, 2).loss
print(f"linear VAE: {reached:.2f} nats per image, closed form {exact:.2f}")
assert exact - 0.1 < reached and (ARGS.quick or reached < exact + 0.15)

# %%
# Why does a VAE collapse if its loss is a mean over the pixels? The second derivative of a loss gives the variance of
# the noise that it assumes. A mean squared error over 784 pixels assumes a variance of 392, a mean cross-entropy 196 or
# less; no direction of the digits has a variance above 5.

for loss in (losses.half_squared_error, losses.binary_crossentropy_per_image, losses.mse, losses.binary_crossentropy):
    sigma2 = models.effective_variance(loss, 784)
    used = linear_vae_optimum(eigenvalues, 32, sigma2).active
    print(f"{loss.__name__:30} sigma^2 = {sigma2:6.2f}: a linear VAE uses {used} of 32")
    assert (used == 0) == (sigma2 > eigenvalues[0])

# %%
# This holds for linear VAEs. But any decoder can draw the mean image for every z, with a KL of 0. A VAE with a lower
# loss must have a KL below the loss of the mean image: with the mean squared error less than 0.067 nats. The collapse
# is unavoidable.

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
figure = plot.curves(curves, y="KL in nats", x="latent variable, largest KL first")
print(plot.save(figure, f"{ARGS.out}/tutorial-kl-per-dimension.png"))

# %%
# Are there twelve, as for the linear VAE? Here approximately (some have just 0.01 nats); on the 60,000 digits there are
# 9, with 6.9 nats in total, where the linear VAE has 4.3 for its 12. With a nonlinear decoder one variable can explain
# what a linear decoder needs two for. The rule holds for the residual: if a direction of x - xhat had a variance above
# 1, another variable would reduce the loss. None has. (With two latent variables on the 60,000, five have.)

left = PCA(x_train - vae.predict(x_train), 1).eigenvalues
print("largest variances of x - xhat:", " ".join(f"{v:.2f}" for v in left[:5]))
assert ARGS.quick or left[0] < 1

# %%
# From one digit to another: the images along the straight line between their codes look more or less like digits.

mu, _ = vae.encode(x_test[:6])
ways = [vae.decode(latent.interpolate(mu[i], mu[i + 1], 10)) for i in (0, 2, 4)]
print(plot.save(plot.rows(*ways), f"{ARGS.out}/tutorial-interpolation.png"))

# %%
# An attribute as a vector: the mean code of the digits that have it minus that of the digits that do not. The chapter's
# examples are moustaches and glasses; for digits it is ink. Each digit is compared with its own class, so that "bold"
# does not mean "is a 0".

ink = x_train.sum(axis=1)
of_class = np.array([np.median(ink[y_train == digit]) for digit in range(10)])
towards_bold = latent.direction(vae.encode(x_train)[0], ink > of_class[y_train])
steps = np.linspace(-2, 2, 10, dtype="float32")[:, None]
rows = [vae.decode(z + steps * towards_bold) for z in vae.encode(x_test[:5])[0]]
mean_ink = np.mean([images.sum(axis=1) for images in rows], axis=0)
print("ink along the way:", " ".join(f"{v:.0f}" for v in mean_ink))
assert ARGS.quick or (np.diff(mean_ink) > 0).all()
print(plot.save(plot.rows(*rows), f"{ARGS.out}/tutorial-thin-to-bold.png"))
