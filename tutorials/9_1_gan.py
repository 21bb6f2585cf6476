"""
Section 9.1: a generator whose loss is another network (Fig 9.1, Problem A)
===========================================================================

Problem A of the chapter: turn noise into images of digits that do not exist. Which loss measures whether an image is
realistic? First the loss of the other sections, which fails in an instructive way; then a second network in its place,
step by step; then the whole training, with a scorer that measures the quality of the digits.

``--quick`` takes a few seconds. ``--full-size`` trains the convolutional GAN on all available digits: 15 minutes for
60,000 of them on two cores. On a GPU it uses the wider preset.
"""

import sys

import numpy as np

from minigen import Adam, Tensor, backend, grad, losses, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist
from minigen.optimizers import LinearDecay

ARGS = tutorial_flags(__doc__, epochs=10, quick_epochs=1, batch_size=32)
FULL_SIZE = "--full-size" in sys.argv

(x_train, y_train), (x_test, _) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255
if ARGS.quick:
    x_train, y_train = x_train[:1000], y_train[:1000]

# %%
# A generator maps noise z from N(0, Id) to an image. Trained on the squared distance to real images, with new noise
# each time, it cannot know which image is the target. The best prediction is their mean.

generator = models.gan().generator
generator.compile("adam", "half_squared_error")
for _ in range(1 if ARGS.quick else 4):
    z = backend.to_numpy(backend.normal((len(x_train), 32)))
    generator.fit(z, x_train, epochs=1, batch_size=ARGS.batch_size, verbose=0)
mean_image = x_train.mean(axis=0)
far, spread = (np.square(images - mean_image).mean() for images in (generator.predict(z[:100]), x_test))
print(f"trained on a squared error: {far:.4f} from the mean image; real digits are {spread:.4f} from it")
mean_drawer = generator

# %%
# Fig 9.1. The discriminator D maps an image to one number a, a logit: sigmoid(a) is the probability that the image is
# real. Here are the two steps of the game, written out.

gan = models.gan()
generator, discriminator = gan.generator, gan.discriminator
d_optimizer, g_optimizer = Adam(1e-3, beta_1=0.5), Adam(1e-3, beta_1=0.5)
real = x_train[: ARGS.batch_size]

fake = generator(gan.noise(len(real)), training=True)
on_real, on_fake = discriminator(real, training=True), discriminator(fake.detach(), training=True)
d_loss = losses.discriminator_loss(on_real, on_fake)
d_loss.backward(wrt=discriminator.parameters())  # only D's weights get a gradient
d_optimizer.step(discriminator.parameters())

g_loss = losses.generator_loss(discriminator(fake, training=True))
print(f"D: {d_loss.item():.3f}, 2 ln 2 = 1.386 at chance level; G: {g_loss.item():.3f}, ln 2 = 0.693")

# %%
# "The loss function for the generator is the discriminator": G is trained by the gradient of g_loss with respect to the
# pixels of its fakes, passed on to its weights. Computed in these two steps, the gradient is the same as at once.

parameters = generator.parameters()
(to_pixels,) = grad(g_loss, [fake])
in_two_steps = grad((fake * to_pixels).sum(), parameters)
at_once = grad(g_loss, parameters)
assert all(np.allclose(a.numpy(), b.numpy(), atol=1e-5) for a, b in zip(in_two_steps, at_once, strict=True))
g_loss.backward(wrt=parameters)
g_optimizer.step(parameters)

# %%
# Two losses for G. log(1 - D) is what D maximises; its slope vanishes where D is certain that the image is fake: at the
# beginning, when G has most to learn. -log D has the same goal, and its slope does not vanish there.

a = Tensor(np.array([[-8.0], [0.0], [3.0]]), requires_grad=True)
for name, loss in (("log(1 - D)", losses.saturating_generator_loss), ("-log D", losses.generator_loss)):
    slopes = grad(loss(a), [a])[0].numpy().ravel() * len(a)
    print(f"{name:>10}: slope dL/da {slopes.round(4)} at D = {(1 / (1 + np.exp(-a.numpy()))).ravel().round(4)}")

# %%
# The whole training: GAN.train_step performs the two steps above. A scorer, a classifier of digits, evaluates the
# fakes, because the losses of a GAN do not measure the quality of its images. Both learning rates decrease to 0, so
# that the networks stop oscillating around each other. g_loss may rise while the fakes improve: the discriminator
# improves too.

scorer = models.trained_scorer(x_train, y_train, cache=ARGS.out)
steps = ARGS.epochs * -(-len(x_train) // ARGS.batch_size)
gan.monitor = models.GANMonitor(scorer)
gan.compile(Adam(LinearDecay(1e-3, steps), beta_1=0.5), Adam(LinearDecay(1e-3, steps), beta_1=0.5))
history = gan.fit(x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size).history
shown = {k: history[k] for k in ("d_loss", "g_loss", "d_real", "d_fake")}
game = plot.curves(shown, {"2 ln 2": 1.3863, "ln 2": 0.6931})
print(plot.save(game, f"{ARGS.out}/tutorial-gan-game.png"))

# %%
# Problem A in one figure: one architecture, two losses, the same noise. The last row is the gradient of D with respect
# to the pixels of the fakes: white where a brighter pixel would look more real, black where a darker one would, grey
# where the gradient is 0.

z = backend.to_numpy(backend.normal((10, 32)))
fakes = gan.generate(z)
wish = -gan.pixel_gradient(fakes)
wish = 0.5 + wish / (2 * np.abs(wish).max(axis=1, keepdims=True))
stacks = [mean_drawer.predict(z), fakes, wish]
rows = plot.rows(*stacks, labels=["squared error", "discriminator", "its gradient"])
print(plot.save(rows, f"{ARGS.out}/tutorial-problem-a.png"))
samples = gan.sample(1000)
distances = [scorer.distance(images, x_test) for images in (samples, x_train[:1000])]
print(f"confidence of the scorer {scorer.confidence(samples):.2f}, digits {scorer.count(samples):.1f} of 10,", end=" ")
print("scorer distance {:.0f} (training digits {:.1f})".format(*distances))
assert ARGS.epochs < 10 or (far < 0.01 and scorer.count(samples) > 8)

# %%
# Full size: convolutions, and all available digits. The result is a sheet of samples.

if FULL_SIZE:
    (x, _), _ = mnist.load_data()
    x = x.reshape(-1, 28, 28, 1).astype("float32") / 255
    gan = models.dcgan(preset="gpu" if backend.active() == "cupy" else "cpu")
    steps = 15 * -(-len(x) // 64)
    gan.compile(Adam(LinearDecay(3e-4, steps), beta_1=0.5), Adam(LinearDecay(2e-3, steps), beta_1=0.5))
    gan.fit(x, epochs=15, batch_size=64, checkpoint=f"{ARGS.out}/tutorial-dcgan.npz", resume=True)
    print(plot.save(plot.grid(gan.sample(100)), f"{ARGS.out}/tutorial-dcgan-samples.png"))
