"""
Sections 9.0 to 9.2.2: from a classifier to an autoencoder
===========================================================

A discriminative model predicts P(Y | X) and needs labels. An autoencoder needs none: its targets are the data
themselves. This script trains one of each with an explicit loop, then the first listing of the chapter as printed.

Run it from top to bottom, or cell by cell in an editor that supports ``# %%``. ``--quick`` takes a few seconds.
"""

import numpy as np

import minigen
from minigen import Adam, Dense, Input, Model, Sequential, losses, metrics, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist

ARGS = tutorial_flags(__doc__, epochs=30, quick_epochs=3, batch_size=128)
SHUFFLE = np.random.default_rng(ARGS.seed)

# %%
# The data: images of 28 x 28 grey pixels. A network takes rows of numbers of order 1: here 784 floats in [0, 1].

(x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255
print(f"{len(x_train)} digits for training, {len(x_test)} for testing, pixels in [{x_train.min()}, {x_train.max()}]")


# %%
# One epoch of training, the same for every model here. ``backward`` sets the gradient of every weight; ``step`` moves
# the weights against it. No gradient has to be reset to zero: ``backward`` overwrites the old ones.


def train_one_epoch(model, loss_of, x, y, optimizer):
    order = SHUFFLE.permutation(len(x))
    for start in range(0, len(x), ARGS.batch_size):
        batch = order[start : start + ARGS.batch_size]
        loss = loss_of(y[batch], model(x[batch], training=True))
        loss.backward()
        optimizer.step(model.parameters())
    return loss.item()


# %%
# 9.0: P(Y | X). One Dense layer with a softmax is logistic regression.

classifier = Sequential([Input(shape=(784,)), Dense(10, activation="softmax")])
optimizer = Adam(1e-3)
for _ in range(ARGS.epochs):
    loss = train_one_epoch(classifier, losses.sparse_categorical_crossentropy, x_train, y_train, optimizer)
accuracy = metrics.accuracy(y_test, classifier.predict(x_test))
print(f"9.0    logistic regression: last batch {loss:.3f} nats, test accuracy {accuracy:.3f}")
assert accuracy > (0.80 if ARGS.quick else 0.88)

# %%
# 9.2.1: the same loop without labels. The input is its own target, and a bottleneck of 32 numbers excludes the
# identity. The loss is the chapter's 1/2 ||x̂ - x||², summed over the pixels of an image.

encoder = Sequential([Input(shape=(784,)), Dense(32, activation="relu")])
decoder = Sequential([Input(shape=(32,)), Dense(784, activation="sigmoid")])
by_hand = Model(encoder.inputs, decoder(encoder(encoder.inputs)))
optimizer = Adam(1e-3)
for _ in range(ARGS.epochs):
    train_one_epoch(by_hand, losses.half_squared_error, x_train, x_train, optimizer)
error = losses.half_squared_error(x_test, by_hand.predict(x_test)).item()
mean_image = np.broadcast_to(x_train.mean(axis=0), x_test.shape)
worst = losses.half_squared_error(x_test, mean_image).item()
print(f"9.2.1  autoencoder: 1/2 ||x̂ - x||² = {error:.2f} an image; always predicting the mean image: {worst:.2f}")
assert error < (0.95 if ARGS.quick else 0.40) * worst

# %%
# 9.2.2: the first listing of the chapter, as printed; compile and fit take the place of the loop above.

encoding_dim = 32
input_img = Input(shape=(784,))
encoded = Dense(encoding_dim, activation="relu")(input_img)
decoded = Dense(784, activation="sigmoid")(encoded)
autoencoder = Model(input_img, decoded)
autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
autoencoder.summary()
history = autoencoder.fit(
    x_train, x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size, validation_data=(x_test, x_test)
)

# %%
# How good is this loss? It lies between two reference values that need no network: the loss of the mean image (0.26)
# and the entropy of the grey pixels themselves (0.058), a lower bound for every prediction.

floor = metrics.binary_entropy(x_test)
ceiling = losses.binary_crossentropy(x_test, mean_image).item()
reached = history.history["val_loss"][-1]
print(f"9.2.2  test loss {reached:.4f}, between the mean image {ceiling:.4f} and the floor {floor:.4f}")
assert floor < reached < (0.30 if ARGS.quick else 0.16)

rows = plot.rows(x_test, autoencoder.predict(x_test[:10]), labels=["x", "x̂"])
print(plot.save(rows, f"{ARGS.out}/tutorial-reconstructions.png"))
lines = {"mean image": ceiling, "floor": floor}
print(plot.save(plot.curves(history.history, lines), f"{ARGS.out}/tutorial-loss.png"))

# %%
# Where do the gradients come from? Every op has a rule for its gradient; trace() lists the ops as they run.

with minigen.trace() as t:
    loss = losses.binary_crossentropy(x_test[:8], autoencoder(x_test[:8]))
    loss.backward()
print(t)
