"""Recurrent layers against loops and against the same net built from single steps; and the net that writes."""

import numpy as np
import pytest
from helpers import loops
from helpers.memory import peak
from helpers.refusals import refused

import minigen
from minigen import GRU, LSTM, SGD, Adam, Dense, Embedding, Input, Sequential, SimpleRNN, Tensor, grad, gradcheck, ops
from minigen.datasets.text import MarkovSource
from minigen.layers import BatchNormalization, Dropout, Flatten
from minigen.models.autoregressive.char_rnn import CharRNN, streams

CELLS = {"simple_rnn": SimpleRNN, "gru": GRU, "lstm": LSTM}
each_cell = pytest.mark.parametrize("cell", CELLS)
rng = np.random.default_rng(0)


def sequences(batch=3, steps=5, features=4, dtype="float32"):
    return np.random.default_rng(1).standard_normal((batch, steps, features)).astype(dtype)


def built(cell, **options):
    """A layer of 2 units on 4 features, all weights drawn, and the rest of its state of nothing."""
    layer = CELLS[cell](2, **options)
    layer(sequences())
    for weight in layer.weights():
        weight.assign(np.random.default_rng(2).standard_normal(weight.shape).astype("float32"))
    return layer


def by_loops(cell, layer, x, state):
    """h of all steps, (batch, steps, units), and the last state."""
    kernel, recurrent, biases = (w.numpy().astype("float64") for w in layer.weights())
    bias, *more = biases if cell == "gru" else [biases]
    a = (x @ kernel + bias).swapaxes(0, 1)
    rule = {"simple_rnn": loops.simple_recurrence, "gru": loops.gated_recurrence, "lstm": loops.long_short_term_memory}
    y = rule[cell](a, recurrent, *more, *state)
    return y[:, :, :2].swapaxes(0, 1), [part for part in np.split(y[-1], layer.states, axis=1)]


# ---- layers


@each_cell
def test_a_layer_is_its_loop(cell, xp):
    layer, x = built(cell, return_sequences=True, return_state=True), sequences()
    state = [np.zeros((3, 2))] * layer.states
    h, last = by_loops(cell, layer, x, state)
    y, *after = layer(x)
    np.testing.assert_allclose(y.numpy(), h, atol=1e-6)
    for found, want in zip(after, last, strict=True):
        np.testing.assert_allclose(found.numpy(), want, atol=1e-6)


@each_cell
def test_the_last_step_alone_and_the_state(cell):
    every = built(cell, return_sequences=True)(sequences()).numpy()
    np.testing.assert_array_equal(built(cell)(sequences()).numpy(), every[:, -1])
    y, h, *_ = built(cell, return_state=True)(sequences())
    np.testing.assert_array_equal(y.numpy(), h.numpy())


@each_cell
def test_two_halves_are_a_whole(cell):
    """What the second half finds is the state of the first."""
    layer, x = built(cell, return_sequences=True, return_state=True), sequences(steps=6)
    whole, *end = layer(x)
    first, *state = layer(x[:, :4])
    second, *last = layer([x[:, 4:], *state])
    np.testing.assert_allclose(np.concatenate([first.numpy(), second.numpy()], axis=1), whole.numpy(), atol=1e-6)
    for a, b in zip(last, end, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-6)


@each_cell
def test_gradients_to_second_order(cell):
    """Of the input, every weight and every part of the state."""
    layer = built(cell, return_sequences=True).astype("float64")
    x = sequences(2, 3, dtype="float64")
    state = [np.random.default_rng(i).standard_normal((2, 2)) for i in range(layer.states)]
    gradcheck(lambda *given: layer(list(given)), [x, *state], params=layer.parameters(), order=2)


@each_cell
def test_the_fused_rule_is_the_graph_of_single_steps(cell):
    """Back-propagation through 5 layers of 1 step each, which share their weights, gives the same gradients."""
    layer, x = built(cell, return_sequences=True, return_state=True), sequences()
    v = np.random.default_rng(3).standard_normal((3, 5, 2)).astype("float32")
    (layer(x)[0] * v).sum().backward()
    fused = [w.grad.copy() for w in layer.parameters()]
    state, total = [], 0.0
    for t in range(5):
        y, *state = layer([x[:, t : t + 1], *state])
        total = total + (y * v[:, t : t + 1]).sum()
    total.backward()
    for w, g in zip(layer.parameters(), fused, strict=True):
        np.testing.assert_allclose(w.grad, g, rtol=1e-4, atol=1e-5)


@each_cell
def test_a_window_of_forty_is_a_handful_of_ops(cell):
    layer, x = built(cell), sequences(steps=40)
    with minigen.trace() as t:
        layer(x)
    assert len(t.rows) < 12


def test_how_the_weights_start():
    """An orthogonal recurrent kernel; the forget gate of an LSTM open."""
    lstm, gru, simple = (cell(6) for cell in (LSTM, GRU, SimpleRNN))
    for layer in (lstm, gru, simple):
        layer(sequences())
        kernel = layer.recurrent_kernel.numpy()
        np.testing.assert_allclose(kernel @ kernel.T, np.eye(6), atol=1e-5)
    np.testing.assert_array_equal(lstm.bias.numpy(), np.repeat([0, 1, 0, 0], 6))
    assert [layer.count_params() for layer in (lstm, gru, simple)] == [24 * 11, 18 * 12, 6 * 11]  # as in Keras


