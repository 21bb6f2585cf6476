"""
Section 9.2.4: the variational autoencoder, formula by formula (Figs 9.11 to 9.13)
===================================================================================

The encoder predicts a distribution for each image, a sample from it is decoded, and a penalty keeps all distributions
near N(0, Id). Each formula of the section appears twice: as one op of minigen with a hand-written gradient, and
composed of elementary functions, whose gradient is derived automatically.

``--quick`` takes a few seconds.
"""

import numpy as np

from minigen import Adam, Tensor, exp, explore, grad, losses, metrics, models, plot, reparameterise, square
from minigen.cli import tutorial_flags
from minigen.datasets import mnist
from minigen.models import latent

ARGS = tutorial_flags(__doc__, epochs=60, quick_epochs=2, batch_size=128)
rng = np.random.default_rng(ARGS.seed)

# %%
# Loss z, the divergence of N(mu, Sigma) from N(0, Id). Sigma is diagonal, and the encoder predicts its logarithm, so
# that any number is valid. In the chapter's formula the sum extends over all four terms: it needs parentheses around
# them.


def kl_composed(mu, logvar):
    variance = exp(logvar)
    return ((variance + square(mu) - 1 - logvar).sum(axis=1) / 2).mean()


mu = Tensor(np.array([[0.7, -1.2]]), requires_grad=True)
logvar = Tensor(np.array([[-0.5, 0.8]]), requires_grad=True)
by_hand, composed = losses.kl_standard_normal(mu, logvar), kl_composed(mu, logvar)
assert np.isclose(by_hand.item(), composed.item())
for one, other in zip(grad(by_hand, [mu, logvar]), grad(composed, [mu, logvar]), strict=True):
    assert np.allclose(one.numpy(), other.numpy(), atol=1e-12)

# %%
# Is the formula correct? The divergence is the mean of log N(z; mu, Sigma) - log N(z; 0, Id) over z from N(mu, Sigma).
# Estimate it from 200,000 samples.

std = np.exp(logvar.numpy() / 2)
z = mu.numpy() + std * rng.standard_normal((200_000, 2))
log_ratio = (square(z) - square((z - mu.numpy()) / std) - logvar.numpy()).sum(axis=1) / 2
print(f"Loss z: {by_hand.item():.4f} by hand, {composed.item():.4f} composed, {log_ratio.mean():.4f} by sampling")
assert abs(log_ratio.mean() - by_hand.item()) < 5 * log_ratio.std() / 200_000**0.5

# %%
# Sampling. A sample z ~ N(mu, Sigma) has no gradient with respect to mu. Written as mu + Sigma^1/2 eps it is a function
# of mu and Sigma, where eps is a random constant. The standard deviation of z is the square root of the variance; check
# it, because many programs get this wrong.

draws = reparameterise(np.full(100_000, 0.5), np.full(100_000, -2.0))
print(f"logvar = -2: standard deviation {draws.std():.4f}, exp(-2 / 2) = {np.exp(-1):.4f}, exp(-2) = {np.exp(-2):.4f}")
assert abs(draws.std() - np.exp(-1)) < 0.01

# %%
# What does the reparameterisation gain? Estimate the derivative with respect to m of the mean of (z - 3)^2 over z ~
# N(m, 1); it is 2 (m - 3). The score-function estimator needs no gradient of z: it is the mean of (z - 3)^2 d log N(z;
# m, 1)/dm. Both estimators are unbiased, but this one needs far more samples.

eps = rng.standard_normal(100_000)
m = 0.0
z = m + eps
through_z = 2 * (z - 3)  # d (z - 3)^2/dz times dz/dm = 1
by_score = square(z - 3) * (z - m)  # d/dm log N(z; m, 1) = d/dm (-(z - m)^2/2) = z - m
print(f"true gradient -6; reparameterised {through_z.mean():.2f} +- {through_z.std():.1f} for one draw,", end=" ")
print(
    f"score function {by_score.mean():.2f} +- {by_score.std():.1f}: {by_score.var() / through_z.var():.0f} x the draws"
)
assert by_score.var() > 10 * through_z.var()

# %%
# Fig 9.11 in four lines, with Loss xhat, 1/2 ||xhat - x||^2, summed over the image as Loss z is summed over z. Both are
# in nats per image, so that they can be added. models.VAE computes exactly this at each step.

(x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255
vae = models.vae(latent_dim=2)
assert vae.count_params() == 807_700

mu, logvar = vae.encoder(x_train[:128])
z = reparameterise(mu, logvar)
x_hat = vae.decoder(z)
loss = losses.half_squared_error(x_train[:128], x_hat) + losses.kl_standard_normal(mu, logvar)
print(f"before training: {loss.item():.1f} nats per image")

# %%
# Train it. The KL is logged for each latent variable: one with less than 0.01 nats carries almost no information about
# the image.

vae.compile(Adam(1e-3), loss="half_squared_error")
history = vae.fit(x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size, validation_data=x_test).history
best = models.linear_vae_optimum(models.PCA(x_train, 1).eigenvalues, 2)
print(f"test: {history['val_loss'][-1]:.2f} = {history['val_reconstruction'][-1]:.2f} + {history['val_kl'][-1]:.2f}")
print(f"the best linear VAE, in closed form: {best.loss:.2f} = {best.reconstruction:.2f} + {best.kl:.2f}")
assert ARGS.quick or history["val_loss"][-1] < best.loss

# %%
# Fig 9.12. One sample of z for each image; the samples of all images together should follow N(0, Id), and do. The means
# mu alone have a smaller spread, because the noise is missing.

codes = vae.draw_codes(x_train)
print(f"z: mean {codes.mean(axis=0).round(2)}, deviation {codes.std(axis=0).round(2)};", end=" ")
print(f"mu: deviation {vae.encode(x_train)[0].std(axis=0).round(2)}; {metrics.moment_kl(codes):.2f} nats from N(0, Id)")
assert ARGS.quick or (np.abs(codes.mean(axis=0)) < 0.15).all() and (np.abs(codes.std(axis=0) - 1) < 0.15).all()
print(plot.save(plot.scatter(codes, y_train, rings=(1, 2, 3)), f"{ARGS.out}/tutorial-fig-9-12.png"))

# %%
# Fig 9.13: the decoder over [-4, 4]^2. Each digit has a sector, without gaps; near 0, where the sectors meet, two noisy
# numbers cannot distinguish ten digits, and the decoder draws mixtures. For new digits draw z from the prior and decode
# it.

grid = latent.grid(-4, 4, 30)
print(plot.save(plot.decoded(vae.decode(grid), grid), f"{ARGS.out}/tutorial-fig-9-13.png"))
print(plot.save(plot.grid(vae.sample(50)), f"{ARGS.out}/tutorial-vae-samples.png"))

# %%
# The same image decoded from mu and from ten samples of z: they differ in what the encoder leaves undetermined.

mu, logvar = vae.encode(x_test[:1])
ten = reparameterise(np.repeat(mu, 10, axis=0), np.repeat(logvar, 10, axis=0))
stacks = [np.repeat(x_test[:1], 10, axis=0), vae.decode(np.repeat(mu, 10, axis=0)), vae.decode(ten)]
rows = plot.rows(*stacks, labels=["x", "from mu", "from draws"])
print(plot.save(rows, f"{ARGS.out}/tutorial-vae-draws.png"))

# %%
# All of this to play with, as one page for the browser: drag over the plane to decode, draw a digit to encode it.

print(explore(vae, f"{ARGS.out}/tutorial-vae-explorer.html", x_test, y_test))
