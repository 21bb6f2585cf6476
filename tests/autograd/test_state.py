"""What is recorded: no_grad(), constants, threads."""

import threading

import pytest
from helpers.parameters import assert_equal, leaf, parameter
from helpers.refusals import refused
from helpers.threads import LONG, side_by_side

from minigen import Tensor, autograd, no_grad

# ---- no_grad() and constants


def test_no_grad_nests_and_survives_exceptions():
    x = parameter(2.0)
    with no_grad():
        with no_grad():
            pass
        y = x * x
        assert not autograd.recording()
    assert autograd.recording() and y.op is None and not y.requires_grad
    with pytest.raises(ZeroDivisionError), no_grad():
        _ = 1 / 0
    assert autograd.recording() and (x * x).requires_grad


def test_detach_stops_the_gradient_and_shares_the_data():
    x = parameter(3.0)
    y = x * x
    d = y.detach()
    assert d.data is y.data and not d.requires_grad and d.op is None
    (x * d).backward()
    assert_equal(x.grad, 9)  # d counts as a constant


def test_nothing_is_recorded_for_constants():
    y = Tensor([1.0]) * Tensor([2.0])
    assert y.op is None and not y.requires_grad


def test_no_grad_above_a_function_and_a_generator():
    @no_grad()
    def double(x):
        """Twice x."""
        return x * 2

    assert double(leaf()).op is None and double.__doc__ == "Twice x."
    assert (leaf() * 2).op is not None

    def rows(x):
        yield x * 2

    with refused(TypeError, "@no_grad()"):
        no_grad()(rows)
    with refused(TypeError, "@no_grad()"):
        no_grad()(leaf())


def test_one_no_grad_may_be_used_in_itself():
    off = no_grad()
    with off:
        with off:
            pass
        assert (leaf() * 2).op is None
    assert (leaf() * 2).op is not None


def test_no_grad_above_what_runs_later():
    async def later(x):
        return x * 2

    with refused(TypeError, "@no_grad()"):
        no_grad()(later)


# ---- threads


def test_no_grad_blocks_that_overlap_in_two_threads_leave_nothing_behind():
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()

    def first():
        with no_grad():
            first_in.set()
            assert second_in.wait(LONG)
        first_out.set()

    def second():
        assert first_in.wait(LONG)
        with no_grad():
            second_in.set()
            assert first_out.wait(LONG)
            assert not autograd.recording()

    side_by_side(first, second)
    assert autograd.recording()


def test_a_thread_begins_to_record_whatever_the_one_that_started_it_does():
    seen = []
    with no_grad():
        side_by_side(lambda: seen.append(autograd.recording()))
    assert seen == [True] and autograd.recording()


def test_one_no_grad_in_two_threads():
    """Each thread goes back to what it was doing."""
    import threading

    off, entered, left, seen = no_grad(), threading.Event(), threading.Event(), []

    def other():
        with no_grad():
            off.__enter__()
            entered.set()
            left.wait(10)
            off.__exit__()
            seen.append((leaf() * 2).op)

    thread = threading.Thread(target=other)
    off.__enter__()
    thread.start()
    assert entered.wait(10)
    off.__exit__()
    left.set()
    thread.join(10)
    assert seen == [None] and (leaf() * 2).op is not None
