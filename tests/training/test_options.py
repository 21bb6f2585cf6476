"""The options of fit() and alternate(), checked before anything else."""

import numpy as np
import pytest
from helpers.refusals import refused

from minigen.training.options import Options

GIVEN = {
    "batch_size": 32,
    "epochs": 1,
    "verbose": 1,
    "callbacks": None,
    "shuffle": True,
    "checkpoint": None,
    "resume": False,
}


def test_numbers_of_numpy_become_pythons():
    options = Options("here", **GIVEN | {"batch_size": np.int64(4), "epochs": np.uint8(2), "shuffle": np.bool_(False)})
    assert (type(options.batch_size), type(options.epochs), options.shuffle) == (int, int, False)
    assert options.callbacks == [] and options.steps_per_epoch is None and options.initial_epoch == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("epochs", -1),
        ("verbose", 7),
        ("callbacks", 3),
        ("shuffle", "yes"),
        ("resume", True),
        ("initial_epoch", -1),
        ("steps_per_epoch", 0),
    ],
)
def test_each_is_refused_by_its_name(name, value):
    with refused((TypeError, ValueError), f"here: {name}"):
        Options("here", **GIVEN | {name: value})
