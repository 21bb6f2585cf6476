"""CosineDecay: values of Keras, and what it refuses."""

import math

import pytest
from helpers.refusals import refused

from minigen.optimizers import SGD, CosineDecay


def test_it_falls_along_a_cosine_to_alpha():
    rate = CosineDecay(0.2, 8, alpha=0.1)
    assert rate(0) == 0.2 and rate(8) == rate(99) == pytest.approx(0.02)
    assert rate(4) == pytest.approx(0.11)  # half way between
    for t in range(9):
        assert rate(t) == pytest.approx(0.02 + 0.09 * (1 + math.cos(math.pi * t / 8)))


def test_it_rises_along_a_line_before():
    rate = CosineDecay(0.01, 10, warmup_target=0.05, warmup_steps=4)
    assert [rate(t) for t in range(5)] == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])
    assert rate(9) == pytest.approx(0.025) and rate(14) == pytest.approx(0, abs=1e-12)


KERAS = [  # what Keras 3.15 gives for the steps 0, 1, 3, 7, 11 and 20
    ((0.3, 11), (0.3, 0.29392394, 0.24822912, 0.08768775, 0, 0)),
    ((0.3, 12, 0.25), (0.3, 0.29616666, 0.26704955, 0.15838288, 0.07883334, 0.075)),
    ((0.0, 9, 0.0, 0.4, 5), (0, 0.08, 0.24, 0.35320887, 0.1, 0)),
    ((0.1, 9, 0.1, 0.4, 3), (0.1, 0.2, 0.4, 0.25125667, 0.05085532, 0.04)),
]


@pytest.mark.parametrize(("arguments", "values"), KERAS)
def test_the_values_of_keras(arguments, values):
    rate = CosineDecay(*arguments)
    assert [rate(t) for t in (0, 1, 3, 7, 11, 20)] == pytest.approx(values, rel=1e-6, abs=2e-8)


def test_an_optimizer_follows_it():
    sgd = SGD(CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=2))
    assert sgd.learning_rate == 0 and sgd.schedule(1) == pytest.approx(0.05)
    config = sgd.schedule.get_config()
    assert CosineDecay.from_config(config)(5) == sgd.schedule(5) and config["warmup_steps"] == 2


def test_bad_settings_are_refused():
    for name, value in [
        ("initial_learning_rate", -0.1),
        ("decay_steps", 0),
        ("alpha", 1.5),
        ("warmup_target", -1),
        ("warmup_steps", -1),
        ("warmup_steps", 1.5),
    ]:
        with refused(ValueError, f"CosineDecay: {name}"):
            CosineDecay(**{"initial_learning_rate": 0.1, "decay_steps": 5} | {name: value})
