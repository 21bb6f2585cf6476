"""Recordings of calls on the stand-in: what is repeated before each launch, and what cannot be recorded."""

import numpy as np
import pytest

import minigen
from minigen import backend
from minigen.kernels import graph, products
from minigen.kernels.graph import Recording

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("a", "b"),
    [((2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((2, 3), (5, 3, 4)), ((6, 1, 2, 3), (1, 5, 3, 4)), ((2, 0), (0, 4))],
)
def test_products_by_cutensor_are_those_of_numpy(a, b, stand_in):
    a, b = RNG.standard_normal(a), RNG.standard_normal(b)
    with minigen.using("cupy"), products.by_cutensor():
        ours = products.matmul(stand_in.asarray(a), stand_in.asarray(b))
        out = stand_in.empty(ours.shape)
        assert products.matmul(stand_in.asarray(a), stand_in.asarray(b), out) is out
    np.testing.assert_allclose(ours.get(), a @ b, atol=1e-12)
    np.testing.assert_allclose(out.get(), a @ b, atol=1e-12)


def test_repeated_numbers_are_copied_for_cutensor(stand_in):
    with minigen.using("cupy"), products.by_cutensor():
        a = stand_in.broadcast_to(stand_in.asarray(np.ones((1, 3))), (4, 3))
        np.testing.assert_array_equal(products.matmul(a, stand_in.asarray(np.eye(3))).get(), np.ones((4, 3)))


def test_draws_numbers_and_the_work_of_the_host_are_new_in_each_launch(stand_in):
    seen = {"steps": 0}

    def step():
        graph.on_host(lambda: seen.update(steps=seen["steps"] + 1))
        z = backend.normal((3,)) + backend.uniform((3,))
        t = seen["steps"] if backend.recorder is None else graph.Count(lambda: seen["steps"])
        return z * graph.number(lambda: 10.0 * int(t), z)

    def usual():
        return step().get()

    minigen.seed(0)
    with minigen.using("cupy"):
        expected = [usual() for _ in range(3)]
        seen["steps"] = 0
        minigen.seed(0)
        recording = Recording(step)
        assert seen["steps"] == 0 and backend.recorder is None  # nothing has been done yet
        for want in expected:
            recording.replay()
            np.testing.assert_allclose(recording.result.get(), want, rtol=1e-6)


def test_what_a_recording_writes_is_as_before_until_it_is_launched(stand_in):
    with minigen.using("cupy"):
        w = stand_in.asarray(np.zeros(3))

        def step():
            w[1:] += 1
            stand_in.maximum(w, w + 1, out=w)

        recording = Recording(step)
        np.testing.assert_array_equal(w.get(), [0, 0, 0])
        for _ in range(2):
            recording.replay()
        np.testing.assert_array_equal(w.get(), [2, 4, 4])


REFUSED = {
    "a product by cuBLAS": (lambda x: x @ x, NotImplementedError),
    "a read": (lambda x: x.sum().item(), RuntimeError),
    "a truth value": (lambda x: bool(x.sum() > 0), RuntimeError),
    "a copy to the host": (lambda x: x.get(), RuntimeError),
    "a copy to the device": (lambda x: backend.xp.asarray(np.ones(2)), RuntimeError),
    "a number": (lambda x: backend.xp.asarray(1.0), RuntimeError),
}


@pytest.mark.parametrize(("call", "error"), REFUSED.values(), ids=REFUSED)
def test_what_cupy_refuses_ends_the_recording(call, error, stand_in):
    with minigen.using("cupy"):
        x = stand_in.asarray(np.ones((2, 2)))
        with pytest.raises(error):
            Recording(lambda: call(x))
        assert not stand_in.recordings and backend.recorder is None
        np.testing.assert_array_equal((x @ x).get(), 2 * np.ones((2, 2)))
