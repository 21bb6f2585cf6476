"""Where a training run stands: the checkpoint it writes, the resume that goes on from it, and Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .. import backend, optimizers
from ..autograd import unwrap
from ..errors import message
from ..layers.parts import inside
from ..layers.weights import of_older_files
from ..storage import npz
from .checks import problems_of_arrays, problems_of_meta
from .history import History, Logs, mean_logs, read


class Run:
    """Where a training run stands: everything that a checkpoint holds."""

    def __init__(self, model: Any, schedule: list[list[Any]], batch_size: int, shuffle: bool) -> None:
        self.model, self.history = model, History()
        self.schedule = schedule  # [name, samples, steps] of each task
        self.batch_size, self.shuffle = batch_size, shuffle
        self.epoch = self.step = 0
        self.epoch_seed: dict[str, Any] | None = None  # the random state that shuffled this epoch
        self.now: dict[str, Any] | None = None  # the random state in the middle of a resumed epoch
        self.seen: list[tuple[Logs, int]] = []  # (logs, samples) of each step so far

    def begin_epoch(self) -> None:
        """Before the shuffle. A resumed epoch shuffles from the same state as when it was begun."""
        if self.now is not None and self.epoch_seed is not None:
            backend.set_random_state(self.epoch_seed)
        self.epoch_seed = backend.random_state()

    def continue_epoch(self) -> None:
        """After the shuffle."""
        if self.now is not None:
            backend.set_random_state(self.now)
            self.now = None

    def record(self, logs: dict[str, Any], n: int) -> None:
        """Note one step. The numbers stay on the device: reading them would make a GPU wait."""
        self.seen.append(({k: _copied(unwrap(v)) for k, v in logs.items()}, n))
        self.step += 1

    def end_epoch(self) -> Logs:
        """The epoch's means; FloatingPointError if the loss is no longer a number."""
        logs = mean_logs(read(self.seen))
        self._check_finite(logs)
        self.epoch, self.step, self.seen = self.epoch + 1, 0, []
        return logs

    def _check_finite(self, numbers: Mapping[str, Any]) -> None:
        bad = [k for k, v in numbers.items() if not np.isfinite(backend.to_numpy(v)).all()]
        if bad:
            where = f"{self.model.label}: NaN or infinity in {', '.join(bad)}, epoch {self.epoch + 1}"
            got = "training that diverged; the last good checkpoint is kept"
            fix = "a smaller learning rate; minigen.trace() around train_on_batch: first_nan() names the op"
            if not any("loss" in name for name in bad):
                got, fix = "finite losses, and a metric that is not", "a metric that is finite for these outputs"
            raise FloatingPointError(message(where, expected="finite numbers", got=got, fix=fix))

    # ---- the checkpoint

    def stop(self, path: Any) -> None:
        """Save, say how to go on, and let Ctrl-C have its way."""
        self.save(path)
        print(f"\ninterrupted in epoch {self.epoch + 1}, saved. To go on:")
        verb = "alternate" if self.schedule[0][0] else "fit"
        print(f"  {verb}(..., checkpoint={str(path)!r}, resume=True)")
        raise KeyboardInterrupt

    def save(self, path: Any) -> None:
        """Write everything to `path`; FloatingPointError, and nothing written, if the run has gone wrong."""
        weights, seen = self.model.named_weights(), read(self.seen)
        self._check_finite(mean_logs(seen) | weights)
        arrays = {f"weights/{k}": w for k, w in weights.items()} | states_of(self.model)
        optimizers_now = {}
        for name, optimizer in optimizers_of(self.model).items():
            optimizers_now[name] = {
                "settings": _settings(optimizer),
                "iterations": optimizer.iterations,
                "counts": optimizer.get_counts(list(weights.values())),
            }
            for k, slots in zip(weights, optimizer.get_state(list(weights.values())), strict=True):
                arrays |= {f"{name}/{k}/{i}": a for i, a in enumerate(slots)}
        history = self.history.history
        meta = {
            "kind": "checkpoint",
            "epoch": self.epoch,
            "step": self.step,
            "schedule": self.schedule,
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "loss": loss_names(self.model),
            "seen": seen,
            "history": history,
            "sometimes": [k for k, values in history.items() if len(values) != self.epoch],  # not in every epoch
            "optimizers": optimizers_now,
            "epoch_seed": self.epoch_seed,
            "now": backend.random_state(),
        }
        npz.write(path, arrays, meta)

    def load(self, path: Any) -> None:
        """Go back to where save(path) stood.

        Raises ValueError, and nothing is changed, if this run is another one, or if anything in the file is missing,
        damaged or too much; the text lists all of it.
        """
        arrays, meta = npz.read(path)
        self._check_kind(path, meta)
        _rename_logs(meta)
        problems = problems_of_meta(meta)
        if not problems:
            self._check_same_run(path, meta)
        weights, states = self.model.named_weights(), states_of(self.model)
        found = optimizers_of(self.model)
        slots = {
            f"{name}/{k}/{i}": w for name, o in found.items() for k, w in weights.items() for i in range(len(o.slots))
        }
        arrays = of_older_files(arrays, {f"weights/{k}": w for k, w in weights.items()} | slots)
        problems += problems_of_arrays(arrays, meta, weights, found, states)
        if problems:
            raise ValueError(
                message(
                    f"{path}: this checkpoint cannot be resumed; nothing was changed",
                    expected=f"all of a run of this model with its {len(weights)} weights, and no more",
                    got="\n            ".join(problems),
                    fix="the model and optimizers of that run; or another file, for a run from the beginning",
                )
            )
        try:
            set_states(self.model, {k: arrays[k] for k in states})
            self.model._assign({k: arrays[f"weights/{k}"] for k in weights}, str(path))
        except Exception:
            set_states(self.model, states)
            raise
        for name, optimizer in found.items():
            saved = meta["optimizers"][name]
            keys = [[f"{name}/{k}/{i}" for i in range(len(optimizer.slots))] for k in weights]
            state = [[arrays[k] for k in of_weight if k in arrays] for of_weight in keys]
            optimizer.set_state(list(weights.values()), state, saved["iterations"], saved.get("counts"))
        self.epoch, self.step = meta["epoch"], meta["step"]
        self.seen = [(logs, n) for logs, n in meta["seen"]]
        self.history.history = meta["history"]
        self.epoch_seed, self.now = meta["epoch_seed"], meta["now"]
        if self.step == 0:
            backend.set_random_state(meta["now"])
            self.now = None

    def _check_kind(self, path: Any, meta: Mapping[str, Any]) -> None:
        if meta.get("kind") != "checkpoint":
            raise ValueError(
                message(
                    f"{path}: not a checkpoint",
                    expected="a file that fit(checkpoint=...) wrote",
                    got="weights only",
                    fix="model.load_weights(path), then fit without resume",
                )
            )

    def _check_same_run(self, path: Any, meta: Mapping[str, Any]) -> None:
        settings = {name: state["settings"] for name, state in meta["optimizers"].items()}
        saved = _told(meta["schedule"], settings, meta["loss"])
        settings = {name: _settings(optimizer) for name, optimizer in optimizers_of(self.model).items()}
        here = _told(self.schedule, settings, loss_names(self.model))
        if meta["step"] > 0:  # half an epoch in batches of 2 is not half an epoch in batches of 4
            saved |= {"data": _turns(meta["schedule"])} | {name: meta[name] for name in ("batch_size", "shuffle")}
            here |= {"data": _turns(self.schedule), "batch_size": self.batch_size, "shuffle": self.shuffle}
        other = [what for what in saved if saved[what] != here[what]]
        if other:
            raise ValueError(
                message(
                    f"{path}: a checkpoint of another run",
                    expected=", ".join(f"{what} {saved[what]}" for what in other),
                    got=", ".join(f"{what} {here[what]}" for what in other),
                    fix="the same as then; or another checkpoint file, for a run from the beginning",
                )
            )


