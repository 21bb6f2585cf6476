"""The fixture that seals every test: no state leaks from one test into the next."""

import os

import numpy as np
import pytest
from conftest import sealed_state

import minigen
from minigen import autograd, backend


def forget_the_backend():
    backend.use("cupy")


def forget_no_grad():
    autograd.mode.recording = False


def forget_the_observer():
    autograd.mode.observer = object()


def forget_errstate():
    np.seterr(over="ignore")


def draw_from_numpys_global_generator():
    np.random.random()  # noqa: NPY002


@pytest.mark.parametrize(
    "leak",
    [forget_the_backend, forget_no_grad, forget_the_observer, forget_errstate, draw_from_numpys_global_generator],
)
def test_a_test_that_leaks_fails_and_the_next_one_starts_clean(leak, stand_in):
    with pytest.raises(pytest.fail.Exception, match="the test leaks"), sealed_state():
        leak()
    assert backend.xp is np and autograd.recording() and autograd.mode.observer is None
    with sealed_state():
        pass


def test_every_test_starts_from_the_same_seed():
    draws = []
    for what_went_before in range(2):
        minigen.seed(what_went_before)
        with sealed_state():
            draws.append(backend.normal((3,)))
    np.testing.assert_array_equal(*draws)


def test_a_failing_test_is_restored_and_keeps_its_own_error(stand_in):
    with pytest.raises(ZeroDivisionError), sealed_state():
        minigen.use("cupy")
        _ = 1 / 0
    assert backend.xp is np


def test_the_settings_of_this_machine_are_out_of_sight():
    assert not [name for name in os.environ if name.startswith("MINIGEN_")]
