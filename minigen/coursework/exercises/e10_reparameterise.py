"""Reparameterisation

A VAE draws the code z of an image from the normal distribution N(μ, σ²) that its encoder gives. A random draw has no
derivative. But z can be computed from standard normal noise ε, which does not depend on the encoder: then dz/dμ and
dz/dσ exist.

Write z as a function of `mu`, of `logvar` = log σ² and of `noise` = ε, all of the shape (images, latent variables).
They are arrays in some tests and Tensors in others: use operators and functions of minigen such as `mg.exp`.
"""

# ---- exercise

import minigen as mg


def reparameterise(mu, logvar, noise):
    """mu, logvar, noise: (images, latent variables) -> z: (images, latent variables)."""
    # BEGIN SOLUTION
    return mu + mg.exp(0.5 * logvar) * noise
    # END SOLUTION


# ---- tests

import numpy as np

from ..pieces import Wrong, test

REFUSED = ("minigen.reparameterise", "minigen.ops.Reparameterise")


@test(marks=2, public=True)
def values(student):
    """Two images, three latent variables."""
    mu, logvar = np.array([[0.0, 1.0, 2.0], [-1.0, 0.5, 0.0]]), np.array([[0.0, 1.0, -2.0], [0.5, 3.0, -1.0]])
    return {"z": student.reparameterise(mu, logvar, np.array([[1.0, -1.0, 0.5], [2.0, 0.1, -3.0]]))}


@test(marks=3)
def moments(student):
    """Mean and standard deviation of 1,000 draws."""
    rng = np.random.default_rng(100)
    mu, logvar = np.full((1000, 3), [0.5, -1.0, 2.0]), np.full((1000, 3), [-2.0, 0.7, 1.0])
    z = student.reparameterise(mu, logvar, rng.normal(size=(1000, 3)))
    return {"mean": z.mean(axis=0), "standard deviation": z.std(axis=0)}


@test(marks=1)
def own_noise(student):
    """Each latent variable has noise of its own."""
    noise = np.random.default_rng(101).normal(size=(4, 3))
    return {"z": student.reparameterise(np.zeros((4, 3)), np.zeros((4, 3)), noise)}


@test(marks=4)
def gradients(student):
    """The gradients with respect to μ and to log σ²."""
    rng = np.random.default_rng(102)
    mu, logvar = (mg.Tensor(rng.normal(size=(4, 3)), requires_grad=True) for _ in range(2))
    z = student.reparameterise(mu, logvar, rng.normal(size=(4, 3)))
    (z * z * rng.normal(size=(4, 3))).sum().backward()
    nothing = np.zeros(())
    return {
        "dL/dμ": nothing if mu.grad is None else mu.grad,
        "dL/dlogvar": nothing if logvar.grad is None else logvar.grad,
    }


RULE = "mu + mg.exp(0.5 * logvar) * noise"
WRONG = (
    Wrong(
        "variance for deviation",
        "0.5 * logvar",
        "logvar",
        1,
        "noise is multiplied by a deviation. What is exp(logvar)?",
    ),
    Wrong(
        "variance for deviation",
        "mg.exp(0.5 * logvar)",
        "mg.exp(2 * logvar)",
        1,
        "noise is multiplied by a deviation. What is exp(logvar)?",
    ),
    Wrong("sign", "0.5 * logvar", "-0.5 * logvar", 1, "a large variance has to give a large spread"),
    Wrong("sign", "mu + ", "mu - ", 0, "the distribution is the same, but the tests give you the noise: it is added"),
    Wrong("wrong variable", "mg.exp(0.5 * logvar)", "(0.5 * logvar)", 0, "the encoder gives a logarithm"),
    Wrong("forgotten term", "mu + ", "", 1, "the mean of z is to be μ"),
    Wrong("factor", "* noise", "* noise * 0.01", 0, "the spread is far too small"),
    Wrong("axis", "* noise", "* noise[:, :1]", 0, "all latent variables of an image get the same noise"),
    Wrong(
        "no gradient",
        f"return {RULE}",
        f"z = {RULE}\n    return mg.Tensor(z.numpy()) if hasattr(z, 'numpy') else z",
        6,
        "z is computed as a constant: what was recorded on the way is lost",
    ),
)
