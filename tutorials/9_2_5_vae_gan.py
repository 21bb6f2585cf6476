"""
Section 9.2.5: a VAE whose loss is a discriminator
==================================================

The digits of a VAE are blurred. This is no accident: blur minimises the squared error. "You could even combine the AE
decoder network with a discriminative network to form a VAE-GAN architecture!" This script follows Larsen et al. 2016:
first the reason for the blur, then one training step written out, then a comparison of the two models.

``--quick`` takes a few seconds.
"""

import numpy as np

from minigen import Adam, losses, metrics, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist
from minigen.optimizers import LinearDecay

ARGS = tutorial_flags(__doc__, epochs=10, quick_epochs=1, batch_size=32)

(x_train, y_train), (x_test, _) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255
if ARGS.quick:
    x_train, y_train, x_test = x_train[:1000], y_train[:1000], x_test[:200]

# %%
# Suppose the code does not determine whether a digit is here, or two pixels further to the left or right. A sharp digit
# in one place is wrong two times in three, and a wrong stroke costs twice: where it is missing, and where it should not
# be. Grey in all three places costs less on average. So the optimal decoder blurs.

sharp = x_test.reshape(-1, 28, 28)
places = [np.roll(sharp, shift, axis=2) for shift in (-2, 0, 2)]  # each as likely as the others
grey = np.mean(places, axis=0)
costs = [np.mean([losses.half_squared_error(place, guess).item() for place in places]) for guess in (sharp, grey)]
for name, guess, cost in (("sharp", sharp, costs[0]), ("grey", grey, costs[1])):
    print(f"{name}: 1/2 ‖x̂ - x‖² = {cost:.1f} on average, gradient energy {metrics.gradient_energy(guess):.0f}")
assert costs[1] < costs[0]

# %%
# One step of the VAE-GAN, written out. x̂ is a reconstruction, x̃ a new image from z ~ N(0, Id); the discriminator
# gives the features f of one of its layers, and its logit.

vae_gan = models.vae_gan(latent_dim=16)
encoder, decoder, discriminator = vae_gan.encoder, vae_gan.decoder, vae_gan.discriminator
x = x_train[: ARGS.batch_size]

mu, logvar = encoder(x)
x_hat = decoder(vae_gan.sample_z(mu, logvar))
x_new = decoder(vae_gan.gan.noise(len(x)))
(f, on_real), (f_hat, on_hat), (_, on_new) = (vae_gan.features_and_logits(images) for images in (x, x_hat, x_new))

loss_z = losses.kl_standard_normal(mu, logvar)
loss_f = losses.half_squared_error(f, f_hat)
loss_g = (losses.generator_loss(on_hat) + losses.generator_loss(on_new)) / 2
loss_d = (losses.discriminator_loss(on_real, on_hat) + losses.discriminator_loss(on_real, on_new)) / 2

# %%
# Three losses, three parts. Each backward() sets the gradients of one part only; the graph is kept until the last. The
# encoder gets no gradient of the adversarial losses: it is trained to encode x, not to produce images that fool the
# discriminator.

(loss_z + loss_f).backward(wrt=encoder.parameters(), retain_graph=True)
(0.1 * loss_f + loss_g).backward(wrt=decoder.parameters(), retain_graph=True)
loss_d.backward(wrt=discriminator.parameters())
for part, rate in ((encoder, 1e-3), (decoder, 2e-3), (discriminator, 3e-4)):
    Adam(rate).step(part.parameters())
print(f"Loss z {loss_z.item():.2f}, Loss f {loss_f.item():.1f}, Loss G {loss_g.item():.2f}, Loss D {loss_d.item():.2f}")

# %%
# The whole training: VAEGAN.train_step, beside a VAE of the same size. The learning rates decrease to 0.

steps = ARGS.epochs * -(-len(x_train) // ARGS.batch_size)
vae = models.vae(latent_dim=16)
vae.compile(Adam(LinearDecay(1e-3, steps)))
vae.fit(x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0)
vae_gan.compile(
    e_optimizer=Adam(LinearDecay(1e-3, steps)),
    g_optimizer=Adam(LinearDecay(2e-3, steps), beta_1=0.5),
    d_optimizer=Adam(LinearDecay(3e-4, steps), beta_1=0.5),
)
vae_gan.fit(x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size)

# %%
# Reconstructions and new digits of both, evaluated by their gradient energy and by a scorer, a classifier of digits.

scorer = models.trained_scorer(x_train, y_train, cache=ARGS.out)
real, off = metrics.gradient_energy(sharp), {}
print(f"real digits: gradient energy {real:.1f}")
sheet = {"x": x_test}
for name, model in (("VAE", vae), ("VAE-GAN", vae_gan)):
    drawn, sheet[name] = model.sample(1000), model.predict(x_test)
    sheet[f"{name}, new"] = drawn[: len(x_test)]
    energies = [metrics.gradient_energy(images.reshape(-1, 28, 28)) for images in (sheet[name], drawn)]
    text = "{}: gradient energy {:.1f} of reconstructions, {:.1f} of new digits; scorer distance {:.0f}"
    print(text.format(name, *energies, scorer.distance(drawn, x_test)))
    off[name] = abs(energies[1] - real)
assert ARGS.epochs < 10 or off["VAE-GAN"] < off["VAE"]
print(plot.save(plot.rows(*sheet.values(), labels=list(sheet)), f"{ARGS.out}/tutorial-vae-gan.png"))
