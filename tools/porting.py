"""What happens when somebody types a name or an argument of Keras or PyTorch: python tools/porting.py [--names]

Each public name of the two libraries is looked up at the place where it would be typed here, and each argument is given
to the class or method of minigen that has the same task. The table counts the outcomes:

there      minigen has it
answered   an error that says what to write instead
general    an error that says how to write one's own, or to leave it out
plain      Python's AttributeError, or an error without advice

--names lists the names of the last two columns. The names come from tests/golden/neighbours.json; in an environment
with Keras 3.15 and PyTorch 2.13, --collect makes this file.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NAMES = Path(__file__).parents[1] / "tests" / "golden" / "neighbours.json"

CALLS = {  # a class or method of minigen: those of the others with the same task
    "Activation": ["keras.layers.Activation"],
    "Adadelta": ["keras.optimizers.Adadelta", "torch.optim.Adadelta"],
    "Adam": ["keras.optimizers.Adam", "torch.optim.Adam"],
    "AdamW": ["keras.optimizers.AdamW", "torch.optim.AdamW"],
    "Add": ["keras.layers.Add"],
    "AveragePooling2D": ["keras.layers.AveragePooling2D", "torch.nn.AvgPool2d"],
    "BatchNormalization": ["keras.layers.BatchNormalization", "torch.nn.BatchNorm2d"],
    "Concatenate": ["keras.layers.Concatenate"],
    "Conv2D": ["keras.layers.Conv2D", "torch.nn.Conv2d"],
    "Conv2DTranspose": ["keras.layers.Conv2DTranspose", "torch.nn.ConvTranspose2d"],
    "Dense": ["keras.layers.Dense", "torch.nn.Linear"],
    "Dropout": ["keras.layers.Dropout", "torch.nn.Dropout"],
    "Embedding": ["keras.layers.Embedding", "torch.nn.Embedding"],
    "Flatten": ["keras.layers.Flatten", "torch.nn.Flatten"],
    "GRU": ["keras.layers.GRU", "torch.nn.GRU"],
    "GaussianNoise": ["keras.layers.GaussianNoise"],
    "GlobalAveragePooling2D": ["keras.layers.GlobalAveragePooling2D"],
    "GroupNormalization": ["keras.layers.GroupNormalization", "torch.nn.GroupNorm"],
    "Input": ["keras.layers.Input"],
    "LSTM": ["keras.layers.LSTM", "torch.nn.LSTM"],
    "Lambda": ["keras.layers.Lambda"],
    "LayerNormalization": ["keras.layers.LayerNormalization", "torch.nn.LayerNorm"],
    "LeakyReLU": ["keras.layers.LeakyReLU", "torch.nn.LeakyReLU"],
    "MaxPooling2D": ["keras.layers.MaxPooling2D", "torch.nn.MaxPool2d"],
    "Model": ["keras.Model"],
    "RMSprop": ["keras.optimizers.RMSprop", "torch.optim.RMSprop"],
    "ReLU": ["keras.layers.ReLU", "torch.nn.ReLU"],
    "Rescaling": ["keras.layers.Rescaling"],
    "Reshape": ["keras.layers.Reshape"],
    "SGD": ["keras.optimizers.SGD", "torch.optim.SGD"],
    "Sequential": ["keras.Sequential"],
    "SimpleRNN": ["keras.layers.SimpleRNN", "torch.nn.RNN"],
    "UpSampling2D": ["keras.layers.UpSampling2D", "torch.nn.Upsample"],
    "Sequential.compile": ["keras.Model.compile"],
    "Sequential.evaluate": ["keras.Model.evaluate"],
    "Sequential.fit": ["keras.Model.fit"],
    "Sequential.get_layer": ["keras.Model.get_layer"],
    "Sequential.load_weights": ["keras.Model.load_weights"],
    "Sequential.predict": ["keras.Model.predict"],
    "Sequential.save_weights": ["keras.Model.save_weights"],
    "Sequential.summary": ["keras.Model.summary"],
    "Sequential.train_on_batch": ["keras.Model.train_on_batch"],
    "Layer.add_weight": ["keras.layers.Layer.add_weight"],
    "Tensor": ["torch.tensor"],
    "Tensor.backward": ["torch.Tensor.backward"],
}
LAYER_ARGUMENTS = ["input_shape", "input_dim", "batch_input_shape", "trainable", "dtype", "weights"]  # Keras' **kwargs
OLD_ARGUMENTS = {
    "Adam": ["lr", "decay"],
    "AdamW": ["lr", "decay"],
    "SGD": ["lr", "decay"],
    "RMSprop": ["lr", "decay"],
    "Adadelta": ["lr", "decay"],
}


def collect() -> dict[str, list[str]]:
    """{"keras.layers": its names, "keras.layers.Dense(": its arguments, ...}"""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras
    import torch
    import torch.nn.functional  # noqa: F401
    from keras import layers  # noqa: F401

    roots = {"keras": keras, "torch": torch}

    def find(path: str) -> Any:
        thing = roots[path.split(".")[0]]
        for part in path.split(".")[1:]:
            thing = getattr(thing, part)
        return thing

    found = {}
    modules = "layers ops optimizers losses metrics activations initializers callbacks utils random".split()
    for path in ["keras", *(f"keras.{name}" for name in modules), "torch.nn", "torch.nn.functional", "torch.optim"]:
        found[path] = [name for name in dir(find(path)) if not name.startswith("_")]
    found["torch"] = [name for name in torch.__all__ if not name.startswith("_")]
    found["torch"] += "autograd cuda linalg nn optim random set_default_dtype set_grad_enabled utils".split()
    bases = dir(torch.nn.Module)  # of every Keras layer, where PyTorch is the backend
    for path in ["keras.Model", "keras.layers.Layer", "keras.optimizers.Optimizer"]:
        found[path] = [name for name in dir(find(path)) if not name.startswith("_") and name not in bases]
    for path in ["torch.nn.Module", "torch.Tensor", "torch.optim.Optimizer"]:
        found[path] = [name for name in dir(find(path)) if not name.startswith("_")]
    found["keras.layers.Layer"] += ["trainable_weights", "weights", "build", "call"]
    for path in sorted({path for paths in CALLS.values() for path in paths}):
        found[f"{path}("] = arguments_of(find(path))
    return {path: sorted(set(names) - {""}) for path, names in found.items()}


def read() -> dict[str, list[str]]:
    """What collect() found, from the file."""
    return {path: names.split() for path, names in json.loads(NAMES.read_text(encoding="utf-8")).items()}


def arguments_of(thing: Any) -> list[str]:
    """The names of its arguments; those of a builtin from the first line of its docstring."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except ValueError:
        first = thing.__doc__.strip().split("\n")[0]
        return [part.split("=")[0].strip(" *") for part in first[first.find("(") + 1 : first.find(")")].split(",")]
    named = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [name for name in named if name != "self"]


