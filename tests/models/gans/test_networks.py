"""The GANs of the chapter: their sizes, and the range that they draw in."""

import numpy as np
import pytest

from minigen import Rescaling, Tensor, models, ops


def dense(*widths):
    """The weights of dense layers of these widths."""
    return sum(n * m + m for n, m in zip(widths[:-1], widths[1:], strict=True))


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (models.gan, dense(32, 256, 512, 1024, 784) + 4 * (256 + 512 + 1024) + dense(784, 512, 256, 1)),
        (models.gan, 1_476_112 + 533_505),
        (models.conditional_gan, 1_476_112 + 10 * 256 + 533_505 + 10 * 512),
        (lambda: models.gan(100, "gpu").generator, dense(100, 512, 1024, 2048, 784) + 4 * (512 + 1024 + 2048)),
        (lambda: models.dcgan().discriminator, 25 * 32 + 32 + 25 * 32 * 64 + 64 + 7 * 7 * 64 + 1),
    ],
)
def test_number_of_parameters(model, count):
    assert model().count_params() == count


@pytest.mark.parametrize("make", [models.gan, models.conditional_gan, models.dcgan, models.wgan_gp])
def test_the_presets_draw_images_in_0_1(make):
    for preset in ("cpu", "gpu"):
        gan = make(noise_dim=7, preset=preset)
        fakes = gan.sample(3, *([2] if make is models.conditional_gan else []))
        assert fakes.shape in ((3, 784), (3, 28, 28, 1)) and fakes.min() >= 0 and fakes.max() <= 1
        assert gan.noise_dim == 7
    assert make(preset="gpu").count_params() > make().count_params()


def test_a_sigmoid_with_a_centred_input_is_a_tanh_in_minus_1_to_1():
    """(tanh u + 1)/2 = σ(2u): the two conventions draw the same images, and the same D sees the same numbers."""
    u = Tensor(np.linspace(-3, 3, 7))
    np.testing.assert_allclose(Rescaling(2, -1)(ops.sigmoid(2 * u)).numpy(), np.tanh(u.numpy()), atol=1e-12)
