"""The KL divergence of a VAE's code

The encoder of a VAE gives for each image a normal distribution with the mean μ and the variance σ² for each of its
latent variables. It gives the logarithm of the variance, `logvar` = log σ², so that any number is allowed. The
divergence of the distribution of one image from the standard normal is

    D_KL(N(μ, σ²), N(0, 1)) = 1/2 Σ (μ² + σ² - 1 - log σ²)

summed over the latent variables. Return its mean over the images, one number. `mu` and `logvar` are arrays in the
public tests, and Tensors where the gradient is wanted: use operators, methods such as `.sum(axis=1)` and `.mean()`, and
functions of minigen such as `mg.exp`, which take both; those of NumPy take no Tensors. To try it, make
`mu = mg.Tensor(a, requires_grad=True)` of an array a, call `kl(mu, logvar).backward()`, and look at `mu.grad`.
"""

# ---- exercise

import minigen as mg


def kl(mu, logvar):
    """mu, logvar: (images, latent variables) -> the mean over the images of the divergence, a number."""
    # BEGIN SOLUTION
    per_variable = 0.5 * (mu * mu + mg.exp(logvar) - 1 - logvar)
    return per_variable.sum(axis=1).mean()
    # END SOLUTION


# ---- tests

import numpy as np

from ..pieces import Wrong, test

REFUSED = ("minigen.losses.kl_standard_normal", "minigen.kl_per_dimension", "minigen.ops.KLStandardNormal")


@test(marks=1, public=True)
def standard(student):
    """The standard normal itself has the divergence 0."""
    return {"KL": student.kl(np.zeros((3, 4)), np.zeros((3, 4)))}


@test(marks=2, public=True, sizes={"images": 2, "latent variables": 3})
def two_images(student):
    """Two images, three latent variables."""
    mu, logvar = np.array([[1.0, -2.0, 0.5], [0.0, 0.5, -1.5]]), np.array([[0.0, -1.0, 1.5], [0.5, -0.5, 0.0]])
    return {"KL": student.kl(mu, logvar)}


@test(marks=3, sizes={"images": 7, "latent variables": 5})
def several_images(student):
    """Seven images, five latent variables."""
    rng = np.random.default_rng(90)
    return {"KL": student.kl(rng.normal(size=(7, 5)), rng.normal(size=(7, 5)))}


@test(marks=4, sizes={"images": 7, "latent variables": 5})
def gradients(student):
    """The gradients with respect to μ and to log σ²."""
    rng = np.random.default_rng(91)
    mu, logvar = (mg.Tensor(rng.normal(size=(7, 5)), requires_grad=True) for _ in range(2))
    student.kl(mu, logvar).backward()
    return {"dKL/dμ": mu.grad, "dKL/dlogvar": logvar.grad}


RULE = "0.5 * (mu * mu + mg.exp(logvar) - 1 - logvar)"
WRONG = (
    Wrong("sign", RULE, RULE.replace("0.5", "-0.5"), 1, "a divergence is never below 0"),
    Wrong("sign", RULE, RULE.replace("- logvar", "+ logvar"), 1, "which terms are added, and which are subtracted?"),
    Wrong("factor", RULE, RULE.replace("0.5 * ", ""), 1, "is everything in the formula there?"),
    Wrong("mean for sum", ".sum(axis=1).mean()", ".mean()", 1, "over what is the sum, over what the mean?"),
    Wrong("sum for mean", ".sum(axis=1).mean()", ".sum()", 1, "over what is the sum, over what the mean?"),
    Wrong("axis", ".sum(axis=1).mean()", ".sum(axis=0).mean()", 1, "which axis has the latent variables?"),
    Wrong("variance for deviation", "mg.exp(logvar)", "mg.exp(2 * logvar)", 1, "`logvar` is the log of σ², not of σ"),
    Wrong("variance for deviation", "mg.exp(logvar)", "mg.exp(0.5 * logvar)", 1, "is σ in the formula, or σ²?"),
    Wrong("forgotten term", "- 1 -", "-", 4, "what is the divergence of the standard normal itself?"),
    Wrong(
        "no gradient",
        "mg.exp(logvar)",
        "__import__('numpy').exp(logvar)",
        6,
        "a function of NumPy takes no Tensors: use that of minigen",
    ),
)
