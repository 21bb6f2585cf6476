#!/usr/bin/env bash
# Keras on PyTorch: an even number of pooled rows changes the averages at the left and right border of the image.
#
# Expected: with padding="same" an average takes the pixels inside the image only, as Keras does on its other backends.
# In a picture with equal rows 9 0 0 0 0 9, windows of three columns then have the mean (9 + 0) / 2 = 4.5 at the left
# and right border, however many rows they span.
#
# Actual: wherever the padding of one axis is uneven, as for 2 rows, the borders of both axes are filled with copies of
# the last pixels, and these are averaged too:
#     3 x 3 windows, row 3 of the result   4.5 3 0 0 3 4.5
#     2 x 3 windows, the same row          6   3 0 0 3 6      (9 + 9 + 0) / 3
#     1-D, windows of 3, of 4              the right border is 4.5, and 6.75 where (0 + 9) / 2 = 4.5 was expected
# PyTorch is a large download where pip offers its build for GPUs only.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 torch==2.13.0 numpy==2.4.6
env -u PYTHONPATH KERAS_HOME="$folder" KERAS_BACKEND=torch "$folder/env/bin/python" - <<'PYTHON'
import keras
import numpy as np
import torch
print("keras", keras.__version__, "torch", torch.__version__.split("+")[0])
line = np.array([9, 0, 0, 0, 0, 9], "float32")
image = np.tile(line, (6, 1))[None, :, :, None]

def row(size):
    """Row 3 of the averages, far from the upper and the lower border: all rows of the image are equal."""
    return keras.ops.convert_to_numpy(keras.ops.average_pool(image, size, strides=1, padding="same"))[0, 3, :, 0]

def right(size):
    """The average of the last window of a line."""
    return float(keras.ops.convert_to_numpy(keras.ops.average_pool(line[None, :, None], size, 1, "same"))[0, -1, 0])

three, two = row((3, 3)), row((2, 3))
print("3 x 3 windows:", three, "\n2 x 3 windows:", two)
print("1-D, right border, windows of 3 and 4:", right(3), right(4))
assert np.allclose(three, [4.5, 3, 0, 0, 3, 4.5]) and np.allclose(two, [6, 3, 0, 0, 3, 6])
assert right(3) == 4.5 and right(4) == 6.75
PYTHON
