"""A model whole in one file: how it is made, its weights, and all that a training needs to go on.

The file is an .npz archive. Its entry `meta` is a JSON text with the description of the model (layers/description/);
the other entries are arrays, named as in a checkpoint. Reading it makes objects of classes that minigen or the caller
has; there is no code in it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import backend
from ...arguments import checks_arguments
from ...checks.values import switch
from ...layers.weights import weights_from_file
from ...storage import npz
from ...storage.files import as_path
from ...training.checkpoint_format import names_of_slots, problems_of_arrays
from ...training.checkpoints import models_with_state, optimizers_of, set_states, states_of
from . import checks

if TYPE_CHECKING:
    from ..model import Model

FORMAT = 1
CONFIG = "config/"  # what the names of arrays among the arguments begin with


def save_model(model: Model, path: str | os.PathLike[str], include_optimizer: bool = True) -> None:
    """Write the model to a file; Model.save() has the arguments and errors.

    The model is first made anew from its description: if that is another one, nothing is written.
    """
    from ...layers.description.building import build
    from ...layers.description.writing import Writer

    where, path = f"{model.label}.save", as_path(path)
    checks.check_suffix(where, path)
    compiled = switch(f"{where}: include_optimizer", include_optimizer)
    if path.suffix == ".keras":
        from ...interchange import keras  # the formats of others are imported where they are used

        return keras.save(model, path, compiled)
    writer, weights = Writer(model, compiled), model.named_weights()
    optimizers = optimizers_of([model]) if compiled else {}
    states = states_of(models_with_state({"": model}))
    sizes = sum(w.size for w in weights.values()) + sum(a.size for a in writer.arrays.values())
    with weights_from_file(sizes), backend.own_draws(), backend.using("numpy"):
        with checks.made_again(where):
            twin = build(writer.description, writer.custom_objects)
            set_states(models_with_state({"": twin}), states)
        checks.check_is_like(where, model, twin, optimizers, optimizers_of([twin]), compiled)

    arrays: dict[str, Any] = {f"weights/{k}": w for k, w in weights.items()} | states
    arrays |= {f"{CONFIG}{k}": a for k, a in writer.arrays.items()}
    of_optimizers = {}
    for name, optimizer in optimizers.items():
        counts, rate = optimizer.get_counts(list(weights.values())), optimizer.learning_rate
        settings = {"learning_rate": rate}
        of_optimizers[name] = {"iterations": optimizer.iterations, "counts": counts, "settings": settings}
        slots = optimizer.get_state(list(weights.values()))
        for names, of_weight in zip(names_of_slots(name, optimizer, weights).values(), slots, strict=True):
            arrays |= dict(zip(names, of_weight, strict=False))
    description = {key: value for key, value in writer.description.items() if key != "arrays"}
    npz.write(path, arrays, {"kind": "model", "format": FORMAT, "model": description, "optimizers": of_optimizers})


@checks_arguments
def load_model(
    path: str | os.PathLike[str], custom_objects: Mapping[str, Any] | None = None, compile: bool = True
) -> Any:
    """The model that model.save(path) has written: it predicts, and goes on with its training, as that one would.

    custom_objects  {"Scale": Scale, ...}, the classes and functions in it that are not minigen's
    compile         False leaves out what compile() had set

    Nothing in the file is executed. Raises OSError if it cannot be opened; ValueError if it is damaged or no file of a
    model, and for classes and functions that are not among custom_objects, all of them listed.
    """
    from ...layers.description.building import build

    path, compile = as_path(path), switch("load_model: compile", compile)
    checks.check_suffix("load_model", path)
    if path.suffix == ".keras":
        return load_keras(path, compile)
    arrays, meta = npz.read(path)
    checks.check_is_model(path, meta, FORMAT)
    config = {name.removeprefix(CONFIG): arrays.pop(name) for name in list(arrays) if name.startswith(CONFIG)}
    description = meta["model"] | {"arrays": config}
    sizes = sum(a.size for a in [*arrays.values(), *config.values()])
    with weights_from_file(sizes), backend.own_draws(), checks.explained_in(path):
        model = build(description, custom_objects, compile)
    if compile:
        set_training(path, model, arrays, meta)
    weights = {name.removeprefix("weights/"): a for name, a in arrays.items() if name.startswith("weights/")}
    if weights or model.weights():  # not where it waits for data
        model.assign_weights(weights, str(path))
    return model


def load_keras(path: Path, compile: bool) -> Any:
    """The model in a file of Keras. What it has of a training is the settings, not the state of the optimizer."""
    from ...interchange import keras, keras_weights
    from ...layers.description.building import build

    description, data = keras.load(path, compile)
    with weights_from_file(len(data)), backend.own_draws(), checks.explained_in(path):
        model = build(description)
    model.assign_weights(keras_weights.arrays_for(model, data, path), str(path))
    return model


def set_training(path: Any, model: Model, arrays: Mapping[str, Any], meta: dict[str, Any]) -> None:
    """What the optimizers, and the models themselves, carry from step to step."""
    weights, optimizers, holders = model.named_weights(), optimizers_of([model]), models_with_state({"": model})
    states = states_of(holders)
    checks.check_optimizers(path, optimizers, meta["optimizers"])
    problems = problems_of_arrays(arrays, meta, weights, optimizers, states)
    checks.check_state_fits(path, [p for p in problems if not p.startswith("NaN")])  # one that has diverged is loaded
    for name, optimizer in optimizers.items():
        saved, slots = meta["optimizers"][name], names_of_slots(name, optimizer, weights)
        state = [[arrays[slot] for slot in of_weight if slot in arrays] for of_weight in slots.values()]
        optimizer.set_state(list(weights.values()), state, saved["iterations"], saved["counts"])
        if optimizer.learning_rate != saved["settings"]["learning_rate"]:  # it was set after compile()
            optimizer.learning_rate = saved["settings"]["learning_rate"]
    set_states(holders, {name: arrays[name] for name in states})
