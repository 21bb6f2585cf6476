"""The graph: what backward() sets and leaves alone, what grad() returns, and what is refused."""

import numpy as np
import pytest
from helpers.parameters import assert_equal, parameter, parameter64, two_parameters
from helpers.refusals import refused
from helpers.small_model import X

import minigen
from minigen import Adam, Dense, GraphError, Input, Op, Sequential, Tensor, backend, grad, gradcheck, losses, ops
from minigen.optimizers import SGD, Adadelta, RMSprop


class Counted(Op):
    """y = x, and counts how often its rule runs."""

    calls = 0

    def forward(self, x):
        return x * 1

    def backward(self, g, y, x):
        Counted.calls += 1
        return g


@pytest.fixture
def rule_calls():
    Counted.calls = 0
    return lambda: Counted.calls


# ---- backward()


def test_backward_sets_and_does_not_add_up(xp):
    x = parameter([1, 2])
    for factor in (3, 5):
        (x * factor).sum().backward()
        assert_equal(x.grad, [factor, factor])


def test_only_leaves_get_a_gradient():
    x, constant = parameter([1, 2]), Tensor([3.0, 4.0])
    y = x * constant
    y.sum().backward()
    assert_equal(x.grad, [3, 4])
    assert y.grad is None and constant.grad is None


def test_gradients_of_all_uses_of_a_tensor_are_added(xp):
    """A walk in the wrong order gets it wrong: b must have both its gradients before it passes them on."""
    a = parameter(3.0)
    b = a + a
    c = b * b
    c.backward()
    assert_equal(c, 36)
    assert_equal(a.grad, 24)  # c = 4 a²


def test_a_tensor_used_at_both_ends_of_a_chain():
    x = parameter(2.0)
    y = x
    for _ in range(3):
        y = y * y + x  # each x is used early and late
    y.backward()
    step, slope = 2.0, 1.0
    for _ in range(3):
        step, slope = step * step + 2, 2 * step * slope + 1
    assert_equal(x.grad, slope)


def test_the_gradient_has_the_type_of_the_data(xp):
    x = parameter([1, 2])
    (x * x).sum().backward()
    assert type(x.grad) is type(x.data)


def test_sixty_doublings_take_sixty_calls(rule_calls):
    """There are 2⁶⁰ paths from the end to x; a walk along paths would not come back."""
    x = parameter(1.0, dtype="float64")
    y = x
    for _ in range(60):
        y = Counted()(y)
        y = y + y
    y.backward()
    assert_equal(x.grad, 2.0**60)
    assert rule_calls() == 60


# ---- wrt


def test_wrt_sets_the_named_tensors_and_no_others():
    w, v = parameter(2.0, "w"), parameter(5.0, "v")
    (w * w).backward()
    before = w.grad
    (w * v).backward(wrt=[v])
    assert_equal(v.grad, 2)
    assert w.grad is before


def test_wrt_and_xs_may_be_iterators():
    """Such as itertools.chain(generator.parameters(), decoder.parameters())."""
    x = parameter(3.0)
    assert_equal(grad(x * x, iter([x]))[0], 6)
    (x * x).backward(wrt=iter([x]))
    assert_equal(x.grad, 6)


def test_wrt_may_name_a_tensor_in_the_middle():
    x = parameter(3.0)
    y = x * x
    (y * y).backward(wrt=[y, x])
    assert_equal(y.grad, 18)
    assert_equal(x.grad, 108)


def test_a_tensor_that_the_loss_does_not_reach_gets_none():
    w, far = parameter(2.0), parameter(5.0)
    (far * far).backward()
    (w * w).backward(wrt=[w, far])
    assert_equal(w.grad, 4)
    assert far.grad is None


def test_rules_on_other_paths_are_not_called(rule_calls):
    """A generator's step does not pay for the discriminator's weight gradients."""
    w, v = parameter(2.0), parameter(3.0)
    (w * Counted()(v)).backward(wrt=[w])
    assert rule_calls() == 0
    (w * Counted()(v)).backward(wrt=[v])
    assert rule_calls() == 1


def test_a_rule_is_told_which_gradients_are_wanted():
    needs = []

    class Product(Op):
        def forward(self, a, b, c):
            return a * b * c

        def backward(self, g, y, a, b, c):
            needs.append(self.needs)
            return g * b * c, None, None

    a, b = parameter(2.0), parameter(3.0)
    Product()(a, b, 4.0).backward(wrt=[a])
    assert needs == [[True, False, False]]


# ---- one backward for each forward


