"""The random layers of sweep.py in minigen."""

import numpy as np
from data import noise

import minigen
from minigen import Conv2D, Conv2DTranspose, Dense, MaxPooling2D, Tensor

minigen.seed(0)


def make(c):
    """(layer, shape of its input) of a description."""
    if c["kind"] == "dense":
        return Dense(c["units"]), (c["batch"], c["features"])
    if c["kind"] == "recurrent":
        recurrent = getattr(minigen, c["cell"])
        return recurrent(c["units"], return_sequences=True), (c["batch"], c["steps"], c["features"])
    images = (c["batch"], c["size"], c["size"], c["channels"])
    if c["kind"] == "pool":
        return MaxPooling2D(), images
    if c["kind"] == "conv":
        return Conv2D(c["filters"], c["taps"], strides=c["stride"], padding=c["padding"]), images
    return Conv2DTranspose(c["filters"], c["taps"], strides=c["stride"]), images


def step(c):
    """A function that computes the output and all gradients of its sum, weighted by ones."""
    layer, shape = make(c)
    x = Tensor(noise(shape[0], int(np.prod(shape[1:]))).reshape(shape), requires_grad=True)
    g = np.ones_like(layer(x).data)
    return lambda: (layer(x) * g).sum().backward()