def test_an_embedding_takes_rows(xp):
    layer = Embedding(5, 3)
    x = np.array([[0, 4, 4], [2, 0, 1]])
    y = layer(x)
    np.testing.assert_array_equal(y.numpy(), layer.embeddings.numpy()[x])
    (y * y).sum().backward()
    count = np.bincount(x.reshape(-1), minlength=5)[:, None]
    grad = minigen.to_numpy(layer.embeddings.grad)
    np.testing.assert_allclose(grad, 2 * count * layer.embeddings.numpy(), rtol=1e-6)
    assert abs(layer.embeddings.numpy()).max() <= 0.05


@pytest.mark.parametrize("rule, parts", [("SimpleRecurrence", 1), ("GatedRecurrence", 3), ("LongShortTermMemory", 4)])
def test_the_second_order_is_the_same_where_the_data_is_an_array(rule, parts):
    """The gates that forward() keeps are numbers: at second order they must not stand in for what hangs on U."""
    rng = np.random.default_rng(0)
    x, u = rng.standard_normal((4, 3, 2 * parts)), Tensor(rng.standard_normal((2, 2 * parts)), requires_grad=True)
    b = [rng.standard_normal(6)] if parts == 3 else []
    states = [rng.standard_normal((3, 2)) for _ in range(2 if parts == 4 else 1)]
    found = []
    for given in (x, Tensor(x, requires_grad=True)):
        y = getattr(ops, rule)()(given, u, *b, *states)
        (g,) = grad((y * y).sum(), [u], create_graph=True)
        found.append(grad((g * g).sum(), [u])[0].numpy())
    np.testing.assert_allclose(*found, rtol=1e-10)


@each_cell
def test_without_a_graph_no_gates_are_kept(cell):
    layer, x = CELLS[cell](16), np.random.default_rng(0).standard_normal((4, 200, 3)).astype("float32")
    layer(x[:, :1])

    with minigen.no_grad():
        alone = peak(lambda: layer(x))
    assert cell == "simple_rnn" or alone < 0.75 * peak(lambda: layer(x))


def test_a_model_of_symbols_trains_and_predicts():
    """Count modulo 3 the ones so far: a net without memory cannot."""
    x = np.random.default_rng(0).integers(0, 2, (400, 8))
    y = np.cumsum(x, axis=1) % 3
    layers = [Input((8,), dtype="int64"), Embedding(2, 4), GRU(16, return_sequences=True), Dense(3, "softmax")]
    model = Sequential(layers)
    model.compile(Adam(0.02), "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=20, epochs=15, verbose=0)
    assert (model.predict(x).argmax(axis=-1) == y).mean() > 0.97


@each_cell
def test_bad_sequences_are_refused(cell):
    layer = CELLS[cell](2)
    with refused(ValueError, "no sequences"):
        layer(sequences()[:, 0])
    with refused(ValueError, "no sequences"):
        layer(sequences()[:, :0])
    with refused(ValueError, "no sequences"):
        built(cell)(sequences()[:, :, :0])
    several = [Input((5, 4)), CELLS[cell](2, return_state=True)]
    for behind in (Dense(2), Dropout(0.5), Flatten(), BatchNormalization()):
        with refused(TypeError, f"{behind.label}: "):
            Sequential([*several, behind])
    layer(sequences())
    with refused(ValueError, "number of features"):
        layer(sequences(features=5))
    with refused(TypeError, "integer data"):
        layer(np.ones((2, 3, 4), "int64"))
    with refused(ValueError, "initial state"):
        layer([sequences(), np.zeros((2, 2), "float32")])
    with refused(ValueError, "initial state"):
        layer([sequences(), *[np.zeros((3, 2), "float32")] * 3])
    with refused(ValueError, "units"):
        CELLS[cell](0)


def test_bad_symbols_are_refused():
    layer = Embedding(4, 2)
    layer(np.array([[0, 3]]))
    with refused(ValueError, "count from 0"):
        layer(np.array([[-1, 0]]))
    with refused(TypeError, "no symbols"):
        layer(np.ones((2, 3), "float32"))
    with refused(ValueError, "unknown symbol"):
        layer(np.array([[0, 4]]))
    with refused(ValueError, "unknown symbol"):
        layer(np.array([[-1, 0]]))
    with refused(ValueError, "input_dim"):
        Embedding(0, 2)
    with refused(ValueError, "output_dim"):
        Embedding(2, 1.5)


# ---- the net that writes


TEXT = "the cat sat on the mat. " * 60


def test_windows_follow_each_other_in_their_streams():
    """21 characters in 2 streams, windows of 4: 0..7 and 8..15, two windows each; 16 onwards is left over."""
    x, y = streams(np.arange(21), 4, 2, "here")
    np.testing.assert_array_equal(x, [[0, 1, 2, 3], [8, 9, 10, 11], [4, 5, 6, 7], [12, 13, 14, 15]])
    np.testing.assert_array_equal(y, x + 1)


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
        found = model.sample(3000, "a", temperature).count("b") / 3000
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
