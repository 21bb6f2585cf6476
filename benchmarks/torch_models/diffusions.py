"""A diffusion model of images: a step of its U-Net, and drawing with it."""

import math

import torch
from data import images, labels
from torch import nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel

from .training import LAYOUT, as_images, on_device

STEPS = 1000


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions, with the time's embedding added between them."""

    def __init__(self, channels, filters, embedding):
        super().__init__()
        self.norm_in = nn.GroupNorm(8, channels, eps=1e-3)
        self.conv_in = nn.Conv2d(channels, filters, 3, padding=1)
        self.shift = nn.Linear(embedding, filters)
        self.norm_out = nn.GroupNorm(8, filters, eps=1e-3)
        self.conv_out = nn.Conv2d(filters, filters, 3, padding=1)
        nn.init.zeros_(self.conv_out.weight)
        nn.init.zeros_(self.conv_out.bias)
        self.shortcut = nn.Identity() if channels == filters else nn.Conv2d(channels, filters, 1)

    def forward(self, x, e):
        u = self.conv_in(F.silu(self.norm_in(x))) + self.shift(F.silu(e))[:, :, None, None]
        return self.shortcut(x) + self.conv_out(F.silu(self.norm_out(u)))


class SpatialAttention(nn.Module):
    """One head over all pixels."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(8, channels, eps=1e-3)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)

    def forward(self, x):
        pixels = self.norm(x).flatten(2).transpose(1, 2)  # (batch, pixels, channels)
        q, k, v = self.qkv(pixels).chunk(3, dim=-1)
        y = self.out(F.scaled_dot_product_attention(q, k, v))
        return x + y.transpose(1, 2).reshape(x.shape)


class TimeEmbedding(nn.Module):
    """Sines and cosines of the time, with wavelengths from 2 pi / 1000 to 20 pi."""

    def __init__(self, units):
        super().__init__()
        self.register_buffer(
            "frequency", STEPS * torch.exp(-math.log(10_000) * torch.arange(units // 2) / (units // 2))
        )

    def forward(self, time):
        angle = time * self.frequency
        return torch.cat([angle.sin(), angle.cos()], dim=1)


class UNet(nn.Module):
    """The cpu preset of models.unet: patches, two blocks at 14 x 14 down and up, two with attention at 7 x 7."""

    def __init__(self, classes, channels=1, filters=(48, 96), units=128):
        super().__init__()
        n, m = filters
        self.time = nn.Sequential(TimeEmbedding(units // 2), nn.Linear(units // 2, units), nn.SiLU())
        self.time.append(nn.Linear(units, units))
        self.label = nn.Linear(classes, units, bias=False)
        self.first = nn.Conv2d(channels, n, 4, stride=2, padding=1)
        self.down = nn.ModuleList([ResidualBlock(n, n, units), ResidualBlock(n, n, units)])
        self.shrink = nn.Conv2d(n, m, 3, stride=2, padding=1)
        self.middle = nn.ModuleList([ResidualBlock(m, m, units), ResidualBlock(m, m, units)])
        self.attention = SpatialAttention(m)
        self.enlarge = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(m, n, 3, padding=1))
        self.up = nn.ModuleList([ResidualBlock(2 * n, n, units), ResidualBlock(n, n, units)])
        last = nn.ConvTranspose2d(n, channels, 4, stride=2, padding=1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.last = nn.Sequential(nn.GroupNorm(8, n, eps=1e-3), nn.SiLU(), last)

    def forward(self, x, time, label):
        e = self.time(time) + self.label(label)
        h = self.first(x)
        for block in self.down:
            h = block(h, e)
        skip = h
        h = self.attention(self.middle[0](self.shrink(h), e))
        h = self.enlarge(self.middle[1](h, e))
        h = torch.cat([h, skip], dim=1)
        for block in self.up:
            h = block(h, e)
        return self.last(h)


def cosine_schedule():
    """The square root of alpha-bar, and of 1 - alpha-bar, at t = 0..1000 (Nichol and Dhariwal 2021)."""
    angle = (torch.arange(STEPS + 1, dtype=torch.float64) / STEPS + 0.008) / 1.008 * math.pi / 2
    bar = (angle.cos() / angle[0].cos()) ** 2
    beta = (1 - bar[1:] / bar[:-1]).clamp(max=0.999)
    bar = torch.cat([torch.ones(1, dtype=torch.float64), (1 - beta).cumprod(0)])
    return bar.sqrt().float(), (1 - bar).sqrt().float()


def decay_of(averaged):
    """Of the averages: smaller in the first steps, so that they forget the weights of the beginning."""
    return min(0.999, (1 + averaged) / (10 + averaged))


def unet_ddpm(batch=64):
    """A step with drawn times and noise; some labels are left out; the weights are averaged."""
    net = UNet(classes=10).to(memory_format=LAYOUT)
    average = AveragedModel(net, multi_avg_fn=lambda e, w, n: torch._foreach_lerp_(e, w, 1 - decay_of(int(n))))
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    signal, noise = cosine_schedule()
    x, y = as_images(images(batch, 1, 28, 28)), on_device(labels(batch, classes=10))

    def step():
        evenly = torch.arange(batch, device=x.device) / batch
        t = (STEPS * (1 - (torch.rand(1, device=x.device) + evenly) % 1)).ceil().long()
        a, s = signal[t, None, None, None], noise[t, None, None, None]
        x_0, epsilon = 2 * x - 1, torch.randn_like(x)
        label = F.one_hot(y, 10) * (torch.rand(batch, 1, device=x.device) >= 0.1)
        velocity = net(a * x_0 + s * epsilon, t[:, None] / STEPS, label.float())
        loss = F.mse_loss(velocity, a * epsilon - s * x_0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        average.update_parameters(net)
        return loss

    return step


def sample_ddim(n=100, steps=50):
    """n digits of given classes, with DDIM."""
    net = UNet(classes=10).to(memory_format=LAYOUT).eval()
    signal, noise = cosine_schedule()
    times = torch.linspace(STEPS, 0, steps + 1).round().long()
    label = F.one_hot(on_device(labels(n, classes=10)), 10).float()

    @torch.inference_mode()
    def draw():
        x = torch.randn(n, 1, 28, 28).to(memory_format=LAYOUT)
        for t, following in zip(times[:-1], times[1:], strict=True):
            velocity = net(x, (t / STEPS).expand(n, 1), label)
            x_0 = (signal[t] * x - noise[t] * velocity).clamp(-1, 1)
            epsilon = (x - signal[t] * x_0) / noise[t]
            x = signal[following] * x_0 + noise[following] * epsilon
        return ((x + 1) / 2).mean()

    return draw


MODELS = unet_ddpm, sample_ddim
