"""The training digits of the sample."""

import pytest

from minigen.datasets import mnist


@pytest.fixture(scope="module")
def digits():
    (x_train, _), _ = mnist.load_data("sample")
    return x_train.reshape(-1, 784).astype("float32") / 255
