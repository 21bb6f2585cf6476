"""Recurrent layers against loops and against the same net built from single steps, and their state."""

import numpy as np
import pytest
from helpers import loops
from helpers.cells import CELLS, each_cell
from helpers.draws import normal as draw
from helpers.memory import peak
from helpers.refusals import refused

import minigen
from minigen import GRU, LSTM, Dense, Input, Model, Sequential, SimpleRNN, Tensor, gradcheck
from minigen.layers import BatchNormalization, Dropout, Flatten


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


X, H, C = draw(2, 3, 5), draw(2, 4, seed=1), draw(2, 4, seed=2)
STATES = {"lstm": (LSTM, [H, C]), "gru": (GRU, [H]), "simple_rnn": (SimpleRNN, [H])}

WAYS = {  # how Keras and PyTorch hand it over
    "a list": lambda layer, x, state: layer(x, state),
    "a tuple": lambda layer, x, state: layer(x, tuple(state)),
    "by name": lambda layer, x, state: layer(x, initial_state=state),
    "a list and training": lambda layer, x, state: layer(x, state, True),
    "by name and training": lambda layer, x, state: layer(x, initial_state=tuple(state), training=False),
    "beside x, as a tuple": lambda layer, x, state: layer((x, *state)),
    "alone": lambda layer, x, state: layer(x, state if len(state) > 1 else state[0]),
}


# ---- layers


def test_a_stack_of_recurrent_layers_without_sequences_is_told():
    x = Input(shape=(5, 3))
    with pytest.raises(ValueError, match="return_sequences=True"):
        minigen.LSTM(2)(minigen.LSTM(4)(x))


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


@each_cell
def test_without_a_graph_no_gates_are_kept(cell):
    layer, x = CELLS[cell](16), np.random.default_rng(0).standard_normal((4, 200, 3)).astype("float32")
    layer(x[:, :1])

    with minigen.no_grad():
        alone = peak(lambda: layer(x))
    assert cell == "simple_rnn" or alone < 0.75 * peak(lambda: layer(x))


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


# ---- the state of a recurrent layer


@pytest.mark.parametrize("cell", STATES)
@pytest.mark.parametrize("way", WAYS)
def test_a_recurrent_layer_begins_with_the_state_that_it_is_given(cell, way, xp):
    make, state = STATES[cell]
    layer = make(4, return_sequences=True)
    want = layer([X, *state]).numpy()
    assert not np.allclose(want, layer(X).numpy(), atol=0.01)
    tensors = [Tensor(minigen.backend.asarray(s)) for s in state]
    np.testing.assert_array_equal(WAYS[way](layer, X, state).numpy(), want)
    np.testing.assert_array_equal(WAYS[way](layer, Tensor(minigen.backend.asarray(X)), tensors).numpy(), want)


@pytest.mark.parametrize("cell", STATES)
@pytest.mark.parametrize("way", WAYS)
def test_a_state_in_a_graph(cell, way):
    make, state = STATES[cell]
    layer = make(4)
    x, inputs = Input((3, 5)), [Input((4,)) for _ in state]
    model = Model([x, *inputs], WAYS[way](layer, x, inputs))
    np.testing.assert_array_equal(model.predict([X, *state]), layer([X, *state]).numpy())


def test_step_by_step_is_the_whole_sequence():
    """A layer that is fed one step at a time and carries its state along."""
    layer = GRU(4, return_state=True)
    whole, _ = layer(X, H)
    h = H
    for t in range(3):
        y, h = layer(X[:, t : t + 1], h)
    np.testing.assert_allclose(y.numpy(), whole.numpy(), rtol=1e-6)


def test_the_state_of_an_encoder_starts_a_decoder():
    x, y = Input((3, 5)), Input((2, 5))
    first, second = LSTM(4, return_state=True), LSTM(4)
    _, *state = first(x)
    model = Model([x, y], second(y, initial_state=state))
    _, *state = first(X)
    np.testing.assert_array_equal(model.predict([X, X[:, :2]]), second([X[:, :2], *state]).numpy())


@pytest.mark.parametrize(
    "state", [H, [H], [H, H, H], [H[:1], H], [H, H[:, :3]], [H, None], [None, None], (X, (H, C)), 3.0, "h"]
)
def test_a_state_that_does_not_fit_is_refused(state):
    layer = LSTM(4)
    layer(X)
    with refused(ValueError, "LSTM: initial state"):
        layer(X, state)
    with refused(ValueError, "LSTM: initial state"):
        layer(X, initial_state=state)


def test_other_wrong_states_are_refused():
    layer = LSTM(4)
    with refused(ValueError, "LSTM: initial state"):
        layer([X, H, C], [H, C])
    with refused(ValueError, "LSTM: initial state"):
        layer((X, (H, C)))
    with refused(ValueError, "LSTM: initial state"):
        layer(Input((3, 5)), Input((4,)))
    with refused(TypeError, "LSTM: wrong arguments"):
        layer(X, H, C)
    with refused(TypeError, "integer data"):
        GRU(4)(X, np.ones((2, 4), int))
    with refused(TypeError, "'initial_states'"):
        layer(X, initial_states=[H, C])
