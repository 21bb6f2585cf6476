"""The training: data in batches, one model or several tasks in turn, the history, checkpoints.

fit.py          fit() and alternate(): what is trained, and on which data
loop.py         the training loop: epochs and steps; text.py what it prints
evaluation.py   the numbers on held-out data
tasks.py        tasks that share weights; iterables.py batches that the user makes; data.py arrays in batches
checkpoints.py  the state of a training in a file, and resuming; checkpoint_format.py what such a file must be
"""

from .checks import DataWarning, NaNWarning
from .evaluation import evaluate
from .fit import alternate, fit
from .history import History
from .iterables import Batches, is_iterable_of_batches
from .options import Options
from .tasks import Task

__all__ = [
    "Batches",
    "DataWarning",
    "History",
    "NaNWarning",
    "Options",
    "Task",
    "alternate",
    "evaluate",
    "fit",
    "is_iterable_of_batches",
]
