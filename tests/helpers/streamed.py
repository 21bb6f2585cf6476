"""Samples that count how many of them are read."""

import numpy as np

from minigen.streams import Streamed

X = np.random.default_rng(0).random((50, 784)).astype("float32")


class Counted(Streamed):
    """Rows of an array, and how many of them have been read."""

    def __init__(self, array, data_range=(0.0, 1.0)):
        super().__init__(array.shape, data_range)
        self.array, self.reads = array, 0

    def read(self, indices):
        self.reads += len(indices)
        return self.array[indices]
