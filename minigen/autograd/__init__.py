"""Reverse-mode automatic differentiation.

node.py          a tensor as the graph has it: array, gradient, and the op that made it
op.py            Op: a differentiable function, forward and backward formula side by side
sweep.py         the reverse sweep over the recorded graph: backward(), grad()
broadcasting.py  the gradient of what was broadcast
state.py         no_grad(), and the observer of trace()
nan.py           the op that made the first NaN
guard.py         ops that were written outside of minigen: their rules may not write into arrays
checks.py        what is refused, and how
"""

from .broadcasting import sum_over, sum_to
from .checks import NonFiniteError
from .nan import refusing_nan
from .node import GraphError, Node, is_recorded, unwrap
from .op import Op
from .state import mode, no_grad, recording
from .sweep import backward, grad, reverse_topological_order

# fmt: off
__all__ = [
    "GraphError", "Node", "NonFiniteError", "Op", "backward", "grad", "is_recorded", "mode", "no_grad", "recording",
    "refusing_nan", "reverse_topological_order", "sum_over", "sum_to", "unwrap",
]
# fmt: on
