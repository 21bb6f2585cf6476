"""trace() reports what really ran, changes nothing and keeps nothing."""

import re
import sys
import types
import weakref

import numpy as np
import pytest
from helpers.html_cells import cells
from helpers.small_mlp import X, parameter, run_mlp, small_mlp

import minigen
from minigen import Dense, Op, Sequential, Tensor, autograd, backend
from minigen.inspection.trace import trace


def norm(a):
    return float(np.sqrt(np.sum(np.asarray(a, "float64") ** 2)))


# ---- the rows


def test_one_row_for_each_op_in_order_of_execution():
    w, b = small_mlp()
    with trace() as t:
        _, loss = run_mlp(w, b)
        loss.backward()
    assert [(r.number, r.op) for r in t.rows] == [(1, "Linear"), (2, "Tanh"), (3, "Power"), (4, "Sum")]
    assert t.rows[0].inputs == ((2, 3), (3, 4), (4,)) and t.rows[0].output == (2, 4)
    assert t.rows[2].inputs == ((2, 4), 2)  # a number stands for itself
    assert t.rows[3].inputs == ((2, 4),) and t.rows[3].output == ()
    assert [r.nbytes for r in t.rows] == [32, 32, 32, 4]  # 2 x 4 float32, and one
    assert t.rows[0].names == ("dense/kernel", "dense/bias") and t.rows[1].names == ()
    assert t.rows[1].formula == "y = tanh x,   dL/dx = g (1 - y²)"
    assert not any(r.flag for r in t.rows) and t.first_nan() is None


def test_gradient_norms_are_those_of_the_hand_derivation():
    w, b = small_mlp()
    with trace() as t:
        h, loss = run_mlp(w, b)
        h = h.data.copy()
        loss.backward()
    by_hand = [2 * h * (1 - h * h), 2 * h, np.ones((2, 4)), 1.0]  # dL/dy of Linear, Tanh, Power, Sum
    assert [r.gradient_norm for r in t.rows] == pytest.approx([norm(g) for g in by_hand], rel=1e-6)


def test_the_norm_of_a_large_float32_gradient_does_not_overflow():
    w = parameter([1, 2, 3])
    with trace() as t:
        ((w * 1.0).sum() * 1e30).backward()
    assert t.rows[0].gradient_norm == pytest.approx(np.sqrt(3) * 1e30, rel=1e-6)
    assert t.first_nan() is None


class Slow(Op):
    def __init__(self, monkeypatch):
        """Its rules take 30 and 10 ms of a clock that stands still for everything else."""
        self.now = 0.0
        clock = types.SimpleNamespace(perf_counter=lambda: self.now)
        monkeypatch.setattr(sys.modules["minigen.inspection.trace"], "time", clock)

    def forward(self, x):
        self.now += 0.03
        return x * 1

    def backward(self, g, y, x):
        self.now += 0.01
        return g


def test_times_are_those_of_the_rules(monkeypatch):
    slow = Slow(monkeypatch)
    with trace() as t:
        (slow(parameter([1.0])) * 2).sum().backward()
    assert [r.forward_ms for r in t.rows] == pytest.approx([30, 0, 0])
    assert [r.backward_ms for r in t.rows] == pytest.approx([10, 0, 0])
    total = t.table().splitlines()[-1].split()
    assert [float(ms) for ms in total[3:5]] == [30, 10]


def test_times_come_from_a_clock():
    with trace() as t:
        parameter([1.0]).sum().backward()
    assert t.rows[0].forward_ms > 0 and t.rows[0].backward_ms > 0


def test_parts_outside_the_block_are_left_open():
    w, b = small_mlp()
    _, loss = run_mlp(w, b)
    with trace() as t:
        loss.backward()
        run_mlp(w, b)
    minigen.exp(w)
    assert [r.op for r in t.rows] == ["Sum", "Power", "Tanh", "Linear", "Linear", "Tanh", "Power", "Sum"]
    assert all(r.forward_ms is None and r.gradient_norm is not None for r in t.rows[:4])
    assert all(r.backward_ms is None and r.gradient_norm is None for r in t.rows[4:])
    assert t.rows[3].names == ("dense/kernel", "dense/bias") and t.rows[3].output == (2, 4)
    lines = [re.split(r"  +", line.strip()) for line in t.table().splitlines()]
    assert [cell == "-" for cell in lines[1][4:8]] == [True, False, False, False]  # forward, backward, bytes, norm
    assert [cell == "-" for cell in lines[8][4:8]] == [False, True, False, True]


