"""Functions of NumPy, as a user may call them on what is no array."""

import numpy as np

NUMPY_FUNCTIONS = {
    "exp": np.exp,
    "add": lambda x: np.add(x, x),
    "abs": np.abs,
    "mean": np.mean,
    "sum": np.sum,
    "max": np.max,
    "dot": lambda x: np.dot(x, x),
    "concatenate": lambda x: np.concatenate([x, x]),
    "stack": lambda x: np.stack([x, x]),
    "asarray": np.asarray,
    "clip": lambda x: np.clip(x, 0, 1),
    "norm": np.linalg.norm,
    "transpose": np.transpose,
    "where": lambda x: np.where(True, x, x),
}
