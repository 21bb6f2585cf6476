"""Refused files: what they must leave alone, and how to write them."""

import copy
import json

import numpy as np
from helpers.refusals import refused

from minigen import backend


def everything(model):
    """All that a refused file must leave alone: weights, slots, steps, and the random generator."""
    weights = model.named_weights()
    return {
        "weights": {k: w.numpy().copy() for k, w in weights.items()},
        "slots": [[a.copy() for a in slots] for slots in model.optimizer.get_state(list(weights.values()))],
        "iterations": model.optimizer.iterations,
        "draws": copy.deepcopy(backend.random_state()),
    }


def unchanged(model, action, problem, kind=ValueError):
    before = everything(model)
    with refused(kind, problem):
        action()
    after = everything(model)
    np.testing.assert_equal(after, before)


def write_plain(path, arrays, meta):
    """As the version before wrote it, or whoever makes such a file by hand: without a checksum."""
    np.savez(path, meta=np.array(json.dumps(meta)), **{f"arrays/{k}": a for k, a in arrays.items()})


def rename(where, old, new):
    where[new] = where.pop(old)
