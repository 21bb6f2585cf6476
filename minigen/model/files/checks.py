"""What is refused of files of models: names, models that their description does not make again, damaged files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from ...checks.values import check_no_problems, is_integer
from ...errors import NEXT_LINE, message
from .likeness import differences, differences_of_settings, settings_of, shapes_of

SUFFIXES = (".minigen", ".keras")  # of files of whole models


def check_suffix(where: str, path: Path) -> None:
    """ValueError for the name of a file that says of no format how the model is written."""
    if path.suffix not in SUFFIXES:
        fix = f'"{path.stem}.minigen"; save_weights("{path.stem}.weights.h5") for the weights alone'
        if where == "load_model":
            fix = f'a file of model.save("{path.stem}.minigen"); model.load_weights({str(path)!r}) for weights alone'
        got = f"{str(path)!r}"
        raise ValueError(message(where, expected=f"a name that ends in {' or '.join(SUFFIXES)}", got=got, fix=fix))


def check_is_like(
    where: str, model: Any, twin: Any, optimizers: Mapping[str, Any], found: Mapping[str, Any], compiled: bool
) -> None:
    """ValueError unless a model that was made from the description of another one has all that this one has."""
    problems = differences(shapes_of(model), shapes_of(twin))
    problems += differences(*({k: settings_of(o) for k, o in some.items()} for some in (optimizers, found)))
    problems = problems or differences_of_settings(model, twin, compiled)
    if not problems and model.describe() != twin.describe():
        problems = ["another summary()"]
    if problems:
        refuse_another_model(where, NEXT_LINE.join(problems))


def refuse_another_model(where: str, got: str) -> NoReturn:
    """ValueError for a model that its description does not make again."""
    expected = "a model that the arguments of its classes, and compile(), determine"
    fix = "arguments of __init__ for what was set later, or get_config(); include_optimizer=False without optimizers"
    where = f"{where}: load_model() would make another model; nothing was written"
    raise ValueError(message(where, expected=expected, got=got, fix=fix))


@contextmanager
def made_again(where: str) -> Iterator[None]:
    """ValueError for a model that cannot be made again from its description."""
    try:
        yield
    except ValueError as error:
        why = str(error).rpartition("\n  fix:")[0] or str(error)  # the fix there is for one who has a file
        refuse_another_model(where, why.replace("\n", NEXT_LINE))


def check_is_model(path: Any, meta: Mapping[str, Any], known: int) -> None:
    """ValueError for an archive that is no model, or that a later version has written."""
    fix = "a file of model.save(path); load_weights(path) of a model for weights and checkpoints"
    kinds = {"model": dict, "optimizers": dict, "kind": str, "format": int}
    if meta.get("kind") != "model" or any(not isinstance(meta.get(key), kind) for key, kind in kinds.items()):
        got = f"a file of kind {meta.get('kind')!r:.40}"
        raise ValueError(message(f"{path} cannot be loaded", expected="a whole model", got=got, fix=fix))
    if meta["format"] != known:
        where, got = f"{path} cannot be loaded", f"format {meta['format']}"
        raise ValueError(message(where, expected=f"format {known}", got=got, fix="a newer version of minigen"))


@contextmanager
def explained_in(path: Any) -> Iterator[None]:
    """The file in the text of a ValueError."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path} cannot be loaded: {error}") from error


def check_optimizers(path: Any, optimizers: Mapping[str, Any], states: Mapping[str, Any]) -> None:
    """ValueError unless there is a state for each optimizer, and no other."""
    wrong = sorted(optimizers.keys() ^ states.keys())
    for name, state in states.items():
        counts = state.get("counts") if isinstance(state, dict) else None
        whole = isinstance(counts, list) and all(is_integer(n, 0) for n in [*counts, state.get("iterations")])
        settings = state.get("settings") if whole else None
        rate = settings.get("learning_rate") if isinstance(settings, dict) else None
        wrong += [] if isinstance(rate, (int, float)) and rate >= 0 else [name]
    check_state_fits(path, [f"optimizer {name}: no such state" for name in wrong])


def check_state_fits(path: Any, problems: Sequence[str]) -> None:
    """ValueError that lists all that does not fit in a file of a model."""
    fix = "the file as save() wrote it; compile=False for the weights alone"
    check_no_problems(f"{path} cannot be loaded", problems, "the state of each optimizer", fix)
