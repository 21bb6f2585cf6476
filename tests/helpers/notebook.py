"""A stand-in for IPython, so that the tests need none; tests/tools/test_run_notebook.py runs a real one."""

import sys
import types


class Terminal:
    """The module IPython in a terminal: there may be a shell, and it has no kernel."""

    def __init__(self, shell):
        self.shell = shell

    def get_ipython(self):
        return self.shell


def in_a_notebook(monkeypatch):
    """From here on the test runs in a notebook. Returns the list of what is displayed."""
    displayed = []
    shell = types.SimpleNamespace(kernel="a kernel")
    monkeypatch.setitem(sys.modules, "IPython", Terminal(shell))
    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace(display=displayed.append))
    return displayed
