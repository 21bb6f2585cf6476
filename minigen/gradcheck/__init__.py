"""gradcheck(): gradients compared with differences of the function itself; compare(): values with plain NumPy."""

from .differences import GradcheckError, KinkError
from .gradcheck import compare, gradcheck

__all__ = ["GradcheckError", "KinkError", "compare", "gradcheck"]
