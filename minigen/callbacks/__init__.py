"""What a training does besides its steps: stop in time, save, change the learning rate, write tables and curves.

fit(..., callbacks=[...]) and alternate(..., callbacks=[...]) take any number of them. Names, arguments and defaults are
those of Keras. base.py has Callback, from which one's own are made; callback_list.py calls all those of a training.
"""

from typing import TYPE_CHECKING, NoReturn

from .. import elsewhere
from .base import Callback
from .callback_list import CallbackList, View
from .curves import LossCurve
from .files import CSVLogger, ModelCheckpoint
from .learning_rate import LearningRateScheduler, ReduceLROnPlateau
from .stopping import EarlyStopping, TerminateOnNaN
from .tensorboard import TensorBoard
from .watch import WatchPage

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "LearningRateScheduler",
    "LossCurve",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
    "View",
    "WatchPage",
]


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, __all__)
