"""The models of minigen_models.py in PyTorch: eager, on the CPU, as a user would write them."""

import os

import torch
from data import images, labels
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.manual_seed(0)
VERSION = f"PyTorch {torch.__version__}"


def training(model, optimizer, loss, x, y):
    """A step of `model` on the fixed batch (x, y)."""

    def step():
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return step


def autoencoder(*layers, batch):
    """A dense autoencoder of 784 pixels, trained with Adam on the binary cross-entropy."""
    model, x = nn.Sequential(*layers), torch.from_numpy(images(batch))
    return training(model, torch.optim.Adam(model.parameters(), 1e-3), F.binary_cross_entropy, x, x)


def fc_ae():
    return autoencoder(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 784), nn.Sigmoid(), batch=256)


def deep_fc_ae():
    hidden, sizes = [], [784, 128, 64, 32, 64, 128]
    for n, m in zip(sizes[:-1], sizes[1:], strict=True):
        hidden += [nn.Linear(n, m), nn.ReLU()]
    return autoencoder(*hidden, nn.Linear(128, 784), nn.Sigmoid(), batch=256)


def ae2d():
    encoder = nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 2)
    decoder = nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, 784), nn.Sigmoid()
    return autoencoder(*encoder, *decoder, batch=128)


def softmax():
    model = nn.Linear(784, 10)
    x, y = torch.from_numpy(images(128)), torch.from_numpy(labels(128, classes=10))
    return training(model, torch.optim.SGD(model.parameters(), 0.01), F.cross_entropy, x, y)


def tiny_mlp():
    model = nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 1))
    x, y = torch.from_numpy(images(32, 20)), torch.from_numpy(images(32, 1))
    return training(model, torch.optim.SGD(model.parameters(), 0.01), F.mse_loss, x, y)


MODELS = {f.__name__: f for f in (fc_ae, deep_fc_ae, ae2d, softmax, tiny_mlp)}
