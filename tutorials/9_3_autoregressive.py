"""
Section 9.3: the next pixel from the pixels before it
=====================================================

Any joint distribution is a product of conditional ones, p(x) = Π p(xᵢ | x₁, ..., xᵢ₋₁). A model of the conditional
distributions is a model of images, and it gives -log p(x) exactly. How many previous pixels does it need? First by
counting, then with networks whose masks prevent any dependence on later pixels.

``--quick`` takes a few seconds.
"""

import numpy as np

from minigen import Adam, Tensor, grad, models, plot
from minigen.cli import tutorial_flags
from minigen.datasets import binarize, mnist
from minigen.optimizers import LinearDecay

ARGS = tutorial_flags(__doc__, epochs=2, quick_epochs=1, batch_size=32)

(x_train, _), (x_test, _) = mnist.load_data("sample")
x_train, x_test = (binarize(x / 255, how=0.5) for x in (x_train, x_test))  # black and white: zeros and ones
if ARGS.quick:
    x_train, x_test = x_train[:500], x_test[:100]

# %%
# "Generally we restrict ourselves to a context window." For each context, count how often a one follows. In raster
# order, more than one previous pixel hardly helps: the pixel above is 28 steps back, and there are 2²⁸ such contexts.
# The four neighbours in the plane are better than any of these windows.

nats = {}
for name, window in {"1 before": 1, "8 before": 8, "16 before": 16, "4 neighbours": models.neighbours(4)}.items():
    nats[name] = models.ContextCounts(window).fit(x_train).nll(x_test).mean()
    print(f"{name:13} {nats[name]:6.1f} nats per image, pixels > 0.5")
assert nats["4 neighbours"] < nats["8 before"] - 40 and nats["1 before"] - nats["8 before"] < 10

# %%
# A network can use all previous pixels if the right connections are removed. MADE is an autoencoder with masks: pixel i
# has the number d(i), hidden unit k a number m(k), and only the connections with d(i) <= m(k) from a pixel and m(k) <
# d(i) to an output remain. For six pixels the masks can be read, and their product counts the paths from a pixel (row)
# to an output (column).

tiny = models.MADE(6, hidden=40)
first, last = (layer.mask.astype(int) for layer in tiny.logits.layers)
ways = first @ last
print(ways)
assert ((ways > 0) == np.triu(np.ones((6, 6)), 1)).all()

# %%
# The same with derivatives: d logit i / d pixel j is exactly 0 unless pixel j comes before pixel i.

x = Tensor(np.random.default_rng(0).random((1, 6)).astype("float32"), requires_grad=True)
logits = tiny.logits(x)
jacobian = np.array([grad(logits[0, i], [x])[0].numpy()[0] for i in range(6)])
assert (np.triu(jacobian) == 0).all()

# %%
# Because each output is a probability given the previous pixels, the probabilities of all 64 images sum to 1.

every = np.array([[i >> k & 1 for k in range(6)] for i in range(64)], "float32")
print(f"Σ p(x) over all images of 6 pixels: {np.exp(-tiny.nll(every)).sum():.6f}")
assert abs(np.exp(-tiny.nll(every)).sum() - 1) < 1e-5

# %%
# PixelCNN: convolutions whose kernels are 0 below and to the right of the centre. The label is the input itself; with
# the masks this means x₁, ..., xᵢ₋₁ → xᵢ, and all pixels of all images are learned at once.

model = models.PixelCNN((28, 28), filters=16, blocks=3)
images, images_test = x_train[..., None], x_test[..., None]
steps = ARGS.epochs * -(-len(images) // ARGS.batch_size)
model.compile(Adam(LinearDecay(6e-3, steps)))
model.fit(images, images, epochs=ARGS.epochs, batch_size=ARGS.batch_size)
print(f"PixelCNN      {model.nll(images_test).mean():6.1f} nats per image, pixels > 0.5")
assert ARGS.quick or model.nll(images_test).mean() < nats["4 neighbours"] - 10

# %%
# Sampling is slow: 784 steps in sequence, each with a forward pass over the receptive field of one pixel. An image of
# which the first rows are known can be completed: these are kept.

half = np.zeros((28, 28, 1), bool)
half[:14] = True
drawn = model.sample(10, verbose=1)
completed = model.inpaint(images_test[:10], half)
assert (completed[:, :14] == images_test[:10, :14]).all()
rows = (drawn[..., 0], images_test[:10, ..., 0], completed[..., 0])
print(plot.save(plot.rows(*rows, labels=["drawn", "x", "lower half drawn"]), f"{ARGS.out}/tutorial-pixelcnn.png"))
