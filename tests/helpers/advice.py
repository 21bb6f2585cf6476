"""What an error says to write, typed: the expression in it, and values for the names that stand in it."""

import contextlib
import math
import re
from types import SimpleNamespace

import numpy as np

import minigen
from minigen import Dense, Input, Sequential, Tensor

WORDS = re.compile(
    r"; |, (a|an|and|as|in|of|one|or|such|the|then|which|with|without) | for | and others| of probabilities"
    r"| before it| behind | in fit| once it| elsewhere"
)


def expression(fix):
    """The expression at the beginning of an advice; "" if it begins with words or is for a GPU."""
    for end in [*(m.start() for m in WORDS.finditer(fix)), len(fix)]:
        with contextlib.suppress(SyntaxError):
            compile(fix[:end], "", "eval")
            return "" if "..." in fix[:end] or "cupy" in fix[:end] else fix[:end]
    return ""


def names():
    """A small compiled model with a loss, two square matrices and other things that the advice speaks of."""
    data = np.eye(2, dtype="float32")
    x, y = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), Tensor([[1.0, 2.0], [2.0, 1.0]])
    model = Sequential([Input(shape=(2,)), Dense(2), Dense(2)])
    model.compile("adam", "mse")
    loss = (model(x) ** 2).sum() + (x**2).sum()
    found = {name: getattr(minigen, name) for name in minigen.__all__}
    found |= {"minigen": minigen, "numpy": np, "np": np, "math": math, "functools": __import__("functools")}
    found |= {"model": model, "layer": model.layers[0], "head": model.layers[1], "optimizer": model.optimizer}
    found |= {"loss": loss, "x": x, "y": y, "z": y, "w": y, "a": x, "b": y, "xs": [x, y], "mask": x.numpy() > 2}
    found |= dict.fromkeys("qkv", Tensor(np.ones((1, 1, 2, 2), "float32")))
    found |= {"p": Tensor([0.5, 0.5]), "n": 2, "indices": [0, 1], "labels": np.array([0, 1])}
    found |= {"table": y, "mu": x, "logvar": y}
    found |= {"shape": (2, 2), "data": data, "array": data, "path": "w.npz", "name": "dense", "inputs": 4}
    found["module"] = SimpleNamespace(state_dict=lambda: minigen.interchange.state_dict(model.layers[0]))
    found |= {"y_pred": x, "self": model.layers[0], "weight": x, "weights": x, "values": y, "x_train": data}
    return found | {"kernel": np.ones((1, 1, 1, 1), "float32")}


IMAGES = ("average_pool2d", "conv2d", "max_pool2d", "up_sampling2d", "x.mean((1, 2))", "Conv2D(8, 3)(half)")


def typed(fix):
    """The value of an advice. Where it is for images, x, a and b are images, and where for sequences, x is one."""
    found = names()
    if any(word in fix for word in IMAGES):
        found["x"] = found["a"] = found["b"] = Tensor(np.ones((1, 4, 4, 1), "float32"))
    if "forward(" in fix:
        found["forward"], found["backward"] = minigen.GRU(3), minigen.GRU(3)
    if "GRU(" in fix or "forward(" in fix:
        found["x"] = Tensor(np.ones((2, 3, 2), "float32"))
    if ".backward" in fix:
        found["y"] = found["x"] * 2
    if "optimizer.step" in fix:
        found["loss"].backward()
    return eval(fix, found)
