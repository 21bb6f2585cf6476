"""Windows on images, drawn at random, and what convolutions and pooling give there; kernels on several threads."""

from typing import NamedTuple

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from minigen import Tensor
from minigen.kernels import blocks
from minigen.kernels.windows import lay

sixty_examples = settings(max_examples=60, deadline=None, derandomize=True)


def draw(*shape, seed=0, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def results(f, *arrays):
    """[f(*arrays), dL/d(each array)] for L = Σ v f with random v, through the rules on arrays."""
    xs = [Tensor(a, requires_grad=True) for a in arrays]
    y = f(*xs)
    (y * draw(*y.shape, seed=9, dtype=y.dtype)).sum().backward()
    return [y.numpy(), *(x.grad for x in xs)]


def assert_equal(found, expected):
    """Equal to rounding: the numbers here are sums of up to some hundred draws from N(0, 1)."""
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-11)


class Slide(NamedTuple):
    """Windows on an image."""

    image: tuple[int, int]
    taps: tuple[int, int]
    strides: tuple[int, int]
    padding: str
    dilation: tuple[int, int]

    @property
    def axes(self):
        return lay("test", self.image, self.taps, self.strides, self.padding, self.dilation)

    @property
    def how(self):
        return self.strides, self.padding, self.dilation


@st.composite
def slides(draw, dilations=3):
    """Even and odd sizes; strides wider than the window; with "same" padding windows larger than the image."""
    padding = draw(st.sampled_from(["same", "valid"]))
    axes = []
    for _ in range(2):
        taps, stride = draw(st.integers(1, 5)), draw(st.integers(1, 3))
        dilation = draw(st.integers(1, dilations))
        smallest = 1 if padding == "same" else (taps - 1) * dilation + 1
        axes.append((draw(st.integers(smallest, smallest + 7)), taps, stride, dilation))
    image, taps, strides, dilation = zip(*axes, strict=True)
    return Slide(image, taps, strides, padding, dilation)


images = st.integers(1, 3)
channels = st.integers(1, 5)  # FEW_CHANNELS is 4: both ways through the kernels


def use_threads(monkeypatch, count, block_bytes=1):
    """Every kernel works with so many threads, on blocks as small as they get: one image."""
    monkeypatch.setattr(blocks, "_threads", lambda: count)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(blocks, "WORTH_A_THREAD", 0)
