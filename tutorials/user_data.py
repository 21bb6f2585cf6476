"""
Images of your own
==================

Nothing in a model is about digits: it takes images of any height, width and number of channels. This script makes four
small data sets and trains on them: a folder of letters in colour, files laid out like Fashion-MNIST, digits of 8 x 8
pixels in one archive, and images that are computed when a batch needs them.

``--quick`` takes a few seconds. It needs no network.
"""

import gzip
import struct
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from minigen import datasets, metrics, models, plot, seed
from minigen.cli import tutorial_flags

ARGS = tutorial_flags(__doc__, epochs=12, quick_epochs=3, batch_size=16)
HERE, rng = Path(ARGS.out) / "user-data", np.random.default_rng(ARGS.seed)

# %%
# A folder of pictures: letters in colour, drawn with fonts that matplotlib brings along. Each sub-folder is a class.

LETTERS, EACH = "ABCDEF", 25 if ARGS.quick else 120
FONTS = [f"{matplotlib.get_data_path()}/fonts/ttf/{name}.ttf" for name in ("DejaVuSans", "DejaVuSerif-Bold")]


def draw_letter(letter):
    ground, ink = rng.integers(0, 90, 3), rng.integers(150, 256, 3)
    picture = Image.new("RGB", (32, 32), tuple(ground))
    font = ImageFont.truetype(FONTS[rng.integers(2)], int(rng.integers(22, 27)))
    ImageDraw.Draw(picture).text(16 + rng.integers(-1, 2, 2), letter, tuple(ink), font, anchor="mm")
    return picture


for letter in LETTERS:
    (HERE / "letters" / letter).mkdir(parents=True, exist_ok=True)
    for i in range(EACH):
        draw_letter(letter).save(HERE / "letters" / letter / f"{i:03d}.png")

