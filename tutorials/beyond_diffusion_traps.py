"""
Beyond the chapter: a diffusion whose answer is known, and five that are wrong
==============================================================================

A diffusion model learns to remove noise. For points from a few Gaussian clusters nothing has to be learnt: the best
network can be written down. First this network draws points, so that every formula can be checked; then one is trained,
and compared with it. At the end are five models with one mistake each. They train and draw as the right one does.

``--quick`` takes a few seconds.
"""

import numpy as np

import minigen
from minigen import Adam, models, museum, plot
from minigen.cli import tutorial_flags
from minigen.datasets import toys
from minigen.optimizers import LinearDecay

ARGS = tutorial_flags(__doc__, epochs=60, quick_epochs=2, batch_size=512)
rng = np.random.default_rng(ARGS.seed)
few = 500 if ARGS.quick else 5000

# %%
# Three clusters in the plane, and what noise makes of them: x_t = a_t x + s_t eps. At t = 0 it is the data (a = 1,
# s = 0), at t = T noise alone. Each cluster stays Gaussian, so that the mixture of x_t is known, and with it the best
# guess of x, E[x | x_t].

clusters = toys.THREE_CLUSTERS
x, labels = clusters.draw(20_000, rng)
schedule = models.CosineSchedule(200)
t = 60
a, s = schedule.signal[t], schedule.noise[t]
x_t = a * x + s * rng.standard_normal(x.shape)
print(f"t = {t} of {schedule.steps}: a = {a:.3f}, s = {s:.3f}, a² + s² = {a**2 + s**2:.3f}")
print("covariance of x_t, measured and known:", np.cov(x_t.T).round(2).tolist(), end=" ")
print(clusters.diffused(a, s).covariance.round(2).tolist())
assert np.allclose(np.cov(x_t.T), clusters.diffused(a, s).covariance, atol=0.05)

# %%
# The score, the gradient of log p(x_t), points to where there are more points. It says the same as the best guess of
# the noise: score = -E[eps | x_t] / s.

guess = clusters.denoise(x_t, a, s)
noise = (x_t - a * guess) / s
assert np.allclose(clusters.score(x_t, a, s), -noise / s)

# %%
# This best network in a Diffusion: its samples are points of the three clusters. With all 200 steps each draws new
# noise; DDIM with 50 draws none, so that it can be run backwards: from a point to its noise, and to the point again.

exact = models.Diffusion(models.exact_network(clusters, schedule), schedule, "velocity", data_range=None)
for steps in (None, 50):
    minigen.seed(ARGS.seed)
    drawn = exact.sample(few, steps=steps)
    shares = clusters.responsibilities(drawn).mean(axis=0)
    print(f"{steps or 'all'} steps: shares {shares.round(2)}, right {clusters.shares}")
    assert np.allclose(shares, clusters.shares, atol=0.07 if ARGS.quick else 0.03)
    assert np.allclose(drawn.mean(axis=0), clusters.mean, atol=0.15 if ARGS.quick else 0.05)
z = exact.encode(x[:few], steps=50)
back = np.sqrt(np.square(exact.decode(z, steps=50) - x[:few]).sum(axis=1))
print(f"to the noise and back: median error {np.median(back):.1e}, {(back > 0.01).mean():.1%} above 0.01")
assert np.median(back) < 1e-3 and (back > 0.01).mean() < 0.02

# %%
# A network has to learn it from samples. Its loss does not fall to 0 but to that of the exact network, since nobody can
# know the noise. Its score is right where there are points.

minigen.seed(ARGS.seed)
model = models.toy_diffusion(schedule=schedule)
data = x[:4000] if ARGS.quick else x
model.compile(Adam(LinearDecay(1e-2, ARGS.epochs * -(-len(data) // ARGS.batch_size))))
model.fit(data, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0)
exact.compile()
losses = [float(network.evaluate(x, batch_size=2000)) for network in (model, exact)]
_, learnt = model.estimates(x_t.astype("float32"), t)
error = np.sqrt(np.square(learnt - noise).sum() / np.square(noise).sum())
print(f"loss {losses[0]:.3f}, that of the exact network {losses[1]:.3f}; error of the score at t = {t}: {error:.1%}")
assert losses[0] > losses[1] - 0.02 and abs(losses[1] - 0.772) < 0.02
if ARGS.epochs >= 60:
    assert losses[0] < losses[1] + 0.02 and error < 0.08

side = np.linspace(-2.2, 2.2, 15)
places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2).astype("float32")
fields = {"exact": clusters.score(places, a, s), "learnt": -model.estimates(places, t)[1] / s}
print(plot.save(plot.arrows(places, fields, x_t[:1000]), f"{ARGS.out}/tutorial-diffusion-score.png"))
minigen.seed(ARGS.seed)
ways = {
    "DDIM": np.stack([p for _, p in model.film(40, steps=50)]),
    "all steps": np.stack([p for _, p in model.film(3)]),
}
print(plot.save(plot.paths(ways, x[:1000]), f"{ARGS.out}/tutorial-diffusion-paths.png"))

# %%
# Five mistakes. Each model of the museum is right but for one method, and its loss falls as that of the right one. The
# checks compare the formulas with their closed forms, without any training.

room = museum.diffusion
for case in (models.Diffusion, *room.EXHIBITS):
    found = room.caught(room.build(case))
    print(f"{case.__name__:20}", *[f"{check}: {text}" for check, text in found.items()] or ["nothing found"])
    assert len(found) == (case is not models.Diffusion)

# %%
# What do they do to samples? With the exact network in place of a trained one, that is the effect of the mistake alone.
# Noise that is scaled by the variance is too little, and the clusters shrink; noise after the last step is grain. A
# time that is off by one of 200 cannot be seen: that is why it needs a check.

deviations = {}
right = np.sqrt(np.trace(clusters.covariances, axis1=1, axis2=2))
for case in (models.Diffusion, room.VarianceAsDeviation, room.TimeOffByOne, room.NoiseAtTheEnd):
    wrong = case(models.exact_network(clusters, schedule), schedule, "velocity", data_range=None)
    minigen.seed(ARGS.seed)
    drawn = wrong.sample(few, steps=20, eta=1.0)
    nearest = clusters.responsibilities(drawn).argmax(axis=1)
    apart = drawn - np.stack([drawn[nearest == k].mean(axis=0) for k in range(3)])[nearest]
    deviations[case.__name__] = np.sqrt(np.square(apart).sum(axis=1).mean() / np.square(right[nearest]).mean())
print("deviation in the clusters, divided by the right one:", {name: f"{d:.2f}" for name, d in deviations.items()})
base = deviations["Diffusion"]
assert deviations["VarianceAsDeviation"] < 0.9 * base < 1.05 * base < deviations["NoiseAtTheEnd"]
assert abs(deviations["TimeOffByOne"] - base) < 0.1

# %%
# A model of your own can be checked in the same way, if it is a Diffusion with methods of its own. This one forgets the
# root in the noise of x_t.


class Mine(models.Diffusion):
    def diffuse(self, x_0, t, noise):
        rates = self.rates(t, x_0)
        return rates.signal * x_0 + rates.noise**2 * noise


print(room.caught(room.build(Mine)))
assert list(room.caught(room.build(Mine))) == ["check_noising"]
