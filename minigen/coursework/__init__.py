"""Exercises along the chapter, each with its tests, marks and messages: what `minigen coursework` writes and grades.

check() runs one test in a notebook; write() and grade() are what the command does.
"""

from .exercise import Exercise, all_exercises, get
from .folders import write
from .grading import Mark, Marks, check, grade
from .sandbox import Sandbox

__all__ = ["Exercise", "Mark", "Marks", "Sandbox", "all_exercises", "check", "get", "grade", "write"]