def test_two_sweeps_over_one_graph_add_their_times_to_the_same_rows(monkeypatch):
    w, slow = parameter([1.0]), Slow(monkeypatch)
    with trace() as t:
        y = slow(w).sum()
        minigen.grad(y, [w])
        minigen.grad(y, [w])
    assert [r.op for r in t.rows] == ["Slow", "Sum"]
    assert t.rows[0].backward_ms == pytest.approx(20) and t.rows[0].formula == ""


# ---- the table


def test_a_trace_in_a_file_keeps_its_characters():
    with minigen.trace() as t:
        minigen.exp(minigen.Tensor([1.0]))
    assert "→" in t.table() and "→" in str(t)


def test_the_table_shows_every_column():
    w, b = small_mlp()
    with trace() as t:
        _, loss = run_mlp(w, b)
        loss.backward()
    lines = str(t).splitlines()
    assert str(t) == t.table() and len(lines) == 6
    assert re.split(r"  +", lines[0].strip()) == (
        ["#", "op", "formula", "shapes", "forward ms", "backward ms", "bytes", "‖dL/dy‖", "named inputs"]
    )
    linear, tanh = (re.split(r"  +", line.strip()) for line in lines[1:3])
    assert linear[:4] == ["1", "Linear", "y = x W + b", "(2, 3) (3, 4) (4,) → (2, 4)"]  # long: up to the first comma
    assert linear[6:] == ["32", f"{t.rows[0].gradient_norm:.4g}", "dense/kernel, dense/bias"]
    assert "y = tanh x,   dL/dx = g (1 - y²)" in lines[2] and tanh[-1] == f"{t.rows[1].gradient_norm:.4g}"
    assert "(2, 4) 2 → (2, 4)" in lines[3]
    assert lines[5].split()[:3] == ["total", "4", "ops"] and lines[5].split()[-1] == "100"
    assert len({line.index("(2, ") for line in lines[1:5]}) == 1  # columns stand below each other


def test_a_very_long_formula_is_cut():
    class Long(Op):
        __doc__ = "y = " + "x + " * 30 + "x"

        def forward(self, x):
            return 31 * x

    with trace() as t:
        Long()(parameter([1.0]))
    assert t.rows[0].formula == Long.__doc__
    assert "x +…" in t.table() and len(t.table().splitlines()[1]) < 120


def test_an_empty_trace_has_a_table_too():
    with trace() as t:
        pass
    assert t.rows == [] and t.first_nan() is None and "0 ops" in t.table()


def test_a_notebook_shows_the_same_table():
    w, b = small_mlp()
    with trace() as t:
        _, loss = run_mlp(w, b)
        loss.backward()
    lines = t.table().splitlines()
    html = cells(t._repr_html_())
    assert [" ".join(row).split() for row in html.rows] == [line.split() for line in lines]
    assert repr(t).startswith("<Trace, 4 ops: forward ") and repr(t).endswith(" ms>") and "\n" not in repr(t)


def test_a_shell_and_a_notebook_say_where_the_first_nan_is():
    with trace() as t, np.errstate(invalid="ignore"):
        minigen.log(parameter([-1.0], "<w>")).sum()
    assert repr(t).endswith("; first NaN or infinity: row 1, Log: NaN in y>")
    html = cells(t._repr_html_())
    assert html.outside == ["first NaN or infinity: row 1, Log: NaN in y"] and html.rows[1][8:] == ["<w>", "← NaN in y"]


# ---- NaN and infinity


def test_first_nan_is_the_op_that_made_it():
    w = parameter([1.0, -1.0], "w")
    with trace() as t, np.errstate(invalid="ignore"):
        (minigen.log(w * 2.0) + 1.0).sum().backward()
    assert [r.op for r in t.rows] == ["Multiply", "Log", "Add", "Sum"]
    assert [r.bad_output for r in t.rows] == ["", "NaN", "NaN", "NaN"]
    assert t.first_nan() is t.rows[1]
    lines = t.table().splitlines()
    assert "←" not in lines[1] and all("← NaN in y" in line for line in lines[2:5])
    assert lines[-1] == "first NaN or infinity: row 2, Log: NaN in y"


