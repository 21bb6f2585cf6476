"""Steps that all models of minigen share."""

import minigen

minigen.seed(0)


def training(model, optimizer, loss, x, y):
    """A step of `model` on the fixed batch (x, y)."""
    model.compile(optimizer, loss)
    return lambda: model.train_step(x, y)["loss"]
