"""Steps and settings that all models of PyTorch share."""

import os

import torch

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.manual_seed(0)
DEVICE = os.environ.get("TORCH_DEVICE", "cpu")  # "cuda": see gpu_worker.py
CHANNELS_LAST = os.environ.get("TORCH_CHANNELS_LAST") == "1"
LAYOUT = torch.channels_last if CHANNELS_LAST else torch.contiguous_format  # of images and of the kernels


def training(model, optimizer, loss, x, y):
    """A step of `model` on the fixed batch (x, y)."""

    def step():
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value

    return step


def on_device(x):
    """An array as a tensor."""
    return torch.from_numpy(x).to(DEVICE)


def as_images(x):
    """An array (batch, channels, rows, columns) as a tensor in the layout that is measured."""
    return on_device(x).to(memory_format=LAYOUT)


def reparameterised(mu, logvar):
    """z = mu + sigma epsilon, and the KL divergence from the standard normal distribution, summed over the batch."""
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return z, 0.5 * (logvar.exp() + mu**2 - 1 - logvar).sum()
