"""Networks of dense layers."""

import torch
from data import images, labels, one_hot
from torch import nn
from torch.nn import functional as F

from .training import on_device, reparameterised, training


def autoencoder(*layers, batch):
    """A dense autoencoder of 784 pixels, trained with Adam on the binary cross-entropy."""
    model, x = nn.Sequential(*layers), on_device(images(batch))
    return training(model, torch.optim.Adam(model.parameters(), 1e-3), F.binary_cross_entropy, x, x)


def fc_ae_layers():
    return nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 784), nn.Sigmoid()


def fc_ae():
    return autoencoder(*fc_ae_layers(), batch=256)


def deep_fc_ae():
    hidden, sizes = [], [784, 128, 64, 32, 64, 128]
    for n, m in zip(sizes[:-1], sizes[1:], strict=True):
        hidden += [nn.Linear(n, m), nn.ReLU()]
    return autoencoder(*hidden, nn.Linear(128, 784), nn.Sigmoid(), batch=256)


def ae2d():
    encoder = nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 2)
    decoder = nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, 784), nn.Sigmoid()
    return autoencoder(*encoder, *decoder, batch=128)


def vae(latent_dim=2, classes=0):
    """784-512-(2, 2)-512-784; with classes, a one-hot row beside the image and beside z."""
    encoder = nn.Sequential(nn.Linear(784 + classes, 512), nn.ReLU())
    to_mu, to_logvar = nn.Linear(512, latent_dim), nn.Linear(512, latent_dim)
    decoder = nn.Sequential(nn.Linear(latent_dim + classes, 512), nn.ReLU(), nn.Linear(512, 784), nn.Sigmoid())
    parameters = [p for part in (encoder, to_mu, to_logvar, decoder) for p in part.parameters()]
    optimizer, x = torch.optim.Adam(parameters, 1e-3), on_device(images(128))
    y = on_device(one_hot(128, classes)) if classes else None

    def with_class(a):
        return a if y is None else torch.cat([a, y], dim=1)

    def step():
        h = encoder(with_class(x))
        z, kl = reparameterised(to_mu(h), to_logvar(h))
        x_hat = decoder(with_class(z))
        loss = (0.5 * ((x_hat - x) ** 2).sum() + kl) / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def vae_32():
    return vae(latent_dim=32)


def cvae():
    return vae(classes=10)


def softmax():
    model = nn.Linear(784, 10)
    x, y = on_device(images(128)), on_device(labels(128, classes=10))
    return training(model, torch.optim.SGD(model.parameters(), 0.01), F.cross_entropy, x, y)


def tiny_mlp():
    model = nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 1))
    x, y = on_device(images(32, 20)), on_device(images(32, 1))
    return training(model, torch.optim.SGD(model.parameters(), 0.01), F.mse_loss, x, y)


MODELS = fc_ae, deep_fc_ae, ae2d, vae, vae_32, cvae, softmax, tiny_mlp
