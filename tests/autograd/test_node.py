"""Node: a tensor as the graph has it, and what stands where an op was."""

import numpy as np
from helpers.parameters import parameter

from minigen import Tensor
from minigen.autograd import Node, is_recorded, unwrap
from minigen.autograd.node import FREED


def test_a_node_begins_without_a_gradient_and_without_a_history():
    data = np.ones(2)
    node = Node(data, requires_grad=True, name="w")
    assert node.data is data and (node.requires_grad, node.name, node.version) == (True, "w", 0)
    assert node.grad is node.applied_grad is node.op is None and not node.variable


def test_around_takes_the_very_array_and_keeps_the_class():
    data = np.ones(2)
    for kind in (Node, Tensor):
        node = kind.around(data)
        assert type(node) is kind and node.data is data and not node.requires_grad
        assert {name: getattr(node, name) for name in ("name", "grad", "applied_grad", "op", "variable")} == {
            "name": None,
            "grad": None,
            "applied_grad": None,
            "op": None,
            "variable": False,
        }


def test_the_version_counts_writes_of_all_tensors_with_the_same_memory():
    w = parameter([1, 2])
    view, result = w.reshape(2, 1), w * 2
    w.assign([3.0, 4.0])
    assert w.version == view.version == 1 and result.version == 0


def test_unwrap_gives_the_array_of_a_tensor_and_anything_else_as_it_is():
    data, number = np.ones(2), 3.0
    assert unwrap(Node(data)) is data and unwrap(data) is data and unwrap(number) is number


def test_a_tensor_whose_graph_was_used_says_so():
    x = parameter(2.0)
    y = x * x
    y.backward()
    assert y.op is FREED and repr(y.op) == "freed" and x.op is None


def test_is_recorded_tells_tensors_from_arrays():
    x, a = Tensor([1.0]), np.ones(1)
    assert is_recorded(x) and is_recorded(x, a) and is_recorded(a, x)
    assert not is_recorded(a) and not is_recorded(a, a)
