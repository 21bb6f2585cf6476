"""A relu inside a convolution: the same numbers, whatever the blocks and whichever gradients are needed."""

import numpy as np
import pytest
from helpers.slides import assert_equal, channels, draw, images, results, sixty_examples, slides, use_threads
from hypothesis import given
from hypothesis import strategies as st

from minigen import Tensor, ops
from minigen.kernels.relu import ThroughRelu
from minigen.kernels.windows import lay


@sixty_examples
@given(slide=slides(), n=images, c=channels, o=channels, bias=st.booleans(), transposed=st.booleans())
def test_a_relu_inside_is_the_relu_outside(slide, n, c, o, bias, transposed):
    """In many blocks, on two threads: the gradient of the bias is the sum over all of them."""
    f, kernel = (ops.conv2d_transpose, (o, c)) if transposed else (ops.conv2d, (c, o))
    arrays = [draw(n, *slide.image, c), draw(*slide.taps, *kernel, seed=1), draw(o, seed=2)][: 3 if bias else 2]

    def outside(x, w, b=None):
        return ops.relu(f(x, w, b, *slide.how))

    def inside(x, w, b=None):
        return f(x, w, b, *slide.how, relu=True)

    with pytest.MonkeyPatch.context() as patch:
        use_threads(patch, 2, block_bytes=64)
        assert_equal(results(inside, *arrays), results(outside, *arrays))


@pytest.mark.parametrize("needed", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1), (1, 1, 0)])
@pytest.mark.parametrize("f", [ops.conv2d, ops.conv2d_transpose])
def test_some_gradients_through_a_relu_inside(f, needed):
    arrays = draw(3, 4, 5, 2), draw(3, 2, 2, 2, seed=1), draw(2, seed=2)
    found = []
    for relu in (True, False):
        x, w, b = (Tensor(a, requires_grad=bool(need)) for a, need in zip(arrays, needed, strict=True))
        y = f(x, w, b, relu=relu)
        ((y if relu else ops.relu(y)) * draw(*y.shape, seed=9)).sum().backward()
        found.append([t.grad for t in (x, w, b) if t.requires_grad])
    assert len(found[0]) == sum(needed)
    assert_equal(*found)


@pytest.mark.parametrize(
    "op, kernel",
    [
        (ops.Conv(lay("test", (6, 6), (3, 3), (1, 1), "same"), relu=True), (3, 3, 2, 2)),  # gathers
        (ops.Conv(lay("test", (6, 6), (5, 5), (1, 1), "valid"), relu=True), (5, 5, 2, 2)),  # scatters
        (ops.Conv(lay("test", (6, 6), (3, 3), (2, 2), "same"), relu=True), (3, 3, 2, 2)),
        (ops.ConvInputGradient(lay("test", (6, 6), (3, 3), (2, 2), "same"), relu=True), (3, 3, 2, 2)),
        (ops.MaskedConv(True, relu=True), (3, 3, 2, 2)),
    ],
    ids=["gather", "scatter", "stride", "transposed", "masked"],
)
@pytest.mark.parametrize("needs", [(1, 1, 1), (1, 0, 1), (0, 1, 1), (0, 0, 1)])
def test_every_block_is_computed_once(op, kernel, needs, monkeypatch):
    """The sum for the bias would hide that a block was computed twice, which costs time."""
    use_threads(monkeypatch, 2, block_bytes=64)
    asked, compute = [], ThroughRelu.__getitem__
    monkeypatch.setattr(ThroughRelu, "__getitem__", lambda u, block: asked.append(block) or compute(u, block))
    op.needs = [bool(need) for need in needs]
    small = isinstance(op, ops.ConvInputGradient)
    x, w, b = draw(7, *((3, 3) if small else (6, 6)), 2), draw(*kernel, seed=1), draw(2, seed=2)
    y = op.forward(x, w, b)
    op.backward(draw(*y.shape, seed=3), y, x, w, b)
    images = sorted(i for block in asked for i in range(*block.indices(7)))
    assert images == list(range(7))


def test_the_gradient_of_a_bias_is_exact_to_1e_6_in_float32():
    """200,704 times 0.1: added up one after the other the error is 1e-3."""
    g = np.full((256, 28, 28, 4), 0.1, "float32")
    u = ThroughRelu(g, np.ones_like(g))
    for i in range(0, 256, 64):
        u[slice(i, i + 64)]
    np.testing.assert_allclose(u.sum(), g[..., 0].size * np.float64(np.float32(0.1)), rtol=1e-6)
