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
HERE = Path(ARGS.out) / "user-data"
rng = np.random.default_rng(ARGS.seed)

# %%
# A folder of pictures: letters in colour, drawn with fonts that matplotlib brings along. Each sub-folder is a class.

LETTERS, EACH = "ABCDEF", 40 if ARGS.quick else 120
FONTS = [Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf") for name in ("DejaVuSans", "DejaVuSerif-Bold")]


def draw_letter(letter):
    """A picture of 32 x 32 pixels: a bright letter on a dark ground."""
    ground, ink = rng.integers(0, 90, 3), rng.integers(150, 256, 3)
    picture = Image.new("RGB", (32, 32), tuple(ground.tolist()))
    font = ImageFont.truetype(str(FONTS[rng.integers(len(FONTS))]), int(rng.integers(22, 27)))
    place = tuple((16 + rng.integers(-1, 2, 2)).tolist())
    ImageDraw.Draw(picture).text(place, letter, tuple(ink.tolist()), font, anchor="mm")
    return picture


for letter in LETTERS:
    (HERE / "letters" / letter).mkdir(parents=True, exist_ok=True)
    for i in range(EACH):
        draw_letter(letter).save(HERE / "letters" / letter / f"{i:03d}.png")

letters = datasets.ImageFolder(HERE / "letters")
print(letters, letters.class_names, np.bincount(letters.labels))
assert letters.shape == (len(LETTERS) * EACH, 32, 32, 3)
assert "".join(letters.class_names) == LETTERS and (np.bincount(letters.labels) == EACH).all()
print(plot.save(plot.grid(letters[:: EACH // 5]), HERE / "letters.png"))

# %%
# ``letters`` is no array: its pictures are read when a batch needs them. ``fit``, ``evaluate`` and ``predict`` take it
# where they take an array, and the numbers are the same. Where a function needs an array, ``letters[:]`` reads all.

train, test = letters.split(0.2, seed=ARGS.seed)


def classifier_after_one_epoch(x):
    seed(ARGS.seed)
    model = models.digit_classifier(len(LETTERS), image_shape=(32, 32, 3))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, train.labels, batch_size=ARGS.batch_size, verbose=0)
    return model


streamed, in_memory = classifier_after_one_epoch(train), classifier_after_one_epoch(train[:])
assert all(map(np.array_equal, streamed.get_weights(), in_memory.get_weights()))

streamed.fit(train, train.labels, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0)
accuracy = metrics.accuracy(test.labels, streamed.predict(test))
print(f"which letter is it? {accuracy:.2f} of {len(test)} test pictures are right, chance {1 / len(LETTERS):.2f}")
assert accuracy > (0.5 if ARGS.quick else 0.9)

# %%
# A generative model of them. Networks of convolutions take any height and width that are multiples of 4.

vae = models.conv_vae(8, image_shape=letters.shape[1:])
vae.compile("adam", "binary_crossentropy_per_image")
log = vae.fit(train, epochs=2 * ARGS.epochs, batch_size=ARGS.batch_size, verbose=0).history
mean_picture = np.broadcast_to(train[:].mean(axis=0), test.shape)
errors = [float(np.square(x - test[:]).sum(axis=(1, 2, 3)).mean() / 2) for x in (vae.predict(test), mean_picture)]
print("squared error of a reconstruction {:.1f}, of the mean picture {:.1f}".format(*errors))
assert log["loss"][-1] < log["loss"][0] and (ARGS.quick or errors[0] < 0.8 * errors[1])
some = test[:: len(test) // 10][:10]
rows = plot.rows(some, vae.predict(some), vae.sample(10), labels=["x", "x̂", "new"])
print(plot.save(rows, HERE / "letters-of-a-vae.png"))

# %%
# Files in the format of MNIST, under the names of Fashion-MNIST. The format is idx: two zeros, the type, the number of
# axes, the sizes, then the numbers. The pictures are filled shapes instead of clothes.


def draw_shape(label):
    """A circle, a square or a triangle, 28 x 28 pixels, white on black."""
    picture = Image.new("L", (28, 28))
    pen, (left, top), (right, bottom) = ImageDraw.Draw(picture), rng.integers(2, 9, 2), rng.integers(19, 27, 2)
    if label == 2:
        pen.polygon([(left, bottom), (right, bottom), ((left + right) // 2, top)], fill=255)
    else:
        (pen.ellipse, pen.rectangle)[label]((left, top, right, bottom), fill=255)
    return np.asarray(picture)


def write_idx(path, array):
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


(HERE / "shapes").mkdir(exist_ok=True)
for part, n in (("train", 300 if ARGS.quick else 1200), ("t10k", 120)):
    labels = rng.integers(0, 3, n).astype("uint8")
    write_idx(HERE / "shapes" / f"{part}-images-idx3-ubyte.gz", np.stack([draw_shape(label) for label in labels]))
    write_idx(HERE / "shapes" / f"{part}-labels-idx1-ubyte.gz", labels)

(x, y), (x_test, y_test) = datasets.load(HERE / "shapes")
assert x.shape[1:] == (28, 28) and x.dtype == np.uint8 and set(y.tolist()) == {0, 1, 2}
shapes = x.astype("float32")[..., None] / 255
dcgan = models.dcgan(image_shape=shapes.shape[1:])
dcgan.compile()
log = dcgan.fit(shapes, epochs=max(1, ARGS.epochs // 4), batch_size=ARGS.batch_size, verbose=0).history
print(plot.save(plot.grid(dcgan.sample(20)), HERE / "shapes-of-a-gan.png"))
assert dcgan.sample(4).shape == (4, 28, 28, 1) and np.isfinite(log["d_loss"]).all()

# %%
# The command line does the same with every recipe that is not about digits: ``minigen train dcgan --data FOLDER``.
#
# Small digits in one archive, with the names that Keras' mnist.npz has. They are means over 3 x 3 pixels, in 0..16 as
# those of scikit-learn (``sklearn.datasets.load_digits()``). A dense network takes images of any shape.

(x, y), (x_test, y_test) = datasets.mnist.load_data("sample")
x, x_test = ((a[:, 2:26, 2:26].reshape(-1, 8, 3, 8, 3).mean(axis=(2, 4)) / 16).round() for a in (x, x_test))
np.savez(HERE / "small.npz", x_train=x.astype("uint8"), y_train=y, x_test=x_test.astype("uint8"), y_test=y_test)
(x, y), (x_test, y_test) = datasets.load(HERE / "small.npz")
x, x_test = x.astype("float32") / 16, x_test.astype("float32") / 16
assert x.shape == (5000, 8, 8) and x.max() == 1

autoencoder = models.fc_autoencoder(8, image_shape=(8, 8))
autoencoder.compile("adam", "binary_crossentropy")
autoencoder.fit(x, x, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0)
flat, flat_test = x.reshape(-1, 64), x_test.reshape(-1, 64)
error = metrics.mean_squared_error(x_test, autoencoder.predict(x_test))
worst, best = x_test.var(axis=0).mean(), models.PCA(flat, 8).residual
print(f"8 numbers for 64 pixels: error {error:.4f}; the mean image {worst:.4f}, eight principal components {best:.4f}")
assert error < (1.0 if ARGS.quick else 0.6) * worst

# %%
# Images that are nowhere: a class with a method ``read`` makes those of a batch. Here they are discs with a soft edge;
# in the same way it may read them from a file that does not fit in memory.


class Discs(datasets.Streamed):
    """n images of 16 x 16 pixels, each a disc of its own place and radius."""

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
history = vae.fit(discs, epochs=ARGS.epochs, batch_size=ARGS.batch_size, verbose=0).history
print(f"three numbers make a disc: loss {history['loss'][0]:.1f} at first, {history['loss'][-1]:.1f} at last")
assert history["loss"][-1] < 0.8 * history["loss"][0]
print(plot.save(plot.rows(discs[:10], vae.predict(discs[:10]), vae.sample(10)), HERE / "discs.png"))
