"""The training loop: data in batches, one model or several tasks in turn, the history, checkpoints."""

from .checks import check_verbose
from .history import History
from .loop import alternate, evaluate, fit, progress
from .tasks import Task

__all__ = ["History", "Task", "alternate", "check_verbose", "evaluate", "fit", "progress"]
