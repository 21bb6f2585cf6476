"""The one training loop: epochs, shuffled batches, progress, history, checkpoints, Ctrl-C and resume."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import backend, npz, optimizers
from .autograd import raw
from .batches import Data, as_data, batches, length, take, take_all, to_device
from .errors import message, positive_integer
from .layers.base import inside

Logs = dict[str, Any]  # what is logged: floats, or lists of floats


@dataclass
class History:
    """What fit() returns: history["loss"][e] and so on for epoch e.

    loss      the mean over the epoch, while the weights moved: Keras' number
    val_loss  with the weights at the end of the epoch, so it is often *lower* than loss
    loss_end  the training loss with those same weights, over as many training samples as there are validation
              samples: the one to compare with val_loss

    A model may log vectors too (a VAE its KL for each latent variable): those are lists of floats.
    """

    history: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def epoch(self) -> list[int]:
        """The numbers of the epochs, from 0, as in Keras."""
        return list(range(len(next(iter(self.history.values()), []))))

    def add(self, logs: Logs) -> None:
        for k, v in logs.items():
            self.history.setdefault(k, []).append(v)


# ---- the loop


def fit(
    model: Any,
    x: Any,
    y: Any = None,
    batch_size: int = 32,
    epochs: int = 1,
    verbose: int = 1,
    *,
    shuffle: bool = True,
    validation_data: Any = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
) -> History:
    """Train `model` by calling model.train_step(*batch) on every batch of every epoch.

    x, y             arrays (or lists of arrays); without y, train_step gets x alone
    batch_size       samples a step; the last, short batch of an epoch counts as a full step
    epochs           passes over the data, those of a resumed run included
    verbose          0 silent; 1 one line an epoch, and a progress bar if stderr is a terminal
    shuffle          a new random order for each epoch
    validation_data  (x, y) or x, evaluated after each epoch: val_loss, and loss_end for comparison
    checkpoint       file that holds all that is needed to go on, written after each epoch and on Ctrl-C
    resume           go on from `checkpoint` if it exists: the result is bit for bit that of a run without a break

    Returns a History. Raises ValueError for bad data (NaN, no samples, unequal lengths) before the first step, and
    FloatingPointError when the loss is no longer finite (the last good checkpoint stays).
    """
    batch_size = positive_integer("batch_size", batch_size, "batch_size=128")
    epochs = positive_integer("epochs", epochs, "epochs=10")
    data = as_data(x, y)
    model.check_training(data, f"{model.label}.fit")
    held_out = None if validation_data is None else _held_out(model, validation_data, batch_size)
    if checkpoint is not None:
        npz.check_writable(checkpoint)
    if resume and checkpoint is None:
        raise ValueError(
            message(
                "fit: resume",
                expected="a checkpoint to resume from",
                got="checkpoint=None",
                write='fit(..., checkpoint="run.npz", resume=True)',
            )
        )
    run = Run(model, length(data), batch_size)
    if resume and Path(checkpoint).exists():  # type: ignore[arg-type]
        if not model.named_weights():
            model.predict(take(data[0], slice(1)))  # its weights are made by the first data that it sees
        run.load(checkpoint)
        if verbose:
            print(f"resumed from {checkpoint}: {run.epoch} epochs and {run.step} steps done")
    steps = math.ceil(length(data) / batch_size)
    with finish_batch_first(checkpoint is not None) as interrupted:
        while run.epoch < epochs:
            start = time.perf_counter()
            run.begin_epoch()
            order = backend.permutation(length(data)) if shuffle else None
            run.continue_epoch()
            with progress(f"epoch {run.epoch + 1}/{epochs}", steps, run.step, verbose) as bar:
                for batch in batches(data, batch_size, order, skip=run.step):
                    run.record(model.train_step(*to_device(batch, model.dtype)), length(batch))
                    bar.update(1)
                    if interrupted:
                        run.stop(checkpoint)
            logs = run.end_epoch()
            if held_out is not None:
                state = backend.random_state()  # what is drawn to evaluate must not change the training
                first = take_all(data, slice(length(held_out)))
                logs.update({f"{k}_end": v for k, v in evaluate(model, first, batch_size).items()})
                logs.update({f"val_{k}": v for k, v in evaluate(model, held_out, batch_size).items()})
                backend.set_random_state(state)
            run.history.add(logs)
            besides = read([(model.on_epoch_end(run.history.history), 1)])[0][0]
            run.history.add(besides)
            logs |= besides
            if checkpoint is not None:
                run.save(checkpoint)
            if interrupted:
                run.stop(checkpoint)
            if verbose:
                print(f"epoch {run.epoch}/{epochs}  {shown(logs)}  {time.perf_counter() - start:.1f} s", flush=True)
    return run.history


def _held_out(model: Any, validation_data: Any, batch_size: int) -> Data:
    """(x, y) or x, checked; one batch is scored now, so that a wrong shape shows before the first epoch."""
    where = f"{model.label}.fit, validation_data"
    pair = validation_data if isinstance(validation_data, tuple) else (validation_data,)
    if len(pair) > 2:
        raise ValueError(
            message(where, expected="(x, y), or x", got=f"{len(pair)} parts", write="validation_data=(x_test, y_test)")
        )
    data = as_data(*pair)
    model.check_scoring(data, where)
    if model.named_weights():
        state = backend.random_state()
        evaluate(model, next(batches(data, batch_size)), batch_size)
        backend.set_random_state(state)
    return data


def evaluate(model: Any, data: Data, batch_size: int) -> Logs:
    """Means over all samples of what model.test_step returns.

    The graph is recorded, though nothing is differentiated: through it a loss finds the logits behind a sigmoid, so
    that evaluate and fit give the same number. It goes with each batch.
    """
    seen: list[tuple[Logs, int]] = []
    for batch in batches(data, batch_size):
        logs = model.test_step(*to_device(batch, model.dtype))
        seen.append(({k: raw(v) for k, v in logs.items()}, length(batch)))
    return mean_logs(read(seen))


def read(seen: Sequence[tuple[Logs, int]]) -> list[tuple[Logs, int]]:
    """The same logs on the host, as floats and lists of floats."""
    return [({k: backend.to_numpy(raw(v)).tolist() for k, v in logs.items()}, n) for logs, n in seen]


def mean_logs(seen: Sequence[tuple[Logs, int]]) -> Logs:
    """Means of the logs, each weighted by its number of samples, over the steps that logged it."""
    means = {}
    for k in dict.fromkeys(k for logs, _ in seen for k in logs):
        having = [(logs[k], n) for logs, n in seen if k in logs]
        means[k] = (sum(np.multiply(v, n) for v, n in having) / sum(n for _, n in having)).tolist()
    return means


def shown(logs: Logs) -> str:
    """One line of numbers; of a long vector the range (the history has it all)."""
    texts = []
    for k, v in logs.items():
        if not isinstance(v, list):
            texts.append(f"{k} {v:.4f}" if isinstance(v, float) else f"{k} {v}")
        elif len(v) <= 4:
            texts.append(f"{k} [{' '.join(f'{x:.2f}' for x in v)}]")
        else:
            texts.append(f"{k} [{len(v)} numbers, {min(v):.2f} to {max(v):.2f}]")
    return "  ".join(texts)


class Run:
    """Where a training run stands: everything that a checkpoint holds."""

    def __init__(self, model: Any, samples: int, batch_size: int) -> None:
        self.model, self.history = model, History()
        self.samples, self.batch_size = samples, batch_size
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
        self.seen.append(({k: raw(v) for k, v in logs.items()}, n))
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
            raise FloatingPointError(
                message(
                    f"{self.model.label}: NaN or infinity in {', '.join(bad)}, epoch {self.epoch + 1}",
                    expected="finite numbers",
                    got="training that diverged; the last good checkpoint is kept",
                    write="a smaller learning rate; minigen.trace() around train_on_batch: first_nan() names the op",
                )
            )

    # ---- the checkpoint

    def _optimizers(self) -> dict[str, optimizers.Optimizer]:
        """Every optimizer of the model and of the layers in it, by where it is kept."""
        found: dict[str, optimizers.Optimizer] = {}
        for i, layer in enumerate(dict.fromkeys(self.model.sublayers())):
            for attribute, value in vars(layer).items():
                found |= {f"{i}.{name}": o for name, o in inside(attribute, value, optimizers.Optimizer)}
        return found

    def stop(self, path: Any) -> None:
        """Save, say how to go on, and let Ctrl-C have its way."""
        self.save(path)
        print(f"\ninterrupted in epoch {self.epoch + 1}, saved. To go on:")
        print(f"  fit(..., checkpoint={str(path)!r}, resume=True)")
        raise KeyboardInterrupt

    def save(self, path: Any) -> None:
        """Write everything to `path`; FloatingPointError, and nothing written, if the run has gone wrong."""
        weights, seen = self.model.named_weights(), read(self.seen)
        self._check_finite(mean_logs(seen) | weights)
        arrays = {f"weights/{k}": w for k, w in weights.items()}
        states = {}
        for name, optimizer in self._optimizers().items():
            states[name] = {"settings": _settings(optimizer), "iterations": optimizer.iterations}
            for k, slots in zip(weights, optimizer.get_state(list(weights.values())), strict=True):
                arrays |= {f"{name}/{k}/{i}": a for i, a in enumerate(slots)}
        meta = {
            "kind": "checkpoint",
            "epoch": self.epoch,
            "step": self.step,
            "samples": self.samples,
            "batch_size": self.batch_size,
            "loss": _loss_names(self.model),
            "seen": seen,
            "history": self.history.history,
            "optimizers": states,
            "epoch_seed": self.epoch_seed,
            "now": backend.random_state(),
        }
        npz.write(path, arrays, meta)

    def load(self, path: Any) -> None:
        """Go back to where save(path) stood; ValueError, and nothing changed, if this run is another one."""
        arrays, meta = npz.read(path)
        self._check_same_run(path, meta)
        self.model.load_weights(path)
        weights = self.model.named_weights()
        for name, optimizer in self._optimizers().items():
            state = [[a for k, a in arrays.items() if k.rpartition("/")[0] == f"{name}/{weight}"] for weight in weights]
            optimizer.set_state(list(weights.values()), state, meta["optimizers"][name]["iterations"])
        self.epoch, self.step = meta["epoch"], meta["step"]
        self.seen = [(logs, n) for logs, n in meta["seen"]]
        self.history.history = meta["history"]
        self.epoch_seed, self.now = meta["epoch_seed"], meta["now"]
        if self.step == 0:
            backend.set_random_state(meta["now"])
            self.now = None

    def _check_same_run(self, path: Any, meta: Mapping[str, Any]) -> None:
        if meta.get("kind") != "checkpoint":
            raise ValueError(
                message(
                    f"{path}: not a checkpoint",
                    expected="a file that fit(checkpoint=...) wrote",
                    got="weights only",
                    write="model.load_weights(path), then fit without resume",
                )
            )
        saved = {name: state["settings"] for name, state in meta["optimizers"].items()}
        here = {name: _settings(optimizer) for name, optimizer in self._optimizers().items()}
        batches_saved, batches_here = (meta["samples"], meta["batch_size"]), (self.samples, self.batch_size)
        within = meta["step"] > 0 and batches_saved != batches_here  # half an epoch in batches of 2 is not half in 4s
        losses_saved, losses_here = meta.get("loss", []), _loss_names(self.model)
        if saved != here or within or losses_saved != losses_here:
            raise ValueError(
                message(
                    f"{path}: a checkpoint of another run",
                    expected=f"optimizers {saved}, loss {losses_saved}"
                    + (f", {batches_saved} samples and batch size" if within else ""),
                    got=f"optimizers {here}, loss {losses_here}" + (f", {batches_here}" if within else ""),
                    write="the same optimizer, loss, data, batch size; or load_weights(path), then fit without resume",
                )
            )


def _loss_names(model: Any) -> list[str]:
    """The compiled losses, as far as they have names."""
    chosen = model.loss if isinstance(model.loss, list) else [model.loss]
    return [str(getattr(loss, "__name__", getattr(loss, "name", type(loss).__name__))) for loss in chosen]


def _settings(optimizer: optimizers.Optimizer) -> dict[str, Any]:
    """What must not change between a run and its continuation; the learning rate may."""
    numbers = {k: v for k, v in vars(optimizer).items() if isinstance(v, (bool, int, float))}
    return {"class": type(optimizer).__name__} | {
        k: v for k, v in numbers.items() if k not in ("iterations", "learning_rate")
    }


@contextlib.contextmanager
def finish_batch_first(wanted: bool) -> Iterator[list[bool]]:
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


def progress(title: str, steps: int, done: int, verbose: int) -> Any:
    """A tqdm bar on a terminal, nothing elsewhere."""
    from tqdm import tqdm

    return tqdm(
        total=steps,
        initial=done,
        desc=title,
        leave=False,
        disable=None if verbose else True,
        unit="step",
    )
