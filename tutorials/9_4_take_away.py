"""
Section 9.4: trivial labels
===========================

"It is not always easy to find large datasets for training. ... The solution found in unsupervised learning is to adopt
trivial labelling schemes." Three of them, with the same ``fit(inputs, labels)``; only the labels differ.

``--quick`` takes a few seconds.
"""

import numpy as np

from minigen import Adam, Dense, Input, LeakyReLU, Sequential, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import binarize, mnist
from minigen.optimizers import LinearDecay

ARGS = tutorial_flags(__doc__, epochs=10, quick_epochs=2, batch_size=64)

(x, _), (x_test, _) = mnist.load_data("sample")
x, x_test = (a.reshape(-1, 784).astype("float32") / 255 for a in (x, x_test))
if ARGS.quick:
    x, x_test = x[:1000], x_test[:200]
STEPS = ARGS.epochs * -(-len(x) // ARGS.batch_size)
OPTIONS = {"epochs": ARGS.epochs, "batch_size": ARGS.batch_size, "verbose": 0}

# %%
# Autoencoders: "you try to predict yourself", x → x. A narrow code prevents a mere copy.

autoencoder = models.fc_autoencoder(32)
autoencoder.compile(Adam(LinearDecay(3e-3, STEPS)), "binary_crossentropy_per_image")
labels = x
autoencoder.fit(x, labels, **OPTIONS)
print(f"x → x: {autoencoder.evaluate(x_test, x_test):.1f} nats an image")

# %%
# Autoregressive models: "you try to predict your present self from your own past", x₁, ..., xᵢ₋₁ → xᵢ. Again the label
# is the input; here masks prevent a copy. The images are binarized with a threshold of 0.5. The loss is -log p(x), that
# of the autoencoder a distance: they cannot be compared.

made = models.MADE(784, hidden=200)
made.compile(Adam(LinearDecay(3e-3, STEPS)))
ink, ink_test = binarize(x, how=0.5), binarize(x_test, how=0.5)
labels = ink
made.fit(ink, labels, **OPTIONS)
print(f"x₁, ..., xᵢ₋₁ → xᵢ: {made.evaluate(ink_test, ink_test):.1f} nats an image, pixels > 0.5")

# %%
# Adversarial training: "a trivial classification problem where you attempt to detect whether you are yourself or not",
# {real, made up} → {1, 0}. A made-up image is here the left half of one digit beside the right half of another. In a
# GAN a generator makes them, and it is trained too.


def with_made_up(digits):
    """(images, labels)"""
    halves = digits.reshape(-1, 28, 28).copy()
    halves[:, :, 14:] = np.roll(halves, 1, axis=0)[:, :, 14:]
    real_or_not = np.repeat([1.0, 0.0], len(digits)).astype("float32")[:, None]
    return np.concatenate([digits, halves.reshape(-1, 784)]), real_or_not


discriminator = Sequential([Input(shape=(784,)), Dense(128), LeakyReLU(0.2), Dense(1, activation="sigmoid")])
discriminator.compile(Adam(LinearDecay(1e-3, 2 * STEPS)), "binary_crossentropy", metrics=["accuracy"])
images, labels = with_made_up(x)
discriminator.fit(images, labels, **OPTIONS)
_, accuracy = discriminator.evaluate(*with_made_up(x_test))
print(f"{{real, made up}} → {{1, 0}}: {accuracy:.3f} correct, chance 0.5")
assert accuracy > (0.55 if ARGS.quick else 0.8)

# %%
# "As always, the strength of Deep Learning comes with scale": a wider code, more digits, the same number of steps.

widths, lines = np.array([8, 16, 32, 64]), {}
for size in (len(x) // 50, len(x) // 10, len(x)):
    few = np.resize(x[:size], x.shape)
    lines[f"{size:,} digits"] = []
    for width in widths:
        model = models.fc_autoencoder(int(width))
        model.compile(Adam(LinearDecay(3e-3, STEPS)), "binary_crossentropy")
        model.fit(few, few, **OPTIONS)
        lines[f"{size:,} digits"].append(model.evaluate(x_test, x_test))
    print(f"{size:5,} digits:", ", ".join(f"{loss:.4f}" for loss in lines[f"{size:,} digits"]))
least, *_, most = lines.values()
assert ARGS.quick or (most[-1] < most[0] and most[-1] < least[-1])
figure = plot.functions(np.log2(widths), {"Strength comes with scale": lines}, ("log2 of the width", "nats per pixel"))
print(plot.save(figure, f"{ARGS.out}/tutorial-scale.png"))
