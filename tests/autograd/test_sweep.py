"""backward(): what it sets and leaves alone, which gradients are whose, and several losses of one forward pass."""

import pytest
from helpers.parameters import assert_equal, parameter

import minigen
from minigen import Adam, GraphError, Op, Tensor, grad, ops
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


# ---- each gradient is an array of its own


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
