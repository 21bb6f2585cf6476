"""
Beyond the chapter: drawing by removing noise
=============================================

A diffusion model adds noise to an image until nothing else is left, and learns to take it away again. It has no second
player, as a GAN has, and no code, as a VAE has: one network, one squared error. First the formulas on points whose best
denoiser is known, then a network that learns digits.

``--quick`` takes a few seconds.
"""

import numpy as np

from minigen import Adam, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist, toys
from minigen.optimizers import LinearDecay

ARGS = tutorial_flags(__doc__, epochs=12, quick_epochs=1, batch_size=32)
RNG = np.random.default_rng(ARGS.seed)

# %%
# One step makes the image a little smaller and adds a little noise: x_t = √(1 - β_t) x_{t-1} + √β_t ε. Noises that are
# independent add up, so that t steps are one: x_t = a_t x₀ + s_t ε. Any step of a thousand can be had at once.

schedule = models.CosineSchedule(1000)
x = np.full(20_000, 3.0)
for beta in schedule.betas[:400]:
    x = np.sqrt(1 - beta) * x + np.sqrt(beta) * RNG.standard_normal(len(x))
a, s = schedule.signal[400], schedule.noise[400]
print(f"after 400 steps: mean {x.mean():.3f}, deviation {x.std():.3f}; in one step {3 * a:.3f}, {s:.3f}")
assert abs(x.mean() - 3 * a) < 0.03 and abs(x.std() - s) < 0.03 and abs(a**2 + s**2 - 1) < 1e-12
assert schedule.signal[1000] < 1e-3  # at the end nothing is left of the image

# %%
# What can be known about x₀ when x_t is seen? Its mean, E[x₀ | x_t], and that is what a squared error teaches. For
# three clusters of points there is a formula. With little noise it is the point itself, with much the mean of all.

clusters = toys.THREE_CLUSTERS
point = np.array([[1.0, -0.7]])
for t in (1, 500, 1000):
    a, s = schedule.signal[t], schedule.noise[t]
    print(f"t = {t:4}: E[x₀ | x_t = a x] = {clusters.denoise(a * point, a, s)[0].round(2)}")
assert np.allclose(clusters.denoise(point, 1.0, 1e-4), point, atol=1e-3)
assert np.allclose(clusters.denoise(a * point, a, s), clusters.mean, atol=1e-2)

# %%
# Drawing goes backwards: from noise, a thousand times a step towards x̂₀ and a little new noise. With the formula in
# place of a network, the points that come out have the mean and the covariance of the clusters.

exact = models.Diffusion(models.exact_network(clusters), "cosine", "velocity", data_range=None)
drawn = exact.sample(1000, steps=None if not ARGS.quick else 200, eta=1.0)
print(f"drawn: mean {drawn.mean(axis=0).round(2)}; of the clusters {clusters.mean.round(2)}")
assert abs(drawn.mean(axis=0) - clusters.mean).max() < 0.15
assert abs(np.cov(drawn.T) - clusters.covariance).max() < 0.15

# %%
# Without new noise (DDIM) fifty steps are enough, and the way can be gone back: every point has its own noise.

points, _ = clusters.draw(200, RNG)
noise = exact.encode(points, steps=50)
print(f"there and back: error {abs(exact.decode(noise, steps=50) - points).max():.1e}; noise of size {noise.std():.2f}")
assert abs(exact.decode(noise, steps=50) - points).max() < 1e-2 and abs(noise.std() - 1) < 0.15

# %%
# On straight paths from the data to the noise the velocity is ε - x₀, and a drawing is an ordinary differential
# equation that Euler's method solves: this is flow matching. One step from pure noise leads to the mean of all data.
# Where paths cross, the velocity is a mean of several, so that the way is bent, and takes more than one step.

straight = models.Diffusion(models.exact_network(clusters, "straight"), "straight", "velocity", data_range=None)
for steps in (1, 4, 50):
    ends = straight.sample(1000, steps=steps)
    print(f"Euler, {steps:2} steps: variance {ends.var(axis=0).round(2)}; {np.diag(clusters.covariance).round(2)}")
    assert steps > 1 or np.allclose(ends, clusters.mean, atol=1e-3)
assert abs(ends.var(axis=0) - np.diag(clusters.covariance)).max() < 0.15

# %%
# A network for digits: a small U-Net that gets the image, the time, and in nine of ten cases the class.

(x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
x_train, x_test = (images[..., None].astype("float32") / 255 for images in (x_train, x_test))
if ARGS.quick:
    x_train, y_train = x_train[:256], y_train[:256]
model = models.Diffusion(models.unet(classes=10, filters=(16, 32), blocks=1), "cosine", "velocity", ema=0.99)
model.compile(Adam(LinearDecay(2e-3, ARGS.epochs * -(-len(x_train) // ARGS.batch_size))))
before = model.evaluate(x_test[:100], y_test[:100])
model.fit(x_train, y_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size)
after = model.evaluate(x_test[:100], y_test[:100])
print(f"squared error of the velocity: {before:.3f} before, as of zeros, and {after:.3f} after")
assert abs(before - 0.96) < 0.05 and after < (0.9 if ARGS.quick else 0.25)

# %%
# Ten digits, one of each class. Guidance exaggerates what the class adds to the prediction.

labels = np.arange(10)
rows = [model.sample(10, labels, guidance, steps=5 if ARGS.quick else 50) for guidance in (0.0, 1.0, 3.0)]
print(plot.save(plot.rows(*rows, labels=["0", "1", "3"]), f"{ARGS.out}/tutorial-diffusion.png"))

# %%
# The model has a bound on -log p(x), as a VAE has: the sum of what each step costs, in nats.

bound = model.bound(x_test[:5], y_test[:5], draws=20 if ARGS.quick else None)
print(f"bound {bound.total:.0f} nats; 256 levels that are all alike: {784 * np.log(256):.0f}")
assert ARGS.quick or bound.total < 784 * np.log(256)
