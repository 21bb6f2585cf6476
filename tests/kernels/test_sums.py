"""Sums in a tree: NumPy's sums, exact in float32."""

import numpy as np
import pytest

import minigen


def test_sums_of_repeated_numbers_are_exact_in_float32():
    """A gradient that was broadcast has strides of 0: NumPy adds it up naively, and was 2e-3 off."""
    g = np.broadcast_to(np.float32(0.1), (16, 112, 112, 4))
    for axis in ((0, 1, 2), (0, 1), 0, (0, 3)):
        np.testing.assert_allclose(
            minigen.kernels.sums.add_up(g, axis), g.astype("float64").sum(axis=axis), rtol=1e-6, err_msg=str(axis)
        )
        assert minigen.kernels.sums.add_up(g, axis, True).shape == g.sum(axis=axis, keepdims=True).shape
    mixed = np.broadcast_to(np.arange(4, dtype="float32")[:, None], (1000, 4, 5))
    np.testing.assert_array_equal(minigen.kernels.sums.add_up(mixed, (0, 1)), np.full(5, 6000.0))


@pytest.mark.parametrize("axis", [0, 1, 2, (0, 1), (1, 2), (0, 2), (0, 1, 2), None, -3])
@pytest.mark.parametrize("keepdims", [False, True])
def test_sums_in_a_tree_are_numpys_sums(axis, keepdims):
    x = np.random.default_rng(0).normal(size=(37, 49, 3))
    for a in (x, x.transpose(1, 0, 2), x[::2, :, ::-1]):
        assert np.allclose(minigen.sum(a, axis, keepdims), a.sum(axis=axis, keepdims=keepdims), rtol=1e-12)


@pytest.mark.parametrize("rows, columns", [(200_704, 32), (60_000, 3)])
def test_sums_of_a_transposed_or_sliced_array_are_exact_to_1e_6_in_float32(rows, columns):
    transposed = np.full((rows, columns), 0.1, "float32").T  # a row of it lies across the memory
    assert abs(minigen.sum(transposed, axis=1) / (0.1 * rows) - 1).max() < 1e-6
    sliced = np.full((rows, 2 * columns), 0.1, "float32")[:, ::2]
    assert abs(minigen.sum(sliced, axis=0) / (0.1 * rows) - 1).max() < 1e-6
