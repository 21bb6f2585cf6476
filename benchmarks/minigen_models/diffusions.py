"""A diffusion model of images: a step of its U-Net, and drawing with it."""

from data import images, labels

from minigen import Adam, Tensor, models


def unet_ddpm(batch=64):
    """A step with drawn times and noise; some labels are left out; the weights are averaged."""
    model, x, y = models.diffusion(classes=10), Tensor(images(batch, 28, 28, 1)), labels(batch, classes=10)
    model.compile(Adam(1e-3))
    return lambda: model.train_step(x, y)["loss"]


def sample_ddim(n=100, steps=50):
    """n digits of given classes, with DDIM."""
    model, y = models.diffusion(classes=10), labels(n, classes=10)
    return lambda: model.sample(n, y, steps=steps).mean()


MODELS = unet_ddpm, sample_ddim
