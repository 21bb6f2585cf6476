"""What the porting guide speaks of against Keras and PyTorch: every array of golden/porting.npz (make_porting.py)."""

import functools
from pathlib import Path

import numpy as np
import pytest

import minigen
from minigen import Activation, Input, Model, Tensor, elsewhere, layers, optimizers
from minigen.elsewhere.modules import LAYERS

with np.load(Path(__file__).parent / "golden" / "porting.npz") as file:
    GOLDEN = {key: file[key] for key in file.files}


def cases(kind):
    """What there is of a kind, by the name behind its stroke."""
    return {key.partition("/")[2]: a for key, a in GOLDEN.items() if key.startswith(f"{kind}/")}


def leaf(a):
    return Tensor(a, requires_grad=True)


def close(got, want, tolerance=2e-6):
    np.testing.assert_allclose(minigen.to_numpy(got), want, rtol=tolerance, atol=tolerance)


NAMED = vars(minigen) | {"minigen": minigen, "numpy": np}
BY_TANH = functools.partial(minigen.gelu, approximate=True)  # of the file; test_keras_normalization.py has the other
ACTIVATIONS = [name for name in cases("activation") if name != "x" and not name.endswith("_slope")]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(xp, name):
    """Those that exist, and those that an error gives as an expression: the values and the slopes of Keras."""
    own = BY_TANH if name == "gelu" else layers.activation.ACTIVATIONS.get(name)
    x = leaf(GOLDEN["activation/x"])
    y = Activation(own or eval(elsewhere.ACTIVATIONS[name], NAMED))(x)
    y.sum().backward()
    close(y, GOLDEN[f"activation/{name}"])
    kinks = np.isin(GOLDEN["activation/x"], [-3, -1, 0, 1, 3, 6])
    close(minigen.to_numpy(x.grad)[~kinks], GOLDEN[f"activation/{name}_slope"][~kinks], 5e-6)


def test_every_activation_that_is_an_expression_is_compared():
    assert set(elsewhere.ACTIVATIONS) <= set(ACTIVATIONS) and {"silu", "swish"} <= set(ACTIVATIONS)


DATA = {"images": 4, "sequences": 3, "vectors": 2}  # the number of axes
OF_SEQUENCES = ("GlobalAveragePooling1D", "GlobalMaxPooling1D", "LayerNormalization", "Permute")


@pytest.mark.parametrize("name", [name for name in cases("layer") if name not in DATA])
def test_layers_that_exist_or_that_an_error_gives_as_an_expression(xp, name):
    layer = eval(LAYERS.get(name, f"{name}()").partition(", or ")[0], NAMED)
    kind = "sequences" if name in OF_SEQUENCES else "vectors" if name in ("RepeatVector", "Softmax") else "images"
    close(layer(GOLDEN[f"layer/{kind}"]), GOLDEN[f"layer/{name}"], 5e-6)


@pytest.mark.parametrize("name", ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"])
def test_merging_layers(xp, name):
    inputs = [leaf(GOLDEN[f"merge/{one}"]) for one in ("ab" if name == "Subtract" else "abc")]
    y = getattr(minigen, name)()(inputs)
    (y * y).sum().backward()
    close(y, GOLDEN[f"merge/{name}"])
    for i, x in enumerate(inputs):
        close(x.grad, GOLDEN[f"merge/{name}_d{i}"], 5e-6)


def test_arithmetic_between_symbols(xp):
    a, b = Input((4,)), Input((4,))
    y = (2 * a - b / 3 + 1) * -a + (1 - b) ** 2 - 1 / (a * a + 2) + 0.5**b - b * np.float32(0.25)
    close(Model([a, b], y).predict([GOLDEN["merge/a"], GOLDEN["merge/b"]]), GOLDEN["arithmetic/y"], 5e-6)


def test_standard_deviation_as_keras_has_it(xp):
    x = leaf(GOLDEN["std/x"])
    y = x.std(axis=0)
    y.sum().backward()
    close(y, GOLDEN["std/y"])
    close(x.grad, GOLDEN["std/dx"])


OPTIMIZERS = {
    "sgd_clipnorm": lambda: optimizers.SGD(0.1, clipnorm=1.5),
    "sgd_clipvalue": lambda: optimizers.SGD(0.1, clipvalue=0.5),
    "sgd_momentum_decay": lambda: optimizers.SGD(0.1, momentum=0.9, weight_decay=0.05),
    "adam_clipnorm": lambda: optimizers.Adam(0.01, clipnorm=1.5),
    "adam_clipvalue": lambda: optimizers.Adam(0.01, clipvalue=0.5),
    "adam_decay": lambda: optimizers.Adam(0.01, weight_decay=0.05),
    "adamw": lambda: optimizers.AdamW(0.01),
    "rmsprop_all": lambda: optimizers.RMSprop(0.01, clipnorm=1.5, weight_decay=0.05),
    "adadelta_all": lambda: optimizers.Adadelta(1.0, clipvalue=0.5, weight_decay=0.05),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_clipping_and_weight_decay(xp, name):
    """12 steps, all compared: by the way from the start, to 2e-5 of it; weights of size 1 are rounded to 1e-7."""
    optimizer, w, ways = OPTIMIZERS[name](), leaf(GOLDEN["optimizer/w0"]), []
    for g in GOLDEN["optimizer/gradients"]:
        w.grad = Tensor(g).data
        optimizer.step([w])
        ways.append(w.numpy() - GOLDEN["optimizer/w0"])
    should = GOLDEN[f"optimizer/{name}"] - GOLDEN["optimizer/w0"]
    assert np.abs(np.stack(ways) - should).max() <= 2e-5 * np.abs(should).max()


def test_every_case_of_the_file_is_compared():
    assert set(cases("optimizer")) == {*OPTIMIZERS, "w0", "gradients"}
    assert {key.partition("/")[0] for key in GOLDEN} == {
        *("activation", "arithmetic", "layer", "merge", "meta", "optimizer", "std", "story")
    }


def test_the_tutorial_compares_with_what_the_programs_of_both_libraries_gave():
    text = (Path(__file__).parents[1] / "tutorials" / "user_porting.py").read_text(encoding="utf-8")
    for name, losses in cases("story").items():
        written = ", ".join(f"{loss:.6f}".rstrip("0") for loss in losses[:5])
        assert f"{name.upper()} = [{written}]" in text
    assert f"{cases('story')['keras'][5]:.6f}" in text
