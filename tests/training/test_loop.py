"""fit(): training and validation, what it prints, and what it moves between host and device."""

import contextlib
import gc
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from helpers.draws import uniform as draw
from helpers.refusals import refused
from helpers.runs import X, autoencoder, fit, same
from helpers.small_model import ONES, compiled
from helpers.small_model import X as ROWS
from helpers.small_model import uncompiled as model

import minigen
from minigen import SGD, BatchNormalization, Dense, Dropout, Input, Sequential, Tensor

# ---- training and validation


def test_validation_is_evaluate_after_each_epoch(xp):
    """val_loss and loss_end belong to the weights at the end of the epoch, without dropout."""
    model = autoencoder()
    held_out = draw(7, 6, seed=1)
    history = fit(model, epochs=2, validation_data=(held_out, held_out))
    assert set(history) == {"loss", "loss_end", "val_loss"} and {len(v) for v in history.values()} == {2}
    assert history["val_loss"][-1] == pytest.approx(model.evaluate(held_out, held_out), rel=1e-6)
    assert history["loss_end"][-1] == pytest.approx(model.evaluate(X[:7], X[:7]), rel=1e-6)
    assert history["loss_end"][-1] != pytest.approx(history["loss"][-1], rel=1e-4)


def test_validation_does_not_disturb_the_run():
    plain = autoencoder()
    fit(plain)
    watched = autoencoder()
    fit(watched, validation_data=(X[:5], X[:5]))
    assert same(plain.get_weights(), watched.get_weights())


def test_layers_know_that_they_are_trained(xp):
    """fit and train_on_batch call the model with training=True: dropout drops, batch normalisation follows the data."""
    model = Sequential([Input((6,)), BatchNormalization(), Dropout(0.5)])
    model.compile(SGD(0.0), "mse")
    mean = model.get_layer("batch_normalization").moving_mean
    without_noise = model.evaluate(X, X)
    assert (mean.numpy() == 0).all()
    assert model.train_on_batch(X, X) > 1.5 * without_noise
    assert fit(model, epochs=1)["loss"][0] > 1.5 * without_noise
    assert (mean.numpy() > 0).all()


def test_training_keeps_no_graph_and_no_batch_alive():
    model = autoencoder()
    fit(model, epochs=1)

    def tensors():
        gc.collect()
        return sum(isinstance(o, Tensor) for o in gc.get_objects())

    before = tensors()
    history = model.fit(X, X, batch_size=2, epochs=5, validation_data=(X, X), verbose=0)
    assert tensors() == before and len(history.history["loss"]) == 5


def test_a_second_fit_goes_on_where_the_first_ended():
    twice = autoencoder()
    fit(twice, epochs=1)
    fit(twice, epochs=2)
    once = autoencoder()
    fit(once, epochs=3)
    assert same(twice.get_weights(), once.get_weights())


def test_the_seed_repeats_a_run_bit_for_bit(xp):
    first = autoencoder()
    history = fit(first)
    again = autoencoder()
    assert fit(again) == history and same(first.get_weights(), again.get_weights())
    assert fit(autoencoder(seed=1)) != history


# ---- what is printed


CHOICES = {
    "verbose": lambda value: model().predict(ROWS, verbose=value),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("value", [np.zeros(3), [1, 2], None, "somehow", int], ids=repr)
def test_a_setting_that_is_none_of_the_choices_is_refused(choice, value):
    with refused(ValueError, choice):
        CHOICES[choice](value)


def test_verbose_is_no_text():
    with refused(ValueError, "verbose"):
        compiled().fit(ONES, ONES[:, :2], verbose="no")
    with refused(ValueError, "verbose"):
        compiled().predict(ONES, verbose="no")


def script(code, *arguments):
    head = """
        import sys
        import numpy as np
        from minigen import *
        seed(0)
        x = np.random.default_rng(0).random((8, 3)).astype("float32")
        model = Sequential([Input((3,)), Dense(3, "sigmoid")])
        model.compile("adam", "binary_crossentropy")
    """
    code = textwrap.dedent(head) + textwrap.dedent(code)
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)


def test_one_line_an_epoch_and_no_progress_bar_in_a_file():
    done = script("model.fit(x, x, epochs=3, batch_size=2, validation_data=(x, x))")
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["epoch", f"{n}/3"] for n in (1, 2, 3)]
    assert all("loss 0." in line and "val_loss 0." in line for line in lines)


def test_verbose_0_prints_nothing():
    done = script("model.fit(x, x, epochs=3, verbose=0); model.predict(x); model.evaluate(x, x)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_progress_bar_on_a_terminal():
    termios = pytest.importorskip("termios")
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    code = """
        from minigen import *
        import numpy as np
        model = Sequential([Input((3,)), Dense(3)])
        model.compile("adam", "mse")
        x = np.ones((8, 3), "float32")
        model.fit(x, x, batch_size=1, validation_data=(x, x))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs):
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while piece := os.read(ours, 4096):
                shown += piece
    os.close(ours)
    assert b"epoch 1/1" in shown and b"/8" in shown and b"validation" in shown


# ---- traffic between host and device


def test_a_step_moves_the_batch_once_and_nothing_back(stand_in):
    """fit(x, x): one copy to the device a step; the losses are read when the epoch is over, the weights at the end."""
    in_steps = []

    class Counting(Sequential):
        def train_step(self, x, y):
            with stand_in.counting() as moved:
                logs = super().train_step(x, y)
            in_steps.append(moved)
            return logs

    with minigen.using("cupy"):
        model = Counting([Input((6,)), Dense(8, "relu"), Dense(6, "sigmoid")])
        model.compile("adam", "binary_crossentropy")
        with stand_in.counting() as moved:
            model.fit(X, X, batch_size=4, epochs=2, verbose=0)

    steps = 2 * 6
    assert in_steps == [{"to_device": 0, "to_host": 0, "sync": 0}] * steps
    assert moved == {"to_device": steps, "to_host": steps + len(model.weights()), "sync": 0}
