"""The net that writes: the chain rule, cut windows, texts without chance, its streams, and resuming."""

import signal

import numpy as np
import pytest
from helpers.cells import each_cell
from helpers.memory import peak
from helpers.refusals import refused

import minigen
from minigen import SGD, Adam, Tensor, models, ops
from minigen.datasets.text import MarkovSource
from minigen.models.autoregressive.char_rnn import CharRNN, streams
from minigen.storage import npz

# ---- the net that writes


def test_windows_follow_each_other_in_their_streams():
    """21 characters in 2 streams, windows of 4: 0..7 and 8..15, two windows each; 16 onwards is left over."""
    x, y = streams(np.arange(21), 4, 2, "here")
    np.testing.assert_array_equal(x, [[0, 1, 2, 3], [8, 9, 10, 11], [4, 5, 6, 7], [12, 13, 14, 15]])
    np.testing.assert_array_equal(y, x + 1)


TEXT = "the cat sat on the mat. " * 60


@each_cell
def test_nats_are_the_chain_rule(cell):
    """By hand: read one character after the other, and look up the next."""
    model = CharRNN(TEXT, cell, units=5)
    codes, state, total = model.vocabulary.encode("the cat"), model.initial_state(1), 0.0
    for now, then in zip(codes[:-1], codes[1:], strict=True):
        logits, state = model.forward(np.array([[now]]), state)
        total -= ops.log_softmax(logits).numpy()[0, 0, then]
    assert model.nll("the cat") == pytest.approx(total / 6, rel=1e-5)
    long = TEXT[:2100]  # more than one piece
    p = model.predict(model.vocabulary.encode(long)[None, :-1])[0]
    want = -np.log(p[np.arange(len(p)), model.vocabulary.encode(long)[1:]]).mean()
    assert model.nll(long) == pytest.approx(want, rel=1e-4)
    assert model.nll("cat", prefix="the ") == pytest.approx((model.nll("the cat") * 6 - model.nll("the ") * 3) / 3)


def test_back_propagation_through_time_is_cut_between_windows():
    """The state goes on, the gradient does not: a step's gradient is that of its window alone, from that state."""
    model = CharRNN(TEXT, "gru", units=4)
    model.compile(SGD(0.0))
    x, y = streams(model.vocabulary.encode(TEXT), 5, 2, "here")
    model._states = [s.data for s in model.initial_state(2)]
    model.train_step(x[:2], y[:2])
    state = [minigen.to_numpy(s).copy() for s in model._states]
    assert not np.allclose(state[0], 0)
    model.train_step(x[2:4], y[2:4])
    found = [w.grad.copy() for w in model.parameters()]
    logits, _ = model.forward(x[2:4], [Tensor(s) for s in state])
    model.loss(y[2:4], ops.softmax(logits)).backward()
    for w, g in zip(model.parameters(), found, strict=True):
        np.testing.assert_allclose(w.grad, g, rtol=1e-5, atol=1e-7)


def test_the_streams_begin_again_in_each_epoch(monkeypatch):
    model, seen = CharRNN(TEXT, "simple_rnn", units=4), []
    model.compile(SGD(0.1))
    read = model.forward

    def spy(codes, state, training=False):
        seen.append(float(abs(state[0].numpy()).max()))
        return read(codes, state, training)

    monkeypatch.setattr(model, "forward", spy)
    model.fit(TEXT, window=100, batch_size=2, epochs=2, verbose=0)
    assert len(seen) == 14 and seen[0] == seen[7] == 0 and 0 not in seen[1:7] + seen[8:]
    assert model._states == []


def test_a_text_without_chance_is_learnt_and_written():
    minigen.seed(0)
    model = CharRNN(TEXT, "lstm", units=32)
    model.compile(Adam(0.02, global_clipnorm=1.0))
    history = model.fit(TEXT, window=24, batch_size=4, epochs=25, verbose=0, validation_text=TEXT[:500]).history
    assert history["val_loss"][-1] == pytest.approx(model.nll(TEXT[:500])) and history["val_loss"][-1] < 0.05
    assert model.sample(21, "the ", temperature=0.1) == "cat sat on the mat. t"
    assert len(model.sample(7)) == 7


