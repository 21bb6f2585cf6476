"""What backward() and grad() refuse: freed, stale and unrecorded graphs, and what is no list of tensors."""

import numpy as np
import pytest
from helpers.parameters import assert_equal, parameter, parameter64, two_parameters
from helpers.refusals import refused
from helpers.small_model import X

import minigen
from minigen import Adam, Dense, GraphError, Input, Sequential, Tensor, grad, losses
from minigen.optimizers import SGD

# ---- one backward for each forward


def test_a_second_backward_says_what_happened():
    x = parameter(2.0)
    y = x * x
    loss = y + 1
    loss.backward()
    with pytest.raises(GraphError, match="this graph was freed(.|\n)*retain_graph=True(.|\n)*the forward pass again"):
        loss.backward()
    with refused(GraphError, where="freed", expected="one backward()", fix="forward pass again"):
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


def test_a_loss_without_a_parameter_or_inside_of_no_grad_was_not_recorded(model):
    with refused(GraphError, where="nothing was recorded"):
        Tensor(1.0).backward()
    with minigen.no_grad():
        loss = losses.mean_squared_error(X, model(X))
    with refused(GraphError, where="nothing was recorded", expected="no_grad"):
        loss.backward()


# ---- grad()


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
def test_an_empty_list_and_a_number_in_place_of_the_loss_are_refused(where, call, error):
    with refused(error, where):
        call(parameter64(np.ones((2, 3))))
