"""The models of minigen_models.py in PyTorch: eager, on the CPU, as a user would write them."""

import os

import torch
from data import images, labels, noise, symbols
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.manual_seed(0)
VERSION = f"PyTorch {torch.__version__}"
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


def autoencoder(*layers, batch):
    """A dense autoencoder of 784 pixels, trained with Adam on the binary cross-entropy."""
    model, x = nn.Sequential(*layers), torch.from_numpy(images(batch))
    return training(model, torch.optim.Adam(model.parameters(), 1e-3), F.binary_cross_entropy, x, x)


def fc_ae():
    return autoencoder(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 784), nn.Sigmoid(), batch=256)


def deep_fc_ae():
    hidden, sizes = [], [784, 128, 64, 32, 64, 128]
    for n, m in zip(sizes[:-1], sizes[1:], strict=True):
        hidden += [nn.Linear(n, m), nn.ReLU()]
    return autoencoder(*hidden, nn.Linear(128, 784), nn.Sigmoid(), batch=256)


def ae2d():
    encoder = nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 2)
    decoder = nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, 784), nn.Sigmoid()
    return autoencoder(*encoder, *decoder, batch=128)


def vae():
    encoder = nn.Sequential(nn.Linear(784, 512), nn.ReLU())
    to_mu, to_logvar = nn.Linear(512, 2), nn.Linear(512, 2)
    decoder = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, 784), nn.Sigmoid())
    parameters = [p for part in (encoder, to_mu, to_logvar, decoder) for p in part.parameters()]
    optimizer, x = torch.optim.Adam(parameters, 1e-3), torch.from_numpy(images(128))

    def step():
        h = encoder(x)
        mu, logvar = to_mu(h), to_logvar(h)
        x_hat = decoder(mu + torch.exp(logvar / 2) * torch.randn_like(mu))
        kl = 0.5 * (logvar.exp() + mu**2 - 1 - logvar).sum()
        loss = (0.5 * ((x_hat - x) ** 2).sum() + kl) / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def conv_ae():
    encoder = nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    encoder += nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    decoder = nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)
    decoder += nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2)
    model = nn.Sequential(*encoder, *decoder, nn.Conv2d(32, 1, 3, padding=1), nn.Sigmoid()).to(memory_format=LAYOUT)
    x = torch.from_numpy(images(128, 1, 28, 28)).to(memory_format=LAYOUT)
    optimizer = torch.optim.Adadelta(model.parameters(), 1.0, rho=0.95, eps=1e-7)
    return training(model, optimizer, F.binary_cross_entropy, x, x)


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
    return game(generator, discriminator, torch.from_numpy(images(128) * 2 - 1), torch.from_numpy(noise(128, 100)))


def dcgan():
    keras = {"eps": 1e-3, "momentum": 0.01}  # of the batch normalisation
    first = nn.Linear(100, 7 * 7 * 128), nn.BatchNorm1d(7 * 7 * 128, **keras), nn.ReLU(), nn.Unflatten(1, (128, 7, 7))
    second = nn.Upsample(scale_factor=2), nn.Conv2d(128, 64, 3, padding=1), nn.BatchNorm2d(64, **keras), nn.ReLU()
    third = nn.Upsample(scale_factor=2), nn.Conv2d(64, 1, 3, padding=1), nn.Tanh()
    generator = nn.Sequential(*first, *second, *third).to(memory_format=LAYOUT)

    # TensorFlow pads 1 before and 2 after, this pads 2 and 2: other pixels, the same amount of work
    first = nn.Conv2d(1, 64, 5, stride=2, padding=2), nn.LeakyReLU(0.2)
    second = nn.Conv2d(64, 128, 5, stride=2, padding=2), nn.LeakyReLU(0.2)
    discriminator = nn.Sequential(*first, *second, nn.Flatten(), nn.Linear(7 * 7 * 128, 1)).to(memory_format=LAYOUT)

    x = torch.from_numpy(images(128, 1, 28, 28) * 2 - 1).to(memory_format=LAYOUT)
    return game(generator, discriminator, x, torch.from_numpy(noise(128, 100)))


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
    x = torch.from_numpy(images(128))
    real, made = torch.ones(len(x), 1), torch.zeros(len(x), 1)
    cross_entropy = F.binary_cross_entropy_with_logits

    def step():
        h = encoder(x)
        mu, logvar = to_mu(h), to_logvar(h)
        x_hat = decoder(mu + torch.exp(logvar / 2) * torch.randn_like(mu))
        x_new = decoder(torch.randn_like(mu))
        f, f_hat, f_new = (features(2 * images - 1) for images in (x, x_hat, x_new))
        on_real, on_hat, on_new = (verdict(one) for one in (f, f_hat, f_new))
        kl = 0.5 * (logvar.exp() + mu**2 - 1 - logvar).sum() / len(x)
        loss_f = 0.5 * ((f_hat - f) ** 2).sum() / len(x)
        d_loss = cross_entropy(on_real, real) + (cross_entropy(on_hat, made) + cross_entropy(on_new, made)) / 2
        g_loss = (cross_entropy(on_hat, real) + cross_entropy(on_new, real)) / 2
        for optimizer in optimizers:
            optimizer.zero_grad()
        (kl + loss_f).backward(inputs=e, retain_graph=True)
        (0.1 * loss_f + g_loss).backward(inputs=g, retain_graph=True)
        d_loss.backward(inputs=d)
        for optimizer in optimizers:
            optimizer.step()
        return d_loss

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
    x = torch.from_numpy((images(64, 1, 28, 28) > 0.5).astype("float32")).to(memory_format=LAYOUT)
    return training(model, torch.optim.Adam(model.parameters(), 1e-3), F.binary_cross_entropy_with_logits, x, x)


class CharRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(64, 64)
        self.recurrent = nn.RNN(64, 128, batch_first=True)
        self.dense = nn.Linear(128, 64)

    def forward(self, x):
        return self.dense(self.recurrent(self.embedding(x))[0]).transpose(1, 2)


def char_rnn():
    model, text = CharRNN(), torch.from_numpy(symbols(128, 41))
    return training(model, torch.optim.Adam(model.parameters(), 1e-3), F.cross_entropy, text[:, :-1], text[:, 1:])


def softmax():
    model = nn.Linear(784, 10)
    x, y = torch.from_numpy(images(128)), torch.from_numpy(labels(128, classes=10))
    return training(model, torch.optim.SGD(model.parameters(), 0.01), F.cross_entropy, x, y)


def tiny_mlp():
    model = nn.Sequential(nn.Linear(20, 16), nn.Tanh(), nn.Linear(16, 1))
    x, y = torch.from_numpy(images(32, 20)), torch.from_numpy(images(32, 1))
    return training(model, torch.optim.SGD(model.parameters(), 0.01), F.mse_loss, x, y)


OF_IMAGES = (conv_ae, dcgan, pixelcnn)
OTHERS = (fc_ae, deep_fc_ae, ae2d, vae, mlp_gan, vae_gan, char_rnn, softmax, tiny_mlp)
MODELS = {f.__name__: f for f in (OF_IMAGES if CHANNELS_LAST else OTHERS + OF_IMAGES)}
