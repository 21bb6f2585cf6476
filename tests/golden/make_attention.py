"""Make ``attention.npz``: MultiHeadAttention as the real Keras 3 computes it, with all gradients.

Made as ``keras.npz`` is (see ``make_keras.py`` for the versions and the virtual environment)::

    /tmp/keras-venv/bin/python tests/golden/make_attention.py

Keys read ``case/array``. ``arguments`` is the call that makes the layer, in Keras and in minigen alike, and
``call`` the keywords it is called with. ``dquery`` and the other gradients are those of ``sum(y * v)``;
``weight_0``, ``dweight_0``, ... are in the order of ``layer.weights``.

``keras/`` are the inputs and outputs of a model that Keras has written into ``interchange/keras_attention.keras`` and
``.weights.h5``, ``torch/`` those of three ``MultiheadAttention`` of PyTorch, with their state dict.
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch

PATH = Path(__file__).with_name("attention.npz")
MASK = np.random.default_rng(7).random((2, 5, 4)) > 0.3
MASK[:, :, 0] = True  # what Keras gives for a row that may look at nothing depends on the way that it computes
CASES = {  # name: (arguments, call, the inputs besides the query)
    "itself": ("num_heads=2, key_dim=3", {}, ()),
    "causal": ("num_heads=2, key_dim=3", {"use_causal_mask": True}, ()),
    "without_bias": ("num_heads=3, key_dim=2, use_bias=False", {}, ()),
    "others": ("num_heads=2, key_dim=3, value_dim=4, output_shape=7", {}, ("value", "key")),
    "masked": ("num_heads=2, key_dim=3", {"attention_mask": MASK}, ("value",)),
    "masked_causal": ("num_heads=2, key_dim=3", {"attention_mask": MASK, "use_causal_mask": True}, ("value",)),
}
SHAPES = {"query": (2, 5, 6), "value": (2, 4, 6), "key": (2, 4, 3)}


def array(tensor):
    return keras.ops.convert_to_numpy(tensor).copy()


def case(number, arguments, call, others):
    """The arrays of one case."""
    rng = np.random.default_rng(number)
    given = {name: rng.standard_normal(SHAPES[name]).astype("float32") for name in ("query", *others)}
    leaves = {name: torch.tensor(x, requires_grad=True) for name, x in given.items()}
    tensors = dict(leaves)
    tensors.setdefault("value", tensors["query"])
    layer = eval(f"keras.layers.MultiHeadAttention({arguments})")
    layer(**tensors)
    layer.set_weights([0.5 * rng.standard_normal(w.shape).astype("float32") for w in layer.weights])
    y, scores = layer(**tensors, **call, return_attention_scores=True)
    v = rng.standard_normal(y.shape).astype("float32")
    wrt = [*leaves.values(), *(w.value for w in layer.weights)]
    gradients = [array(g) for g in torch.autograd.grad((y * torch.tensor(v)).sum(), wrt)]
    names = [*leaves, *(f"weight_{i}" for i in range(len(layer.weights)))]
    found = given | {f"weight_{i}": array(w) for i, w in enumerate(layer.weights)}
    found |= {f"d{name}": g for name, g in zip(names, gradients, strict=True)}
    found |= {"y": array(y), "scores": array(scores), "v": v, "arguments": arguments}
    found |= {"paths": [w.path.split("/", 1)[1] for w in layer.weights]}
    return found | {f"call/{name}": np.asarray(value) for name, value in call.items()}


def keras_model():
    """Two sequences, a mask, the scores, and what is called by name."""
    a, b, mask = keras.Input((5, 6)), keras.Input((4, 3)), keras.Input((5, 4), dtype="bool")
    y, scores = keras.layers.MultiHeadAttention(2, 3, value_dim=4, dropout=0.1, output_shape=6)(
        a, b, attention_mask=mask, return_attention_scores=True
    )
    z = keras.layers.MultiHeadAttention(3, 2, use_bias=False, name="second")(y, a, key=y, use_causal_mask=True)
    model = keras.Model([a, b, mask], [keras.layers.Dense(2)(z + a), scores])
    rng = np.random.default_rng(20)
    model.set_weights([0.5 * rng.standard_normal(w.shape).astype("float32") for w in model.weights])
    x = [rng.standard_normal((2, 5, 6)).astype("float32"), rng.standard_normal((2, 4, 3)).astype("float32"), MASK]
    for suffix, save in ((".keras", model.save), (".weights.h5", model.save_weights)):
        save(PATH.with_name("interchange") / f"keras_attention{suffix}")
    ys = model.predict(x, verbose=0)
    return {f"keras/x{i}": a for i, a in enumerate(x)} | {f"keras/y{i}": a for i, a in enumerate(ys)}


class Net(torch.nn.Module):
    """Itself, with a mask; two other sequences of other widths; without biases. Beside them a layer named out_proj."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.MultiheadAttention(6, 2, batch_first=True)
        self.out_proj = torch.nn.Linear(6, 6)
        self.second = torch.nn.MultiheadAttention(6, 3, kdim=4, vdim=5, batch_first=True)
        self.third = torch.nn.MultiheadAttention(6, 2, bias=False, batch_first=True)

    def forward(self, x, key, value):
        hidden = torch.ones(5, 5).triu(1).bool()
        y = self.out_proj(self.first(x, x, x, attn_mask=hidden)[0])
        y = self.second(y, key, value)[0]
        return self.third(y, y, y, average_attn_weights=False)


def torch_model():
    torch.manual_seed(0)
    net = Net()
    for p in net.parameters():
        torch.nn.init.normal_(p, 0, 0.5)
    x = torch.randn(2, 5, 6), torch.randn(2, 4, 4), torch.randn(2, 4, 5)
    found = {f"torch/x{i}": a.numpy() for i, a in enumerate(x)}
    found |= {f"torch/y{i}": a.detach().numpy() for i, a in enumerate(net(*x))}
    return found | {f"torch/state/{name}": a.numpy() for name, a in net.state_dict().items()}


def main():
    golden = {"meta/versions": f"keras {keras.__version__}, torch {torch.__version__}, numpy {np.__version__}"}
    for number, (name, parts) in enumerate(CASES.items()):
        golden |= {f"{name}/{key}": value for key, value in case(number, *parts).items()}
    golden |= keras_model() | torch_model()
    np.savez_compressed(PATH, **golden)
    print(f"{PATH}: {len(golden)} arrays, {PATH.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
