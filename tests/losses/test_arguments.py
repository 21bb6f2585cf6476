"""How a loss declares what it takes, and the check of all targets before the first step."""

import functools

import numpy as np
import pytest
from helpers.refusals import refused

from minigen import Tensor, losses, metrics
from minigen.losses.arguments import check_targets, takes_logits, takes_pair, without_check

Y = np.array([[0.25, 1.0]], "float32")


@takes_pair()
def largest_error(y_true, y_pred, factor=1.0):
    """factor max |ŷ - y|"""
    return ((y_pred - y_true) ** 2).max() ** 0.5 * factor


@takes_logits
def spread(real, fake):
    """mean a - mean b"""
    return real.mean() - fake.mean()


def test_a_formula_gets_its_pair_checked_and_its_options_as_they_are():
    assert largest_error([[1.0, 2.0]], np.array([[1.5, 4.0]]), factor=3.0).item() == 6
    with refused(ValueError, where="largest_error", expected="(1, 2)", got="(2,)"):
        largest_error(Y[0], Y)
    with refused(TypeError, where="largest_error: unknown argument 'facto'", fix="factor=..."):
        largest_error(Y, Y, facto=2.0)


def test_a_formula_of_logits_gets_tensors_by_position_and_by_name():
    a, b = np.array([[1.0], [3.0]]), Tensor(np.array([[0.5]]))
    assert spread(a, b).item() == spread(fake=b, real=a).item() == 1.5
    with refused(TypeError, "spread"):
        spread("a", b)
    with refused(TypeError, "spread"):
        spread(a, fake="b")


@pytest.mark.parametrize("bad", [1.5, -0.5, np.nan])
def test_all_targets_are_checked_before_the_first_step_and_not_in_the_step(bad):
    targets, loss = np.array([[bad, 1.0]], "float32"), losses.binary_crossentropy
    with refused(ValueError, "fit: binary_crossentropy"):
        check_targets(loss, targets, "fit", np.dtype("float32"), (1, 2))
    with refused(ValueError, "binary_crossentropy"):
        loss(targets, Y)
    assert np.isnan(without_check(loss)(targets, Y).item()) == np.isnan(bad)
    check_targets(loss, Y, "fit", np.dtype("float32"), (1, 2))
    assert without_check(loss)(Y, Y).item() == loss(Y, Y).item()


def test_a_partial_loss_keeps_its_options_without_the_check():
    loss = functools.partial(losses.binary_crossentropy, from_logits=True)
    with refused(ValueError, "fit: binary_crossentropy"):
        check_targets(loss, Y * 2, "fit", np.dtype("float32"), (1, 2))
    assert without_check(loss)(Y, Y).item() == loss(Y, Y).item() != losses.binary_crossentropy(Y, Y).item()


def test_a_loss_that_declares_no_check_takes_every_target():
    for loss in (losses.mean_squared_error, metrics.accuracy, None):
        check_targets(loss, Y * 100, "fit", np.dtype("float32"), (1, 2))
    assert without_check(losses.mean_squared_error)(Y * 100, Y).item() == losses.mean_squared_error(Y * 100, Y).item()
    assert without_check(metrics.accuracy) is metrics.accuracy and without_check(None) is None
