"""A training step of a VAE

The encoder gives the mean μ and `logvar` = log σ² of each image. A code is drawn, z = μ + σ ε, the decoder makes x̂ of
it, and the loss is

    reconstruction     1/2 ‖x̂ - x‖², summed over the pixels and averaged over the images
    + KL               mg.losses.kl_standard_normal(mu, logvar), which is a mean over the images too

Write one step: compute the loss, call `backward()` on it, and let the optimizer change the weights of both networks:
`optimizer.step(weights)` with a list of weights, and `network.parameters()` is the list of one network. `backward()`
sets the gradients anew: nothing has to be zeroed before. Networks return Tensors, which have operators and methods such
as `.sum(axis=1)` and `.mean()`. Return the two parts of the loss as floats, `float(tensor)`.
"""

# ---- exercise

import minigen as mg


def vae_step(encoder, decoder, optimizer, x, noise):
    """One step on the images x: (images, pixels), with ε = noise: (images, latent variables).

    `mu, logvar = encoder(x)` and `x_hat = decoder(z)`. Returns {"reconstruction": float, "kl": float}.
    """
    # BEGIN SOLUTION
    mu, logvar = encoder(x)
    z = mu + mg.exp(0.5 * logvar) * noise
    x_hat = decoder(z)
    reconstruction = 0.5 * ((x_hat - x) ** 2).sum(axis=1).mean()
    kl = mg.losses.kl_standard_normal(mu, logvar)
    (reconstruction + kl).backward()
    optimizer.step(encoder.parameters() + decoder.parameters())
    return {"reconstruction": float(reconstruction), "kl": float(kl)}
    # END SOLUTION


# ---- tests

import numpy as np

from ..pieces import Wrong, test

REFUSED = ("minigen.reparameterise", "minigen.ops.Reparameterise")


def _networks():
    """A small encoder and decoder: 6 pixels, 3 latent variables."""
    mg.seed(11)
    image, code = mg.Input(shape=(6,)), mg.Input(shape=(3,))
    hidden = mg.Dense(5, activation="tanh")(image)
    encoder = mg.Model(image, [mg.Dense(3)(hidden), mg.Dense(3)(hidden)]).astype("float64")
    decoder = mg.Model(code, mg.Dense(6)(mg.Dense(4, activation="tanh")(code))).astype("float64")
    return encoder, decoder


@test(marks=2, public=True, sizes={"pixels": 6, "images": 4})
def losses(student):
    """The two parts of the loss."""
    encoder, decoder = _networks()
    rng = np.random.default_rng(110)
    found = student.vae_step(encoder, decoder, mg.SGD(0.1), rng.random((4, 6)), rng.normal(size=(4, 3)))
    return {"reconstruction": found["reconstruction"], "kl": found["kl"]}


@test(marks=2)
def step_of_the_decoder(student):
    """How a step changes the weights of the decoder."""
    encoder, decoder = _networks()
    before = [w.numpy().copy() for w in decoder.parameters()]
    rng = np.random.default_rng(111)
    student.vae_step(encoder, decoder, mg.SGD(0.1), rng.random((5, 6)), rng.normal(size=(5, 3)))
    return {f"step of {w.name}": w.numpy() - old for w, old in zip(decoder.parameters(), before, strict=True)}


@test(marks=4)
def step_of_the_encoder(student):
    """How a step changes the weights of the encoder."""
    encoder, decoder = _networks()
    before = [w.numpy().copy() for w in encoder.parameters()]
    rng = np.random.default_rng(112)
    student.vae_step(encoder, decoder, mg.SGD(0.1), rng.random((5, 6)), rng.normal(size=(5, 3)))
    return {f"step of {w.name}": w.numpy() - old for w, old in zip(encoder.parameters(), before, strict=True)}


@test(marks=2)
def training(student):
    """The loss after 20 steps with Adam."""
    encoder, decoder = _networks()
    rng, optimizer = np.random.default_rng(113), mg.Adam(0.05)
    x = rng.random((8, 6))
    found = [student.vae_step(encoder, decoder, optimizer, x, rng.normal(size=(8, 3))) for _ in range(20)]
    return {"reconstruction": [one["reconstruction"] for one in found], "kl": [one["kl"] for one in found]}


LOSS = "0.5 * ((x_hat - x) ** 2).sum(axis=1).mean()"
WRONG = (
    Wrong(
        "mean for sum",
        LOSS,
        "0.5 * ((x_hat - x) ** 2).mean()",
        0,
        "the reconstruction is summed over the pixels. Beside a mean the KL would weigh too much",
    ),
    Wrong("factor", LOSS, LOSS.replace("0.5 * ", ""), 0, "is everything in the formula of the reconstruction there?"),
    Wrong(
        "forgotten term",
        "(reconstruction + kl).backward()",
        "reconstruction.backward()",
        4,
        "both parts of the loss have to be minimised",
    ),
    Wrong(
        "sign",
        "(reconstruction + kl).backward()",
        "(reconstruction - kl).backward()",
        4,
        "is the KL to grow or to fall?",
    ),
    Wrong(
        "no gradient",
        "z = mu + mg.exp(0.5 * logvar) * noise",
        "z = mg.Tensor((mu + mg.exp(0.5 * logvar) * noise).numpy())",
        4,
        "the reconstruction does not reach the encoder: is z a constant?",
    ),
    Wrong(
        "forgotten term",
        "encoder.parameters() + decoder.parameters()",
        "decoder.parameters()",
        4,
        "which weights does the step change?",
    ),
    Wrong("variance for deviation", "mg.exp(0.5 * logvar)", "mg.exp(logvar)", 0, "the noise is multiplied by σ"),
    Wrong(
        "forgotten term",
        "mu + mg.exp(0.5 * logvar) * noise",
        "mu + 0 * noise",
        0,
        "without noise this is an autoencoder",
    ),
)