letters = datasets.ImageFolder(HERE / "letters")
print(letters, letters.class_names, np.bincount(letters.labels))
assert letters.shape == (len(LETTERS) * EACH, 32, 32, 3) and "".join(letters.class_names) == LETTERS
print(plot.save(plot.grid(letters[:: EACH // 5]), f"{ARGS.out}/user-data-letters.png"))

# %%
# ``letters`` is no array: its pictures are read when a batch needs them. ``fit``, ``evaluate`` and ``predict`` take it
# where they take an array, and the numbers are the same. Where a function needs an array, ``letters[:]`` reads all.

train, test = letters.split(0.2, seed=ARGS.seed)
histories = []
for x in (train[:], train):
    seed(ARGS.seed)
    classifier = models.digit_classifier(len(LETTERS), image_shape=(32, 32, 3))
    classifier.compile("adam", "sparse_categorical_crossentropy")
    log = classifier.fit(x, train.labels, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0).history
    histories.append(log["loss"])
assert histories[0] == histories[1]
accuracy = metrics.accuracy(test.labels, classifier.predict(test))
print(f"which letter is it? {accuracy:.2f} of {len(test)} test pictures are right")
assert accuracy > (0.5 if ARGS.quick else 0.9)

# %%
# A generative model of them. Networks of convolutions take any height and width that are multiples of 4.

vae = models.conv_vae(8, image_shape=letters.shape[1:])
vae.compile("adam", "binary_crossentropy_per_image")
log = vae.fit(train, epochs=2 * ARGS.epochs, batch_size=ARGS.batch_size, verbose=0).history
mean_picture = np.broadcast_to(train[:].mean(axis=0), test.shape)
errors = [float(np.square(x - test[:]).sum(axis=(1, 2, 3)).mean() / 2) for x in (vae.predict(test), mean_picture)]
print(f"squared error of a reconstruction {errors[0]:.1f}, of the mean picture {errors[1]:.1f}")
assert log["loss"][-1] < log["loss"][0] and (ARGS.quick or errors[0] < 0.9 * errors[1])
print(plot.save(plot.rows(test[:8], vae.predict(test)[:8], vae.sample(8)), f"{ARGS.out}/user-data-vae.png"))

# %%
# Files in the format of MNIST, under the names of Fashion-MNIST. The format is idx: two zeros, the type, the number of
# axes, the sizes, then the numbers. The pictures are circles and squares instead of clothes.


def draw_shape(label):
    picture = Image.new("L", (28, 28))
    pen, corners = ImageDraw.Draw(picture), (*rng.integers(2, 9, 2), *rng.integers(19, 27, 2))
    (pen.ellipse, pen.rectangle)[label](corners, fill=255)
    return np.asarray(picture)


def write_idx(name, array):
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    (HERE / name).write_bytes(gzip.compress(header + array.tobytes()))


for part, n in (("train", 300 if ARGS.quick else 1200), ("t10k", 120)):
    labels = rng.integers(0, 2, n).astype("uint8")
    write_idx(f"{part}-images-idx3-ubyte.gz", np.stack([draw_shape(label) for label in labels]))
    write_idx(f"{part}-labels-idx1-ubyte.gz", labels)

(x, y), _ = datasets.load(HERE)
assert x.shape[1:] == (28, 28) and x.dtype == np.uint8 and set(y.tolist()) == {0, 1}
shapes = x.astype("float32")[..., None] / 255
gan = models.dcgan(image_shape=(28, 28, 1))
gan.compile()
log = gan.fit(shapes, epochs=max(1, ARGS.epochs // 4), batch_size=ARGS.batch_size, verbose=0).history
assert gan.sample(4).shape == (4, 28, 28, 1) and np.isfinite(log["d_loss"]).all()
print(plot.save(plot.grid(gan.sample(20)), f"{ARGS.out}/user-data-shapes.png"))

# %%
# The command line does the same with every recipe that is not about digits: ``minigen train dcgan --data FOLDER``.
# Next, small digits in one archive, with the names of Keras' mnist.npz: means over 3 x 3 pixels, in 0..16 as those of
# scikit-learn (``sklearn.datasets.load_digits()``). A dense network takes images of any shape.

(x, y), (x_test, y_test) = datasets.mnist.load_data("sample")
x, x_test = ((a[:, 2:26, 2:26].reshape(-1, 8, 3, 8, 3).mean(axis=(2, 4)) / 16).round() for a in (x, x_test))
np.savez(HERE / "small.npz", x_train=x.astype("uint8"), y_train=y, x_test=x_test.astype("uint8"), y_test=y_test)
x, x_test = (images.astype("float32") / 16 for images, _ in datasets.load(HERE / "small.npz"))
assert x.shape == (5000, 8, 8) and x.max() == 1
autoencoder = models.fc_autoencoder(8, image_shape=(8, 8))
autoencoder.compile("adam", "binary_crossentropy")
autoencoder.fit(x, x, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0)
error = metrics.mean_squared_error(x_test, autoencoder.predict(x_test))
of_mean = x_test.var(axis=0).mean()
print(f"8 numbers for 64 pixels: squared error {error:.4f}, of the mean image {of_mean:.4f}")
assert error < (1.0 if ARGS.quick else 0.6) * of_mean

# %%
# Images that are nowhere: a class with a method ``read`` makes those of a batch. Here they are discs with a soft edge;
# in the same way it may read them from a file that does not fit in memory.


class Discs(datasets.Streamed):
    def __init__(self, n):
        super().__init__((n, 16, 16), data_range=(0.0, 1.0))
        self.places = np.random.default_rng(1).uniform([5, 5, 2], [11, 11, 4], (n, 3))  # row, column, radius

    def read(self, indices):
        rows, columns = np.mgrid[:16, :16]
        row, column, radius = self.places[indices].T[..., None, None]
        return np.clip(radius - np.hypot(rows - row, columns - column) + 0.5, 0, 1)


discs = Discs(500 if ARGS.quick else 2000)
vae = models.vae(3, hidden=64, image_shape=(16, 16))
vae.compile()
losses = vae.fit(discs, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0).history["loss"]
print(f"three numbers make a disc: loss {losses[0]:.1f} at first, {losses[-1]:.1f} at last")
assert losses[-1] < 0.8 * losses[0]
