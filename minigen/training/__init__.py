"""The training loop: data in batches, one model or several tasks in turn, the history, checkpoints."""

from .history import History
from .loop import alternate, check_verbose, evaluate, fit, progress
from .tasks import Task

__all__ = ["History", "Task", "alternate", "check_verbose", "evaluate", "fit", "progress"]
