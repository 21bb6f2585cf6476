"""The training loop: what it logs, how it shuffles, and that a run survives Ctrl-C, a kill and a NaN."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from helpers.runs import X, autoencoder, fit, same

import minigen
from minigen import SGD, Adam, BatchNormalization, Dense, Dropout, Input, Model, Sequential, Tensor, losses, square
from minigen.storage import npz


def draw(*shape, seed=0):
    return np.random.default_rng(seed).random(shape).astype("float32")


@pytest.fixture(autouse=True)
def ctrl_c():
    """Python's own answer to Ctrl-C, also where the tests run in the background and the shell has switched it off."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Recorder(Model):
    """Notes what fit hands to train_step; the loss is the mean of the batch."""

    def __init__(self):
        super().__init__()
        self.batches = []

    def train_step(self, x, y=None):
        self.batches.append(x.numpy())
        return {"loss": x.mean()}

    test_step = train_step


# ---- history


def test_loss_is_the_mean_over_samples_while_the_weights_move(xp):
    """Recomputed by hand: the loss of each batch before its update, weighted by its size (the last batch is short)."""
    by_hand = autoencoder(SGD(0.5))
    total = 0.0
    for i in range(0, 22, 4):
        batch = X[i : i + 4]
        total += by_hand.train_on_batch(batch, batch) * len(batch)

    model = autoencoder(SGD(0.5))
    history = fit(model, epochs=1, shuffle=False)

    assert history["loss"] == [pytest.approx(total / 22, rel=1e-6)]
    assert same(model.get_weights(), by_hand.get_weights())
    assert set(history) == {"loss"}


def test_a_short_batch_counts_by_its_samples():
    model = Recorder()
    x = np.array([[0.0], [0.0], [3.0]], "float32")
    assert model.fit(x, batch_size=2, shuffle=False, verbose=0).history["loss"] == [pytest.approx(1.0)]
    assert model.evaluate(x, batch_size=2) == pytest.approx(1.0)


def test_validation(xp):
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


def test_metrics_are_logged_for_both_sets(xp):
    model = autoencoder()
    model.compile("adam", "mse", metrics=["mse"])
    history = fit(model, epochs=2, validation_data=(X, X))
    assert list(history) == ["loss", "mse", "loss_end", "mse_end", "val_loss", "val_mse"]
    np.testing.assert_allclose(history["loss"], history["mse"], rtol=1e-5)
    np.testing.assert_allclose(history["val_loss"], history["val_mse"], rtol=1e-5)


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


def test_history_holds_plain_floats(xp):
    model = autoencoder()
    model.compile("adam", "mse", metrics=["mse"])
    result = model.fit(X, X, epochs=2, validation_data=(X, X), verbose=0)
    assert {type(v) for values in result.history.values() for v in values} == {float}
    assert result.epoch == [0, 1]


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


# ---- batches and seed


def test_every_epoch_sees_each_sample_once_in_a_new_order(monkeypatch):
    drawn = []
    permutation = minigen.backend.permutation
    monkeypatch.setattr(minigen.backend, "permutation", lambda n: drawn.append(permutation(n)) or drawn[-1])
    model = Recorder()
    x = np.arange(10, dtype="float32").reshape(10, 1)
    model.fit(x, batch_size=4, epochs=3, verbose=0)
    assert [len(b) for b in model.batches] == [4, 4, 2] * 3
    assert len(drawn) == 3  # one permutation for each epoch, no draw for each batch
    epochs = [np.concatenate(model.batches[i : i + 3]).ravel() for i in (0, 3, 6)]
    for epoch, order in zip(epochs, drawn, strict=True):
        np.testing.assert_array_equal(epoch, order)
        np.testing.assert_array_equal(np.sort(epoch), np.arange(10))
    assert (epochs[0] != epochs[1]).any() and (epochs[1] != epochs[2]).any()


