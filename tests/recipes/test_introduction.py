"""The recipes of section 9.0: a classifier of digits, and a detector of digits."""

from helpers.recipe_runs import figures, values

from minigen.datasets import toys


def test_logistic_regression_learns_the_digits(cook):
    run = cook("logistic-regression")
    assert values(run, "test accuracy")[0] > 0.5  # chance: 0.1
    assert figures(run) == ["weights", "loss"]


def test_the_detector_rejects_noise_and_shuffled_pixels_and_is_fooled_by_digits_upside_down(cook):
    run = cook("digit-or-not")
    (digits,) = values(run, "digits recognised")
    rejected = {kind: values(run, f"{kind}: rejected")[0] for kind in ("noise", "shuffled", "upside down")}
    assert digits > 0.8 and rejected["noise"] > 0.95 and rejected["shuffled"] > 0.95
    assert rejected["upside down"] < 0.5
    assert len(run.numbers) == 1 + len(toys.not_digits(run.images()[0][:2, :, :, 0]))
