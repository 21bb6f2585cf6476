"""
Section 9.2.3: dimension compression (Figs 9.7 to 9.10)
=======================================================

A code of two numbers can be plotted. What should it look like, and what does it look like? Two toy examples come first:
a code that keeps the important information, and one that keeps all information and is of no use. Then digits are mapped
to the plane.

``--quick`` takes a few seconds.
"""

import numpy as np

from minigen import Adam, Dense, Input, Model, metrics, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist, toys
from minigen.models import PCA, BitInterleaving, latent

ARGS = tutorial_flags(__doc__, epochs=60, quick_epochs=1, batch_size=128)

# %%
# Fig 9.7: eight points in the plane, near a line. A linear autoencoder with a code of one number is trained on them; it
# finds the line, and the distances from the line are lost. The first principal component, from an eigen-decomposition,
# is the same line.

x, labels = toys.eight_points()
pca = PCA(x, 1)
toy = models.linear_autoencoder(2, 1)
for rate in (0.1, 0.01, 0.001):
    toy.compile(Adam(rate), "half_squared_error")
    toy.fit(x, x, epochs=200, batch_size=8, verbose=0)
direction = toy.decoder.get_weights()[0][0]
cosine = abs(direction @ pca.components[:, 0]) / np.linalg.norm(direction)
lost = 2 * metrics.mean_squared_error(x, toy.predict(x))  # per point: the mean is over two coordinates
print(f"cosine between the two lines {cosine:.6f}; lost {lost:.6f}, second eigenvalue {pca.eigenvalues[1]:.6f}")
assert cosine > np.cos(np.radians(1)) and abs(lost - pca.eigenvalues[1]) < 1e-5

# %%
# Fig 9.8: a code of one number without loss. Write x1 and x2 in binary and interleave their digits; the decoder
# separates them again. With the digits in the opposite order the code is as exact, and even less useful.

ways = {"linear autoencoder": (toy.encode(x), toy.predict(x), pca.decode(np.array([[-0.6], [0.6]])))}
for name, backwards in (("interleaved digits", False), ("interleaved, finest first", True)):
    code = BitInterleaving(bits=16, backwards=backwards)
    z = code.encode(x)
    assert np.abs(code.decode(z) - x).max() < 2**-16
    print(f"{name:26}: z = {', '.join(f'{v:.2f}' for v in z[:, 0])}")
    through_the_points = code.decode(np.sort(z, axis=0))
    in_order = np.arange(4**4)[:, None] / 4**4  # of z
    middles = BitInterleaving(4).decode(in_order) + 0.5 / 2**4  # of 256 cells; the other curve would be illegible
    ways[name] = z, code.decode(z), through_the_points if backwards else middles
print(plot.save(plot.mappings(x, labels, ways), f"{ARGS.out}/tutorial-figs-9-7-and-9-8.png"))

# %%
# How useful is a code? A measure: the share of the 50 nearest neighbours of a point that are also among its 50 nearest
# neighbours in z. Here for a thousand points near the same line; chance is 0.05.

rng = np.random.default_rng(ARGS.seed)
along, across = rng.uniform(-0.5, 0.5, (1000, 1)), 0.01 * rng.standard_normal((1000, 1))
many = 0.5 + along * [0.6, -0.8] + across * [0.8, 0.6]
kept = {
    "first component": metrics.neighbour_preservation(many, PCA(many, 1).encode(many), k=50),
    "interleaved digits": metrics.neighbour_preservation(many, BitInterleaving().encode(many), k=50),
    "finest first": metrics.neighbour_preservation(many, BitInterleaving(backwards=True).encode(many), k=50),
}
for name, share in kept.items():
    print(f"{name:20}{share:.2f} of the neighbours kept")
assert kept["first component"] > 0.85 > 0.7 > kept["interleaved digits"] > 0.2 > kept["finest first"]

# %%
# Is a code a compression? Not always: the convolutional listing has a code twice as large as its image.

for name, size in (("2-D", 2), ("first listing", 32), ("16-8-8 convolutions", 128), ("second listing", 1568)):
    print(f"{name:20}{size:5} numbers for 784 pixels: x {size / 784:.4f}")

# %%
# The listing of this section, as printed, and a model of its encoder: both share the layers, so that training the whole
# also trains the encoder.

(x_train, y_train), (x_test, y_test) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255
inputs = Input(shape=(784,))
x = Dense(512, activation="relu")(inputs)
z = Dense(2, name="latent_variables")(x)
x = Dense(512, activation="relu")(z)
outputs = Dense(784, activation="sigmoid")(x)
autoencoder, encoder = Model(inputs, outputs), Model(inputs, z)
assert autoencoder.count_params() == 806_674

# %%
# The listing does not specify a loss. The chapter has two; this is the cross-entropy. Two principal components are the
# baseline.

autoencoder.compile("adam", "binary_crossentropy")
autoencoder.fit(x_train, x_train, epochs=ARGS.epochs, batch_size=ARGS.batch_size, validation_data=(x_test, x_test))
linear = PCA(x_train, 2)
errors = [
    metrics.mean_squared_error(x_test, a) for a in (autoencoder.predict(x_test), linear.decode(linear.encode(x_test)))
]
print(f"test MSE per pixel: autoencoder {errors[0]:.4f}, two principal components {errors[1]:.4f}")
assert ARGS.quick or errors[0] < errors[1]

# %%
# Fig 9.9: the codes of the images. The loss does not require that the codes have mean 0 or lie close together, and they
# do not.

codes = encoder.predict(x_train)
print(f"mean {codes.mean(axis=0)}, deviation {codes.std(axis=0)}, {metrics.moment_kl(codes):.0f} nats from N(0, Id)")
for name, fitted in (("autoencoder", encoder.predict), ("PCA", linear.encode)):
    share = metrics.neighbour_accuracy(fitted(x_train), y_train, fitted(x_test), y_test, k=10)
    print(f"{name}: the 10 nearest codes classify {share:.0%} of the test digits correctly")
assert ARGS.quick or metrics.moment_kl(codes) > 20
print(plot.save(plot.scatter(codes, y_train), f"{ARGS.out}/tutorial-fig-9-9.png"))

# %%
# The codes are skewed, but smooth: along the straight line from one digit to another the code of the network moves in
# small steps, none much larger than the others. The interleaved code of a point that moves across the plane jumps.


def largest_step(way):
    """The largest step from code to code, in units of the mean step."""
    steps = np.linalg.norm(np.diff(way, axis=0), axis=1)
    return steps.max() / steps.mean()


t = np.linspace(0, 0.999, 200)[:, None]
network = encoder.predict((1 - t) * x_test[:1] + t * x_test[1:2])
interleaved = BitInterleaving().encode(np.hstack([t, 0 * t + 0.3]))
print(f"largest step: network {largest_step(network):.1f} x the mean, interleaving {largest_step(interleaved):.1f} x")
assert largest_step(network) < 5 < largest_step(interleaved)

# %%
# Fig 9.10: the decoded images of a grid of codes over their bounding box. Most of the box belongs to a few digits with
# long clusters, and between the clusters the images show no digit.

decoder_input = Input(shape=(2,))
decoder = Model(decoder_input, autoencoder.layers[-1](autoencoder.layers[-2](decoder_input)))
grid = latent.grid(codes.min(axis=0), codes.max(axis=0), 30)
print(plot.save(plot.decoded(decoder.predict(grid), grid), f"{ARGS.out}/tutorial-fig-9-10.png"))
