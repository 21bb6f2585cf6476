"""MultiHeadAttention from and to a MultiheadAttention of PyTorch (golden/make_attention.py)."""

import numpy as np
import pytest
from helpers.interchange import FOLDER
from helpers.refusals import refused

import minigen
from minigen import Dense, Model, MultiHeadAttention, interchange
from minigen.interchange import torch_attention

with np.load(FOLDER.parent / "attention.npz") as file:
    X, Y = ([file[f"torch/{name}"] for name in names] for names in (("x0", "x1", "x2"), ("y0", "y1")))
    STATE = {name.removeprefix("torch/state/"): file[name] for name in file.files if name.startswith("torch/state/")}


class Net(Model):
    """The model of the golden file."""

    def __init__(self):
        super().__init__()
        self.first, self.out_proj = MultiHeadAttention(2, 3), Dense(6)
        self.second, self.third = MultiHeadAttention(3, 2), MultiHeadAttention(2, 3, use_bias=False)

    def call(self, x):
        x, key, value = x
        y = self.second(self.out_proj(self.first(x, x, use_causal_mask=True)), value, key)
        return self.third(y, y, return_attention_scores=True)


@pytest.fixture
def net():
    net = Net()
    net(X)
    return net


def test_a_module_of_pytorch_computes_the_same(net):
    interchange.load_state_dict(net, STATE)
    for found, expected in zip(net(X), Y, strict=True):
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-5)


def test_the_state_dict_comes_back(net):
    interchange.load_state_dict(net, STATE)
    back = interchange.state_dict(net)
    assert sorted(back) == sorted(STATE) and all((back[name] == a).all() for name, a in STATE.items())


def test_numbers_by_hand(net):
    """Row h · dim + j of the part for keys is column j of head h here."""
    arrays = interchange.state_dict(net)
    kernel, out = net.first.key.kernel.numpy(), net.first.attention_output.kernel.numpy()
    assert arrays["first.in_proj_weight"][6 + 1 * 3 + 2, 4] == kernel[4, 1, 2]
    assert arrays["first.out_proj.weight"][5, 1 * 3 + 2] == out[1, 2, 5]
    assert arrays["second.k_proj_weight"].shape == (6, 4) and arrays["second.v_proj_weight"].shape == (6, 5)


def test_modules_of_other_names_belong_to_layers_by_order_and_by_names(net):
    renamed = {f"block.{name}": a for name, a in STATE.items()}
    names = {"block.third": "third", "block.first": "first"}
    interchange.load_state_dict(net, renamed, names)
    np.testing.assert_allclose(net(X)[0].numpy(), Y[0], rtol=1e-5, atol=1e-5)
    arrays = interchange.state_dict(net, {"attention.7": "first"})
    assert "attention.7.in_proj_weight" in arrays and "attention.7.out_proj.bias" in arrays


def test_an_attention_alone():
    layer = MultiHeadAttention(2, 3)
    layer(X[0], X[0])
    arrays = {name.removeprefix("first."): a for name, a in STATE.items() if name.startswith("first.")}
    interchange.load_state_dict(layer, arrays)
    back = interchange.state_dict(layer)
    assert sorted(back) == ["in_proj_bias", "in_proj_weight", "out_proj.bias", "out_proj.weight"]
    assert all((back[name] == a).all() for name, a in arrays.items())


def test_arrays_of_pytorch_apart_and_joined():
    arrays = {"in_proj_weight": np.arange(12).reshape(6, 2), "in_proj_bias": np.arange(6), "out_proj.bias": np.ones(2)}
    apart = torch_attention.apart(arrays)
    assert apart["k_proj_weight"].tolist() == [[4, 5], [6, 7]] and apart["v_proj_bias"].tolist() == [4, 5]
    joined = torch_attention.joined(apart)
    assert sorted(joined) == sorted(arrays) and all((joined[name] == a).all() for name, a in arrays.items())


# ---- what is refused


def test_sizes_that_pytorch_has_not_are_refused():
    for layer in (MultiHeadAttention(2, 4), MultiHeadAttention(2, 3, 4), MultiHeadAttention(2, 3, output_shape=5)):
        layer(X[0], X[0])
        with refused(ValueError, got="as many features as the query in num_heads * key_dim"):
            interchange.state_dict(layer)


def test_arrays_that_do_not_fit_are_refused(net):
    before = [w.numpy().copy() for w in net.weights]
    wrong = STATE | {"first.in_proj_weight": np.zeros((9, 6), "float32")}
    with refused(ValueError, got="wrong shape: q_proj_weight of first for first is (3, 6), not (6, 6)"):
        interchange.load_state_dict(net, wrong)
    with refused(ValueError, got="unexpected: in_proj_weight (10, 6) of first for first"):
        interchange.load_state_dict(net, STATE | {"first.in_proj_weight": np.zeros((10, 6), "float32")})
    without = {name: a for name, a in STATE.items() if name != "third.out_proj.weight"}
    with refused(ValueError, got="missing: out_proj.weight (6, 6) of third for third"):
        interchange.load_state_dict(net, without)
    assert all((w.numpy() == a).all() for w, a in zip(net.weights, before, strict=True))
    with refused(ValueError, got="it has no weights yet"):
        interchange.state_dict(minigen.Sequential([MultiHeadAttention(2, 3)]))