def test_a_second_backward_says_what_happened():
    x = parameter(2.0)
    y = x * x
    loss = y + 1
    loss.backward()
    with pytest.raises(GraphError, match="this graph was freed(.|\n)*retain_graph=True(.|\n)*the forward pass again"):
        loss.backward()
    with pytest.raises(GraphError, match="this graph was freed"):
        (y * 3).backward()  # half of this graph is new


def test_backward_wants_a_single_number():
    x = parameter([1, 2])
    for verb, call in (("backward", (x * 2).backward), ("grad", lambda: grad(x * 2, [x]))):
        with pytest.raises(GraphError, match=rf"{verb}: (.|\n)*not a single number(.|\n)*shape \(2,\)(.|\n)*loss.mean"):
            call()


def test_backward_of_shape_one_by_one():
    x = parameter([[2.0]])
    (x * x).backward()
    assert_equal(x.grad, [[4.0]])


@pytest.mark.parametrize("make", [lambda x: Tensor([2.0]), lambda x: x, lambda x: (x * 2).detach()])
def test_backward_of_what_was_not_recorded(make):
    with pytest.raises(GraphError, match="nothing was recorded(.|\n)*requires_grad=True"):
        make(parameter([2.0])).backward()


def test_a_parameter_that_changed_after_the_forward_pass_is_named():
    w = parameter([1, 2], name="dense/kernel")
    loss = (w * w).sum()
    w.assign([3.0, 4.0])
    with pytest.raises(GraphError, match="backward through Multiply: dense/kernel, dense/kernel changed after"):
        loss.backward()


def test_an_optimizer_step_between_forward_and_backward_is_caught():
    w = parameter([1, 2], name="critic/kernel")
    first, second = (w * w).sum(), (w**3).sum()
    first.backward()
    SGD(0.1).step([w])
    with pytest.raises(GraphError, match="Power: critic/kernel changed"):
        second.backward()
    with pytest.raises(GraphError, match="Power: critic/kernel changed"):
        grad(second, [w], create_graph=True)


def test_a_changed_parameter_off_the_path_does_not_matter():
    w, v = parameter(2.0), parameter(3.0)
    loss = w * 2 + v * v
    v.assign(9.0)
    loss.backward(wrt=[w])
    assert_equal(w.grad, 2)


def test_a_tensor_whose_branch_was_cut_off_after_the_forward_pass_is_refused():
    w = Tensor(np.ones(3), requires_grad=True)
    h = w * 2.0
    loss = (h * h).sum()
    h.requires_grad = False
    with pytest.raises(minigen.GraphError, match="got no gradient(.|\n)*detach"):
        loss.backward()


@pytest.mark.parametrize("change", ["step", "set_weights", "load_weights", "assign"])
def test_weights_changed_between_forward_and_backward(tmp_path, change):
    model = Sequential([Input((4,)), Dense(2, name="code"), Dense(4, name="picture")])
    model.save_weights(tmp_path / "w.npz")
    loss = losses.mean_squared_error(X, model(X))
    if change == "step":
        losses.mean_squared_error(X, model(X)).backward()
        Adam().step(model.parameters())
    elif change == "set_weights":
        model.set_weights(model.get_weights())
    elif change == "load_weights":
        model.load_weights(tmp_path / "w.npz")
    else:
        model.get_layer("picture").kernel.assign(np.zeros((2, 4)))
    with refused(GraphError, where="picture/kernel", fix="forward, backward, step"):
        loss.backward()


def test_backward_twice(model):
    loss = losses.mean_squared_error(X, model(X))
    loss.backward()
    with refused(GraphError, where="freed", expected="one backward()", fix="forward pass again"):
        loss.backward()


def test_backward_of_many_numbers(model):
    with refused(GraphError, where="not a single number", got="(8, 4)", fix="loss.mean()"):
        model(X).backward()


def test_backward_of_nothing(model):
    with refused(GraphError, where="nothing was recorded"):
        Tensor(1.0).backward()
    with minigen.no_grad():
        loss = losses.mean_squared_error(X, model(X))
    with refused(GraphError, where="nothing was recorded", expected="no_grad"):
        loss.backward()


# ---- gradients are the caller's own


@pytest.mark.parametrize("optimizer", [SGD(0.1), SGD(0.1, momentum=0.9), Adam(), Adadelta(), RMSprop()])
def test_a_step_for_a_leaves_the_gradient_of_b_alone(optimizer):
    """In y = a + b both gradients are the same numbers: they must not be the same memory for anyone who writes."""
    a, b = parameter([1, 2]), parameter([5, 6])
    ((a + b) ** 2).sum().backward()
    optimizer.step([a])
    assert_equal(b.grad, [12, 16])


