"""Steps that all models of minigen share."""

import minigen
from minigen.training.data import to_device

minigen.seed(0)


def training(model, optimizer, loss, x, y):
    """A step of `model` on the fixed batch (x, y), whose targets are checked once, as fit() checks them."""
    model.compile(optimizer, loss)
    x, y = to_device(tuple(a.data if isinstance(a, minigen.Tensor) else a for a in (x, y)))
    model.check_targets((x, y), "training", needed=True)
    return lambda: model.train_step(x, y)["loss"]
