"""Long graphs, and when the arrays of a graph are freed."""

import gc
import weakref

import pytest
from helpers.parameters import assert_equal, parameter

from minigen import grad, no_grad, ops


def test_a_chain_of_20_000_ops():
    x = parameter(1.0)
    y = x
    for _ in range(20_000):
        y = y + 1
    y.backward()
    assert_equal(x.grad, 1)


def test_a_long_chain_that_is_never_swept_can_be_dropped():
    """Each op that is freed frees the one before it, 100,000 times in a row."""
    y = parameter(1.0)
    first = weakref.ref(y)
    for _ in range(100_000):
        y = y + 1
    del y
    gc.collect()
    assert first() is None


@pytest.fixture
def no_collector():
    """Nothing is freed but by reference counting."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_backward_lets_the_saved_arrays_go(no_collector):
    x = parameter([1, 2])
    y = ops.exp(x)
    saved = weakref.ref(y.data)
    loss = (y * y).sum()
    del y
    assert saved() is not None
    loss.backward()
    assert saved() is None, "loss and x are alive, what lay between them is not"


def test_a_graph_without_backward_is_freed_with_its_last_tensor(no_collector):
    x = parameter([1, 2])
    y = ops.exp(x)
    saved = weakref.ref(y.data)
    loss = (y * y).sum()
    grad(loss, [x], create_graph=True)
    del y
    assert saved() is not None
    del loss
    assert saved() is None


def test_no_grad_keeps_nothing(no_collector):
    x = parameter([1, 2])
    with no_grad():
        y = ops.exp(x)
        saved = weakref.ref(y.data)
        y = y * y
    assert saved() is None