def test_infinity_is_told_from_nan():
    with trace() as t, np.errstate(over="ignore"):
        minigen.exp(parameter([1e3])) * -1.0
    assert [r.flag for r in t.rows] == ["inf in y", "inf in y"] and t.first_nan().op == "Exp"


def test_a_bad_gradient_is_traced_to_the_rule_that_made_it():
    """√x at 0: every output is finite, dL/dx = g / 2y is not; the sweep goes from the last row up."""
    w = parameter([0.0, 4.0])
    with trace() as t, np.errstate(all="ignore"):
        (minigen.sqrt(w * 3.0 + 0.0) * 5.0).sum().backward()
    assert [r.op for r in t.rows] == ["Multiply", "Add", "Sqrt", "Multiply", "Sum"]
    assert [r.bad_gradient for r in t.rows] == ["inf", "inf", "", "", ""]
    assert t.first_nan() is t.rows[2] and t.rows[2].flag == "inf in dL/dx"
    assert t.rows[1].gradient_norm == np.inf and "inf in dL/dy" in t.rows[1].flag


def test_a_bad_gradient_that_only_a_parameter_sees_is_found():
    w = parameter([0.0])
    with trace() as t, np.errstate(divide="ignore"):
        minigen.sqrt(w).sum().backward()
    assert not np.isfinite(w.grad).all() and t.first_nan().op == "Sqrt"


def test_a_gradient_that_nobody_wants_raises_no_flag():
    """dL/db = -g y / b of a division by a constant overflows, but no one asks for it."""
    w = parameter([1e-30])
    with trace() as t, np.errstate(all="ignore"):
        (w / np.array([1e-30], "float32")).sum().backward()
        tiny = Tensor(np.array([1e-30], "float32"))
        (Tensor(np.array([1.0], "float32"), requires_grad=True) / tiny).sum().backward()
    assert t.first_nan() is None


# ---- what belongs to an op is not listed on its own


def test_ops_that_rules_call_on_plain_arrays_are_part_of_the_rule():
    x = parameter([[0.5, -1.0]])
    with trace() as t:
        loss = minigen.losses.binary_crossentropy(np.ones((1, 2), "float32"), x, from_logits=True)  # calls sigmoid(x)
        loss.backward()
        minigen.softplus(x).sum().backward()  # backward calls sigmoid(x)
    assert [r.op for r in t.rows] == ["BinaryCrossentropy", "Softplus", "Sum"]


def test_plain_arrays_at_the_top_are_listed():
    with trace() as t:
        assert isinstance(minigen.tanh(X), np.ndarray)
    assert [(r.op, r.inputs) for r in t.rows] == [("Tanh", ((2, 3),))]


def test_a_create_graph_sweep_lists_the_ops_that_it_records():
    w = parameter([0.5])
    with trace() as t:
        (g,) = minigen.grad(minigen.tanh(w).sum(), [w], create_graph=True)
        assert len(t.rows) > 2  # the rule g (1 - y²), written in ops
        g.sum().backward()
    assert [r.op for r in t.rows[:2]] == ["Tanh", "Sum"]
    assert {"Subtract", "Multiply"} <= {r.op for r in t.rows[2:]}
    assert w.grad == pytest.approx(-2 * np.tanh(0.5) * (1 - np.tanh(0.5) ** 2), rel=1e-5)


# ---- a trace changes nothing and keeps nothing


class Fails(Op):
    """y = nothing"""

    def forward(self, x):
        raise ZeroDivisionError

    def backward(self, g, y, x):
        raise AssertionError


def test_the_observer_comes_back_also_after_an_exception():
    with trace() as outer:
        with pytest.raises(ZeroDivisionError), trace() as t:
            minigen.tanh(parameter([1.0]))
            Fails()(parameter([1.0]))
        assert autograd.mode.observer is outer
        assert [r.op for r in t.rows] == ["Tanh"]  # what ran is still there
    assert autograd.mode.observer is None and outer.rows == []


def test_an_op_that_failed_does_not_hide_the_next_ones():
    with trace() as t:
        with pytest.raises(ZeroDivisionError):
            Fails()(parameter([1.0]))
        minigen.tanh(parameter([1.0]))
    assert [r.op for r in t.rows] == ["Tanh"]


