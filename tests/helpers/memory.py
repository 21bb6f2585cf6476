"""How much memory something takes."""

import tracemalloc


def peak(action):
    """The most memory that Python and NumPy held in action(), in bytes."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