RENAMED_LOGS = {"pull": "gradient_norm"}  # what version 0.1.0 calls them


def _rename_logs(meta: dict[str, Any]) -> None:
    """The history of an older file under the names of today."""
    for key in ("history", "sometimes"):
        kept = meta.get(key)
        if isinstance(kept, dict):
            meta[key] = {RENAMED_LOGS.get(name, name): values for name, values in kept.items()}
        elif isinstance(kept, list):
            meta[key] = [RENAMED_LOGS.get(name, name) if isinstance(name, str) else name for name in kept]


def _copied(value: Any) -> Any:
    """An array as a copy: what is logged may be written to in the next step."""
    return value.copy() if hasattr(value, "shape") else value


def states_of(model: Any) -> dict[str, Any]:
    """What the model, and the models in it, carry along besides their weights: "state/name" -> number or array.

    Raises TypeError for what cannot be saved.
    """
    found: dict[str, Any] = {}
    for prefix, part in _with_state(model).items():
        where, fix = f"{part.label}.training_state", 'return {"beta": self.beta}'
        if not hasattr(part, "set_training_state"):
            fix = 'def set_training_state(self, state): self.beta = state["beta"]'
            raise TypeError(message(where, expected="set_training_state beside it", got="none", fix=fix))
        state, expected = part.training_state(), "a dict of numbers, text or arrays, by name"
        if not isinstance(state, Mapping):
            raise TypeError(message(where, expected=expected, got=f"{state!r:.60}", fix=fix))
        for k, value in state.items():
            try:
                a = backend.to_numpy(value).copy()
            except ValueError:  # rows of different length
                a = np.array(None)
            if a.dtype.kind not in npz.KINDS:
                raise TypeError(message(where, expected=expected, got=f"{k!r}: {value!r:.60}", fix=fix))
            found[f"{prefix}{k}"] = a
    return found


