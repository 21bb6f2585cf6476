"""What several families of models refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ..errors import message
from ..model import Model


def check_has_graph(where: str, network: Any, fix: str = "") -> None:
    """TypeError for a network that was not built from symbolic inputs."""
    if not hasattr(network, "outputs"):
        got = getattr(network, "label", type(network).__name__)
        fix = fix or "Model(inputs, outputs), or Sequential([Input(shape=...), ...])"
        raise TypeError(message(f"{where} has no graph", expected="a Model with an Input", got=got, fix=fix))


def check_no_shared_weights(where: str, networks: Mapping[str, Model]) -> None:
    """ValueError for a weight that belongs to two networks, each of which has a loss of its own."""
    owner: dict[int, str] = {}
    for name, network in networks.items():
        for path, weight in network.named_weights().items():
            other = owner.setdefault(id(weight), name)
            if other != name:
                expected = f"{len(networks)} networks: a step of one must not move another"
                got, fix = f"{path} in {other} and {name}", f"new layers for the {name}"
                raise ValueError(message(f"{where}: shared weights", expected=expected, got=got, fix=fix))


def check_different_optimizers(where: str, optimizers: Sequence[Any], fix: str) -> None:
    """ValueError for one optimizer object for two networks: each keeps its own count of steps."""
    if len({id(optimizer) for optimizer in optimizers}) < len(optimizers):
        where, expected = f"{where}.compile: optimizers", "one for each network"
        raise ValueError(message(where, expected=expected, got="the same object twice", fix=fix))


def check_no_condition(model: Any, given: Sequence[Any]) -> None:
    """TypeError for labels, or anything else beside the images, of a model that has no condition."""
    if given:
        where, expected = (
            f"{model.label}: {1 + len(given)} arguments",
            "real images alone: there are no targets, and no condition",
        )
        raise TypeError(message(where, expected=expected, got="something beside them", fix=model.usage))


def check_condition(model: Any, given: Sequence[Any]) -> None:
    """TypeError unless there are labels beside the images, and nothing else."""
    if len(given) != 1:
        where, expected = f"{model.label}: {1 + len(given)} arguments", "images (or codes, or noise) and their labels"
        got = "no labels" if not given else f"{len(given)} things beside them"
        raise TypeError(message(where, expected=expected, got=got, fix=model.usage))


def refuse_uncompiled(where: str, expected: str, fix: str) -> NoReturn:
    """RuntimeError for a model that was not compiled."""
    raise RuntimeError(message(f"{where}: not compiled", expected=expected, got="none", fix=fix))
