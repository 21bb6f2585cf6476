"""The options that every training has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import parallel
from ..callbacks import Callback
from ..callbacks.checks import checked_callbacks
from ..checks.values import check_verbose, natural_number, positive_integer, switch
from . import checks


@dataclass
class Options:
    """What fit() and alternate() were given besides models and data, checked. Raises what Model.fit() lists."""

    where: str
    batch_size: int
    epochs: int
    verbose: int
    callbacks: Any
    shuffle: bool
    checkpoint: Any
    resume: bool
    initial_epoch: int = 0
    steps_per_epoch: int | None = None

    def __post_init__(self) -> None:
        where = self.where
        self.batch_size = checks.checked_count(where, "batch_size", self.batch_size, 128)
        self.epochs = checks.checked_count(where, "epochs", self.epochs, 10)
        check_verbose(where, self.verbose)
        self.verbose = self.verbose if parallel.rank() == 0 else 0
        self.callbacks = checked_callbacks(f"{where}: callbacks", self.callbacks, Callback)
        self.shuffle = switch(f"{where}: shuffle", self.shuffle)
        self.resume = switch(f"{where}: resume", self.resume)
        self.initial_epoch = natural_number(f"{where}: initial_epoch", self.initial_epoch, "initial_epoch=5")
        if self.checkpoint is not None:
            checks.check_name_of_checkpoint(where, self.checkpoint)
        checks.check_resume(where, self.resume, self.checkpoint, self.initial_epoch)
        if self.steps_per_epoch is not None:
            fix = "steps_per_epoch=100"
            self.steps_per_epoch = positive_integer(f"{where}: steps_per_epoch", self.steps_per_epoch, fix)