def test_metrics_get_probabilities_in_training_and_in_evaluation():
    seen = []

    def total(y, p):
        seen.append(float(minigen.to_numpy(p.sum(axis=-1)).max()))
        return 0.0

    model = CharRNN(TEXT, "gru", units=4)
    model.compile(metrics=[total])
    x, y = streams(model.vocabulary.encode(TEXT), 10, 4, "here")
    model.train_on_batch(x[:4], y[:4])
    model.evaluate(x[:4], y[:4])
    assert seen == pytest.approx([1, 1])


def test_temperature_divides_the_logits():
    """With logits 0 and log 3 the second comes 3 times of 4, at temperature 1/2 9 times of 10."""
    model = CharRNN("ab", "simple_rnn", units=2)
    for weight in model.weights():
        weight.assign(np.zeros_like(weight.numpy()))
    model.dense.bias.assign(np.array([0, np.log(3)], "float32"))
    for temperature, share in ((1.0, 0.75), (0.5, 0.9), (1e-3, 1.0)):
        found = model.sample(1000, "a", temperature).count("b") / 1000
        assert found == pytest.approx(share, abs=0.03)


@each_cell
def test_resume_is_bit_for_bit_that_of_a_run_without_a_break(cell, tmp_path, monkeypatch, capsys):
    """Stopped in the middle of an epoch: the carried state is part of the checkpoint."""

    def run(epochs, **options):
        minigen.seed(5)
        model = CharRNN(TEXT, cell, units=4, dropout=0.2)
        model.compile(Adam(0.01))
        model.fit(TEXT, window=10, batch_size=4, epochs=epochs, verbose=0, **options)
        return model.get_weights()

    want, path, step = run(2), tmp_path / "run.npz", CharRNN.train_step
    steps = []

    def interrupted(self, *batch):
        steps.append(1)
        if len(steps) == 50:
            import signal

            signal.raise_signal(signal.SIGINT)
        return step(self, *batch)

    monkeypatch.setattr(CharRNN, "train_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(2, checkpoint=path)
    found = run(2, checkpoint=path, resume=True)
    for a, b in zip(found, want, strict=True):
        np.testing.assert_array_equal(a, b)


@each_cell
def test_a_step_moves_the_characters_and_the_labels_and_nothing_back(cell, stand_in):
    with minigen.using("cupy"):
        model = CharRNN(TEXT, cell, units=4)
        model.compile()
        x, y = streams(model.vocabulary.encode(TEXT), 10, 4, "here")
        model._states = [s.data for s in model.initial_state(4)]
        model.train_step(x[:4], y[:4])
        with stand_in.counting() as moved:
            model.train_step(x[4:8], y[4:8])
    assert moved == {"to_device": 2, "to_host": 0, "sync": 0}


def test_weights_come_with_their_vocabulary(tmp_path):
    model = CharRNN("abc", "gru", units=4)
    model.save_weights(tmp_path / "abc.npz")
    same = CharRNN("cab", "gru", units=4)
    same.load_weights(tmp_path / "abc.npz")
    assert same.nll("abcabc") == model.nll("abcabc")
    for characters in ("abd", "abcd"):
        other = CharRNN(characters, "gru", units=4)
        before = other.get_weights()
        with refused(ValueError, "'abc'"):
            other.load_weights(tmp_path / "abc.npz")
        for a, b in zip(other.get_weights(), before, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_checkpoint_is_read_as_weights(tmp_path):
    """The streams are no weights: between epochs they may be others in number."""

    def trained(**options):
        model = CharRNN(TEXT, "lstm", units=4)
        model.compile()
        model.fit(TEXT, window=10, verbose=0, checkpoint=tmp_path / "run.npz", **options)
        return model

    model, other = trained(batch_size=4), CharRNN(TEXT, "lstm", units=4)
    other.load_weights(tmp_path / "run.npz")
    assert other.nll("the cat") == model.nll("the cat")
    assert np.isfinite(trained(batch_size=8, epochs=2, resume=True).nll("the cat"))


def test_other_loops_train_it_too():
    """Windows of codes in any fit(): each begins with nothing read."""
    model = CharRNN(TEXT, "gru", units=8)
    model.compile(Adam(0.02))
    x, y = streams(model.vocabulary.encode(TEXT), 20, 2, "here")
    task = minigen.Task("text", model, x, y)
    history = minigen.alternate([(task, 1)], batch_size=4, epochs=6, verbose=0).history["text/loss"]
    assert history[-1] < 0.7 * history[0]


def test_memory_grows_with_the_window_and_not_with_the_text():
    source = MarkovSource().sample(40_000)

    def peak_of(text, window):
        model = CharRNN("abcd", "simple_rnn", units=64)
        model.compile(SGD(0.1))
        model.fit(text[:1000], window=5, batch_size=8, verbose=0)
        return peak(lambda: model.fit(text, window=window, batch_size=8, verbose=0))

    small, long, wide = peak_of(source[:10_000], 50), peak_of(source, 50), peak_of(source, 400)
    assert (long - small) / 30_000 < 64  # bytes for a character more: its number, and not the 256 of one state
    assert 3 < (wide - long) / (8 * 350) / 256 < 12  # a few states for each of 8 x 350 characters more


def test_bad_text_is_refused():
    model = CharRNN(TEXT, "gru", units=4)
    with refused(RuntimeError, "not compiled"):
        model.fit(TEXT, verbose=0)
    model.compile()
    with refused(ValueError, "text"):
        model.fit("", verbose=0)
    with refused(ValueError, "text"):
        model.fit("the cat", window=40, verbose=0)
    with refused(ValueError, "unknown characters"):
        model.fit("QQQ" * 1000, verbose=0)
    with refused(ValueError, "unknown characters"):
        model.fit(TEXT, verbose=0, validation_text="the dog!")
    with refused(ValueError, "validation_text"):
        model.fit(TEXT, verbose=0, validation_text="t")
    with refused(ValueError, "window"):
        model.fit(TEXT, window=0, verbose=0)
    with refused(ValueError, "unknown characters"):
        model.sample(5, "Q")
    with refused(ValueError, "sample: n"):
        model.sample(0)
    with refused(ValueError, "temperature"):
        model.sample(5, temperature=0)
    with refused(ValueError, "temperature"):
        model.sample(5, temperature=np.nan)
    with refused(ValueError, "CharRNN.nll: text"):
        model.nll("t")
    with refused(ValueError, "CharRNN.nll: text"):
        model.nll("", prefix="the")
    with refused(ValueError, "Vocabulary: text"):
        CharRNN("")
    with refused(ValueError, "cell"):
        CharRNN(TEXT, "transformer")
    with refused(ValueError, "cell"):
        CharRNN(TEXT, None)
    with refused(TypeError, "no characters"):
        model.predict("the cat")
    with refused(TypeError, "no characters"):
        model.evaluate("the cat", "he cat ")
    with refused(TypeError, "no characters"):
        model.train_on_batch(np.ones((2, 3)), np.ones((2, 3), "int64"))
    with refused(TypeError, "CharRNN.fit: window"):
        model.fit(TEXT, TEXT, verbose=0)
    with refused(TypeError, "CharRNN.fit: text"):
        model.fit(np.ones(9), verbose=0)
    with refused(TypeError, "prompt"):
        model.sample(3, 5)
    with refused(TypeError, "prefix"):
        model.nll("the", None)
    with refused(ValueError, "units"):
        CharRNN(TEXT, units=0)
    with refused(ValueError, "features"):
        CharRNN(TEXT, features=-1)


@pytest.mark.parametrize(
    ("problem", "call", "error"),
    [
        ("validation_text", lambda: models.CharRNN("ab").fit("ab" * 900, validation_text=""), ValueError),
    ],
)
def test_an_empty_validation_text_is_refused(problem, call, error):
    with refused(error, problem):
        call()


# ---- the streams of a CharRNN


PANGRAM = "the quick brown fox jumps over the lazy dog. " * 9


def writer(seed=0, text=PANGRAM):
    minigen.seed(seed)
    model = CharRNN(text, "gru", units=5, features=3, dropout=0.2)
    model.compile(Adam(0.01))
    return model


def test_the_batch_size_of_a_char_rnn_may_change_between_epochs(tmp_path):
    """The streams begin anew with each epoch: no state of the old ones goes on."""
    options = {"window": 8, "verbose": 0, "validation_text": "the dog."}
    by_hand = writer()
    by_hand.fit(PANGRAM, batch_size=4, epochs=2, **options)
    by_hand.fit(PANGRAM, batch_size=7, epochs=1, **options)
    writer().fit(PANGRAM, batch_size=4, epochs=2, checkpoint=tmp_path / "run.npz", **options)
    model = writer(seed=5)
    model.fit(PANGRAM, batch_size=7, epochs=3, checkpoint=tmp_path / "run.npz", resume=True, **options)
    np.testing.assert_equal(model.get_weights(), by_hand.get_weights())


def test_a_char_rnn_has_no_shuffle():
    for shuffle in (True, False):
        with refused(TypeError, "shuffle"):
            writer().fit(PANGRAM, 8, 4, shuffle=shuffle)


def interrupted_writer(path, monkeypatch):
    model, step = writer(), CharRNN.train_step

    def stopping(self, x, y):
        if self.optimizer.iterations == 2:
            signal.raise_signal(signal.SIGINT)
        return step(self, x, y)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(CharRNN, "train_step", stopping)
        model.fit(PANGRAM, window=8, batch_size=4, epochs=2, verbose=0, checkpoint=path)
    signal.signal(signal.SIGINT, before)


def test_a_char_rnn_goes_on_within_an_epoch(tmp_path, monkeypatch, capsys):
    interrupted_writer(tmp_path / "run.npz", monkeypatch)
    unbroken = writer()
    unbroken.fit(PANGRAM, window=8, batch_size=4, epochs=2, verbose=0)
    again = writer(seed=5)
    again.fit(PANGRAM, window=8, batch_size=4, epochs=2, verbose=0, checkpoint=tmp_path / "run.npz", resume=True)
    np.testing.assert_equal(again.get_weights(), unbroken.get_weights())


@pytest.mark.parametrize("damage", ["another shape", "missing", "another alphabet"])
def test_streams_that_do_not_fit_are_refused_and_nothing_is_changed(damage, tmp_path, monkeypatch, capsys):
    path = tmp_path / "run.npz"
    interrupted_writer(path, monkeypatch)
    arrays, meta = npz.read(path)
    if damage == "another shape":
        arrays["state/0"] = arrays["state/0"][:, :2]
    if damage == "missing":
        del arrays["state/0"]
    npz.write(path, arrays, meta)
    text = PANGRAM.replace("q", "Q") if damage == "another alphabet" else PANGRAM
    model = writer(seed=5, text=text)
    before, draws = model.get_weights(), minigen.backend.random_state()
    options = {"window": 8, "batch_size": 4, "epochs": 2, "verbose": 0, "checkpoint": path, "resume": True}
    problem = {"another shape": "state of the streams", "missing": "missing: state/0"}.get(damage, "the weights of")
    with refused(ValueError, problem):
        model.fit(text, **options)
    np.testing.assert_equal(model.get_weights(), before)
    assert minigen.backend.random_state() == draws and model.optimizer.iterations == 0