def test_without_shuffle_the_order_is_that_of_the_data():
    model = Recorder()
    x = np.arange(10, dtype="float32").reshape(10, 1)
    model.fit(x, batch_size=4, epochs=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(np.concatenate(model.batches).ravel(), [*range(10), *range(10)])


def test_samples_and_targets_are_shuffled_together():
    class Pairs(Recorder):
        def train_step(self, x, y):
            np.testing.assert_array_equal(x[0].numpy() * 10, y.numpy())
            np.testing.assert_array_equal(x[1], x[0].numpy())  # labels, on the host
            return {"loss": x[0].mean()}

    x = np.arange(10, dtype="float32").reshape(10, 1)
    Pairs().fit([x, x.astype("int64")], x * 10, batch_size=3, verbose=0)


def test_fit_leaves_the_data_alone():
    x = X.copy()
    model = autoencoder()
    model.fit(x, x, epochs=2, verbose=0)
    np.testing.assert_array_equal(x, X)


def test_the_seed_repeats_a_run_bit_for_bit(xp):
    first = autoencoder()
    history = fit(first)
    again = autoencoder()
    assert fit(again) == history and same(first.get_weights(), again.get_weights())
    assert fit(autoencoder(seed=1)) != history


# ---- checkpoints and Ctrl-C


class Interrupted(Sequential):
    """Presses Ctrl-C `times` times during train_step number `at`."""

    at, times, steps = 0, 1, 0

    def train_step(self, x, y):
        self.steps += 1
        if self.steps == self.at:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)
        return super().train_step(x, y)


def interrupted(at, times=1):
    model = autoencoder(kind=Interrupted)
    model.at, model.times = at, times
    return model


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("first", [1, 2])
def test_resuming_after_an_epoch_is_an_unbroken_run(xp, tmp_path, first, shuffle):
    path = tmp_path / "run.npz"
    unbroken = autoencoder()
    history = fit(unbroken, epochs=4, shuffle=shuffle)

    fit(autoencoder(), epochs=first, shuffle=shuffle, checkpoint=path)
    second = autoencoder(seed=99)  # other weights, other draws: everything comes from the file
    assert fit(second, epochs=4, shuffle=shuffle, checkpoint=path, resume=True) == history
    assert same(second.get_weights(), unbroken.get_weights())


@pytest.mark.parametrize("at", [1, 3, 6, 7, 12, 17, 18])  # six steps an epoch: within one, its first and its last
def test_resuming_after_ctrl_c_is_an_unbroken_run(xp, tmp_path, capsys, at):
    path = tmp_path / "run.npz"
    unbroken = autoencoder()
    history = fit(unbroken, validation_data=(X[:5], X[:5]))

    broken = interrupted(at)
    with pytest.raises(KeyboardInterrupt):
        fit(broken, checkpoint=path, validation_data=(X[:5], X[:5]))
    assert broken.steps == at  # the running batch was finished, and no other begun
    assert "resume=True" in capsys.readouterr().out

    second = autoencoder(seed=99)
    assert fit(second, checkpoint=path, resume=True, validation_data=(X[:5], X[:5])) == history
    assert same(second.get_weights(), unbroken.get_weights())


def test_a_run_may_be_interrupted_again_and_again(tmp_path):
    path = tmp_path / "run.npz"
    unbroken = autoencoder()
    history = fit(unbroken)
    for at in (2, 3, 1, 5):  # steps since the last start
        with pytest.raises(KeyboardInterrupt):
            fit(interrupted(at), checkpoint=path, resume=True)
    last = autoencoder(seed=99)
    assert fit(last, checkpoint=path, resume=True) == history
    assert same(last.get_weights(), unbroken.get_weights())


def test_a_finished_run_resumes_to_nothing(tmp_path):
    path = tmp_path / "run.npz"
    model = autoencoder()
    history = fit(model, checkpoint=path)
    again = autoencoder(seed=99)
    assert fit(again, checkpoint=path, resume=True) == history
    assert same(again.get_weights(), model.get_weights())


def test_resume_without_a_file_starts_at_the_beginning(tmp_path):
    history = fit(autoencoder())
    assert fit(autoencoder(), checkpoint=tmp_path / "run.npz", resume=True) == history


def test_a_sequential_that_is_not_built_yet_can_be_resumed(tmp_path):
    """A fresh process has no weights before it sees data."""
    path = tmp_path / "run.npz"

    def model():
        model = Sequential([Dense(8, "relu"), Dense(6, "sigmoid")])
        model.compile("adam", "mse")
        return model

    minigen.seed(0)
    unbroken = model()
    history = fit(unbroken, epochs=2)
    minigen.seed(0)
    fit(model(), epochs=1, checkpoint=path)
    second = model()
    assert fit(second, epochs=2, checkpoint=path, resume=True) == history
    assert same(second.get_weights(), unbroken.get_weights())