@pytest.mark.parametrize(
    "loss",
    [
        lambda a, b: ((a + b) ** 2).sum(),
        lambda a, b: (a + b).sum(),
        lambda a, b: ops.concatenate([a, b]).sum(),
        lambda a, b: ((a.reshape(2, 1) + b.reshape(2, 1)) ** 2).sum(),
    ],
    ids=["a + b", "sum", "concatenate", "reshape"],
)
def test_clipping_a_gradient_in_place_leaves_the_others_alone(loss, xp):
    a, b = parameter([1, 2]), parameter([5, 6])
    loss(a, b).backward()
    before = minigen.to_numpy(b.grad).copy()
    a.grad *= 0.1
    assert_equal(b.grad, before)


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


# ---- grad()


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


def test_grad_of_a_tensor_that_was_not_followed_is_refused():
    """It would be zero: a gradient penalty that forgot requires_grad=True would silently be a constant."""
    x, w = Tensor([3.0]), parameter([4.0])
    with pytest.raises(GraphError, match="requires_grad=True"):
        grad((x * w).sum(), [x])


def test_a_bare_tensor_where_a_list_belongs_is_refused():
    x = parameter([1, 2])
    with pytest.raises(TypeError, match=r"\[x\]"):
        grad((x * x).sum(), x)
    with pytest.raises(TypeError, match=r"\[x\]"):
        (x * x).sum().backward(wrt=x)
    for wrt in ([None], 3, [x, 3.0]):
        with pytest.raises(TypeError, match="backward: wrt\n  expected: a list of tensors"):
            (x * x).sum().backward(wrt=wrt)


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


# ---- several losses of one forward pass


def test_a_retained_graph_serves_another_loss(xp):
    """y = w x, z = v y: each loss moves its own weight, from one forward pass."""
    w, v = parameter(2.0), parameter(3.0)
    y = w * 5.0
    z = v * y
    first, second = (y * y).sum(), (z * z).sum()
    first.backward(wrt=[w], retain_graph=True)
    assert w.grad.item() == 2 * 2 * 25 and v.grad is None
    second.backward(wrt=[v])
    assert v.grad.item() == 2 * 3 * 100 and w.grad.item() == 100  # still that of the first loss
    with pytest.raises(GraphError, match="this graph was freed"):
        first.backward()


def test_retained_gradients_are_set_and_not_added():
    w = parameter(2.0)
    loss = w * w
    loss.backward(retain_graph=True)
    loss.backward()
    assert w.grad.item() == 4.0


def test_recorded_gradients_belong_to_one_tensor_each():
    a, b = Tensor(np.array([1.0, 2.0]), requires_grad=True), Tensor(np.array([3.0, 4.0]), requires_grad=True)
    ga, gb = grad(((a + b) ** 2).sum(), [a, b], create_graph=True)
    (second,) = grad(gb.sum(), [a])
    np.testing.assert_array_equal(second.numpy(), [2, 2])
    ga, gb = grad(((a + b) ** 2).sum(), [a, b], create_graph=True)
    ga.assign(np.zeros(2))
    np.testing.assert_array_equal(gb.numpy(), [8, 12])


# ---- lists of tensors


NO_LISTS = {
    "nothing": lambda ps: None,
    "a tensor": lambda ps: ps[0],
    "an array": lambda ps: np.ones(()),
    "a list of lists": lambda ps: [list(ps)],
    "a dict": lambda ps: {"a": ps[0]},
    "names": lambda ps: ["a", "b"],
    "a number": lambda ps: 3,
    "a layer": lambda ps: [minigen.Dense(1)],
}


@pytest.mark.parametrize("name", NO_LISTS)
def test_what_is_no_list_of_tensors_is_refused(name):
    a, b = two_parameters()
    what = NO_LISTS[name]([a, b])
    with refused(TypeError, "SGD.step: parameters"):
        minigen.SGD(0.5).step(what)
    if what is not None:
        with refused(TypeError, "wrt"):
            (a * b).sum().backward(what)
    with refused(TypeError, "grad: xs"):
        grad((a * b).sum(), what)
    assert a.item() == 1 and b.item() == 2


@pytest.mark.parametrize(
    ("where", "call", "error"),
    [
        ("backward: wrt", lambda x: x.sum().backward([]), ValueError),
        ("grad: the loss is no Tensor", lambda x: grad(3.0, [x]), TypeError),
    ],
)
def test_a_mistake_is_answered_where_it_is_made(where, call, error):
    with refused(error, where):
        call(parameter64(np.ones((2, 3))))
