"""The graph: what backward() sets and leaves alone, what grad() returns, what is freed, what is refused."""

import gc
import weakref

import numpy as np
import pytest
from helpers.own_ops import Cube

import minigen
from minigen import GraphError, Op, Tensor, autograd, backend, grad, gradcheck, no_grad, ops
from minigen.backend import BackendError
from minigen.optimizers import SGD, Adadelta, Adam, RMSprop


def parameter(data, name=None, dtype="float32"):
    return Tensor(np.array(data, dtype), requires_grad=True, name=name)


def assert_equal(tensor_or_array, expected):
    np.testing.assert_allclose(minigen.to_numpy(tensor_or_array), expected, rtol=1e-6)


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


# ---- not recording


def test_no_grad_nests_and_survives_exceptions():
    x = parameter(2.0)
    with no_grad():
        with no_grad():
            pass
        y = x * x
        assert not autograd.recording()
    assert autograd.recording() and y.op is None and not y.requires_grad
    with pytest.raises(ZeroDivisionError), no_grad():
        _ = 1 / 0
    assert autograd.recording() and (x * x).requires_grad


def test_detach_stops_the_gradient_and_shares_the_data():
    x = parameter(3.0)
    y = x * x
    d = y.detach()
    assert d.data is y.data and not d.requires_grad and d.op is None
    (x * d).backward()
    assert_equal(x.grad, 9)  # d counts as a constant


def test_nothing_is_recorded_for_constants():
    y = Tensor([1.0]) * Tensor([2.0])
    assert y.op is None and not y.requires_grad


# ---- rules of a student


def test_the_op_of_the_docstring(xp):
    gradcheck(lambda x: Cube()(x), [np.array([0.5, -2.0])], order=2)
    assert_equal(Cube()(backend.asarray(np.array([2.0]))), [8])


def test_an_op_object_is_called_once():
    """It keeps what backward needs: a second call would overwrite it."""
    op, x = Cube(), parameter(2.0)
    y = op(x)
    with pytest.raises(GraphError, match=r"Cube: one op object called twice(.|\n)*Cube\(\)\(x\)"):
        op(x)
    with pytest.raises(GraphError, match="called twice"), no_grad():
        op(x)
    y.backward()
    assert_equal(x.grad, 12)


def test_an_unused_call_does_not_count():
    op = Cube()
    for _ in range(2):
        assert_equal(op(np.array([2.0])), [8])
        with no_grad():
            assert_equal(op(parameter(2.0)), 8)


@pytest.mark.parametrize("elementwise", [False, True])
@pytest.mark.parametrize(
    "returned, got",
    [
        (None, "None"),
        (1.0, "float"),
        ([np.ones(2, "float32")], "list"),
        (np.ones(3, "float32"), r"\(3,\)"),
        (np.ones((), "float32"), r"\(\)"),
        ((np.ones(2, "float32"), np.ones(2, "float32")), "2"),
    ],
    ids=["nothing", "number", "list", "too long", "no axes", "too many"],
)
def test_a_wrong_gradient_names_the_rule(returned, got, elementwise):
    class Broken(Op):
        def forward(self, x):
            return x * 2

        def backward(self, g, y, x):
            return returned

    Broken.elementwise = elementwise
    with pytest.raises(GraphError, match=rf"Broken.backward returned a wrong gradient(.|\n)*got: +{got}"):
        Broken()(parameter([1, 2])).sum().backward()


def test_a_missing_rule_is_named():
    class Forward(Op):
        def forward(self, x):
            return x

    with pytest.raises(NotImplementedError, match=r"Forward has no such rule(.|\n)*backward\(self, g, y, x\)"):
        Forward()(parameter(2.0)).backward()


def test_a_numpy_function_in_a_rule_is_refused_on_tensors():
    class Exponential(Op):
        def forward(self, x):
            return np.exp(x)

        def backward(self, g, y, x):
            return g * np.exp(x)

    x = parameter(2.0)
    with pytest.raises(TypeError):
        grad(Exponential()(x), [x], create_graph=True)


# ---- size and memory