def test_a_model_with_two_optimizers_is_resumed(tmp_path):
    class Pair(Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = Sequential([Input((6,)), Dense(6)]), Sequential([Input((6,)), Dense(6)])
            self.a_optimizer, self.b_optimizer = Adam(0.01), SGD(0.1, momentum=0.9)

        def train_step(self, x, y):
            logs = {}
            for name in ("a", "b"):
                net = getattr(self, name)
                logs[name] = losses.mean_squared_error(y, net(x))
                logs[name].backward(wrt=net.parameters())
                getattr(self, f"{name}_optimizer").step(net.parameters())
            return logs

    path = tmp_path / "run.npz"
    minigen.seed(0)
    unbroken = Pair()
    history = fit(unbroken)
    minigen.seed(0)
    fit(Pair(), epochs=1, checkpoint=path)
    second = Pair()
    assert fit(second, checkpoint=path, resume=True) == history
    assert same(second.get_weights(), unbroken.get_weights())


def test_checkpoints_hold_weights_that_load(tmp_path):
    model = autoencoder()
    fit(model, checkpoint=tmp_path / "run.npz")
    other = autoencoder(seed=1)
    other.load_weights(tmp_path / "run.npz")
    assert same(other.get_weights(), model.get_weights())


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


WRITER = """
import sys
import numpy as np
from minigen.storage import npz
for n in range(1, 1000):
    npz.write(sys.argv[1], {"w": np.full(2_000_000, n, "float32")}, {"n": n})
    print(n, flush=True)
"""


def test_kill_9_while_writing_leaves_a_whole_checkpoint(tmp_path):
    """The process dies at a random moment, most of the time within a fix: the name always holds a whole file."""
    path = tmp_path / "run.npz"
    for delay in (0.0, 0.004, 0.009, 0.015, 0.022):
        with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True) as process:
            said = [int(process.stdout.readline()) for _ in range(2)][-1]
            time.sleep(delay)
            process.kill()
            said = max([said, *(int(line) for line in process.stdout.read().split("\n")[:-1])])
        arrays, meta = npz.read(path)
        assert meta["n"] in (said, said + 1)
        assert (arrays["w"] == meta["n"]).all()


# ---- what is printed


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
        model.fit(np.ones((8, 3), "float32"), np.ones((8, 3), "float32"), batch_size=1)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs):
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while piece := os.read(ours, 4096):
                shown += piece
    os.close(ours)
    assert b"epoch 1/1" in shown and b"/8" in shown


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


# ---- when training goes wrong


class GoesWrong(Sequential):
    """The loss is NaN from step `at` on."""

    at, steps, interrupt = 0, 0, False

    def train_step(self, x, y):
        self.steps += 1
        logs = super().train_step(x, y)
        if self.steps >= self.at:
            for w in self.weights():
                w.assign(np.full(w.shape, np.nan, "float32"))
            logs["loss"] = logs["loss"] * np.nan
            if self.interrupt:
                signal.raise_signal(signal.SIGINT)
        return logs


def goes_wrong(at):
    model = GoesWrong([Input((6,)), Dense(6, "sigmoid")])
    model.compile("adam", "mse")
    model.at = at
    return model


def test_a_nan_stops_training_and_the_last_good_checkpoint_stays(tmp_path):
    path = tmp_path / "run.npz"
    model = goes_wrong(at=9)  # the third step of the second epoch
    with pytest.raises(FloatingPointError, match="NaN or infinity in loss, epoch 2"):
        fit(model, checkpoint=path)
    arrays, meta = npz.read(path)
    assert meta["epoch"] == 1 and meta["step"] == 0
    assert all(np.isfinite(a).all() for a in arrays.values())


def test_ctrl_c_after_a_nan_does_not_overwrite_the_last_good_checkpoint(tmp_path):
    path = tmp_path / "run.npz"
    model = goes_wrong(at=9)
    model.interrupt = True
    with pytest.raises((KeyboardInterrupt, FloatingPointError)):
        fit(model, checkpoint=path)
    assert all(np.isfinite(a).all() for a in npz.read(path)[0].values())


def test_weights_that_overflow_in_the_last_step_are_not_saved_as_good(tmp_path):
    """The loss is taken before the update: it may be finite where the new weights no longer are."""
    path = tmp_path / "run.npz"
    minigen.seed(0)
    model = Sequential([Input((6,)), Dense(1)])
    model.compile(SGD(3e38), "mse")
    with pytest.raises(FloatingPointError), np.errstate(all="ignore"):
        model.fit(X, 100 * X[:, :1], batch_size=22, epochs=3, checkpoint=path, verbose=0)
    assert not path.exists() or all(np.isfinite(a).all() for a in npz.read(path)[0].values())


