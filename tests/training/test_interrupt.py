"""Ctrl-C while a model is trained."""

import signal
import subprocess
import sys
import textwrap
import threading

import pytest
from helpers.interrupted import interrupted
from helpers.runs import X, autoencoder, fit

from minigen import Dense, Input, Sequential
from minigen.storage import npz
from minigen.training.interrupt import defer_interrupt


def test_a_second_ctrl_c_stops_at_once(tmp_path):
    path = tmp_path / "run.npz"
    model = interrupted(at=2, times=2)
    with pytest.raises(KeyboardInterrupt):
        fit(model, checkpoint=path)
    assert not path.exists() and model.optimizer.iterations == 1  # the second batch was not finished


def test_ctrl_c_without_a_checkpoint_is_pythons_own(tmp_path):
    model = interrupted(at=2)
    with pytest.raises(KeyboardInterrupt):
        fit(model)
    assert model.optimizer.iterations == 1


@pytest.mark.parametrize("checkpoint", [True, False])
def test_the_signal_handler_is_put_back(tmp_path, checkpoint):
    before = signal.getsignal(signal.SIGINT)
    fit(autoencoder(), checkpoint=tmp_path / "run.npz" if checkpoint else None)
    with pytest.raises(KeyboardInterrupt):
        fit(interrupted(at=2), checkpoint=tmp_path / "run.npz" if checkpoint else None)
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_from_outside_says_how_to_go_on(tmp_path):
    """A real SIGINT to a real process; the second run finishes the job."""
    code = """
        path = sys.argv[1]
        print("ready", flush=True)
        model.fit(np.tile(x, (1000, 1)), np.tile(x, (1000, 1)), epochs=100_000, batch_size=8, checkpoint=path)
    """
    head = 'import sys\nimport numpy as np\nfrom minigen import *\nx = np.ones((8, 3), "float32")\n'
    head += 'model = Sequential([Input((3,)), Dense(3, "sigmoid")])\nmodel.compile("adam", "binary_crossentropy")\n'
    command = [sys.executable, "-c", head + textwrap.dedent(code), tmp_path / "run.npz"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.stdout.readline()  # one epoch is done
        process.send_signal(signal.SIGINT)
        try:
            said, _ = process.communicate(timeout=60)
        finally:
            process.kill()  # else a process that goes on would be waited for
    assert process.returncode != 0
    assert "resume=True" in said and "interrupted in epoch" in said
    meta = npz.read(tmp_path / "run.npz")[1]
    assert meta["kind"] == "checkpoint" and meta["epoch"] >= 1


def test_ctrl_c_during_the_last_validation_is_not_lost(tmp_path):
    class Interrupted(Sequential):
        def test_step(self, x, y):
            signal.raise_signal(signal.SIGINT)
            return super().test_step(x, y)

    model = Interrupted([Input((6,)), Dense(6)])
    model.compile("adam", "mse")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, X, validation_data=(X, X), checkpoint=tmp_path / "run.npz", verbose=0)


def test_an_interrupt_is_noted_once_and_the_second_one_is_raised():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), defer_interrupt(True) as asked:
        assert asked == []
        signal.raise_signal(signal.SIGINT)
        assert asked == [True]
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_without_a_wish_and_outside_of_the_main_thread_pythons_handler_stays():
    before, inside = signal.getsignal(signal.SIGINT), []

    def note(wanted):
        with defer_interrupt(wanted) as asked:
            inside.append((signal.getsignal(signal.SIGINT) is before, asked))

    note(False)
    thread = threading.Thread(target=note, args=(True,))
    thread.start()
    thread.join()
    assert inside == [(True, []), (True, [])]
