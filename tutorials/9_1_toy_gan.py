"""
Section 9.1: a game whose solution is known
===========================================

In one dimension both densities are known: p of the data and q of the fakes. Theory then gives the optimal
discriminator, the value of the game, and its equilibrium (Goodfellow et al. 2014, section 4).

``--quick`` takes a few seconds.
"""

import math

import numpy as np

from minigen import Adam, losses, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import toys
from minigen.optimizers import LinearDecay

ARGS = tutorial_flags(__doc__, epochs=600, quick_epochs=20, batch_size=512)
rng = np.random.default_rng(ARGS.seed)

# %%
# For two fixed densities, D minimises -E[log D(x)] - E[log(1 - D(fake))]. At each x the minimum is at D = p/(p + q). A
# network finds it from samples alone.

p, q = toys.Mixture([-1.5, 1.0], [0.5, 0.7]), toys.Mixture([0.0], [1.2])
gan = models.toy_gan()
d, steps = gan.discriminator, 100 if ARGS.quick else 2000
optimizer = Adam(LinearDecay(1e-2, steps))
for _ in range(steps):
    d_loss = losses.discriminator_loss(d(p.draw(ARGS.batch_size, rng)), d(q.draw(ARGS.batch_size, rng)))
    d_loss.backward(wrt=d.parameters())
    optimizer.step(d.parameters())

x = np.linspace(-2.7, 2.7, 541)  # where 98 % of the samples are
best = models.optimal_discriminator(p.density(x), q.density(x))
trained = gan.discriminate(x[:, None].astype("float32"))
print(f"largest |D - p/(p + q)|: {np.abs(trained - best).max():.4f}")
assert ARGS.quick or np.abs(trained - best).max() <= 0.01
lines = {"p": p.density(x), "q": q.density(x), "D": trained, "p/(p + q)": best}
print(plot.save(plot.functions(x, {"": lines}), f"{ARGS.out}/tutorial-toy-optimum.png"))

# %%
# With this D the value of the game is -2 log 2 + 2 JSD(p, q), where JSD is the Jensen-Shannon divergence: 0 if p = q,
# and at most log 2. So the optimal discriminator measures how far the fakes are from the data.

wide = np.linspace(-8, 8, 3201)
value = models.value_of_the_game(p.density(wide), q.density(wide), wide[1] - wide[0])
print(f"loss of D: {d_loss.item():.4f}; 2 log 2 - 2 JSD = {-value:.4f}; 2 log 2 = {2 * math.log(2):.4f}")
assert ARGS.quick or abs(d_loss.item() + value) < 0.01

# %%
# Now G is trained too. G(z) = a z + b, so that q is N(b, a^2) at every step; the data are N(1.5, 0.6^2), G starts at
# N(-1, 1.5^2). D takes two steps for each step of G, and so stays near its optimum.

p = toys.Mixture([1.5], [0.6])
gan = models.toy_gan(-1.0, 1.5)
gan.compile(Adam(1e-2, beta_1=0.5), Adam(LinearDecay(2e-2, ARGS.epochs), beta_1=0.5))
generator, discriminator = gan.generator, gan.discriminator
x = np.linspace(-5, 5, 1001)
frames, seen, theory = {}, [], []
for step in range(ARGS.epochs):
    for _ in range(2):
        real, fake = p.draw(ARGS.batch_size, rng), generator(gan.noise(ARGS.batch_size)).detach()
        d_loss = losses.discriminator_loss(discriminator(real), discriminator(fake))
        d_loss.backward(wrt=discriminator.parameters())
        gan.d_optimizer.step(discriminator.parameters())
    mean, deviation = models.toy_fakes(gan)
    q = toys.Mixture([mean], [deviation]).density(x)
    seen.append(d_loss.item())
    theory.append(-models.value_of_the_game(p.density(x), q, x[1] - x[0]))
    if step % max(1, ARGS.epochs // 5) == 0 or step == ARGS.epochs - 1:
        d_of_x = gan.discriminate(x[:, None].astype("float32"))
        frames[f"step {step}: N({mean:.2f}, {deviation:.2f}²)"] = {"p": p.density(x), "q": q, "D": d_of_x}
    g_loss = losses.generator_loss(discriminator(generator(gan.noise(ARGS.batch_size))))
    g_loss.backward(wrt=generator.parameters())
    gan.g_optimizer.step(generator.parameters())

# %%
# The distribution of the fakes reaches that of the data, where D ends at 1/2. While the fakes move fast, D lags behind,
# and its loss is higher than that of the optimal D; later it agrees with theory.

print("fakes: N({:.2f}, {:.2f}²), data: N(1.50, 0.60²)".format(*models.toy_fakes(gan)))
print(f"loss of D at the end: {np.mean(seen[-50:]):.4f}, 2 log 2 = {2 * math.log(2):.4f}")
if ARGS.epochs >= 600:
    assert abs(np.mean(seen[-50:]) - 2 * math.log(2)) < 0.01 and abs(models.toy_fakes(gan)[0] - 1.5) < 0.1
print(plot.save(plot.functions(x, frames), f"{ARGS.out}/tutorial-toy-game.png"))
curves = plot.curves({"loss of D": seen, "2 log 2 - 2 JSD": theory}, {"2 log 2": 2 * math.log(2)}, x="step of G")
print(plot.save(curves, f"{ARGS.out}/tutorial-toy-value.png"))
