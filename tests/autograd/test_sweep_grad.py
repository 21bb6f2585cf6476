"""grad(): first and higher derivatives as Tensors."""

import numpy as np
import pytest
from helpers.parameters import assert_equal, parameter, parameter64

from minigen import Tensor, backend, grad, gradcheck, ops

# ---- each gradient is an array of its own


def test_a_gradient_out_of_grad_can_be_written_to_without_changing_another():
    a, b = parameter64([1, 2]), parameter64([3, 4])
    ga, gb = grad(((a + b) ** 2).sum(), [a, b])
    ga.assign(np.clip(ga.numpy(), -1, 1))
    assert gb.numpy().tolist() == [8, 12]


def test_a_gradient_that_is_a_broadcast_number_can_be_written_to():
    x = parameter64([1, 2])
    (g,) = grad(x.sum(), [x])
    g.assign([5, 6])
    assert g.numpy().tolist() == [5, 6]


# ---- values and higher derivatives


def test_grad_keeps_the_graph_and_touches_no_grad():
    x = parameter(3.0)
    y = x * x
    for _ in range(2):
        (g,) = grad(y, [x])
        assert isinstance(g, Tensor) and g.op is None
        assert_equal(g, 6)
    assert x.grad is None
    y.backward()
    assert_equal(x.grad, 6)


def test_grad_of_several_and_of_unreached():
    x, z, far = parameter(3.0), parameter(4.0), parameter([1, 1])
    gx, gz, gfar = grad(x * z, [x, z, far])
    assert_equal(gx, 4)
    assert_equal(gz, 3)
    assert_equal(gfar, [0, 0])


def derivatives(f, at, order):
    """f'(at), f''(at), ... by differentiating again and again."""
    x = parameter(at, dtype="float64")
    y, found = f(x), []
    for _ in range(order):
        (y,) = grad(y, [x], create_graph=True)
        found.append(float(y))
    return found


def test_third_derivative_of_a_power(xp):
    assert derivatives(lambda x: x**4, 1.5, 4) == pytest.approx([4 * 1.5**3, 12 * 1.5**2, 24 * 1.5, 24])


def test_third_derivative_of_tanh(xp):
    t = np.tanh(0.7)
    assert derivatives(ops.tanh, 0.7, 3) == pytest.approx(
        [1 - t**2, -2 * t * (1 - t**2), (1 - t**2) * (6 * t**2 - 2)], rel=1e-12
    )


def test_gradient_penalty_of_a_linear_critic(xp):
    """D(x) = x w has slope w everywhere, so the penalty is (‖w‖ - 1)² and its gradient 2 (‖w‖ - 1) w / ‖w‖."""
    w = parameter([[3.0], [4.0]])
    x = parameter([[1.0, -1.0], [0.5, 2.0]])
    (slope,) = grad((x @ w).sum(), [x], create_graph=True)
    norm = ops.sqrt((slope * slope).sum(axis=1))
    penalty = ((norm - 1) ** 2).mean()
    penalty.backward(wrt=[w])
    assert_equal(norm, [5, 5])
    assert_equal(penalty, 16)
    assert_equal(w.grad, [[2 * 4 * 3 / 5], [2 * 4 * 4 / 5]])


def test_gradient_penalty_of_a_curved_critic(xp):
    rng = np.random.default_rng(0)
    x = parameter(rng.standard_normal((4, 3)), dtype="float64")

    def penalty(w, v):
        (slope,) = grad((ops.tanh(x @ w) @ v).sum(), [x], create_graph=True)
        return ((ops.sqrt((slope * slope).sum(axis=1)) - 1) ** 2).mean()

    gradcheck(penalty, [rng.standard_normal((3, 5)), rng.standard_normal((5, 1))], order=2)


def test_single_elements_have_gradients(xp):
    x = parameter([2, 3, 4])
    (x[0] * x[2]).backward()
    assert_equal(x.grad, [4, 0, 2])


def test_hessian_vector_product(xp):
    x, v = parameter([1.0, 2.0, 3.0], dtype="float64"), backend.asarray(np.array([1.0, 0.0, -1.0]))
    (g,) = grad((x**3).sum() + x[0] * x[1], [x], create_graph=True)
    (hv,) = grad((g * v).sum(), [x])
    hessian = np.diag([6.0, 12.0, 18.0]) + np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    assert_equal(hv, hessian @ [1, 0, -1])


def test_recorded_gradients_belong_to_one_tensor_each():
    a, b = Tensor(np.array([1.0, 2.0]), requires_grad=True), Tensor(np.array([3.0, 4.0]), requires_grad=True)
    ga, gb = grad(((a + b) ** 2).sum(), [a, b], create_graph=True)
    (second,) = grad(gb.sum(), [a])
    np.testing.assert_array_equal(second.numpy(), [2, 2])
    ga, gb = grad(((a + b) ** 2).sum(), [a, b], create_graph=True)
    ga.assign(np.zeros(2))
    np.testing.assert_array_equal(gb.numpy(), [8, 12])
