"""The sample of the digits."""

import pytest

from minigen.datasets import mnist


@pytest.fixture(scope="module")
def digits():
    (x, y), (x_test, y_test) = mnist.load_data("sample")
    return x.reshape(-1, 784).astype("float32") / 255, y, x_test.reshape(-1, 784).astype("float32") / 255, y_test
