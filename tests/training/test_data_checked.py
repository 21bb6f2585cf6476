"""fit() looks at its targets once, and again only where they or the loss have changed."""

import numpy as np
import pytest
from helpers.digit_models import LABELS, X, classifier
from helpers.refusals import refused
from helpers.small_model import ONES

import minigen
from minigen import Dense, Input, Sequential, Tensor
from minigen.callbacks import Callback
from minigen.training.data import to_device


def test_fit_refuses_rows_that_are_no_probabilities_before_the_first_step():
    model = classifier()
    model.compile("adam", "categorical_crossentropy")
    with refused(ValueError, "Sequential.fit: categorical_crossentropy"):
        model.fit(X, np.ones((12, 10)), verbose=0)


@pytest.mark.parametrize("loss", ["binary_crossentropy", "categorical_crossentropy"])
def test_targets_that_fit_has_checked_cost_a_step_no_synchronisation(stand_in, loss):
    """A GPU would wait for it. Targets that come from elsewhere are looked at in each step."""
    with minigen.using("cupy"):
        model = Sequential([Input(shape=(10,)), Dense(10, "sigmoid" if loss[0] == "b" else "softmax")])
        model.compile("adam", loss)
        data = (X[:, :10], np.eye(10, dtype="float32")[LABELS])
        model.check_training(data, "here")  # as fit() does, with all the data
        x, y = to_device(data)
        model.train_step(x, y)
        with stand_in.counting() as moved:
            model.train_step(x, y)
        assert moved["sync"] == 0
        with stand_in.counting() as moved:
            model.train_step(x, Tensor(y.data))
        assert moved["sync"] > 0


def test_a_loss_that_is_compiled_between_epochs_checks_the_targets():
    class Changing(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.compile("sgd", "binary_crossentropy")

    model = Sequential([Input(shape=(4,)), Dense(2, "sigmoid")])
    model.compile("sgd", "mse")
    with refused(ValueError, "binary_crossentropy"):
        model.fit(ONES, 2 * ONES[:, :2], epochs=2, verbose=0, callbacks=[Changing()])


def test_targets_that_a_step_has_changed_are_checked_by_its_loss():
    class Doubling(Sequential):
        def train_step(self, x, y):
            y.assign(y.numpy() * 2)
            return super().train_step(x, y)

    model = Doubling([Input(shape=(4,)), Dense(2, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    with refused(ValueError, "binary_crossentropy"):
        model.train_on_batch(ONES, ONES[:, :2])
