"""The state of a training run, the checkpoint that holds it, and resuming from one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .. import arithmetic, backend, optimizers, parallel
from ..autograd import unwrap
from ..callbacks import CallbackList
from ..layers.parts import inside
from ..storage import npz
from ..storage.older_files import join_biases, rename_logs
from ..tensor import Tensor
from ..types import Logs
from . import checks
from .checkpoint_format import names_of_slots, problems_of_arrays, problems_of_meta
from .history import History, mean_logs, of_whole_batches, read
from .options import Options


class TrainingRun:
    """The state of a training run: everything that a checkpoint holds.

    models: by the beginning of the paths of their weights, {"": model} of fit(), {"task_digit/": model, ...} of
    alternate(). Weights that several of them share are saved once.
    """

    def __init__(
        self, models: dict[str, Any], schedule: list[list[Any]], options: Options, callbacks: CallbackList
    ) -> None:
        self.models, self.callbacks = models, callbacks
        self.schedule = schedule  # [name, samples, steps] of each task; 0 samples: an iterable of batches
        self.batch_size, self.shuffle = options.batch_size, options.shuffle
        self.steps_per_epoch = options.steps_per_epoch
        self.history = History(first_epoch=options.initial_epoch)
        self.epoch, self.step = options.initial_epoch, 0
        self.state_before_shuffle: dict[str, Any] | None = None  # the random state that shuffled this epoch
        self.state_within_epoch: dict[str, Any] | None = None  # the random state in the middle of a resumed epoch
        self.computed_by = ""  # the arithmetic of the checkpoint that it goes on from, where it is another one
        self.seen: list[tuple[Logs, float]] = []  # (logs, samples of this rank) of each step so far

    @property
    def label(self) -> str:
        """How errors name the run."""
        return "alternate" if self.schedule[0][0] else str(self.models[""].label)

    def begin_epoch(self) -> None:
        """Before the shuffle. A resumed epoch shuffles from the same state as when it was begun."""
        if self.state_within_epoch is not None and self.state_before_shuffle is not None:
            backend.set_random_state(self.state_before_shuffle)
        self.state_before_shuffle = backend.random_state()

    def continue_epoch(self) -> None:
        """After the shuffle."""
        if self.state_within_epoch is not None:
            backend.set_random_state(self.state_within_epoch)
            self.state_within_epoch = None

    def record(self, logs: dict[str, Any], n: int) -> None:
        """Note one step. The numbers stay on the device, since reading them would make a GPU wait.

        Arrays are copied: what is logged may be written to in the next step.
        """
        values = {k: unwrap(v) for k, v in logs.items()}
        self.seen.append(({k: v.copy() if hasattr(v, "shape") else v for k, v in values.items()}, n))
        self.step += 1

    def end_epoch(self) -> Logs:
        """The epoch's means; FloatingPointError if the loss is no longer a number."""
        logs = mean_logs(of_whole_batches(read(self.seen)))
        checks.check_all_finite(self.label, self.epoch + 1, logs, {})
        self.epoch, self.step, self.seen = self.epoch + 1, 0, []
        return logs

    def check_weights(self) -> None:
        """FloatingPointError if the last step has made a weight NaN or infinite; the loss was taken before it."""
        checks.check_all_finite(self.label, self.epoch, {}, weights_of(self.models))

    # ---- the checkpoint

    def stop(self, path: Any) -> None:
        """Save, print how to go on, and raise KeyboardInterrupt."""
        self.save(path)
        if parallel.rank() == 0:
            print(f"\ninterrupted in epoch {self.epoch + 1}, saved. To go on:\n  {self._call_to_resume(path)}")
        raise KeyboardInterrupt

    def save(self, path: Any) -> None:
        """On rank 0, write everything to `path`; FloatingPointError, and nothing written, if the run has gone wrong."""
        weights, meta = weights_of(self.models), self._meta()
        epoch = self.epoch + 1 if self.step else self.epoch
        checks.check_all_finite(self.label, epoch, mean_logs(meta["seen"]), weights)
        arrays = {f"weights/{k}": w for k, w in weights.items()} | states_of(self.with_state())
        for name, optimizer in self.named_optimizers().items():
            meta["optimizers"][name]["counts"] = optimizer.get_counts(list(weights.values()))
            for k, slots in zip(weights, optimizer.get_state(list(weights.values())), strict=True):
                arrays |= {f"{name}/{k}/{i}": a for i, a in enumerate(slots)}
        npz.write(path, arrays, meta)
        steps = f" and {self.step} steps" if self.step else ""
        parallel.note(f"{self._call_to_resume(path)} goes on after epoch {self.epoch}{steps}.")

    def _call_to_resume(self, path: Any) -> str:
        verb = "alternate" if self.schedule[0][0] else "fit"
        return f"{verb}(..., checkpoint={str(path)!r}, resume=True)"

    def _meta(self) -> dict[str, Any]:
        """Everything but the arrays, and but the counts of the optimizers."""
        history, found = self.history.history, self.named_optimizers()
        return {
            "kind": "checkpoint",
            "epoch": self.epoch,
            "step": self.step,
            "schedule": self.schedule,
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "steps": self.steps_per_epoch,
            "loss": loss_names(self.models.values()),
            "seen": of_whole_batches(read(self.seen)),
            "history": history,
            "sometimes": [k for k, values in history.items() if len(values) != self.epoch],  # not in every epoch
            "optimizers": {k: {"settings": settings_of(o), "iterations": o.iterations} for k, o in found.items()},
            "epoch_seed": self.state_before_shuffle,
            "now": backend.random_state(),
            "arithmetic": arithmetic.description(),
        }

    def is_stopped(self) -> bool:
        """Whether a callback has set stop_training, of a model or of all of them."""
        return any(model.stop_training for model in [self.callbacks.model, *self.models.values()])

    def with_state(self) -> dict[str, Any]:
        """Models, those in them and callbacks with a training_state(), by the beginning of its names in the file."""
        return models_with_state(self.models) | self.callbacks.with_state()

    def named_optimizers(self) -> dict[str, optimizers.Optimizer]:
        """Those of the models by their names in the file, where fit() counts layers from 0 and alternate() from 1."""
        return optimizers_of(self.models.values(), first=0 if "" in self.models else 1)

    def load(self, path: Any) -> None:
        """Go back to where save(path) stood.

        Raises ValueError, and nothing is changed, if this run is another one, or if anything in the file is missing,
        damaged or superfluous; the text lists all of it.
        """
        arrays, meta = parallel.from_first(lambda: npz.read(path))
        checks.check_is_checkpoint(path, meta)
        rename_logs(meta)
        problems = problems_of_meta(meta)
        if not problems:
            here = self._meta() | {"step": meta["step"]}
            checks.check_same_run(path, _unchangeable(meta), _unchangeable(here))
        holders = {k: part for k, part in self.with_state().items() if not is_new_callback(k, arrays)}
        arrays = {k: a for k, a in arrays.items() if not is_callback(k) or k.startswith(tuple(holders))}
        weights, states = weights_of(self.models), states_of(holders)
        found = self.named_optimizers()
        slots = {name: names_of_slots(name, optimizer, weights) for name, optimizer in found.items()}
        known = {f"weights/{k}": w for k, w in weights.items()}
        for of_weights in slots.values():
            known |= {slot: weights[k] for k, of_weight in of_weights.items() for slot in of_weight}
        arrays = join_biases(arrays, known)
        problems += problems_of_arrays(arrays, meta, weights, found, states)
        checks.check_can_be_resumed(path, problems, len(weights))
        self._assign({k: arrays[f"weights/{k}"] for k in weights}, holders, {k: arrays[k] for k in states}, str(path))
        for name, optimizer in found.items():
            saved = meta["optimizers"][name]
            state = [[arrays[slot] for slot in of_weight if slot in arrays] for of_weight in slots[name].values()]
            optimizer.set_state(list(weights.values()), state, saved["iterations"], saved.get("counts"))
        self.epoch, self.step = meta["epoch"], meta["step"]
        ranks = parallel.size()  # of the whole batches in the file, each rank takes as much on itself
        self.seen = [(logs, n / ranks if ranks > 1 else n) for logs, n in meta["seen"]]
        self.history.history = meta["history"]
        self.state_before_shuffle, self.state_within_epoch = meta["epoch_seed"], meta["now"]
        before = meta.get("arithmetic", "")
        self.computed_by = "" if before == arithmetic.description() else before
        if self.step == 0:
            backend.set_random_state(meta["now"])
            self.state_within_epoch = None

    def _assign(self, new: Mapping[str, Any], holders: Mapping[str, Any], states: Any, source: str) -> None:
        """Put weights and states into models and callbacks; if one of them refuses, all are as before."""
        weights, states_before = weights_of(self.models), states_of(holders)
        before = {k: w.numpy() for k, w in weights.items()}
        name_of = {id(w): k for k, w in weights.items()}
        try:
            set_states(holders, states)
            for model in self.models.values():
                model.assign_weights({path: new[name_of[id(w)]] for path, w in model.named_weights().items()}, source)
        except Exception:
            set_states(holders, states_before)
            for k, w in weights.items():
                w.assign(before[k])
            raise


