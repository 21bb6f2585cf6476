"""minigen against the real Keras 3: every array of golden/normalization.npz (made by make_normalization.py)."""

from pathlib import Path

import numpy as np
import pytest

import minigen
from minigen import Tensor, ops, optimizers, to_numpy

with np.load(Path(__file__).parent / "golden" / "normalization.npz") as file:
    CALLS = {str(case): str(call) for case, call in file["calls"]}
    GOLDEN = {key: file[key] for key in file.files if "/" in key}

FILES = ["keras_normalised", "torch_normalised"]  # compared in tests/interchange/

ACTIVATIONS = {  # case: (function, atol); both are as far from the values in float64, far out on the left
    "gelu": (ops.gelu, 1e-6),
    "gelu_by_tanh": (lambda x: ops.gelu(x, approximate=True), 2e-6),
    "silu": (ops.silu, 1e-6),
}
OPTIMIZERS = [case for case, call in CALLS.items() if call.startswith("AdamW")]
LAYERS = [case for case in CALLS if case not in OPTIMIZERS]


def golden(case):
    """{array: value} of one case."""
    return {key.split("/")[1]: value for key, value in GOLDEN.items() if key.split("/")[0] == case}


def test_every_case_is_compared():
    assert {key.split("/")[0] for key in GOLDEN} == {*LAYERS, *ACTIVATIONS, *OPTIMIZERS, *FILES}
    assert (len(LAYERS), len(OPTIMIZERS)) == (7, 2)


@pytest.mark.parametrize("case", LAYERS)
def test_layer(case, xp):
    want = golden(case)
    layer = eval(CALLS[case], vars(minigen))
    x = Tensor(want["x"], requires_grad=True)
    layer(x)
    for name, weight in layer.named_weights().items():
        weight.assign(want[name])
    y = layer(x)
    (y * Tensor(want["v"])).sum().backward()
    got = {"y": y, "dx": x.grad} | {f"d{name}": w.grad for name, w in layer.named_weights().items()}
    assert {*got, *layer.named_weights(), "x", "v"} == set(want)
    for name, value in got.items():
        np.testing.assert_allclose(to_numpy(value), want[name], rtol=2e-6, atol=4e-6)


@pytest.mark.parametrize("case", ACTIVATIONS)
def test_activation(case, xp):
    want = golden(case)
    x = Tensor(want["x"], requires_grad=True)
    function, atol = ACTIVATIONS[case]
    y = function(x)
    y.sum().backward()
    np.testing.assert_allclose(y.numpy(), want["y"], rtol=2e-6, atol=atol)
    np.testing.assert_allclose(to_numpy(x.grad), want["dx"], rtol=2e-6, atol=atol)


@pytest.mark.parametrize("case", OPTIMIZERS)
def test_optimizer(case, xp):
    want = golden(case)
    w, optimizer = Tensor(want["w"], requires_grad=True), eval(CALLS[case], vars(optimizers))
    for g, expected in zip(want["gradients"], want["way"], strict=True):
        (w * Tensor(g)).sum().backward()
        optimizer.step([w])
        np.testing.assert_allclose(w.numpy(), expected, rtol=2e-6, atol=2e-7)
