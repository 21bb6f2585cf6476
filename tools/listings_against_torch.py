"""Train the chapter's three listings beside PyTorch, in float64 and from the same weights.

    python tools/listings_against_torch.py

30 steps with Adadelta on batches of 16 digits. The largest difference of the losses, and of the weights after the last
step, relative to the largest loss and weight, is printed; the exit status is 1 if one is above 1e-12. It needs PyTorch
(pip install -e ".[bench]").
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

try:
    import torch
except ImportError:
    sys.exit('tools/listings_against_torch.py needs PyTorch, which is not installed. Run: pip install -e ".[bench]"')

from torch import nn
from torch.nn import functional as F

import minigen
from minigen import Adadelta, models
from minigen.datasets import mnist

STEPS, BATCH, TOLERANCE = 30, 16, 1e-12


def dense(*sizes: int) -> list[nn.Module]:
    """Dense layers with relu between them, and a sigmoid at the end."""
    layers: list[nn.Module] = []
    for n, m in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(n, m), nn.ReLU()]
    return [*layers[:-1], nn.Sigmoid()]


def fc() -> nn.Module:
    return nn.Sequential(*dense(784, 32, 784))


def conv() -> nn.Module:
    """The listing of section 9.2.2, with channels first."""
    layers: list[nn.Module] = []
    for n in (1, 32):
        layers += [nn.Conv2d(n, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    for _ in range(2):
        layers += [nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)]
    return nn.Sequential(*layers, nn.Conv2d(32, 1, 3, padding=1), nn.Sigmoid())


def two_numbers() -> nn.Module:
    """784-512-2-512-784; the code has no activation."""
    layers = dense(784, 512, 2, 512, 784)
    del layers[3]
    return nn.Sequential(*layers)


Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
LISTINGS: dict[str, tuple[Callable[[], minigen.Model], Callable[[], nn.Module], str, Loss]] = {
    "784-32-784": (models.fc_autoencoder, fc, "binary_crossentropy", F.binary_cross_entropy),
    "convolutions": (models.conv_autoencoder, conv, "binary_crossentropy", F.binary_cross_entropy),
    "784-512-2-512-784": (models.latent_autoencoder, two_numbers, "mean_squared_error", F.mse_loss),
}


def to_torch(weight: np.ndarray) -> torch.Tensor:
    """A kernel or bias in PyTorch's order of axes."""
    axes = {4: (3, 2, 0, 1), 2: (1, 0)}.get(weight.ndim, (0,))
    return torch.from_numpy(np.ascontiguousarray(weight.transpose(axes)))


def differences(name: str, digits: np.ndarray) -> tuple[float, float]:
    """(of the losses of all steps, of the weights after them), relative to the largest."""
    make, make_theirs, loss, their_loss = LISTINGS[name]
    minigen.seed(0)
    ours, theirs = make().astype("float64"), make_theirs().double()
    ours.compile(Adadelta(1.0), loss)
    with torch.no_grad():
        for p, w in zip(theirs.parameters(), ours.get_weights(), strict=True):
            p.copy_(to_torch(w))
    optimizer = torch.optim.Adadelta(theirs.parameters(), 1.0, rho=0.95, eps=1e-7)
    losses = []
    for step in range(STEPS):
        x = digits[step * BATCH : (step + 1) * BATCH]
        x = x[..., None] if name == "convolutions" else x.reshape(BATCH, 784)
        y = torch.from_numpy(x.transpose(0, 3, 1, 2).copy() if x.ndim == 4 else x)
        found = their_loss(theirs(y), y)
        optimizer.zero_grad()
        found.backward()
        optimizer.step()
        losses.append((float(ours.train_step(x, x)["loss"].item()), found.item()))
    pairs = zip(ours.get_weights(), theirs.parameters(), strict=True)
    off = [float(abs(to_torch(w) - p.detach()).max() / abs(p.detach()).max()) for w, p in pairs]
    a, b = np.transpose(losses)
    return float(abs(a - b).max() / b.max()), float(np.max(off))  # NumPy's maximum of a NaN is NaN


def main() -> None:
    (digits, _), _ = mnist.load_data("sample")
    digits = digits[: STEPS * BATCH].astype("float64") / 255
    found = {name: differences(name, digits) for name in LISTINGS}
    for name, (loss, weights) in found.items():
        print(f"{name:<18} losses {loss:.1e}   weights {weights:.1e}")
    sys.exit(0 if all(off <= TOLERANCE for pair in found.values() for off in pair) else 1)


if __name__ == "__main__":
    main()
