"""Small autoregressive models of every kind, and what their logits depend on."""

import numpy as np
import pytest

from minigen import Tensor
from minigen.autograd import grad
from minigen.datasets import mnist
from minigen.models import MADE, ImageGPT, PixelCNN
from minigen.models.autoregressive.markov import window_network

DIGITS = mnist.load_data("sample")[0][0][:200].astype("float32") / 255


def shuffled(n, seed=0):
    return np.random.default_rng(seed).permutation(n)


def awake(model):
    """Every weight drawn anew, dead taps too: what is 0 in a Jacobian is 0 because nobody reads it."""
    rng = np.random.default_rng(0)
    for weight in model.weights():
        weight.assign((0.5 * rng.standard_normal(weight.shape)).astype(weight.dtype))
    return model


def jacobian(model, x):
    """d logit i / d pixel j, (pixels, pixels), for one image."""
    x = Tensor(x[None], requires_grad=True)
    flat = model.logits(x).reshape((-1,))
    return np.stack([grad(flat[i], [x])[0].numpy().reshape(-1) for i in range(len(flat))])


MODELS = {
    "made": lambda: MADE(12, hidden=40),
    "made, two hidden layers": lambda: MADE(12, hidden=(30, 50)),
    "made, another order": lambda: MADE(12, hidden=40, order=shuffled(12)),
    "pixelcnn": lambda: PixelCNN((3, 4), filters=6, blocks=1),
    "pixelcnn, deeper": lambda: PixelCNN((4, 3), filters=4, blocks=3),
    "image gpt": lambda: ImageGPT((3, 4), blocks=2, heads=2, width=8),
    "window of 3": lambda: window_network(3, hidden=5, pixels=12),
}
each_model = pytest.mark.parametrize("name", MODELS)
