"""
Section 9.1: how GANs fail, and how to detect it
================================================

Five GANs with one mistake each. "Training GAN networks is particularly slow and difficult", says the chapter; much of
the difficulty is to find out which of these failures has occurred. Each failure has a signature in the numbers that a
monitor logs, and each mistake is found by a check that needs no training.

``--quick`` takes a few seconds.
"""

import warnings

import minigen
from minigen import models, museum, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist

ARGS = tutorial_flags(__doc__, epochs=6, quick_epochs=1, batch_size=32)

(x_train, y_train), _ = mnist.load_data("sample")
x_train = x_train.reshape(-1, 784).astype("float32") / 255
if ARGS.quick:
    x_train, y_train = x_train[:100], y_train[:100]
scorer = models.trained_scorer(x_train, y_train, cache=ARGS.out)

# %%
# Train the correct GAN and the five exhibits from the same seed. The monitor evaluates 500 fakes after each epoch. If
# its numbers show the signature of a failure for two epochs, a GANWarning names it; these warnings are collected here.
# (A small number of digits counts as a failure only after 1,000 steps; here there are 942.)

seen, told, samples = {}, {}, {}
for case in (models.GAN, *museum.gan.EXHIBITS):
    name = "right" if case is models.GAN else case.__name__
    minigen.seed(ARGS.seed)
    gan = museum.gan.build(case)
    gan.monitor = models.GANMonitor(scorer)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", models.GANWarning)
        seen[name] = gan.fit(x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0).history
    told[name] = [w.message.failure for w in caught]
    samples[name] = gan.sample(10).clip(0, 1)
print(plot.save(plot.rows(*samples.values(), labels=list(samples)), f"{ARGS.out}/tutorial-gan-traps.png"))

# %%
# The signatures. In a balanced game d_loss is 1.39, g_loss 0.69 and d_accuracy 0.5. spread is the standard deviation of
# a pixel over the fakes, 0 if all are the same; gradient_norm is the norm of the gradient that a fake receives from D,
# 0 if G cannot learn; digits is the effective number of digits among the fakes.

columns = ("d_loss", "g_loss", "d_accuracy", "spread", "gradient_norm", "digits")
print(f"{'':16}", *(f"{column:>10}" for column in columns))
for name, history in seen.items():
    print(f"{name:16}", *(f"{history[column][-1]:10.3f}" for column in columns), "", *told[name])
if ARGS.epochs >= 6:
    assert seen["Momentum"]["d_accuracy"][-1] > 0.9 and seen["Momentum"]["digits"][-1] < 3
    assert seen["SaturatingLoss"]["gradient_norm"][-1] < 0.01 and seen["NoNoise"]["spread"][-1] < 1e-3
    assert seen["right"]["digits"][-1] > 8 and not told["right"]
accuracy = {name: history["d_accuracy"] for name, history in seen.items()}
figure = plot.curves(accuracy, {"chance": 0.5}, y="accuracy of D")
print(plot.save(figure, f"{ARGS.out}/tutorial-gan-traps-accuracy.png"))

# %%
# The checks, before any training: of the optimizers, of G's loss where D is certain, of the signs of both losses, of
# the weights that a step moves, of the images that D receives, and of the noise.

for case in (models.GAN, *museum.gan.EXHIBITS):
    found = museum.gan.caught(museum.gan.build(case))
    print(f"{case.__name__:16}", *(f"{check}: {text}" for check, text in found.items()))
    assert len(found) == (case is not models.GAN)

# %%
# The saturating loss is not wrong in itself: log(1 - D) and -log D both decrease as D increases. But its gradient
# vanishes where D is certain of the fakes, as it is after a head start. With -log D, G learns in the same game.

if ARGS.epochs >= 6:
    minigen.seed(ARGS.seed)
    gan = museum.gan.build(museum.gan.SaturatingLoss)
    gan.compile(gan.d_optimizer, gan.g_optimizer, loss="non_saturating")
    gan.monitor = models.GANMonitor(scorer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", models.GANWarning)  # D is too strong, because of its head start
        digits = gan.fit(x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0).history["digits"]
    stuck = seen["SaturatingLoss"]["digits"]
    print(f"after the same head start: -log D {digits[-1]:.1f} digits, log(1 - D) {stuck[-1]:.1f}")
    assert digits[-1] > 2 * stuck[-1]
