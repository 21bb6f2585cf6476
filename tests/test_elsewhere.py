"""Names and calls as learners of NumPy, Keras and PyTorch write them are answered with what there is here."""

import contextlib
import re

import numpy as np
import pytest
from helpers.parameters import leaf, parameter64
from helpers.refusals import refused
from helpers.small_model import KeyWords, V, X  # noqa: F401 (in expressions)
from helpers.small_model import compiled as small  # noqa: F401 (in expressions)
from helpers.small_model import uncompiled as model

import minigen
from minigen import GRU, SGD, Adam, Dense, Flatten, Input, Sequential, Tensor, elsewhere, grad, losses, metrics

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


# ---- arguments


ARGUMENTS = {  # what is written elsewhere: what to write here
    "LeakyReLU(alpha=0.2)": "negative_slope=...",
    "Dense(3, input_dim=4)": "Input(shape=(n,)) before it",
    "Dense(3, activatoin='relu')": "activation=...",
    "Dense(out_features=3)": "units=...",
    "Conv2D(4, 3, input_shape=(8, 8, 1))": "Input(shape=...) before it",
    "Conv2D(4, 3, stride=2)": "strides=...",
    "Dense(3, kernel_regularizer='l2')": "train_step",
    "Dense(3, activity_regularizer='l2')": "train_step",
    "Dense(3, trainable=False)": "p.requires_grad = False",
    "Dropout(p=0.5)": "rate=...",
    "Dropout(0.5, seed=1)": "minigen.seed(1)",
    "Flatten(data_format='channels_first')": "x.transpose(0, 2, 3, 1)",
    "LSTM(hidden_size=3)": "units=...",
    "Layer(nam='a')": "name=...",
    "BatchNormalization(eps=1e-5)": "epsilon=...",
    "Input(input_shape=(3,))": "Input(shape=...)",
    "Model(input=Input((3,)), output=None)": "inputs=...",
    "Sequential([], layer=3)": "layers=...",
    "small().compile('adam', 'mse', loss_weights=[1])": "train_step",
    "small().compile('adam', criterion='mse')": "loss=...",
    "models.vae(2).compile(optimiser='adam')": "optimizer=...",
    "small().fit(V, V[:, :2], callbacks=[])": "on_epoch_end",
    "small().fit(V, V[:, :2], validation_split=0.2)": "validation_data=(x[n:], y[n:])",
    "small().fit(V, V[:, :2], nb_epoch=2)": "epochs=...",
    "KeyWords(3, input_shape=(3,))": "Input(shape=...) before it",
}


@pytest.mark.parametrize("code", ARGUMENTS)
def test_an_argument_of_another_name(code):
    with pytest.raises(TypeError) as error:
        eval(code, vars(minigen) | globals())
    text = str(error.value)
    assert "unknown argument" in text and "expected:" in text and "got:" in text
    assert ARGUMENTS[code] in text.partition("fix:")[2]


UNKNOWN = {
    "sum: unknown argument 'dim'": (lambda: leaf().sum(dim=0), "axis=..."),
    "max: unknown argument 'keepdim'": (lambda: leaf().max(axis=0, keepdim=True), "keepdims=..."),
    "softmax: unknown argument 'dim'": (lambda: minigen.softmax(leaf(), dim=1), "axis=..."),
    "stack: unknown argument 'dim'": (lambda: minigen.stack([leaf()], dim=0), "axis=..."),
    "Tensor.backward: unknown argument 'create_graph'": (
        lambda: leaf().sum().backward(create_graph=True),
        "minigen.grad",
    ),
    "Tensor.backward: unknown argument 'inputs'": (lambda: leaf().sum().backward(inputs=[]), "wrt=..."),
    "Tensor: unknown argument 'dtype'": (lambda: Tensor([1.0], dtype="float64"), "np.asarray"),
    "grad: unknown argument 'allow_unused'": (lambda: grad(leaf().sum(), [], allow_unused=True), "grad(y, xs)"),
    "SGD.step: unknown argument 'lr'": (lambda: SGD(0.1).step([], lr=0.1), "without lr="),
    "Task: unknown argument 'batch_size'": (lambda: minigen.Task("a", model(), X, batch_size=3), "without batch_size"),
    "binary_crossentropy: unknown argument 'label_smoothing'": (
        lambda: losses.binary_crossentropy(X, X, label_smoothing=0.1),
        "as targets",
    ),
    "mean_squared_error: unknown argument 'reduction'": (
        lambda: losses.mean_squared_error(X, X, reduction="sum"),
        "the mean over the batch",
    ),
    "accuracy: unknown argument 'threshold'": (lambda: metrics.accuracy([1], [1.0], threshold=0.3), "without"),
    "Dense: unknown argument 'out_features'": (lambda: Dense(out_features=3), "units=..."),
    "GRU: unknown argument 'hidden_size'": (lambda: GRU(hidden_size=3), "units=..."),
    "Flatten: unknown argument 'start_dim'": (lambda: Flatten(start_dim=1), "without start_dim="),
    "Sequential.fit: unknown argument 'callbacks'": (lambda: model().fit(X, callbacks=[]), "on_epoch_end"),
}


@pytest.mark.parametrize("problem", UNKNOWN)
def test_an_argument_from_elsewhere_is_answered(problem):
    call, fix = UNKNOWN[problem]
    with refused(TypeError, problem):
        call()
    with pytest.raises(TypeError) as error:
        call()
    assert fix in str(error.value).partition("fix:")[2]
