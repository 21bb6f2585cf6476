"""
A training step of your own, with the losses of Keras and PyTorch
==================================================================

A step that was written for Keras or PyTorch adds up its losses in its own way: over the pixels, over the batch, with
weights. Here such steps are written in minigen, and each number is compared with what minigen computes itself.

``--quick`` takes a few seconds.
"""

import numpy as np

from minigen import Adam, Dense, Input, Model, Sequential, exp, losses, models, plot, reparameterise, seed, square
from minigen.cli import tutorial_flags
from minigen.datasets import mnist

ARGS = tutorial_flags(__doc__, epochs=15, quick_epochs=2, batch_size=64)
(x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255
if ARGS.quick:
    x_train, y_train = x_train[:1000], y_train[:1000]

# %%
# The example of a VAE in Keras' documentation has two lines in its step: the binary cross-entropy, summed over rows and
# columns and averaged over the batch, and the KL divergence. A loss function of Keras gives a number for each row;
# minigen gives one number, unless it is told an axis. With axis=-1 the lines can be copied.


class KerasVAE(Model):
    """The VAE of minigen, trained with a step of its own."""

    def __init__(self, vae):
        super().__init__()
        self.encoder, self.decoder = vae.encoder, vae.decoder

    def losses_of_batch(self, data):
        z_mean, z_log_var = self.encoder(data)
        reconstruction = self.decoder(reparameterise(z_mean, z_log_var))
        images, drawn = data.reshape((-1, 28, 28, 1)), reconstruction.reshape((-1, 28, 28, 1))
        reconstruction_loss = losses.binary_crossentropy(images, drawn, axis=-1).sum(axis=(1, 2)).mean()
        kl_loss = -0.5 * (1 + z_log_var - square(z_mean) - exp(z_log_var))
        kl_loss = kl_loss.sum(axis=1).mean()
        return {"loss": reconstruction_loss + kl_loss, "reconstruction": reconstruction_loss, "kl": kl_loss}

    def train_step(self, data):
        logs = self.losses_of_batch(data)
        logs["loss"].backward()
        self.optimizer.step(self.parameters())
        return logs


# %%
# minigen's own VAE gets the same weights, the same order of the images and the same noise. Its loss is
# binary_crossentropy_per_image + kl_standard_normal, computed by fused formulas: the two trainings stay together.

histories = []
for wrapped in (True, False):
    seed(ARGS.seed)
    vae = models.vae(latent_dim=2, hidden=128)
    model = KerasVAE(vae) if wrapped else vae
    model.compile(Adam(1e-3), *([] if wrapped else ["binary_crossentropy_per_image"]))
    histories.append(model.fit(x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0).history)
for name in ("loss", "reconstruction", "kl"):
    of_keras_step, of_minigen = (history[name][-1] for history in histories)
    print(f"{name:15}{of_keras_step:9.3f} in Keras' lines, {of_minigen:9.3f} in minigen's")
    assert np.isclose(of_keras_step, of_minigen, rtol=5e-3)
assert np.isclose(histories[0]["loss"][0], histories[1]["loss"][0], rtol=1e-4)
assert histories[1]["loss"][-1] < histories[1]["loss"][0]
rows = plot.rows(x_test[:10], vae.predict(x_test[:10]), labels=["x", "decoded"])
print(plot.save(rows, f"{ARGS.out}/tutorial-own-step.png"))

# %%
# The same loss in four spellings. PyTorch's reduction="sum" adds up everything, so that its examples divide by the
# batch.

x, x_hat = x_test[:50], vae.predict(x_test[:50])
nats = {
    "per image": losses.binary_crossentropy_per_image(x, x_hat),
    "sum over an axis": losses.binary_crossentropy(x, x_hat, reduction="sum", axis=1).mean(),
    "PyTorch's sum": losses.binary_crossentropy(x, x_hat, reduction="sum") / len(x),
    "PyTorch's none": losses.binary_crossentropy(x, x_hat, reduction="none").sum() / len(x),
}
print({name: round(value.item(), 2) for name, value in nats.items()})
assert np.ptp([value.item() for value in nats.values()]) < 1e-2

# %%
# Weights of the samples. Of the digit 8 only one in ten stays in the training set, and the network hardly finds it. If
# the loss of each 8 counts ten times, it does. The step passes the weights on to the loss.

few = (y_train != 8) | (np.arange(len(y_train)) % 10 == 0)


class Weighted(Sequential):
    """A classifier in which an 8 counts `eight` times."""

    eight = 1.0

    def train_step(self, x, y):
        return super().train_step(x, y, np.where(y == 8, self.eight, 1.0))


found = {}
for weight in (1.0, 10.0):
    seed(ARGS.seed)
    classifier = Weighted([Input(shape=(784,)), Dense(10, activation="softmax")])
    classifier.eight = weight
    classifier.compile(Adam(1e-3), "sparse_categorical_crossentropy")
    classifier.fit(x_train[few], y_train[few], epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0)
    predicted = classifier.predict(x_test).argmax(axis=1)
    found[weight] = float((predicted[y_test == 8] == 8).mean())
    print(f"weight {weight:4}: {found[weight]:.2f} of the eights among the test digits are found")
assert found[10.0] > found[1.0]

# %%
# Two outputs, each with a loss of its own. loss_weights says how much each counts; the log has both without it. Label
# smoothing by s = 0.1 asks for a probability of 1 - s + s / 10 = 0.91 of the right digit, and not more.

seed(ARGS.seed)
image = Input(shape=(784,))
h = Dense(64, activation="relu")(image)
digit, ring = Dense(10, activation="softmax", name="digit")(h), Dense(1, activation="sigmoid", name="ring")(h)
both = Model(image, [digit, ring])
both.compile(
    Adam(1e-3),
    loss={"digit": losses.CategoricalCrossentropy(label_smoothing=0.1), "ring": "binary_crossentropy"},
    loss_weights={"digit": 1.0, "ring": 0.5},
    metrics={"digit": ["accuracy"], "ring": ["binary_accuracy"]},
)
has_ring = np.isin(y_train, [0, 6, 8, 9]).astype("float32")[:, None]
targets = [np.eye(10, dtype="float32")[y_train], has_ring]
logs = both.fit(x_train, targets, epochs=2 * ARGS.epochs, batch_size=ARGS.batch_size, verbose=0).history
print({name: round(values[-1], 3) for name, values in logs.items()})
assert np.allclose(logs["loss"], np.array(logs["digit_loss"]) + 0.5 * np.array(logs["ring_loss"]), rtol=1e-5)
surest = both.predict(x_train)[0].max(axis=1)
print(f"probability of the predicted digit: median {np.median(surest):.2f} with label smoothing by 0.1")
assert np.median(surest) < 0.97 and logs["digit_accuracy"][-1] > 0.8
