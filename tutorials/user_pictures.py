"""
Pictures, in a program and in a notebook
========================================

Figures of grey images and of images in colour, of any height and width and of any range of numbers; what models,
histories and traces look like as text and in a notebook. As a program this script writes its figures into files. As a
notebook it shows them: the last expression of a cell is shown below the cell.

``--quick`` takes a few seconds. ``python tools/notebooks.py tutorials/user_pictures.py`` makes a notebook of it.
"""

import numpy as np

from minigen import Dense, Input, Sequential, gradcheck, models, plot, tanh, trace
from minigen.cli import tutorial_flags
from minigen.datasets import mnist
from minigen.models import latent

ARGS = tutorial_flags(__doc__, epochs=10, quick_epochs=2, batch_size=100, shows_saved=False)

# %%
# The pixels of MNIST are bytes from 0 to 255. A figure takes numbers from 0 to 1, as the models do, and refuses others
# instead of rescaling them: equal greys are equal numbers. The error says what to write.

(x_train, _), (x_test, _) = mnist.load_data("sample")
try:
    plot.grid(x_test[:10])
except ValueError as error:
    print(error)

# %%
# `data_range` names the numbers of black and white. The figure is the same as for x / 255.

figure = plot.grid(x_test[:20], data_range=(0, 255), title="bytes")
plot.save(figure, f"{ARGS.out}/tutorial-bytes.png")
x_train, x_test = x_train.astype("float32") / 255, x_test.astype("float32") / 255
same = plot.grid(x_test[:20]).axes[0].images[0].get_array() == figure.axes[0].images[0].get_array()
assert same.all()
figure

# %%
# Colour: images (n, height, width, 3). Each digit gets a colour here, and is cut to 24 x 20 pixels. In the lower row
# is what a generator with a tanh at its end would draw, in [-1, 1], mapped by hand; data_range=(-1, 1) does the same
# where all the stacks are in this range.

colours = np.random.default_rng(ARGS.seed).uniform(0.2, 1, (10, 1, 1, 3))
in_colour = x_test[:10, 2:26, 4:24, None] * colours  # (10, 24, 20, 3)
from_tanh = 2 * in_colour[::-1] - 1
rows = plot.rows(in_colour, (from_tanh + 1) / 2, labels=["image", "tanh"])
plot.save(rows, f"{ARGS.out}/tutorial-colour.png")
picture = plot.tile(from_tanh, columns=10, gap=0, data_range=(-1, 1))
assert picture.shape == (24, 200, 3) and np.allclose(picture[:, :20], in_colour[-1], atol=1e-6)
rows

# %%
# Flat images are read as square ones. Others need their shape: image_shape=(height, width), or (height, width, 3). Here
# an autoencoder learns images of 14 x 28 pixels, the upper halves of the digits.

halves = x_train[:, :14].reshape(-1, 14 * 28)
autoencoder = Sequential([Input((14 * 28,)), Dense(32, "relu"), Dense(14 * 28, "sigmoid")])
autoencoder.compile("adam", "binary_crossentropy")
history = autoencoder.fit(halves, halves, ARGS.batch_size, ARGS.epochs, validation_data=(halves[:500], halves[:500]))
flat = x_test[:10, :14].reshape(10, -1)
rebuilt = plot.rows(flat, autoencoder.predict(flat), labels=["x", "rebuilt"], image_shape=(14, 28))
plot.save(rebuilt, f"{ARGS.out}/tutorial-halves.png")
assert rebuilt.axes[0].images[0].get_array().shape == (14 + 2 + 14, 10 * 28 + 9 * 2)
rebuilt

# %%
# A History prints as a table of its epochs; a notebook shows its curves too. history.plot() is the figure of all
# curves, or of some of them.

print(history)
curves = history.plot("loss", "val_loss")
plot.save(curves, f"{ARGS.out}/tutorial-history.png")
assert [line.get_label() for line in curves.axes[0].lines] == ["loss", "val_loss"]
assert str(history).split()[:4] == ["epoch", "loss", "val_loss", "loss_end"]
curves

# %%
# What the decoder of a PCA with two numbers draws over a grid of codes. The images keep their proportions.

pca = models.PCA(halves, 2)
z = latent.grid((-6, -5), (6, 5), 8)
images = np.clip(pca.decode(z), 0, 1)
decoded = plot.decoded(images, z, title="upper halves", image_shape=(14, 28))
plot.save(decoded, f"{ARGS.out}/tutorial-decoded.png")
decoded

# %%
# A model prints as its summary. In a notebook this is a table, and so are a trace and the result of a gradient check:
# write its name as the last line of a cell.

print(autoencoder)
print(repr(autoencoder))
assert "25,512 parameters" in str(autoencoder) and "(batch, 392) to (batch, 392)" in repr(autoencoder)
autoencoder

# %%
# One training step, op by op.

with trace() as steps:
    autoencoder.train_on_batch(halves[:8], halves[:8])
assert len(steps.rows) == 5 and steps._repr_html_().count("<tr>") == 7
steps

# %%
# And a gradient that is right.

check = gradcheck(tanh, [np.linspace(-1, 1, 6).reshape(2, 3)])
assert check.error < 1e-6
check
