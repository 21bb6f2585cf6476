"""The shares of a batch, and their random draws."""

import numpy as np
import pytest

from minigen import backend, parallel
from minigen.initializers import RandomNormal
from minigen.layers import Dense
from minigen.parallel import Share


@pytest.mark.parametrize("whole, size", [(10, 3), (1, 3), (2, 4), (128, 2), (7, 7)])
def test_the_shares_of_all_ranks_are_the_batch(whole, size):
    shares = [Share(whole, rank, size) for rank in range(size)]
    rows = [row for share in shares if share.rows for row in range(whole)[share.part]]
    assert rows == list(range(whole))
    assert max(s.rows for s in shares) - min(s.rows for s in shares) <= 1
    assert sum(s.weight for s in shares) == pytest.approx(1)


def test_a_rank_without_a_row_computes_the_last_one_with_weight_0():
    share = Share(1, 0, 2)
    assert (share.rows, share.computed, share.weight, range(1)[share.part]) == (0, 1, 0.0, range(0, 1))


@pytest.mark.parametrize("draw", [backend.normal, backend.uniform])
def test_the_draws_of_all_ranks_are_those_of_one_process(draw):
    backend.seed(5)
    whole, after = draw((7, 3)), draw((2,))
    parts = []
    for rank in range(3):
        backend.seed(5)
        with parallel.sharing(Share(7, rank, 3)):
            rows = Share(7, rank, 3).computed
            parts.append(draw((rows, 3)))
            np.testing.assert_array_equal(draw((9,))[:2], draw_of(draw, 9, whole_first=7)[:2])
        backend.seed(5)
        with parallel.sharing(Share(7, rank, 3)):
            draw((rows, 3))
        np.testing.assert_array_equal(draw((2,)), after)
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def draw_of(draw, n, whole_first):
    backend.seed(5)
    draw((whole_first, 3))
    return draw((n,))


def test_a_draw_without_axes_is_the_same_on_all_ranks():
    found = []
    for rank in range(2):
        backend.seed(1)
        with parallel.sharing(Share(2, rank, 2)):
            found.append(float(backend.uniform(())))
    assert found[0] == found[1]


def test_a_new_weight_has_no_samples_whatever_its_shape():
    backend.seed(2)
    wanted = Dense(4, kernel_initializer=RandomNormal())
    wanted.build((None, 3))
    backend.seed(2)
    layer = Dense(4, kernel_initializer=RandomNormal())
    with parallel.sharing(Share(6, 1, 2)):  # 3 rows, as many as the kernel has
        layer.build((None, 3))
    np.testing.assert_array_equal(layer.kernel.numpy(), wanted.kernel.numpy())


def test_places_are_those_of_the_whole_batch_in_a_step():
    assert parallel.places(3) == (3, slice(None))
    with parallel.sharing(Share(6, 1, 2)):
        assert parallel.places(3) == (6, slice(3, 6))
        assert parallel.places(5) == (5, slice(None))


def test_a_share_ends_with_its_block_also_after_an_error():
    with pytest.raises(ZeroDivisionError), parallel.sharing(Share(6, 1, 2)):
        raise ZeroDivisionError
    assert parallel.current() is None
