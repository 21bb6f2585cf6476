"""Diffusion: noise in one step, and the loss

A diffusion model adds noise to an image in T small steps, with the variances β_1 ... β_T. All steps up to t together
are one normal distribution: with α_t = 1 - β_t and ᾱ_t = α_1 α_2 ... α_t,

    x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) ε         with standard normal noise ε

The network gets x_t and t and predicts the noise. Its loss is the mean, over all images and pixels, of (ε̂ - ε)²,
where ε̂ is the prediction.

Steps are counted from 1: t is an array with one number from 1 ... T for each image.
"""

# ---- exercise

import numpy as np


def alpha_bars(betas):
    """betas: (T,) -> ᾱ: (T,), the first for t = 1."""
    # BEGIN SOLUTION
    return np.cumprod(1 - betas)
    # END SOLUTION


def diffuse(x_0, t, noise, betas):
    """x_0, noise: (images, pixels), t: (images,) integers from 1 -> x_t: (images, pixels)."""
    # BEGIN SOLUTION
    signal = alpha_bars(betas)[t - 1][:, None]  # (images, 1)
    return np.sqrt(signal) * x_0 + np.sqrt(1 - signal) * noise
    # END SOLUTION


def diffusion_loss(network, x_0, t, noise, betas):
    """`network(x_t, t)` gives the predicted noise as a Tensor (images, pixels) -> the loss, a Tensor of one number."""
    # BEGIN SOLUTION
    predicted = network(diffuse(x_0, t, noise, betas), t)
    return ((predicted - noise) ** 2).mean()
    # END SOLUTION


# ---- tests

import minigen as mg

from ..pieces import Wrong, test


def _given(seed, n):
    """x_0, t, noise for n images of 4 pixels, and betas of 10 steps."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 4)), rng.integers(1, 11, n), rng.normal(size=(n, 4)), np.linspace(0.05, 0.6, 10)


@test(marks=2, public=True)
def products(student):
    """ᾱ of four steps."""
    return {"ᾱ": student.alpha_bars(np.array([0.1, 0.2, 0.5, 0.25]))}


@test(marks=2, public=True)
def first_step(student):
    """x_1 of one image."""
    x_0, noise = np.array([[1.0, 0.0, -2.0]]), np.array([[0.0, 1.0, 1.0]])
    return {"x_t": student.diffuse(x_0, np.array([1]), noise, np.array([0.36, 0.5, 0.75]))}


@test(marks=3)
def all_steps(student):
    """x_t of images with different t."""
    return {"x_t": student.diffuse(*_given(170, 20))}


@test(marks=1, sizes={"images": 7, "pixels": 4, "numbers": 28})
def loss(student):
    """The loss of a network that predicts half of what it gets."""
    return {"loss": student.diffusion_loss(lambda x_t, t: mg.Tensor(x_t * 0.5), *_given(171, 7))}


@test(marks=2, sizes={"images": 7, "pixels": 4, "numbers": 28})
def gradient(student):
    """The gradient of the loss with respect to a weight, and the t that the network is told."""
    w, told = mg.Tensor(np.eye(4), requires_grad=True), []

    def network(x_t, t):
        told.append(np.asarray(t))
        return mg.Tensor(x_t) @ w

    student.diffusion_loss(network, *_given(172, 7)).backward()
    return {"t": told[0], "dL/dw": w.grad}


X_T = "np.sqrt(signal) * x_0 + np.sqrt(1 - signal) * noise"
WRONG = (
    Wrong("forgotten term", "np.cumprod(1 - betas)", "1 - betas", 2, "ᾱ_t is of all steps up to t: this is one step"),
    Wrong("wrong variable", "np.cumprod(1 - betas)", "np.cumprod(betas)", 0, "what is α_t?"),
    Wrong(
        "variance for deviation",
        X_T,
        "signal * x_0 + (1 - signal) * noise",
        2,
        "ᾱ and 1 - ᾱ are shares of the variance",
    ),
    Wrong("off by one", "[t - 1]", "[t - 2]", 2, "where in the array is ᾱ_1?"),
    Wrong("sign", "np.sqrt(1 - signal) * noise", "-np.sqrt(1 - signal) * noise", 2, "is the noise added?"),
    Wrong(
        "wrong variable",
        X_T,
        "np.sqrt(1 - signal) * x_0 + np.sqrt(signal) * noise",
        2,
        "for a small t, is x_t close to x_0?",
    ),
    Wrong(
        "sum for mean",
        "((predicted - noise) ** 2).mean()",
        "((predicted - noise) ** 2).sum()",
        7,
        "the loss is a mean over images and pixels",
    ),
    Wrong(
        "sum for mean",
        "((predicted - noise) ** 2).mean()",
        "((predicted - noise) ** 2).sum(axis=1).mean()",
        7,
        "the loss is a mean over images and pixels",
    ),
    Wrong("wrong variable", "predicted - noise", "predicted - x_0", 7, "what does the network predict?"),
    Wrong(
        "off by one", "noise, betas), t)", "noise, betas), t - 1)", 8, "the network is told another t than that of x_t"
    ),
)