def test_a_checkpoint_that_cannot_be_written_is_refused_before_training(tmp_path):
    """Not after the first epoch, which may have taken an hour."""
    model = autoencoder()
    before = model.get_weights()
    with pytest.raises(OSError):
        fit(model, checkpoint=tmp_path / "no such folder" / "run.npz")
    assert same(before, model.get_weights())


# ---- traffic between host and device


def test_a_step_moves_the_batch_once_and_nothing_back(stand_in):
    """fit(x, x): one copy to the device a step; the losses are read when the epoch is over."""
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
    assert moved == {"to_device": steps, "to_host": steps, "sync": 0}


def test_a_test_step_may_log_what_it_likes(tmp_path):
    class Mine(Model):
        def __init__(self):
            super().__init__()
            self.inner = Dense(6)

        def train_step(self, x):
            return {"g_loss": self.inner(x).mean()}

        def test_step(self, x):
            return {"g_loss": self.inner(x).mean()}

    history = Mine().fit(X, validation_data=X, verbose=0).history
    assert list(history) == ["g_loss", "g_loss_end", "val_g_loss"]


@pytest.mark.parametrize("keep", [lambda o: {"d": o}, lambda o: [o]], ids=["a dictionary", "a list"])
def test_optimizers_are_saved_wherever_the_model_keeps_them(tmp_path, keep):
    class Mine(Model):
        def __init__(self):
            super().__init__()
            self.inner = Sequential([Input((6,)), Dense(6)])
            self.adam = Adam(0.01)
            self.kept = keep(self.adam)
            del self.adam

        def train_step(self, x):
            loss = square(self.inner(x) - x).mean()
            loss.backward()
            optimizer = self.kept["d"] if isinstance(self.kept, dict) else self.kept[0]
            optimizer.step(self.parameters())
            return {"loss": loss}

    def run(epochs, **options):
        model = Mine()
        model.fit(X, epochs=epochs, batch_size=8, verbose=0, **options)
        return model.get_weights()

    minigen.seed(0)
    unbroken = run(2)
    minigen.seed(0)
    run(1, checkpoint=tmp_path / "run.npz")
    assert same(run(2, checkpoint=tmp_path / "run.npz", resume=True), unbroken)


def test_resume_refuses_an_optimizer_with_other_settings(tmp_path):
    def fit_with(optimizer, **options):
        model = Sequential([Input((6,)), Dense(6)])
        model.compile(optimizer, "mse")
        model.fit(X, X, verbose=0, checkpoint=tmp_path / "run.npz", **options)

    fit_with(SGD(0.1, momentum=0.9))
    with pytest.raises(ValueError, match="another run"):
        fit_with(SGD(0.1), epochs=2, resume=True)
    fit_with(SGD(0.01, momentum=0.9), epochs=2, resume=True)  # a smaller rate for the rest is a usual wish


def test_ctrl_c_during_the_last_validation_is_not_lost(tmp_path):
    class Interrupted(Sequential):
        def test_step(self, x, y):
            signal.raise_signal(signal.SIGINT)
            return super().test_step(x, y)

    model = Interrupted([Input((6,)), Dense(6)])
    model.compile("adam", "mse")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, X, validation_data=(X, X), checkpoint=tmp_path / "run.npz", verbose=0)


def test_steps_may_log_different_things_and_a_model_may_log_besides(tmp_path):
    """As a GAN that skips a step of the generator. What on_epoch_end returns is kept as floats and lists."""

    class Mine(Sequential):
        steps = 0

        def train_step(self, x):
            self.steps += 1
            return {"d_loss": Tensor([1.0 * self.steps])} | ({"g_loss": 10.0} if self.steps % 2 == 0 else {})

        def on_epoch_end(self, history):
            return {"epochs": len(history["d_loss"]), "share": np.float32(0.5), "digits": np.arange(3)}

    model = Mine([Input((2,)), Dense(1)])
    x = np.zeros((6, 2), "float32")
    history = model.fit(x, epochs=2, batch_size=2, verbose=0, checkpoint=tmp_path / "run.npz").history
    assert history["d_loss"] == [[2.0], [5.0]] and history["g_loss"] == [10.0, 10.0]
    assert history["epochs"] == [1, 2] and history["share"] == [0.5, 0.5] and history["digits"] == [[0, 1, 2]] * 2
