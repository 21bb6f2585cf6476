"""Names and calls as learners of NumPy, Keras and PyTorch write them are answered with what there is here."""

import contextlib
import re
import types

import numpy as np
import pytest
from helpers.parameters import leaf, parameter64
from helpers.refusals import refused
from helpers.small_model import KeyWords, V, X  # noqa: F401 (in expressions)
from helpers.small_model import compiled as small  # noqa: F401 (in expressions)
from helpers.small_model import uncompiled as model

import minigen
from minigen import Adam, Dense, Input, Sequential, Tensor, elsewhere

OWNERS = {
    "Tensor": (leaf, elsewhere.TENSOR),
    "Dense": (lambda: Dense(2), elsewhere.LAYER),
    "Sequential": (model, elsewhere.LAYER),
    "Adam": (Adam, elsewhere.OPTIMIZER),
    "minigen": (lambda: minigen, elsewhere.PACKAGE),
}
NAMES = [(owner, name) for owner, (_, table) in OWNERS.items() for name in table]


# ---- names


COMMON = "argmax argmin astype std flatten ravel squeeze unsqueeze copy clone prod cumsum norm view exp log sqrt tolist"


@pytest.mark.parametrize("name", COMMON.split())
def test_a_familiar_name_is_answered_with_what_there_is(name):
    with refused(AttributeError, f"Tensor.{name}"):
        getattr(parameter64([1, 2]), name)
    assert not hasattr(parameter64([1, 2]), name)


@pytest.mark.parametrize(("owner", "name"), NAMES)
def test_a_name_from_elsewhere_is_answered(owner, name):
    make, table = OWNERS[owner]
    one = make()
    with refused(AttributeError, table[name]):
        getattr(one, name)
    assert not hasattr(one, name)


def expression(fix):
    """The expression at the beginning of an advice, "" if it begins with words or is for a GPU."""
    for end in [len(fix)] + [m.start() for m in re.finditer("; |, | for ", fix)]:
        with contextlib.suppress(SyntaxError):
            compile(fix[:end], "", "eval")
            return "" if "..." in fix[:end] or "cupy" in fix[:end] else fix[:end]
    return ""


TYPED = {expression(fix) for _, table in OWNERS.values() for fix in table.values()} - {""}


@pytest.mark.parametrize("fix", sorted(TYPED))
def test_what_is_said_of_a_name_works_when_typed(fix, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, x = Sequential([Input(shape=(2,)), Dense(2), Dense(2)]), Tensor([[1.0, 2.0], [3.0, 4.0]], True)
    one.compile("adam", "mse")
    one.save_weights("w.npz")
    optimizer, loss = one.optimizer, (one(x) ** 2).sum() + (x**2).sum()
    if "step" in fix:
        loss.backward()
    names = {"minigen": minigen, "numpy": np, "Tensor": Tensor, "Sequential": Sequential, "n": 2}
    names |= {"x": x, "a": x, "b": x, "y": Tensor([[1.0, 2.0], [2.0, 1.0]])}
    names |= {"indices": [0], "shape": (2, 2), "xs": [x, x], "data": np.ones(2), "array": np.ones(2), "path": "w.npz"}
    names |= {"layer": one.layers[0], "model": one, "optimizer": optimizer, "loss": loss, "head": one.layers[1]}
    names["module"] = types.SimpleNamespace(state_dict=lambda: minigen.interchange.state_dict(one.layers[0]))
    value = eval(fix, names)
    assert value is not None or not fix.startswith(("x.numpy()", "numpy."))  # NumPy's sort() returns nothing


@pytest.mark.parametrize("owner", OWNERS)
def test_any_other_name_is_an_attribute_error(owner):
    make, _ = OWNERS[owner]
    with pytest.raises(AttributeError, match="flibbertigibbet"):
        make().flibbertigibbet  # noqa: B018
    assert not hasattr(make(), "flibbertigibbet")


def test_weights_that_wait_for_data_are_told_from_typing_errors():
    with refused(AttributeError, "the first data makes its weights"):
        Dense(2).kernel  # noqa: B018
    with pytest.raises(AttributeError) as error:
        Dense(2).kernl  # noqa: B018
    assert "first data" not in str(error.value)
