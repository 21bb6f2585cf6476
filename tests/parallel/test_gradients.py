"""The buffer of gradients: weights of shares, one call, one type, NaN."""

import numpy as np
import pytest
from helpers.ranks import joins

import minigen as mg
from minigen import parallel
from minigen.parallel.gradients import Gradients, not_finite


def shared_step(gradients, sums=(), rows=10):
    with joins(0, 3, sums) as comm, parallel.sharing(parallel.share_of(rows)):
        buffer = Gradients()
        return buffer.add_up(gradients), comm, buffer


def test_gradients_are_weighted_by_rows_and_added_in_one_call():
    """3 of 10 rows on rank 0; the other ranks bring 1 to each number."""
    a, b = np.arange(6.0).reshape(2, 3), np.array(5.0)
    (found_a, found_b), comm, buffer = shared_step([a, b], [1.0])
    np.testing.assert_allclose(found_a, a * 0.3 + 1)
    np.testing.assert_allclose(found_b, 5 * 0.3 + 1)
    assert comm.calls == ["Allgather", ("Allreduce", 7 * 8)]
    assert np.shares_memory(found_a, buffer.flat)


def test_the_buffer_is_kept_from_step_to_step():
    with joins(0, 2), parallel.sharing(parallel.share_of(4)):
        buffer = Gradients()
        buffer.add_up([np.ones(5, "float32")])
        first = buffer.flat
        buffer.add_up([np.ones((5, 1), "float32")])
        assert buffer.flat is first


@pytest.mark.parametrize("gradients", [[np.ones(2, "float32"), np.ones(2)], [np.ones(2, "float16")]])
def test_gradients_of_two_types_are_refused(gradients):
    with pytest.raises(ValueError, match="float32 or float64, all of them"):
        shared_step(gradients)


def test_nan_on_this_rank_is_told_before_any_weight_changes():
    with pytest.raises(parallel.NonFiniteGradientError, match="2 on rank 0"):
        shared_step([np.array([1.0, np.nan, np.inf])])


def test_large_numbers_are_no_nan():
    assert not_finite(np.array([1e300, 1e300])) == 0
    assert not_finite(np.array([1e30, np.nan], "float32")) == 1


def test_an_optimizer_takes_the_sum_and_leaves_it_as_the_gradient():
    w = mg.Tensor(np.array([1.0, 2.0]), requires_grad=True)
    (w * w).sum().backward()
    with joins(0, 2, [np.array([10.0, 10.0])]), parallel.sharing(parallel.share_of(2)):
        mg.SGD(0.1).step([w])
    np.testing.assert_allclose(w.grad, [11.0, 12.0])
    np.testing.assert_allclose(w.numpy(), [1 - 1.1, 2 - 1.2])
