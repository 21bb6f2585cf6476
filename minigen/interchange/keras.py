"""A whole model in a .keras file of Keras 3: a zip archive with config.json, metadata.json and model.weights.h5.

All that the other side has not is refused, listed at once.
"""

from __future__ import annotations

import json
import os
import zipfile
from typing import Any

from ..storage.files import as_path, replacing
from . import checks, keras_training, keras_weights
from .keras_reading import Reader
from .keras_weights import kind_of
from .keras_writing import Writer

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
STEP = ("compile", "train_step", "losses_of", "total_loss")
VERSION = "3.15.1"  # of Keras, in whose form the files are written


def plain_numbers(value: Any) -> Any:
    """NumPy's numbers and arrays as JSON has them."""
    return value.tolist()


def is_own(model: Any, method: str) -> bool:
    """Whether the class of a model has its own way to train, which the file would lose."""
    return bool(getattr(type(model), method).__qualname__ != f"Trainer.{method}")


def save(model: Any, path: str | os.PathLike[str], include_optimizer: bool) -> None:
    """Write the model, aside and then renamed. ValueError that lists what Keras has not, with nothing written."""
    problems: list[str] = []
    config = Writer(problems).model(model, model.name or kind_of(model))
    given = vars(model).get("_compiled_with")
    if include_optimizer and given is not None:
        problems += [f"{model.label}: a {name}() of its own" for name in STEP if is_own(model, name)]
        if "optimizer" in given:  # not in the compile() of a GAN, which has a step of its own
            now = {**given, "optimizer": model.optimizer}  # compile() may have been given its name
            config["compile_config"] = keras_training.to_keras(now, model.output_names, problems)
    checks.check_has_all(f"{model.label}.save: {path}", "Keras", problems)
    weights = keras_weights.content(model)
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr(METADATA, json.dumps({"keras_version": VERSION}))
        archive.writestr(CONFIG, json.dumps(config, default=plain_numbers))
        archive.writestr(WEIGHTS, weights)


def load(path: str | os.PathLike[str], compile: bool) -> tuple[dict[str, Any], bytes]:
    """(the description of the model in the file, the bytes of its weights).

    Raises ValueError for a file that is damaged, and for what minigen has not, all of it listed; OSError if it cannot
    be opened.
    """
    path = as_path(path)
    checks.check_archive_opens(path)
    try:
        with zipfile.ZipFile(path) as archive:
            checks.check_entries(archive.infolist(), path.stat().st_size, (CONFIG, WEIGHTS))
            config, weights = json.loads(archive.read(CONFIG)), archive.read(WEIGHTS)
        reader = Reader()
        root = reader.layer(config)
        if compile and config.get("compile_config"):
            given = keras_training.from_keras(config["compile_config"], reader.problems)
            reader.compile_step(root, given)
    except Exception as error:  # of a damaged archive, and of a config that is none
        checks.refuse_damaged(path, error)
    checks.check_has_all(f"{path} cannot be loaded", "minigen", reader.problems)
    return reader.description(root), weights
