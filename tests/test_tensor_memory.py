"""Who owns the numbers of a Tensor: copies, views, updates in place, and what a copy or a pickle keeps."""

import copy
import pickle

import numpy as np
import pytest
from helpers.parameters import parameter64
from helpers.refusals import refused

import minigen
from minigen import Dense, GraphError, Input, Sequential, Tensor, grad, losses, no_grad

# ---- a Tensor has its own numbers


def test_writing_into_a_tensor_does_not_write_into_the_callers_array():
    x = np.arange(3.0)
    Tensor(x).assign(np.zeros(3))
    view = Tensor(x[::2])
    view.assign([7.0, 7.0])
    assert x.tolist() == [0, 1, 2]


def test_writing_into_the_callers_array_does_not_change_a_recorded_graph():
    x, w = np.ones(3), parameter64([1, 2, 3])
    loss = (Tensor(x) * w).sum()
    x[:] = 100
    loss.backward()
    assert w.grad.tolist() == [1, 1, 1]


def test_a_buffer_that_is_filled_again_for_each_batch_gives_the_gradient_of_every_batch():
    model, buffer, losses = Sequential([Input((2,)), Dense(1, use_bias=False)]), np.zeros((1, 2), "float32"), []
    for row in ([1, 0], [0, 1]):
        buffer[:] = row
        losses.append(model(buffer).sum())
    (losses[0] + losses[1]).backward()
    assert model.parameters()[0].grad.ravel().tolist() == [1, 1]


def test_a_read_only_or_memory_mapped_array_becomes_a_tensor_that_can_be_written_to(tmp_path):
    np.save(tmp_path / "a.npy", np.ones(3))
    for data in (np.broadcast_to(1.0, (3,)), np.load(tmp_path / "a.npy", mmap_mode="r")):
        t = Tensor(data)
        t.assign([1, 2, 3])
        assert t.numpy().tolist() == [1, 2, 3]


def test_numpy_gives_a_copy():
    w = parameter64([1, 2])
    w.numpy()[:] = 9
    assert w.numpy().tolist() == [1, 2]


# ---- views have one version with what they are a view of


