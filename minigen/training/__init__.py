"""The training loop: data in batches, one model or several tasks in turn, the history, checkpoints."""

from .history import History
from .loop import alternate, evaluate, fit
from .tasks import Task

__all__ = ["History", "Task", "alternate", "evaluate", "fit"]
