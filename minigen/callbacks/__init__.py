"""What a training does besides its steps: stop in time, save, lower the learning rate, write tables and curves.

fit(..., callbacks=[...]) and alternate(..., callbacks=[...]) take any number of them. Names, arguments and defaults are
those of Keras.
"""

from .base import Callback, CallbackList
from .files import CSVLogger, ModelCheckpoint
from .learning_rate import LearningRateScheduler, ReduceLROnPlateau
from .stopping import EarlyStopping, TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
