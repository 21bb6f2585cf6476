"""Make ``unet.npz``: the output of a small U-Net with random weights, computed by PyTorch's functions in float64.

The file has the inputs x, time and label, the output y and its gradient dx = d(Σ y v)/dx for v = sin 0, sin 1, ... The
weights are a formula, drawn(), of their names in minigen. ``make_keras.py`` says how to install PyTorch.
"""

import math
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

PATH = Path(__file__).with_name("unet.npz")
N, M, UNITS, CLASSES = 2, 4, 128, 3  # filters at both resolutions, width of the time
EPSILON = 1e-3


def shapes():
    """{name: shape}, kernels as in Keras."""
    found = {}

    def layer(name, *kernel, bias=True):
        found[f"{name}/kernel"] = kernel
        if bias:
            found[f"{name}/bias"] = (kernel[-1],)

    def norm(name, n):
        found[f"{name}/gamma"] = found[f"{name}/beta"] = (n,)

    layer("dense", UNITS // 2, UNITS)
    layer("dense_1", UNITS, UNITS)
    layer("dense_2", CLASSES, UNITS, bias=False)
    layer("conv2d", 4, 4, 1, N)
    layer("conv2d_1", 3, 3, N, M)
    layer("conv2d_2", 3, 3, M, N)
    found["conv2d_transpose/kernel"], found["conv2d_transpose/bias"] = (4, 4, 1, N), (1,)
    norm("group_normalization", N)
    norm("spatial_attention/norm", M)
    for part in ("query", "key", "value"):
        found[f"spatial_attention/attention/{part}/kernel"] = (M, 1, M)
        found[f"spatial_attention/attention/{part}/bias"] = (1, M)
    found["spatial_attention/attention/attention_output/kernel"] = (1, M, M)
    found["spatial_attention/attention/attention_output/bias"] = (M,)
    for i, (channels, filters) in enumerate([(N, N), (M, M), (M, M), (2 * N, N)]):
        name = "time_residual_block" + (f"_{i}" if i else "")
        norm(f"{name}/norm_in", channels)
        layer(f"{name}/conv_in", 3, 3, channels, filters)
        layer(f"{name}/shift", UNITS, filters)
        norm(f"{name}/norm_out", filters)
        layer(f"{name}/conv_out", 3, 3, filters, filters)
        if channels != filters:
            layer(f"{name}/shortcut", 1, 1, channels, filters)
    return found


def drawn(shapes):
    """{name: weight}: numbers that look random, kernels as large as those of a new network."""
    found = {}
    for i, name in enumerate(sorted(shapes)):
        shape = shapes[name]
        spread = math.sqrt(2 / math.prod(shape[:-1])) if name.endswith("kernel") else 0.3
        numbers = spread * np.sin(np.arange(math.prod(shape)) ** 2.0 + i).reshape(shape)
        found[name] = numbers + 1 if name.endswith("gamma") else numbers
    return found


class UNet:
    """The formulas, on images with channels first."""

    def __init__(self, weights):
        self.w = {name: torch.from_numpy(w) for name, w in weights.items()}

    def dense(self, name, x):
        bias = self.w.get(f"{name}/bias")
        return F.linear(x, self.w[f"{name}/kernel"].T, bias)

    def conv(self, name, x, stride=1):
        kernel = self.w[f"{name}/kernel"].permute(3, 2, 0, 1)
        pad = max(kernel.shape[-1] - stride, 0)  # Keras pads the smaller half in front
        x = F.pad(x, (pad // 2, pad - pad // 2) * 2)
        return F.conv2d(x, kernel, self.w[f"{name}/bias"], stride)

    def norm(self, name, x):
        w, channels = self.w, x.shape[1]
        return F.group_norm(x, max(1, math.gcd(16, channels) // 2), w[f"{name}/gamma"], w[f"{name}/beta"], EPSILON)

    def residual(self, i, x, e):
        name = "time_residual_block" + (f"_{i}" if i else "")
        shift = self.dense(f"{name}/shift", F.silu(e))[:, :, None, None]
        u = self.conv(f"{name}/conv_in", F.silu(self.norm(f"{name}/norm_in", x))) + shift
        s = self.conv(f"{name}/shortcut", x) if f"{name}/shortcut/kernel" in self.w else x
        return s + self.conv(f"{name}/conv_out", F.silu(self.norm(f"{name}/norm_out", u)))

    def attention(self, x):
        name, w = "spatial_attention/attention", self.w
        pixels = self.norm("spatial_attention/norm", x).flatten(2).transpose(1, 2)
        parts = [w[f"{name}/{part}/kernel"][:, 0] for part in ("query", "key", "value")]
        biases = [w[f"{name}/{part}/bias"][0] for part in ("query", "key", "value")]
        q, k, v = (pixels @ a + b for a, b in zip(parts, biases, strict=True))
        y = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(M), dim=-1) @ v
        y = y @ w[f"{name}/attention_output/kernel"][0] + w[f"{name}/attention_output/bias"]
        return x + y.transpose(1, 2).reshape(x.shape)

    def time(self, time):
        half = UNITS // 4
        frequency = 1000 * torch.exp(-math.log(10_000) * torch.arange(half, dtype=torch.float64) / half)
        return torch.cat([torch.sin(time * frequency), torch.cos(time * frequency)], dim=1)

    def __call__(self, x, time, label):
        e = self.dense("dense_1", F.silu(self.dense("dense", self.time(time)))) + self.dense("dense_2", label)
        skip = self.residual(0, self.conv("conv2d", x, stride=2), e)
        h = self.residual(1, self.conv("conv2d_1", skip, stride=2), e)
        h = self.residual(2, self.attention(h), e)
        h = self.conv("conv2d_2", F.interpolate(h, scale_factor=2, mode="nearest"))
        h = self.residual(3, torch.cat([h, skip], dim=1), e)
        h = F.silu(self.norm("group_normalization", h))
        kernel, bias = self.w["conv2d_transpose/kernel"].permute(3, 2, 0, 1), self.w["conv2d_transpose/bias"]
        return F.conv_transpose2d(h, kernel, bias, stride=2, padding=1)


def main():
    weights = drawn(shapes())
    x = np.sin(np.arange(2 * 8 * 12.0) ** 2).reshape(2, 8, 12, 1)
    time, label = np.array([[0.003], [0.8]]), np.array([[0.0, 1, 0], [0, 0, 0]])
    image = torch.from_numpy(x).permute(0, 3, 1, 2).requires_grad_()
    y = UNet(weights)(image, torch.from_numpy(time), torch.from_numpy(label)).permute(0, 2, 3, 1)
    (y * torch.sin(torch.arange(y.numel(), dtype=torch.float64)).reshape(y.shape)).sum().backward()
    dx = image.grad.permute(0, 2, 3, 1).numpy()
    values = {"x": x, "time": time, "label": label, "y": y.detach().numpy(), "dx": dx}
    np.savez_compressed(PATH, versions=f"PyTorch {torch.__version__}", **values)


if __name__ == "__main__":
    main()