def outcome(action: Callable[[], Any]) -> str:
    """Which column of the table it belongs to."""
    try:
        action()
    except Exception as error:
        _, _, fix = str(error).partition("fix:")
        if not fix:
            return "plain"
        return "general" if fix.strip().startswith(("class ", "def ", "it without")) else "answered"
    return "there"


def lookups(names: dict[str, list[str]]) -> Iterator[tuple[str, str, str]]:
    """(place, name, outcome) of every name and argument."""
    import minigen
    from minigen import initializers, layers, losses, metrics, ops, optimizers

    one = minigen.Sequential([minigen.Input(shape=(2,)), minigen.Dense(2)])
    one.compile("adam", "mse")
    places = {
        "keras": minigen,
        "keras.layers": layers,
        "keras.ops": ops,
        "keras.optimizers": optimizers,
        "keras.losses": losses,
        "keras.metrics": metrics,
        "keras.initializers": initializers,
        "keras.Model": one,
        "keras.layers.Layer": one.layers[0],
        "keras.optimizers.Optimizer": one.optimizer,
        "torch": minigen,
        "torch.nn": layers,
        "torch.nn.functional": minigen,
        "torch.optim": optimizers,
        "torch.nn.Module": one,
        "torch.Tensor": minigen.Tensor([1.0]),
        "torch.optim.Optimizer": one.optimizer,
    }
    for place, owner in places.items():
        for name in names[place]:
            yield place, name, outcome(lambda owner=owner, name=name: getattr(owner, name))
    for name in names["keras.activations"]:
        yield 'activation="..."', name, outcome(lambda name=name: minigen.Activation(name))
    for name in names["keras.initializers"]:
        if name.islower():
            yield 'kernel_initializer="..."', name, outcome(lambda name=name: initializers.get(name))
    for own, paths in CALLS.items():
        function = minigen
        for part in own.split("."):
            function = one if part == "Sequential" and "." in own else getattr(function, part)
        extra = OLD_ARGUMENTS.get(own, LAYER_ARGUMENTS if "." not in own and hasattr(function, "call") else [])
        known = set(inspect.signature(function).parameters)
        for path in paths:
            for name in dict.fromkeys([*names[f"{path}("], *extra]):
                is_known = name in known or (path.startswith("torch") and name in ("data", "params"))
                yield f"{own}(...)", name, "there" if is_known else outcome(lambda f=function, n=name: f(**{n: None}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", action="store_true", help="list what has general advice, or none")
    parser.add_argument("--collect", action="store_true", help="make neighbours.json; needs Keras and PyTorch")
    args = parser.parse_args()
    if args.collect:
        lines = {path: " ".join(names) for path, names in collect().items()}
        NAMES.write_text(json.dumps(lines, indent=0) + "\n", encoding="utf-8")
        return
    columns = ["there", "answered", "general", "plain"]
    table: dict[str, dict[str, list[str]]] = {}
    for place, name, column in lookups(read()):
        table.setdefault(place, {c: [] for c in columns})[column].append(name)
    print(f"{'':28}" + "".join(f"{c:>10}" for c in columns))
    for place, found in table.items():
        print(f"{place:28}" + "".join(f"{len(found[c]):10}" for c in columns))
    print(f"{'all':28}" + "".join(f"{sum(len(found[c]) for found in table.values()):10}" for c in columns))
    if args.names:
        for place, found in table.items():
            for column in columns[2:]:
                if found[column]:
                    print(f"\n{place}, {column}: {' '.join(found[column])}")


if __name__ == "__main__":
    main()
