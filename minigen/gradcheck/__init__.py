"""gradcheck(): gradients compared with differences of the function itself; compare(): values with plain NumPy."""

from .compare import compare
from .gradcheck import gradcheck
from .report import GradcheckError, KinkError

__all__ = ["GradcheckError", "KinkError", "compare", "gradcheck"]
