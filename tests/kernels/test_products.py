"""matmul(): NumPy's own, also into an array that is given. What cuTENSOR does is tested with the recordings."""

import numpy as np

from minigen.kernels import products

A, B = np.random.default_rng(0).normal(size=(2, 3, 4, 4))


def test_a_product_and_one_into_a_given_array():
    np.testing.assert_array_equal(products.matmul(A, B), A @ B)
    out = np.empty((3, 4, 4))
    assert products.matmul(A, B, out) is out
    np.testing.assert_array_equal(out, A @ B)


def test_the_choice_of_cutensor_ends_with_its_block():
    with products.by_cutensor():
        assert products._chosen
        with products.by_cutensor():
            pass
        assert products._chosen
    assert not products._chosen
