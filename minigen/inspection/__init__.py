"""Inspecting a computation: trace() lists every op as it runs, draw() and to_dot() show the recorded graph."""

from .graph import draw, to_dot
from .trace import trace

__all__ = ["draw", "to_dot", "trace"]
