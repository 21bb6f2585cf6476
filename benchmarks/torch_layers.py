"""The random layers of sweep.py in PyTorch."""

import numpy as np
import torch
from data import noise
from torch import nn
from torch_models.training import LAYOUT


class Same(nn.Module):
    """A layer on an image that is padded as in Keras: a pixel more behind where the padding is odd."""

    def __init__(self, layer, before, after):
        super().__init__()
        self.layer, self.padding = layer, (before, after, before, after)

    def forward(self, x):
        return self.layer(nn.functional.pad(x, self.padding))


def make(c):
    """(layer, shape of its input) of a description."""
    if c["kind"] == "dense":
        return nn.Linear(c["features"], c["units"]), (c["batch"], c["features"])
    if c["kind"] == "recurrent":
        recurrent = {"SimpleRNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}[c["cell"]]
        return recurrent(c["features"], c["units"], batch_first=True), (c["batch"], c["steps"], c["features"])
    images = (c["batch"], c["channels"], c["size"], c["size"])
    if c["kind"] == "pool":
        return nn.MaxPool2d(2), images
    channels, taps, stride = (c["channels"], c["filters"]), c["taps"], c["stride"]
    if c["kind"] == "conv":
        if c["padding"] == "valid":
            return nn.Conv2d(*channels, taps, stride), images
        total = max(0, (-(-c["size"] // stride) - 1) * stride + taps - c["size"])
        if total % 2 == 0:
            return nn.Conv2d(*channels, taps, stride, padding=total // 2), images
        return Same(nn.Conv2d(*channels, taps, stride), total // 2, total - total // 2), images
    return nn.ConvTranspose2d(*channels, taps, stride, output_padding=max(0, stride - taps)), images


def step(c):
    """A function that computes the output and all gradients of its sum, weighted by ones."""
    layer, shape = make(c)
    x = torch.from_numpy(noise(shape[0], int(np.prod(shape[1:]))).reshape(shape))
    if len(shape) == 4:
        layer, x = layer.to(memory_format=LAYOUT), x.to(memory_format=LAYOUT)
    x.requires_grad_()
    weights = list(layer.parameters())

    def output():
        y = layer(x)
        return y[0] if isinstance(y, tuple) else y

    g = torch.ones_like(output())
    return lambda: torch.autograd.grad((output() * g).sum(), [x, *weights])
