"""Weights from and to a PyTorch module, as the arrays of its state_dict. PyTorch itself is not needed.

interchange.load_state_dict(model, module.state_dict())
module.load_state_dict({k: torch.from_numpy(a) for k, a in interchange.state_dict(model, names).items()})
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import backend
from ..arguments import checks_arguments
from ..checks.values import number
from ..storage import safetensors
from . import checks, torch_attention
from .torch_layers import COUNTER, Places, from_torch, places_of, to_torch, weights_of
from .torch_order import Orders

RECURRENT = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh)_l(\d+)")
SUFFIXES = ("weight", "bias", "running_mean", "running_var", COUNTER)

Names = Mapping[str, str] | Sequence[str] | None


@checks_arguments
def load_state_dict(model: Any, state_dict: Any, names: Names = None, epsilon: float = 1e-5) -> None:
    """Overwrite the weights of a layer or model by those of a PyTorch module.

    state_dict  what module.state_dict() returns, or a dict of arrays; or the name of a .safetensors file with them
    names       {"encoder.0": "encoder/dense", ...}, modules there and the paths of layers here. Modules that are not
                listed belong to the layers of the same name, or else to the others in their order
    epsilon     the eps of the module's BatchNorm, LayerNorm and GroupNorm layers: a state_dict does not hold it

    Kernels, gates and features are brought into the order that they have here; images are (rows, columns, channels)
    here. An LSTM(num_layers=2) counts as two modules, "lstm" and "lstm.l1"; a MultiheadAttention as one, "attention".
    The padding of a convolution with strides is not in a state_dict: "same" here pads as TensorFlow does, more at the
    end.

    Raises ValueError, and changes nothing, for what does not fit and what has no counterpart, all of it listed; OSError
    for a file that cannot be opened.
    """
    checks.check_is_layer("interchange.load_state_dict", model)
    is_file = isinstance(state_dict, (str, os.PathLike))
    arrays = safetensors.read(state_dict) if is_file else checks.checked_state_dict(state_dict)
    layers = _Layers(model, _checked_epsilon(epsilon))
    modules = _modules(arrays)
    problems = layers.problems
    listed = _by_module(names, list(layers.places), problems)
    pairs = _pairs(list(modules), list(layers.places), listed, is_file or _is_sorted(modules), problems)
    found: dict[str, np.ndarray] = {}
    for module, path in pairs.items():
        given, own = modules[module], dict(layers.weights[path])
        expected = to_torch(layers.places[path], own)
        wrong = checks.differences(module, path, given, expected)
        problems += wrong
        if not wrong:
            shapes = {name: a.shape for name, a in own.items()}
            new = from_torch(layers.places[path], given, shapes)
            found |= {f"{path}/{name}".removeprefix("/"): a for name, a in new.items()}
    checks.check_fits(f"{model.label}: the state_dict does not fit; nothing was changed", problems)
    model.assign_weights(found, "the state_dict")


@checks_arguments
def state_dict(model: Any, names: Names = None, epsilon: float = 1e-5) -> dict[str, np.ndarray]:
    """The weights of a layer or model as module.load_state_dict() takes them, as NumPy arrays.

    names    {"0": "dense", "2": "dense_1"}, modules there and the paths of layers here; or a list of the modules, in
             the order of model.named_weights(). Without it modules have the paths of layers, with dots: encoder.dense
    epsilon  the eps of the module's BatchNorm, LayerNorm and GroupNorm layers

    Raises ValueError for what has no counterpart in PyTorch, all of it listed; TypeError for what is no layer.
    """
    checks.check_is_layer("interchange.state_dict", model)
    layers = _Layers(model, _checked_epsilon(epsilon))
    module_of = {path: module for module, path in _by_module(names, list(layers.places), layers.problems).items()}
    found: dict[str, np.ndarray] = {}
    for path, places in layers.places.items():
        module = module_of.get(path, path.replace("/", "."))
        arrays = torch_attention.joined(to_torch(places, layers.weights[path]))
        if "running_mean" in arrays:
            arrays[COUNTER] = np.array(0, "int64")
        found |= {_key(module, name): a for name, a in arrays.items()}
    checks.check_fits(f"{model.label}: no state_dict", layers.problems)
    return found


def _checked_epsilon(epsilon: Any) -> float:
    return number("state_dict: epsilon", epsilon, "a number >= 0", "epsilon=1e-5")


class _Layers:
    """The layers with weights, in order: by path the arrays, and where their numbers stand in PyTorch."""

    def __init__(self, model: Any, epsilon: float) -> None:
        orders = Orders(model)
        self.problems = orders.problems
        self.problems += [f"{label}: it has no weights yet; call the model on data before" for label in model.unbuilt()]
        self.places: dict[str, Places] = {}
        self.weights: dict[str, dict[str, np.ndarray]] = {}
        inside: set[Any] = set()  # the layers of an attention, which is one module
        for path, layer in [("", model), *model.all_parts().layers]:
            own = weights_of(layer)
            if not own or layer in inside:
                continue
            if type(layer).__name__ == torch_attention.KIND:
                inside |= {part for _, part in layer.all_parts().layers}
                if not torch_attention.is_there(layer):
                    where = f"{path or layer.label}: PyTorch's attention has as many features as the query in"
                    self.problems.append(f"{where} num_heads * key_dim, num_heads * value_dim and its output")
            places = places_of(layer, orders.of(layer))
            if places is None:
                self.problems.append(f"{path or layer.label}: PyTorch has no {type(layer).__name__}")
                continue
            self.places[path] = places
            self.weights[path] = {name: backend.to_numpy(weight) for name, weight in own.items()}
            if getattr(layer, "epsilon", epsilon) != epsilon:
                self.problems.append(f"{path or layer.label}: epsilon={layer.epsilon:g}, there {epsilon:g}")


def _modules(arrays: Mapping[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """The arrays of each module, by its name. Layer 1 of a recurrent module is a module of its own, "lstm.l1"."""
    found: dict[str, dict[str, np.ndarray]] = {}
    attentions = torch_attention.modules_in(arrays)
    for key, a in arrays.items():
        module, _, name = key.rpartition(".")
        recurrent = RECURRENT.fullmatch(name)
        of_attention = torch_attention.split_key(key, attentions)
        if of_attention:
            module, name = of_attention
        elif recurrent:
            name, level = recurrent[1], recurrent[2]
            module += f".l{level}" if level != "0" else ""
        elif name not in SUFFIXES:
            module, name = key, ""
        found.setdefault(module, {})[name] = a
    return {module: torch_attention.apart(own) for module, own in found.items()}


def _key(module: str, name: str) -> str:
    """The name of an array in a state_dict."""
    if name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        level = re.fullmatch(r"(.*)\.l(\d+)", module)
        module, name = (level[1], f"{name}_l{level[2]}") if level else (module, f"{name}_l0")
    return f"{module}.{name}" if module else name


def _by_module(names: Names, paths: Sequence[str], problems: list[str]) -> dict[str, str]:
    """names as a dict."""
    found = checks.checked_names(names, paths)
    problems += [f"names: no layer with weights at {path!r}" for path in found.values() if path not in paths]
    return {module: path for module, path in found.items() if path in paths}


def _is_sorted(modules: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a bias stands before its weight: PyTorch has them the other way, a .safetensors file sorts its names."""
    return any(next(iter(own)).startswith("bias") for own in modules.values())


def _pairs(
    modules: list[str], paths: list[str], names: Mapping[str, str], is_sorted: bool, problems: list[str]
) -> dict[str, str]:
    """Which module belongs to which layer: as `names` says, by equal names, and the others in their order.

    Sorted names are in the order of the module only where they differ by numbers alone.
    """
    problems += [f"names: no module {module!r}" for module in names if module not in modules]
    pairs = {module: path for module, path in names.items() if module in modules}
    same = {module: module.replace(".", "/") for module in modules if module not in pairs}
    pairs |= {module: path for module, path in same.items() if path in paths and path not in pairs.values()}
    rest, others = [m for m in modules if m not in pairs], [p for p in paths if p not in pairs.values()]
    if is_sorted and len(rest) > 1:
        rest.sort(key=lambda module: [int(n) for n in re.findall(r"\d+", module)])
        if len({re.sub(r"\d+", "0", module) for module in rest}) > 1:
            problems.append(f"the order of {', '.join(rest)} is not in the file: names={{...}} says which is which")
    problems += [f"unexpected: {module or 'weights without a module'}" for module in rest[len(others) :]]
    problems += [f"missing: a module for {path or 'the layer'}" for path in others[len(rest) :]]
    return pairs | dict(zip(rest, others, strict=False))
