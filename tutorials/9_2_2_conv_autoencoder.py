"""
Section 9.2.2: a convolutional autoencoder
==========================================

A dense layer takes 784 numbers and ignores which of them are neighbours. A convolution applies the same small window
everywhere in the image. This script computes one by hand, trains the second listing of the chapter as printed, and
compares its code with others.

Run it from top to bottom, or cell by cell in an editor that supports ``# %%``. ``--quick`` takes a few seconds.
"""

import numpy as np

import minigen
from minigen import Conv2D, Input, MaxPooling2D, Model, UpSampling2D, losses, metrics, models, ops, plot
from minigen.cli import tutorial_flags
from minigen.datasets import mnist

ARGS = tutorial_flags(__doc__, epochs=15, quick_epochs=1, batch_size=128)

# %%
# The data keep their shape: (images, rows, columns, channels), with a single grey channel.

(x_train, _), (x_test, _) = mnist.load_data("sample")
x_train = x_train.reshape(-1, 28, 28, 1).astype("float32") / 255
x_test = x_test.reshape(-1, 28, 28, 1).astype("float32") / 255
if ARGS.quick:
    x_train, x_test = x_train[:1280], x_test[:200]

# %%
# A convolution by hand. At every position the nine pixels of the window are multiplied by the nine numbers of the
# kernel, and the products are summed. This kernel responds to dark pixels above bright ones: to the upper edges of
# strokes.

kernel = np.array([[-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]], "float32")
image = x_test[0, :, :, 0]
by_hand = np.zeros((26, 26), "float32")
for i in range(26):
    for j in range(26):
        by_hand[i, j] = np.sum(image[i : i + 3, j : j + 3] * kernel)
convolved = ops.conv2d(x_test[:1], kernel[:, :, None, None])  # one image; kernel (rows, columns, channels in, out)
assert np.abs(convolved[0, :, :, 0] - by_hand).max() < 1e-5

# %%
# padding="same" surrounds the image with zeros so that the result has the size of the image. MaxPooling2D keeps the
# maximum of each 2 x 2 block, and the gradient goes to that pixel alone. UpSampling2D repeats each pixel 2 x 2 times.

same = ops.conv2d(x_test[:1], kernel[:, :, None, None], padding="same")
pooled = ops.max_pool2d(same)
print("image", x_test[:1].shape, "-> same", same.shape, "-> pooled", pooled.shape)
stages = [image, same[0, :, :, 0] / 6 + 0.5, ops.up_sampling2d(pooled)[0, :, :, 0] / 6 + 0.5]
figure = plot.grid(np.stack(stages), columns=3, labels=["image", "convolved", "pooled"])
print(plot.save(figure, f"{ARGS.out}/tutorial-convolution.png"))

# %%
# The second listing of the chapter, as printed. summary() shows how the sizes decrease and increase again, and which
# pairs of layers minigen computes together: the large feature map between them is then computed for one block of images
# at a time, and never stored as a whole.

input_img = Input(shape=(28, 28, 1))

x = Conv2D(32, (3, 3), activation="relu", padding="same")(input_img)
x = MaxPooling2D((2, 2), padding="same")(x)
x = Conv2D(32, (3, 3), activation="relu", padding="same")(x)
encoded = MaxPooling2D((2, 2), padding="same")(x)

# at this point the representation is (7, 7, 32)

x = Conv2D(32, (3, 3), activation="relu", padding="same")(encoded)
x = UpSampling2D((2, 2))(x)
x = Conv2D(32, (3, 3), activation="relu", padding="same")(x)
x = UpSampling2D((2, 2))(x)
decoded = Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)

autoencoder = Model(input_img, decoded)
autoencoder.compile(optimizer="adadelta", loss="binary_crossentropy")
autoencoder.summary()

options = {"epochs": ARGS.epochs, "batch_size": ARGS.batch_size, "validation_data": (x_test, x_test)}
history = autoencoder.fit(x_train, x_train, **options).history

# %%
# Are 1,568 numbers a compression of an image of 784? No: the code of this listing is twice as large as its input. Fig
# 9.5 comes from another network, with a code of 128 numbers; the code of the first listing has 32. They are compared
# with 128 principal components, which need no iterative training.

small = models.conv_autoencoder_128()
small.compile("adadelta", "binary_crossentropy")
small.fit(x_train, x_train, **options)
flat_train, flat_test = x_train.reshape(-1, 784), x_test.reshape(-1, 784)
pca = models.PCA(flat_train, 128)
answers = {
    "second listing, 1,568": autoencoder.predict(x_test),
    "16-8-8 network, 128": small.predict(x_test),
    "PCA, 128": np.clip(pca.decode(pca.encode(flat_test)), 0, 1).reshape(x_test.shape),
}
print(f"{'code':24}{'share of the image':>20}{'squared error':>16}{'PSNR':>10}")
for name, answer in answers.items():
    size = int(name.split()[-1].replace(",", ""))
    error, psnr = metrics.mean_squared_error(x_test, answer), metrics.peak_signal_to_noise(x_test, answer)
    print(f"{name:24}{size / 784:>20.2f}{error:>16.4f}{psnr:>7.1f} dB")

rows = plot.rows(x_test[:10], *(a[:10] for a in answers.values()), labels=["x", *answers])
print(plot.save(rows, f"{ARGS.out}/tutorial-fig-9-5.png"))

# %%
# The loss between two reference values: the loss of the mean image, and the entropy of the grey pixels, a lower bound.

floor = metrics.binary_entropy(x_test)
ceiling = losses.binary_crossentropy(x_test, np.broadcast_to(x_train.mean(axis=0), x_test.shape)).item()
reached = history["val_loss"][-1]
print(f"test loss {reached:.4f}; the mean image has {ceiling:.4f}, the floor is {floor:.4f}")
assert floor < reached < (0.10 if ARGS.epochs >= 15 else 0.69), "0.69 is the loss before training"
lines = {"mean image": ceiling, "floor": floor}
print(plot.save(plot.curves({"test": history["val_loss"]}, lines), f"{ARGS.out}/tutorial-conv-loss.png"))

# %%
# Every op as it runs. Inside trace() each layer is computed separately, so that it has a row of its own.

with minigen.trace() as t:
    losses.binary_crossentropy(x_test[:8], autoencoder(x_test[:8])).backward()
print(t)
