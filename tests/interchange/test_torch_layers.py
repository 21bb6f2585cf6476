"""Where the numbers of each layer stand in PyTorch."""

import numpy as np
import pytest

import minigen
from minigen.interchange.torch_layers import MAKERS, from_torch, places_of, to_torch

CALLS = {
    "BatchNormalization": ((), (2, 3)),
    "Conv2D": ((4, (2, 3)), (1, 5, 5, 3)),
    "Conv2DTranspose": ((4, (2, 3)), (1, 5, 5, 3)),
    "Dense": ((4,), (2, 3)),
    "Embedding": ((5, 4), (2, 3)),
    "GRU": ((4,), (2, 5, 3)),
    "GroupNormalization": ((3,), (2, 3)),
    "LSTM": ((4,), (2, 5, 3)),
    "LayerNormalization": ((), (2, 3)),
    "MaskedConv2D": ((4, 3, "B"), (1, 5, 5, 3)),
    "MaskedDense": ((4, np.ones((3, 4))), (2, 3)),
    "MultiHeadAttention": ((2, 3), (2, 5, 6)),
    "PositionEmbedding": ((5,), (2, 5, 4)),
    "SimpleRNN": ((4,), (2, 5, 3)),
}
SHAPES = {  # as PyTorch has them
    "BatchNormalization": {"weight": (3,), "bias": (3,), "running_mean": (3,), "running_var": (3,)},
    "Conv2D": {"weight": (4, 3, 2, 3), "bias": (4,)},
    "Conv2DTranspose": {"weight": (3, 4, 2, 3), "bias": (4,)},
    "Dense": {"weight": (4, 3), "bias": (4,)},
    "Embedding": {"weight": (5, 4)},
    "GroupNormalization": {"weight": (3,), "bias": (3,)},
    "GRU": {"weight_ih": (12, 3), "weight_hh": (12, 4), "bias_ih": (12,), "bias_hh": (12,)},
    "LayerNormalization": {"weight": (3,), "bias": (3,)},
    "LSTM": {"weight_ih": (16, 3), "weight_hh": (16, 4), "bias_ih": (16,), "bias_hh": (16,)},
    "MaskedConv2D": {"weight": (4, 3, 3, 3), "bias": (4,)},
    "MaskedDense": {"weight": (4, 3), "bias": (4,)},
    "MultiHeadAttention": {
        **{f"{part}_proj_{end}": (6, 6)[:n] for end, n in (("weight", 2), ("bias", 1)) for part in "qkv"},
        **{"out_proj.weight": (6, 6), "out_proj.bias": (6,)},
    },
    "PositionEmbedding": {"weight": (5, 4)},
    "SimpleRNN": {"weight_ih": (4, 3), "weight_hh": (4, 4), "bias_ih": (4,), "bias_hh": (4,)},
}


def built(kind):
    arguments, shape = CALLS[kind]
    layer = getattr(minigen, kind)(*arguments)
    x = np.zeros(shape, "int64" if kind == "Embedding" else "float32")
    layer(*[x] * (2 if kind == "MultiHeadAttention" else 1))
    rng = np.random.default_rng(0)
    return layer, {k: rng.random(w.shape, "float32") for k, w in layer.named_weights().items()}


def test_every_kind_is_tested():
    assert set(CALLS) == set(SHAPES) == set(MAKERS)


@pytest.mark.parametrize("kind", CALLS)
def test_shapes_and_the_way_back(kind):
    layer, weights = built(kind)
    orders = (np.array([2, 0, 1]), np.array([3, 1, 0, 2]) if "Dense" in kind else np.array([1, 2, 0]))
    places = places_of(layer, orders)
    there = to_torch(places, weights)
    assert {name: a.shape for name, a in there.items()} == SHAPES[kind]
    back = from_torch(places, there, {name: a.shape for name, a in weights.items()})
    assert all((back[name] == a).all() for name, a in weights.items())


def test_kernels_and_gates_by_hand():
    layer, weights = built("Conv2D")
    there = to_torch(places_of(layer, ()), weights)
    assert there["weight"][3, 2, 1, 0] == weights["kernel"][1, 0, 2, 3]
    layer, weights = built("GRU")
    there = to_torch(places_of(layer, ()), weights)
    assert (there["weight_ih"][:4] == weights["kernel"].T[4:8]).all()  # the first gate there is r, the second here
    assert (there["bias_hh"][8:] == weights["bias"][1, 8:]).all()
    layer, weights = built("LSTM")
    there = to_torch(places_of(layer, ()), weights)
    assert (there["bias_ih"] == weights["bias"]).all() and not there["bias_hh"].any()


def test_both_biases_of_pytorch_are_added():
    layer, weights = built("LSTM")
    places = places_of(layer, ())
    there = to_torch(places, weights) | {"bias_hh": np.ones(16, "float32")}
    back = from_torch(places, there, {name: a.shape for name, a in weights.items()})
    assert (back["bias"] == weights["bias"] + 1).all()


def test_features_in_another_order():
    layer, weights = built("Dense")
    rows, columns = np.array([2, 0, 1]), np.array([3, 1, 0, 2])
    there = to_torch(places_of(layer, (rows, columns)), weights)
    for i in range(3):
        for j in range(4):
            assert there["weight"][columns[j], rows[i]] == weights["kernel"][i, j]
    assert all(there["bias"][columns[j]] == weights["bias"][j] for j in range(4))


def test_a_layer_of_the_user_has_no_places():
    class Dense(minigen.Dense):
        pass

    layer = Dense(2)
    layer(np.ones((1, 3), "float32"))
    assert places_of(layer, ()) is None
