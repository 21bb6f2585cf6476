"""Recurrent nets over a sequence: values, and gradients at second order."""

import numpy as np
import pytest
from helpers import loops
from helpers.op_table import OPS, draws
from helpers.parameters import tensors
from helpers.refusals import refused

import minigen
from minigen import Tensor, grad, ops
from minigen.ops.recurrent import Gated

FORMULAS = {
    "simple_recurrence": loops.simple_recurrence,
    "gated_recurrence": loops.gated_recurrence,
    "long_short_term_memory": loops.long_short_term_memory,
}


# ---- the value, in plain NumPy


@pytest.mark.parametrize("name", FORMULAS)
def test_value_is_the_formula(name, xp):
    arrays = draws(name)
    minigen.seed(5)
    y = OPS[name][0](*tensors(arrays))
    expected = FORMULAS[name](*arrays)
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


# ---- at second order


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


def test_a_network_without_gates():
    with refused(NotImplementedError, where="has no gates()", fix="def gates(x, s)"):
        Gated.gates(np.ones(3), np.ones(3))
