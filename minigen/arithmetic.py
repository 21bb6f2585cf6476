"""What computes: the libraries and the number of threads and ranks, on which the last bits of a result depend.

Another kernel of BLAS, or another number of threads, adds up the terms of a product in another order. After an epoch
the weights of a convolution differ by 1e-5, and after a long training by much more.
"""

from __future__ import annotations

import numpy as np

from . import backend, parallel


def description() -> str:
    """ "NumPy 2.3.1, openblas 0.3.29, kernel SkylakeX, 2 threads, 1 rank" """
    from threadpoolctl import threadpool_info  # type: ignore[import-untyped]  # `import minigen` needs NumPy only

    parts = [f"NumPy {np.__version__}", *([] if backend.active() == "numpy" else ["on a GPU by CuPy"])]
    for library in threadpool_info():
        if library["user_api"] == "blas":
            kernel, threads = library.get("architecture", "unknown"), library["num_threads"]
            parts += [f"{library['internal_api']} {library['version']}", f"kernel {kernel}", _number(threads, "thread")]
    return ", ".join([*dict.fromkeys(parts), _number(parallel.size(), "rank")])


def _number(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n > 1)}"
