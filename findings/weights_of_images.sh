#!/usr/bin/env bash
# Keras: a sample_weight of shape (n,) for n images weights the columns of the pixels where n is their width, and is an
# error for every other n.
#
# Expected: the documented sample_weight, one number for each sample, works for targets and predictions of any shape
# (n, rows, columns, channels): the loss of image i is multiplied by weight i. With weights 0 for half of the images and
# 1 for the rest, the loss is the sum over the images with weight 1 divided by the number of all.
#
# Actual: the loss of each pixel has the shape (n, rows, columns), and the weights are broadcast against its last axis.
# For 28 images of 28 x 28 the weights therefore belong to the columns: with ink in the left half of each image alone,
# and with weight 0 for the first half of the images, the loss is 0. For 27 images the same call raises an error.
#     28 images: loss 0.0, expected 0.25   weights (28, 1, 1): 0.25   27 images: ValueError
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"; "$folder/env/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 numpy==2.4.6 scipy==1.17.1 jax==0.10.2
KERAS_BACKEND=numpy KERAS_HOME="$folder/keras" "$folder/env/bin/python" - <<'PYTHON'
import keras
import numpy as np

print("keras", keras.__version__, "numpy", np.__version__)
images = np.zeros((28, 28, 28, 1), "float32")
images[:, :, :14] = 1.0  # ink in the left half of every image: the mean of the squares of each image is 0.5
weights = np.repeat([0.0, 1.0], 14).astype("float32")  # the first 14 images do not count
loss = keras.losses.MeanSquaredError()
found = float(loss(np.zeros_like(images), images, sample_weight=weights))
expected = float((np.square(images).mean(axis=(1, 2, 3)) * weights).mean())
shaped = float(loss(np.zeros_like(images), images, sample_weight=weights[:, None, None]))
print("28 images: loss", found, "expected", expected, "weights (28, 1, 1):", shaped)
assert found == 0.0 and expected == shaped == 0.25

model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Activation("linear")])
model.compile(loss="mean_squared_error")
whole = model.evaluate(images, np.zeros_like(images), sample_weight=weights, batch_size=28, verbose=0)
print("evaluate() with batch_size=28:", whole)
assert whole == 0.0
try:
    loss(np.zeros_like(images[1:]), images[1:], sample_weight=weights[1:])
    raise SystemExit("27 images: no error")
except ValueError as error:
    print("27 images:", type(error).__name__)
PYTHON