def test_training_is_the_same_to_the_last_bit():
    def train():
        minigen.seed(1)
        model = Sequential([minigen.Input(shape=(3,)), Dense(4, activation="relu"), minigen.Dropout(0.5), Dense(3)])
        model.compile(optimizer="adam", loss="mean_squared_error")
        losses = [model.train_on_batch(X, X) for _ in range(5)]
        return losses, [w.tobytes() for w in model.get_weights()]

    plain = train()
    with trace() as t:
        traced = train()
    assert traced == plain and len(t.rows) > 5 * 4


def test_no_array_is_kept_alive():
    w, b = small_mlp()
    with trace() as t:
        h, loss = run_mlp(w, b)
        kept = [weakref.ref(a) for a in (h.data, h.op, loss.op)]
        loss.backward()
        del h, loss
        assert all(ref() is None for ref in kept)  # already inside the block
    assert len(t.rows) == 4


# ---- on every backend


def test_numbers_and_shapes_are_the_same_on_every_backend(xp, monkeypatch):
    waits = []
    if xp == "stand-in":  # a stream that works at once, and notes how often somebody waits for it
        stream = types.SimpleNamespace(synchronize=lambda: waits.append(1))
        monkeypatch.setattr(backend.xp.cuda, "get_current_stream", lambda: stream, raising=False)
    w, b = small_mlp()
    with trace() as t:
        h, loss = run_mlp(w, b)
        h = h.numpy()
        loss.backward()
        minigen.exp(parameter([np.inf]))
    assert t.rows[1].gradient_norm == pytest.approx(norm(2 * h), rel=1e-5)
    assert type(t.rows[1].gradient_norm) is float and t.rows[0].output == (2, 4) and t.rows[3].nbytes == 4
    assert [r.flag for r in t.rows] == [""] * 4 + ["inf in y"]
    assert len(t.table().splitlines()) == 8  # head, 5 ops, total, the first infinity
    assert len(waits) == (18 if xp == "stand-in" else 0)  # before and after each of 5 forward and 4 backward rules


# ---- where an op ran, and where its inputs came from


def test_rows_know_their_model_and_their_sources():
    x = minigen.Input(shape=(3,))
    inner = minigen.Model(x, minigen.Dense(2, "relu")(x), name="inner")
    data = Tensor(np.ones((4, 3), "float32"), name="x")
    with minigen.trace() as t:
        h = inner(data) * 2.0
        (h + np.ones((4, 2), "float32")).sum().backward()
    assert [row.module for row in t.rows] == ["inner", "inner", "", "", ""]
    assert [row.sources for row in t.rows] == [("x",), (1,), (2,), (3, "data"), (4,)]


def test_sources_are_known_where_nothing_is_recorded():
    """Data that go through an op before the first weight: the op has no graph, and the trace knows it all the same."""
    w = Tensor(np.ones(3), requires_grad=True)
    x = Tensor(np.ones(3), name="x")
    with minigen.trace() as t:
        y = x * 2.0
        (w * y).sum()
    assert [row.sources for row in t.rows] == [("x",), (1,), (2,)]


def test_a_trace_says_how_a_convolution_is_computed(capsys):
    """The second layer of LeNet: scattering costs half (kernels/routes.py)."""
    for needs, gradients in {
        (True, True): "both gradients scattered",
        (True, False): "dL/dx scattered",
        (False, True): "dL/dw gathered",
    }.items():
        x = Tensor(np.ones((1, 12, 12, 32), "float32"), requires_grad=needs[0])
        w = Tensor(np.ones((5, 5, 32, 64), "float32"), requires_grad=needs[1])
        with minigen.trace() as t:
            y = minigen.conv2d(x, w)
            assert t.rows[0].way == "y gathered"
            minigen.relu(y).sum().backward()
        assert [row.way for row in t.rows] == [f"y gathered, {gradients}", "", ""]
    print(t)
    assert "  y gathered, dL/dw gathered\n" in capsys.readouterr().out
    with minigen.trace() as t:
        minigen.ops.conv2d(x, w, relu=True)
        minigen.ops.conv2d_transpose(x.numpy(), np.ones((2, 2, 1, 32), "float32"))
        minigen.ops.masked_conv2d(x, w, relu=True)
        minigen.ops.masked_conv2d(x, w)
    assert [row.way for row in t.rows] == ["with relu, y gathered", "y scattered", "with relu", ""]
