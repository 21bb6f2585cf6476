"""The weights and layers inside of a layer: found once, and again after each change."""

import copy
import pickle

import numpy as np
import pytest

from minigen import Dense, Layer


class Tower(Layer):
    """Layers in a list and in a dict."""

    def __init__(self):
        super().__init__()
        self.blocks, self.heads, self.last = [made(2)], {"a": made(3)}, made(4)

    def call(self, x):
        return x


def made(units):
    layer = Dense(units, use_bias=False)
    layer(np.ones((1, 5), "float32"))
    return layer


def widths(layer):
    return [w.shape[1] for w in layer.parameters()]


SPARE = made(9)  # made before: only the change itself can be noticed
CHANGES = {
    "append": (lambda t: t.blocks.append(SPARE), [2, 9, 3, 4]),
    "replace in a list": (lambda t: t.blocks.__setitem__(0, SPARE), [9, 3, 4]),
    "remove from a list": (lambda t: t.blocks.clear(), [3, 4]),
    "a dict": (lambda t: t.heads.__setitem__("b", SPARE), [2, 3, 9, 4]),
    "an attribute": (lambda t: setattr(t, "last", SPARE), [2, 3, 9]),
    "a deleted attribute": (lambda t: delattr(t, "last"), [2, 3]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_noticed(change):
    tower = Tower()
    assert widths(tower) == [2, 3, 4]
    action, expected = CHANGES[change]
    action(tower)
    assert widths(tower) == expected


def test_what_has_not_changed_is_found_once():
    tower = Tower()
    assert tower.all_parts() is tower.all_parts()


@pytest.mark.parametrize("make_copy", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_a_copy_finds_its_own_parts(make_copy):
    tower = Tower()
    before = tower.parameters()
    other = make_copy(tower)
    assert widths(other) == [2, 3, 4]
    assert not {id(w) for w in other.parameters()} & {id(w) for w in before}


def test_a_list_that_contains_itself_is_looked_into_once():
    tower = Tower()
    tower.blocks.append(tower.blocks)
    tower.heads["all"] = tower.heads
    assert widths(tower) == [2, 3, 4]
    tower.blocks.append(made(5))
    assert widths(tower) == [2, 5, 3, 4]