def test_a_chain_of_100_000_ops():
    x = parameter(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.backward()
    assert_equal(x.grad, 1)


def test_a_long_chain_that_is_never_swept_can_be_dropped():
    y = parameter(1.0)
    for _ in range(100_000):
        y = y + 1
    del y


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


@pytest.fixture
def no_collector():
    """Nothing is freed but by reference counting."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_backward_lets_the_saved_arrays_go(no_collector):
    x = parameter([1, 2])
    y = ops.exp(x)
    saved = weakref.ref(y.data)
    loss = (y * y).sum()
    del y
    assert saved() is not None
    loss.backward()
    assert saved() is None, "loss and x are alive, what lay between them is not"


def test_a_graph_without_backward_is_freed_with_its_last_tensor(no_collector):
    x = parameter([1, 2])
    y = ops.exp(x)
    saved = weakref.ref(y.data)
    loss = (y * y).sum()
    grad(loss, [x], create_graph=True)
    del y
    assert saved() is not None
    del loss
    assert saved() is None


def test_no_grad_keeps_nothing(no_collector):
    x = parameter([1, 2])
    with no_grad():
        y = ops.exp(x)
        saved = weakref.ref(y.data)
        y = y * y
    assert saved() is None


# ---- Tensor: what goes in


def test_integers_have_no_gradient():
    with pytest.raises(TypeError, match=r'labels: integers have no gradient(.|\n)*astype\("float32"\)'):
        Tensor(np.array([1, 2]), requires_grad=True, name="labels")


def test_a_parameter_has_its_own_copy_of_the_data():
    host = np.ones(3, "float32")
    w = parameter(host)
    w.writable()[:] = 5
    assert_equal(host, [1, 1, 1])
    x = Tensor(host, requires_grad=True)
    x.assign([7.0, 7.0, 7.0])
    assert_equal(host, [1, 1, 1])


def test_python_floats_become_float32_and_arrays_keep_their_precision():
    assert Tensor(2.0).dtype == Tensor([1.0, 2.0]).dtype == np.float32
    assert Tensor(np.ones(2)).dtype == np.float64
    assert Tensor([1, 2]).dtype.kind == "i"


def test_assign_wants_the_same_shape():
    w = parameter([1, 2], name="bias")
    with pytest.raises(ValueError, match=r"assign to bias(.|\n)*shape \(2,\)(.|\n)*\(3,\)"):
        w.assign([1.0, 2.0, 3.0])
    w.assign(Tensor([3.0, 4.0]))
    assert_equal(w, [3, 4])


# ---- Tensor: what may meet what


def test_numbers_take_the_precision_of_the_tensor():
    x = parameter([1, 2])
    for y in (2.0 * x, x / np.float64(3), np.float64(3) - x, x.mean() * 2, 1 / (1 + ops.exp(-x))):
        assert y.dtype == np.float32


@pytest.mark.parametrize("f", [lambda x, a: x + a, lambda x, a: a + x, lambda x, a: ops.maximum(x, Tensor(a))])
@pytest.mark.parametrize("array", [np.ones(2), np.array(2.0), np.ones(2, "int64")], ids=["float64", "0-d", "int64"])
def test_mixed_precisions_are_refused(f, array):
    with pytest.raises(TypeError, match=rf'precisions are mixed(.|\n)*{array.dtype}(.|\n)*astype\("float32"\)'):
        f(parameter([1, 2]), array)


def test_an_array_beside_a_tensor_of_its_precision():
    x, a = parameter([1, 2]), np.array([3, 4], "float32")
    for y, expected in (
        (a + x, [4, 6]),
        (a - x, [2, 2]),
        (a * x, [3, 8]),
        (a / x, [3, 2]),
        (a @ x, 11),
        (a**x, [3, 16]),
    ):
        assert isinstance(y, Tensor) and y.dtype == np.float32
        assert_equal(y, expected)


def test_arrays_of_two_libraries_are_refused(stand_in):
    host = np.ones(2, "float32")
    with minigen.using("cupy"):
        x = parameter([1, 2])
        for f, place in ((lambda: x + host, 2), (lambda: host + x, 1)):
            with pytest.raises(
                BackendError, match=rf"Add, argument {place}(.|\n)*numpy.ndarray(.|\n)*minigen.Tensor\(x\)"
            ):
                f()
        device = x.data
    y = parameter([1, 2])
    with pytest.raises(BackendError, match=r"Multiply, argument 2(.|\n)*ndarray(.|\n)*minigen.to_numpy\(x\)"):
        ops.multiply(y, device)
    with pytest.raises(BackendError, match="Add, argument 1"):
        x + y  # x was made before the switch


def test_what_is_no_array_is_refused():
    with pytest.raises(TypeError, match=r"Add, argument 2(.|\n)*got: +str"):
        parameter([1, 2]) + "one"
    with pytest.raises(TypeError, match=r"Multiply, argument 1(.|\n)*got: +list"):
        [1.0, 2.0] * parameter([1, 2])


NUMPY_CALLS = {
    "exp": lambda x: np.exp(x),
    "add": lambda x: np.add(np.ones(2, "float32"), x),
    "sum": lambda x: np.sum(x),
    "concatenate": lambda x: np.concatenate([x, x]),
    "asarray": lambda x: np.asarray(x),
}


@pytest.mark.parametrize("name", NUMPY_CALLS)
def test_a_numpy_function_is_refused_and_the_error_says_what_to_write(name):
    """It would drop the graph."""
    with pytest.raises(TypeError, match=r"minigen\.\w+\("):
        NUMPY_CALLS[name](parameter([1, 2]))


# ---- Tensor: what comes out


def test_comparisons_give_plain_boolean_arrays(xp):
    x = parameter([1, 2, 3])
    for found, expected in (
        (x > 2, [False, False, True]),
        (x >= 2, [False, True, True]),
        (x < Tensor([2.0, 2.0, 2.0]), [True, False, False]),
        (x <= 2, [True, True, False]),
        (x == 2, [False, True, False]),
        (x != 2, [True, False, True]),
    ):
        assert isinstance(found, backend.xp.ndarray) and found.dtype == bool
        np.testing.assert_array_equal(minigen.to_numpy(found), expected)


def test_tensors_are_told_apart_by_identity_in_sets_and_dicts():
    a, b = parameter([1, 2]), parameter([1, 2])
    assert len({a, b, a}) == 2
    assert {a: "a", b: "b"}[b] == "b"


def test_numbers_out_of_a_tensor(xp):
    x = parameter([[1.5]])
    assert x.item() == 1.5 and float(x) == 1.5 and isinstance(float(x), float)
    assert float(Tensor(3)) == 3.0
    assert bool(parameter(1.0)) and not bool(parameter(0.0))
    assert f"{float(x):.2f}" == "1.50"
    with pytest.raises(ValueError):
        bool(parameter([1, 2]))


def test_shape_and_length():
    x = parameter(np.zeros((2, 3)))
    assert (x.shape, x.ndim, x.size, len(x), x.dtype) == ((2, 3), 2, 6, 2, np.float32)
    assert (x.T.shape, x.transpose(1, 0).shape, x.transpose((1, 0)).shape) == ((3, 2),) * 3
    assert (x.reshape(-1).shape, x.reshape(3, 2).shape, x.reshape((1, 6)).shape) == ((6,), (3, 2), (1, 6))


def test_methods_are_the_functions():
    x = parameter([[1.0, -2.0], [3.0, 5.0]])
    assert_equal(x.sum(axis=0), [4, 3])
    assert_equal(x.mean(axis=1, keepdims=True), [[-0.5], [4]])
    assert_equal(x.max(), 5)
    assert_equal(x.min(axis=1), [-2, 3])
    assert_equal(x.var(), np.var([1, -2, 3, 5]))
    assert_equal(abs(-x), [[1, 2], [3, 5]])
    assert_equal(x @ x, [[-5, -12], [18, 19]])
    assert_equal([[1.0, 0.0]][0][0] + x[1], [4, 6])


def test_repr(xp):
    assert repr(Tensor([1.0, 2.0])) == "Tensor([1., 2.], float32)"
    assert repr(parameter(2.0, name="w")) == "Tensor(2., float32, name='w', requires_grad=True)"
    assert repr(ops.exp(parameter([0.0]))) == "Tensor([1.], float32, op=Exp)"
    assert "..." in repr(Tensor(np.zeros(1000, "float32")))


def test_a_loop_over_a_tensor_gives_its_rows():
    rows = list(parameter([[1, 2], [3, 4]]))
    assert len(rows) == 2 and isinstance(rows[1], Tensor)
    assert_equal(rows[1], [3, 4])


def test_an_error_of_an_elementwise_op_keeps_its_own_text():
    class Picky(Op):
        elementwise = True

        def forward(self, a, b):
            raise ValueError("b must be sorted")

    with pytest.raises(ValueError, match="b must be sorted"):
        Picky()(parameter([1, 2]), parameter([1, 2]))


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