def _unchangeable(meta: Mapping[str, Any]) -> dict[str, Any]:
    """What a run and its continuation have in common."""
    settings = {name: state["settings"] for name, state in meta["optimizers"].items()}
    found = {"tasks": [name for name, _, _ in meta["schedule"]], "optimizers": settings, "loss": meta["loss"]}
    if meta["step"] > 0:  # half an epoch in batches of 2 is not half an epoch in batches of 4
        found |= {"data": _turns(meta["schedule"]), "batch_size": meta["batch_size"], "shuffle": meta["shuffle"]}
        found |= {"steps_per_epoch": meta["steps"]} if "steps" in meta else {}
    return found


def weights_of(models: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights of all models by their paths, those that several models share once."""
    found = {f"{prefix}{path}": w for prefix, model in models.items() for path, w in model.named_weights().items()}
    first = {id(w): k for k, w in reversed(found.items())}
    return {k: w for k, w in found.items() if first[id(w)] == k}


def models_with_state(models: Mapping[str, Any]) -> dict[str, Any]:
    """The models and those in them that have a training_state(), by the beginning of its names in a file."""
    parts = enumerate(layers_of(models.values()), start=0 if "" in models else 1)
    return {f"state/{i}." if i else "state/": part for i, part in parts if hasattr(part, "training_state")}


def states_of(holders: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The training_state() of all holders, "state/name" -> number or array; TypeError for what cannot be saved."""
    return {f"{prefix}{k}": a for prefix, part in holders.items() for k, a in checks.checked_state(part).items()}


def set_states(holders: Mapping[str, Any], states: Mapping[str, np.ndarray]) -> None:
    """Give each holder what states_of() had from it: Python's numbers as such, the rest as NumPy arrays."""
    for prefix, part in holders.items():
        state: dict[str, Any] = {}
        for k, now in part.training_state().items():
            a = states[f"{prefix}{k}"]
            state[k] = a.item() if type(now) in (bool, int, float, str) else a
        part.set_training_state(state)


def is_callback(name: str) -> bool:
    """Whether an array of a checkpoint belongs to a callback."""
    return name.startswith("callback/")


def is_new_callback(prefix: str, arrays: Mapping[str, Any]) -> bool:
    """Whether this is a callback of which the checkpoint knows nothing: a run may go on with others than it began."""
    return is_callback(prefix) and not any(k.startswith(prefix) for k in arrays)


def layers_of(models: Iterable[Any]) -> list[Any]:
    """The models and every layer in them, each once."""
    return list(dict.fromkeys(layer for model in models for layer in model.sublayers()))


def _turns(schedule: list[list[Any]]) -> str:
    """ "928 samples" of fit(), "digit: 928 samples, steps in turn 2" of a task."""
    counts = [f"{n} samples" if n else "an iterable of batches" for _, n, _ in schedule]
    named = zip(schedule, counts, strict=True)
    turns = [f"{name}: {count}, steps in turn {steps}" if name else count for (name, _, steps), count in named]
    return "; ".join(turns)


def optimizers_of(models: Iterable[Any], first: int = 0) -> dict[str, optimizers.Optimizer]:
    """Every optimizer of the models and of the layers in them, by the number of the layer and the attribute."""
    found: dict[str, optimizers.Optimizer] = {}
    for i, layer in enumerate(layers_of(models), start=first):
        for attribute, value in vars(layer).items():
            found |= {f"{i}.{name}": o for name, o in inside(attribute, value, optimizers.Optimizer)}
    return found


def loss_names(models: Iterable[Any]) -> list[str]:
    """The compiled losses of the models and of those in them, as far as they have names."""
    found = [getattr(layer, "loss", None) for layer in layers_of(models)]
    chosen = [one for loss in found if loss is not None for one in (loss if isinstance(loss, list) else [loss])]
    return [str(getattr(loss, "__name__", getattr(loss, "name", type(loss).__name__))) for loss in chosen]


def settings_of(optimizer: optimizers.Optimizer) -> dict[str, Any]:
    """What must not change between a run and its continuation; the learning rate may."""
    found: dict[str, Any] = {"class": type(optimizer).__name__}
    found |= {name: value for name, value in vars(optimizer).items() if isinstance(value, (bool, int, float))}
    return {name: value for name, value in found.items() if name not in ("iterations", "_learning_rate")}