def set_states(model: Any, states: Mapping[str, np.ndarray]) -> None:
    """Give each model what states_of() had from it: Python's numbers as such, the rest as NumPy arrays."""
    for prefix, part in _with_state(model).items():
        state: dict[str, Any] = {}
        for k, now in part.training_state().items():
            a = states[f"{prefix}{k}"]
            state[k] = a.item() if type(now) in (bool, int, float, str) else a
        part.set_training_state(state)


def _with_state(model: Any) -> dict[str, Any]:
    """The model and those in it that have a training_state(), by the beginning of its names in a checkpoint."""
    parts = enumerate(dict.fromkeys(model.sublayers()))
    return {f"state/{i}." if i else "state/": part for i, part in parts if hasattr(part, "training_state")}


def _turns(schedule: list[list[Any]]) -> str:
    """ "928 samples" of fit(), "digit: 928 samples, steps in turn 2" of a task."""
    turns = [f"{name}: {n} samples, steps in turn {steps}" if name else f"{n} samples" for name, n, steps in schedule]
    return "; ".join(turns)


def _told(schedule: list[list[Any]], settings: dict[str, Any], loss: list[str]) -> dict[str, Any]:
    """What must not change from a run to its continuation."""
    return {"tasks": [name for name, _, _ in schedule], "optimizers": settings, "loss": loss}


def optimizers_of(model: Any) -> dict[str, optimizers.Optimizer]:
    """Every optimizer of the model and of the layers in it, by where it is kept."""
    found: dict[str, optimizers.Optimizer] = {}
    for i, layer in enumerate(dict.fromkeys(model.sublayers())):
        for attribute, value in vars(layer).items():
            found |= {f"{i}.{name}": o for name, o in inside(attribute, value, optimizers.Optimizer)}
    return found


def loss_names(model: Any) -> list[str]:
    """The compiled losses of the model and of the models in it, as far as they have names."""
    found = [getattr(layer, "loss", None) for layer in dict.fromkeys(model.sublayers())]
    chosen = [one for loss in found if loss is not None for one in (loss if isinstance(loss, list) else [loss])]
    return [str(getattr(loss, "__name__", getattr(loss, "name", type(loss).__name__))) for loss in chosen]


def _settings(optimizer: optimizers.Optimizer) -> dict[str, Any]:
    """What must not change between a run and its continuation; the learning rate may."""
    numbers = {k: v for k, v in vars(optimizer).items() if isinstance(v, (bool, int, float))}
    return {"class": type(optimizer).__name__} | {
        k: v for k, v in numbers.items() if k not in ("iterations", "_learning_rate")
    }


@contextlib.contextmanager
def defer_interrupt(wanted: bool) -> Iterator[list[bool]]:
    """Ctrl-C lets the running batch end, so that no half-updated weights are saved; a second Ctrl-C stops at once."""
    asked: list[bool] = []
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def on_interrupt(signum: int, frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
