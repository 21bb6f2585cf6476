"""Names of NumPy, Keras and PyTorch that minigen does not have, and what to write instead.

tensors.py and layers.py have those of objects: x.view, model.train. modules.py and package.py have those of modules:
layers.Linear, torch.cat.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from ..checks.values import snake_case
from ..errors import message
from .layers import LAYER, OPTIMIZER
from .modules import ACTIVATIONS, INITIALIZERS, KERAS_LOSSES, METRICS, OPTIMIZERS
from .package import MODULES, PACKAGE
from .tensors import TENSOR

__all__ = [
    "ACTIVATIONS", "INITIALIZERS", "KERAS_LOSSES", "LAYER", "METRICS", "MODULES", "OPTIMIZER", "OPTIMIZERS", "PACKAGE",
    "TENSOR", "no_such_name", "refuse_name",
]  # fmt: skip


def no_such_name(owner: str, name: str, table: Mapping[str, str], there_is: str | None = None) -> AttributeError:
    """The error for a name that `owner` (a Tensor, a layer, ...) does not have, with the table's advice or `there_is`.

    >>> print(no_such_name("Tensor", "view", {"view": "x.reshape(...)"}))
    Tensor.view
      expected: an existing name
      got:      no such name
      fix:      x.reshape(...)
    """
    fix = table.get(name, there_is)
    if fix is None:
        return AttributeError(f"{owner} has no attribute {name!r}")
    return AttributeError(message(f"{owner}.{name}", expected="an existing name", got="no such name", fix=fix))


def refuse_name(module: str, name: str, known: Sequence[str], there_is: str | None = None) -> NoReturn:
    """AttributeError for a name that a module does not have, with advice: `there_is`, or from the table of the module,
    where a class may stand under the name of its function; the function that a class of Keras is here; the nearest of
    the known names; or how to write one's own. The first three are an ImportError for `from module import name`."""
    import difflib

    table, own = MODULES[module]
    if name.startswith("_"):  # Python and its tools look for such names
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    function = snake_case(name)
    fix = there_is or table.get(name) or table.get(function) or (f"{module}.{function}" if function in known else None)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
    error = no_such_name(module, name, {}, fix or (f"{module}.{near[0]}" if near else own and own.format(name)))
    # `from module import name` first asks whether the module has the name. An AttributeError means no, and its text
    # would be lost.
    if fix and sys._getframe(2).f_code.co_name == "_handle_fromlist":
        raise ImportError(str(error))
    raise error