VIEWS = {
    "reshape": lambda w: w.reshape(3, 2),
    "transpose": lambda w: w.T,
    "slice": lambda w: w[1:],
    "row": lambda w: w[0],
    "new axis": lambda w: w[None],
    "broadcast": lambda w: minigen.broadcast_to(w, (4, 2, 3)),
    "of a view": lambda w: w.reshape(6)[1:][::2],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_view_of_a_weight_that_was_written_to_is_stale_in_a_recorded_graph(view):
    w, v = parameter64(np.arange(6.0).reshape(2, 3)), parameter64(2.0)
    loss = (view(w) * v).sum()
    w.assign(np.zeros((2, 3)))
    with pytest.raises(GraphError, match="changed after the forward pass"):
        grad(loss, [v])


@pytest.mark.parametrize("when", ["before its use", "after its use"])
def test_a_detached_output_that_is_written_to_changes_nothing_in_the_graph_it_came_from(when):
    x = parameter64([1, 2, 3])
    h = minigen.tanh(x)
    d = h.detach()
    if when == "before its use":
        d += 1.0
        d.assign(np.zeros(3))
    loss = (h * h).sum()
    d.assign(np.zeros(3))
    loss.backward()
    assert np.allclose(x.grad, 2 * np.tanh([1, 2, 3]) * (1 - np.tanh([1, 2, 3]) ** 2))


def test_an_output_that_is_written_to_is_noticed_by_the_op_that_made_it():
    w = parameter64([0.0])
    s = minigen.sigmoid(w)
    s.assign([5.0])
    with pytest.raises(GraphError, match="changed after the forward pass"):
        s.sum().backward()
    p = minigen.sigmoid(parameter64([[0.3]]))
    p.assign([[0.9]])
    with pytest.raises(GraphError, match="changed after the forward pass"):
        losses.binary_crossentropy(np.ones((1, 1)), p)


def test_a_detached_view_of_a_weight_keeps_its_numbers():
    w = parameter64([1.0, 2.0])
    kept = [w.detach(), w.reshape(2, 1).detach(), w.T.detach(), w[1:].detach()]
    before = [k.numpy().tolist() for k in kept]
    w.assign([9, 9])
    assert [k.numpy().tolist() for k in kept] == before


class Shifting(minigen.Layer):
    def call(self, x):
        x += 1.0
        return x


class ShiftingStep(minigen.Model):
    def call(self, x):
        return Shifting()(x) * 1.0

    def train_step(self, x, y=None):
        x += 1.0
        loss = (x * 1.0).sum() if y is None else ((x - y) ** 2).mean()
        return {"loss": loss}

    def test_step(self, x):
        return {"loss": self(x).sum()}


def test_updates_in_place_never_reach_the_data_of_the_caller():
    x, model = np.zeros((4, 2), "float32"), ShiftingStep()
    for use in (
        model.predict,
        model.evaluate,
        model.train_on_batch,
        lambda x: model(x),
        lambda x: model.predict(x[:2]),
    ):
        use(x)
    model.fit(x, verbose=0, shuffle=False, batch_size=2)
    assert not x.any()
    assert model.train_on_batch(x, x) == 1.0  # x moves, and the target that is the same array does not


def test_a_branch_computes_the_same_in_prediction_and_in_training():
    def residual(x):
        h = minigen.relu(x)
        y = h
        y *= 2.0
        return h + y

    x = parameter64([1.0, 2.0])
    recorded = residual(x)
    with no_grad():
        assert residual(x).numpy().tolist() == recorded.numpy().tolist() == [3, 6]


def test_a_log_that_is_updated_in_place_keeps_the_number_of_each_step():
    class Counting(minigen.Model):
        beta = None

        def train_step(self, x):
            self.beta = Tensor(np.zeros(())) if self.beta is None else self.beta
            self.beta += 1.0
            return {"loss": x.sum(), "beta": self.beta}

    history = Counting().fit(np.zeros((8, 2), "float32"), batch_size=2, verbose=0).history
    assert history["beta"] == [2.5]


def test_a_statistic_read_through_a_view_is_noticed_too():
    moving, w = Tensor(np.ones((1, 3))), parameter64([1, 2, 3])
    loss = (moving.reshape(3) * w).sum()
    moving.assign(np.zeros((1, 3)))
    with pytest.raises(GraphError, match="changed after the forward pass"):
        loss.backward()


def test_a_result_that_shares_no_memory_has_a_version_of_its_own():
    w, v = parameter64([[1.0, 2.0]]), parameter64(3.0)
    y = w.sum(axis=0, keepdims=True).reshape(2).detach()
    loss = (y * v).sum()
    w.assign([[0, 0]])
    loss.backward()
    assert v.grad == 3


def test_exchanged_data_is_noticed_where_the_rules_read_it():
    w = parameter64([1.0, 2.0])
    y = (w * w * w).sum()
    w.data = w.data * 0
    with pytest.raises(GraphError, match="another array"):
        grad(y, [w], create_graph=True)


def test_a_detached_weight_keeps_its_values():
    """The optimizer writes into the weight; a graph that holds the detached copy must not see that."""
    w, x = Tensor([2.0], requires_grad=True), Tensor([3.0], requires_grad=True)
    y = (x * w.detach()).sum()
    w.assign([5.0])
    y.backward()
    np.testing.assert_array_equal(x.grad, [2.0])


# ---- updates in place


def descend(step):
    w = parameter64([1, 2])
    for _ in range(3):
        loss = (w * w).sum()
        loss.backward()
        with no_grad():
            w = step(w)
    return w


def subtract(w):
    before = w
    w -= 0.1 * w.grad
    assert w is before
    return w


def test_the_first_loop_of_pytorchs_tutorial_learns():
    assert np.allclose(descend(subtract).numpy(), 0.8**3 * np.array([1, 2]))


def test_the_same_loop_over_the_parameters_of_a_model_learns():
    model, x = Sequential([Input((2,)), Dense(1)]), np.ones((3, 2), "float32")
    seen = []
    for _ in range(3):
        loss = (model(x) ** 2).mean()
        loss.backward()
        seen.append(float(loss))
        with no_grad():
            for p in model.parameters():
                p -= 0.1 * p.grad
    assert seen[2] < seen[1] < seen[0]


IN_PLACE = {
    "+=": (lambda w: w.__iadd__(1.0), [2, 3]),
    "-=": (lambda w: w.__isub__(1.0), [0, 1]),
    "*=": (lambda w: w.__imul__(3.0), [3, 6]),
    "/=": (lambda w: w.__itruediv__(2.0), [0.5, 1]),
    "**=": (lambda w: w.__ipow__(2), [1, 4]),
    "@=": (lambda w: w.__imatmul__(np.array([[0.0, 1.0], [1.0, 0.0]])), [2, 1]),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_an_update_in_place_keeps_the_tensor_and_counts_as_a_new_version(name):
    action, right = IN_PLACE[name]
    w = parameter64([1, 2])
    loss = (w * w).sum()
    with no_grad():
        assert action(w) is w
    assert w.numpy().tolist() == right and w.requires_grad
    with pytest.raises(GraphError, match="changed after the forward pass"):
        loss.backward()
    with refused(GraphError, "update in place"):
        action(w)


def test_a_moving_average_by_a_loop_moves():
    weights, averages = [parameter64([4.0]), parameter64([8.0])], [Tensor(np.zeros(1)), Tensor(np.zeros(1))]
    for s, w in zip(averages, weights, strict=True):
        with no_grad():
            s *= 0.5
            s += 0.5 * w
    assert [s.item() for s in averages] == [2, 4]


def test_a_sum_of_losses_by_a_loop_is_recorded():
    w, total = parameter64([1.0, 2.0]), 0.0
    for k in (1.0, 2.0):
        total += (w * k).sum()
    total.backward()
    assert w.grad.tolist() == [3, 3]


def test_a_variable_that_is_updated_by_what_is_learned_is_refused():
    """Another name of it would keep the old numbers, and a running average would keep every graph."""
    average = Tensor(np.zeros(2))
    with pytest.raises(GraphError, match=r"total = total \+ loss"):
        average += parameter64([1.0, 2.0]) * 0.1
    average += (parameter64([1.0, 2.0]) * 0.1).detach()
    assert np.allclose(average.numpy(), [0.1, 0.2])


def test_an_update_of_another_shape_or_of_floats_into_integers_is_refused():
    w, n = parameter64([1, 2]), Tensor(np.array([1, 2]))
    with no_grad():
        with refused(ValueError, "assign"):
            w.__iadd__(np.ones((2, 2)))
        with refused(TypeError, "assign"):
            n.__itruediv__(2)


def test_a_view_of_a_weight_updates_the_weight_inside_of_no_grad():
    w = parameter64([[1.0, 2.0]])
    with no_grad():
        view = w.reshape(2)
        view -= np.array([1.0, 1.0])
    assert w.numpy().tolist() == [[0, 1]]


def test_the_output_of_a_recorded_op_is_not_updated_inside_of_no_grad():
    """It would become another tensor, without the history."""
    h = parameter64([1.0, 2.0]) * 2.0
    with no_grad(), pytest.raises(GraphError, match="an update in place of a tensor that an op has made"):
        h += 1.0
    assert h.numpy().tolist() == [2, 4]


# ---- copies and pickles


def test_a_leaf_is_copied_with_its_gradient_and_without_sharing():
    w = parameter64([1, 2])
    (w * w).sum().backward()
    for twin in (copy.deepcopy(w), copy.copy(w), pickle.loads(pickle.dumps(w))):
        assert twin.requires_grad and twin.grad.tolist() == [2, 4]
    twin = copy.deepcopy(w)
    twin.assign([9, 9])
    assert w.numpy().tolist() == [1, 2]
    (twin * twin).sum().backward()
    assert twin.grad.tolist() == [18, 18]


@pytest.mark.parametrize("action", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_copy_of_a_tensor_with_a_history_is_refused(action):
    x = parameter64([1, 2])
    h = x * 1.0
    with refused(GraphError, "copy or pickle"):
        action(h)
    h.sum().backward()
    with refused(GraphError, "copy or pickle"):
        action(h)
    chain = x
    for _ in range(3000):
        chain = chain + 1.0
    with refused(GraphError, "copy or pickle"):
        action(chain)
    assert copy.deepcopy(h.detach()).numpy().tolist() == [1, 2]
