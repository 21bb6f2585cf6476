"""Images of one channel, and kernels that fit them."""

import numpy as np

IMAGES = np.random.default_rng(0).random((8, 28, 28, 1)).astype("float32")
KERNEL, TURNED = np.ones((3, 3, 1, 2), "float32"), np.ones((3, 3, 2, 1), "float32")
