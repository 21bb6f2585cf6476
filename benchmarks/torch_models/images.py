"""Convolutional networks."""

import torch
from data import images, labels
from torch import nn
from torch.nn import functional as F

from .training import LAYOUT, as_images, on_device, reparameterised, training


def conv_ae_layers():
    """The second listing of the chapter."""
    encoder = nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    encoder += nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    decoder = nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)
    decoder += nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)
    return *encoder, *decoder, nn.Conv2d(32, 1, 3, padding=1), nn.Sigmoid()


def autoencoder(layers, batch):
    """A step of an autoencoder with Keras' Adadelta."""
    model, x = nn.Sequential(*layers).to(memory_format=LAYOUT), as_images(images(batch, 1, 28, 28))
    optimizer = torch.optim.Adadelta(model.parameters(), 1.0, rho=0.95, eps=1e-7)
    return training(model, optimizer, F.binary_cross_entropy, x, x)


def conv_ae():
    return autoencoder(conv_ae_layers(), batch=128)


def conv_ae_1():
    return autoencoder(conv_ae_layers(), batch=1)


def conv_ae_16():
    return autoencoder(conv_ae_layers(), batch=16)


def conv_ae_512():
    return autoencoder(conv_ae_layers(), batch=512)


def conv_autoencoder_128():
    """28 pixels to 14, 7 and 4, and 4 to 8, 16, 14 and 28. Keras pads 7 pixels by one behind, and so does ceil_mode."""
    encoder = nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    encoder += nn.Conv2d(16, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    encoder += nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)
    decoder = nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)
    decoder += nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)
    decoder += nn.Conv2d(8, 16, 3), nn.ReLU(), nn.Upsample(scale_factor=2)
    return autoencoder([*encoder, *decoder, nn.Conv2d(16, 1, 3, padding=1), nn.Sigmoid()], batch=128)


def classifier(layers, batch):
    """A step of a classifier of ten digits, with Adam."""
    model, x = nn.Sequential(*layers).to(memory_format=LAYOUT), as_images(images(batch, 1, 28, 28))
    y = on_device(labels(batch, classes=10))
    return training(model, torch.optim.Adam(model.parameters(), 1e-3), F.cross_entropy, x, y)


def lenet_layers():
    first = nn.Conv2d(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2)
    second = nn.Conv2d(32, 64, 5), nn.ReLU(), nn.MaxPool2d(2)
    return *first, *second, nn.Flatten(), nn.Linear(4 * 4 * 64, 256), nn.ReLU(), nn.Linear(256, 10)


def lenet():
    return classifier(lenet_layers(), batch=128)


def convolutions(*channels, size=3, dilation=1):
    """Convolutions with "same" padding and relu."""
    pairs, padding = zip(channels[:-1], channels[1:], strict=True), dilation * (size // 2)
    convs = [nn.Conv2d(n, m, size, padding=padding, dilation=dilation) for n, m in pairs]
    return [part for conv in convs for part in (conv, nn.ReLU())]


def average():
    """The mean of each channel."""
    return nn.AdaptiveAvgPool2d(1), nn.Flatten()


def deep_conv():
    layers = [*convolutions(1, 64, 64), nn.MaxPool2d(2), *convolutions(64, 128, 128), nn.MaxPool2d(2)]
    return classifier([*layers, *convolutions(128, 128), *average(), nn.Linear(128, 10)], batch=32)


def conv_1x1():
    layers = [*convolutions(1, 64), *convolutions(64, 128, 64, size=1)]
    return classifier([*layers, *average(), nn.Linear(64, 10)], batch=64)


def dilated():
    layers = [*convolutions(1, 32), *convolutions(32, 32, dilation=2), *convolutions(32, 32, dilation=4)]
    return classifier([*layers, *average(), nn.Linear(32, 10)], batch=64)


def conv_vae():
    """With stride 2 Keras pads behind, PyTorch here in front: other pixels, the same amount of work."""
    first = nn.Conv2d(1, 32, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.ReLU()
    encoder = nn.Sequential(*first, nn.Flatten(), nn.Linear(7 * 7 * 64, 16), nn.ReLU()).to(memory_format=LAYOUT)
    to_mu, to_logvar = nn.Linear(16, 2), nn.Linear(16, 2)
    twice = {"stride": 2, "padding": 1, "output_padding": 1}
    last = nn.ConvTranspose2d(64, 64, 3, **twice), nn.ReLU(), nn.ConvTranspose2d(64, 32, 3, **twice), nn.ReLU()
    last += nn.ConvTranspose2d(32, 1, 3, padding=1), nn.Sigmoid()
    decoder = nn.Sequential(nn.Linear(2, 7 * 7 * 64), nn.ReLU(), nn.Unflatten(1, (64, 7, 7)), *last)
    decoder = decoder.to(memory_format=LAYOUT)
    parameters = [p for part in (encoder, to_mu, to_logvar, decoder) for p in part.parameters()]
    optimizer, x = torch.optim.Adam(parameters, 1e-3), as_images(images(128, 1, 28, 28))

    def step():
        h = encoder(x)
        z, kl = reparameterised(to_mu(h), to_logvar(h))
        loss = (F.binary_cross_entropy(decoder(z), x, reduction="sum") + kl) / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


class MaskedConv2d(nn.Conv2d):
    """A convolution whose kernel is multiplied by its mask, as usual for a PixelCNN in PyTorch."""

    def __init__(self, mask, channels, filters, size):
        super().__init__(channels, filters, size, padding=size // 2)
        live = torch.zeros_like(self.weight)
        live[:, :, : size // 2] = 1
        live[:, :, size // 2, : size // 2 + (mask == "B")] = 1
        self.register_buffer("live", live)

    def forward(self, x):
        return self._conv_forward(x, self.weight * self.live, self.bias)


def pixelcnn():
    first = MaskedConv2d("A", 1, 32, 7), nn.ReLU()
    others = [part for _ in range(2) for part in (MaskedConv2d("B", 32, 32, 3), nn.ReLU())]
    model = nn.Sequential(*first, *others, nn.Conv2d(32, 1, 1)).to(memory_format=LAYOUT)
    x = as_images((images(64, 1, 28, 28) > 0.5).astype("float32"))
    return training(model, torch.optim.Adam(model.parameters(), 1e-3), F.binary_cross_entropy_with_logits, x, x)


MODELS = (
    conv_ae,
    conv_ae_1,
    conv_ae_16,
    conv_ae_512,
    conv_autoencoder_128,
    lenet,
    deep_conv,
    conv_1x1,
    dilated,
    conv_vae,
    pixelcnn,
)
