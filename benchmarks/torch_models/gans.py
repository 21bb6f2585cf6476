"""Networks that play against each other."""

import torch
from data import images, noise
from torch import nn
from torch.nn import functional as F

from .training import LAYOUT, as_images, on_device, reparameterised


def game(generator, discriminator, x, z):
    """An update of the discriminator on real and fake images, then one of the generator."""
    g_optimizer = torch.optim.Adam(generator.parameters(), 2e-4, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), 2e-4, betas=(0.5, 0.999))
    real, made = torch.ones(len(x), 1), torch.zeros(len(x), 1)

    def loss(label, x):
        return F.binary_cross_entropy_with_logits(discriminator(x), label)

    def step():
        fake = generator(z)
        d_loss = loss(real, x) + loss(made, fake.detach())
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        g_loss = loss(real, fake)
        g_optimizer.zero_grad()
        g_loss.backward(inputs=list(generator.parameters()))  # without `inputs` the discriminator's too
        g_optimizer.step()
        return d_loss

    return step


def mlp_gan():
    def layers(sizes):
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        return [part for n, m in pairs for part in (nn.Linear(n, m), nn.LeakyReLU(0.2))]

    generator = nn.Sequential(*layers([100, 256, 512, 1024]), nn.Linear(1024, 784), nn.Tanh())
    discriminator = nn.Sequential(*layers([784, 512, 256]), nn.Linear(256, 1))
    return game(generator, discriminator, on_device(images(128) * 2 - 1), on_device(noise(128, 100)))


def generator_and_discriminator():
    """The networks of dcgan; PyTorch pads other pixels than Keras where the stride is 2, as many of them."""
    keras = {"eps": 1e-3, "momentum": 0.01}  # of the batch normalisation
    first = nn.Linear(100, 7 * 7 * 128), nn.BatchNorm1d(7 * 7 * 128, **keras), nn.ReLU(), nn.Unflatten(1, (128, 7, 7))
    second = nn.Upsample(scale_factor=2), nn.Conv2d(128, 64, 3, padding=1), nn.BatchNorm2d(64, **keras), nn.ReLU()
    third = nn.Upsample(scale_factor=2), nn.Conv2d(64, 1, 3, padding=1), nn.Tanh()
    generator = nn.Sequential(*first, *second, *third).to(memory_format=LAYOUT)

    first = nn.Conv2d(1, 64, 5, stride=2, padding=2), nn.LeakyReLU(0.2)
    second = nn.Conv2d(64, 128, 5, stride=2, padding=2), nn.LeakyReLU(0.2)
    discriminator = nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(7 * 7 * 128, 1)).to(memory_format=LAYOUT)
    return generator, discriminator


def dcgan():
    x, z = as_images(images(128, 1, 28, 28) * 2 - 1), on_device(noise(128, 100))
    return game(*generator_and_discriminator(), x, z)


def wgan_gp():
    """An update of the critic with gradient penalty, then one of the generator."""
    generator, critic = generator_and_discriminator()
    g_optimizer = torch.optim.Adam(generator.parameters(), 1e-4, betas=(0.0, 0.9))
    d_optimizer = torch.optim.Adam(critic.parameters(), 1e-4, betas=(0.0, 0.9))
    x, z = as_images(images(64, 1, 28, 28) * 2 - 1), on_device(noise(64, 100))

    def step():
        fake = generator(z)
        t = torch.rand(len(x), 1, 1, 1, device=x.device)
        between = (t * x + (1 - t) * fake.detach()).requires_grad_()
        slopes = torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0].flatten(1).norm(dim=1)
        d_loss = critic(fake.detach()).mean() - critic(x).mean() + 10 * ((slopes - 1) ** 2).mean()
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        g_loss = -critic(fake).mean()
        g_optimizer.zero_grad()
        g_loss.backward(inputs=list(generator.parameters()))
        g_optimizer.step()
        return d_loss

    return step


def vae_gan():
    encoder, to_mu, to_logvar = nn.Sequential(nn.Linear(784, 512), nn.ReLU()), nn.Linear(512, 16), nn.Linear(512, 16)
    decoder = nn.Sequential(nn.Linear(16, 512), nn.ReLU(), nn.Linear(512, 784), nn.Sigmoid())
    features, verdict = (
        nn.Sequential(nn.Linear(784, 512), nn.LeakyReLU(0.2)),
        nn.Sequential(nn.Linear(512, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1)),
    )
    parts = [(encoder, to_mu, to_logvar), (decoder,), (features, verdict)]
    e, g, d = ([p for module in part for p in module.parameters()] for part in parts)
    rates = [(e, 1e-3, 0.9), (g, 2e-4, 0.5), (d, 2e-4, 0.5)]
    optimizers = [torch.optim.Adam(part, rate, betas=(beta, 0.999)) for part, rate, beta in rates]
    x = on_device(images(128))
    real, made = torch.ones(len(x), 1), torch.zeros(len(x), 1)
    cross_entropy = F.binary_cross_entropy_with_logits

    def step():
        h = encoder(x)
        z, kl = reparameterised(to_mu(h), to_logvar(h))
        x_hat, x_new = decoder(z), decoder(torch.randn_like(z))
        f, f_hat, f_new = (features(2 * images - 1) for images in (x, x_hat, x_new))
        on_real, on_hat, on_new = (verdict(one) for one in (f, f_hat, f_new))
        loss_f = 0.5 * ((f_hat - f) ** 2).sum() / len(x)
        d_loss = cross_entropy(on_real, real) + (cross_entropy(on_hat, made) + cross_entropy(on_new, made)) / 2
        g_loss = (cross_entropy(on_hat, real) + cross_entropy(on_new, real)) / 2
        for optimizer in optimizers:
            optimizer.zero_grad()
        (kl / len(x) + loss_f).backward(inputs=e, retain_graph=True)
        (0.1 * loss_f + g_loss).backward(inputs=g, retain_graph=True)
        d_loss.backward(inputs=d)
        for optimizer in optimizers:
            optimizer.step()
        return d_loss

    return step


OF_IMAGES = dcgan, wgan_gp
MODELS = mlp_gan, vae_gan
