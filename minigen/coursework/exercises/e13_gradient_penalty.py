"""The gradient penalty of a critic

The critic of a Wasserstein GAN is to have slopes of about 1. The penalty measures them at points between real and
generated images:

    x̂ = u x + (1 - u) G(z)       with one u in [0, 1] for each pair of images
    penalty = mean over the images of (‖∇a(x̂)‖ - 1)²

where ∇a(x̂) is the gradient of the critic's output for one image with respect to the pixels of this image, and ‖ ‖ the
root of the sum of the squares. The penalty itself is minimised, so it must be recorded how the gradient was computed:

    (slope,) = mg.grad(number, [x_hat], create_graph=True)

gives the gradient of a Tensor of one number. `x_hat` has to be a Tensor: `mg.Tensor(array, requires_grad=True)`. The
output for one image does not depend on the others, so think about which one number has all of the gradients in it.
"""

# ---- exercise

import minigen as mg


def gradient_penalty(critic, real, fake, u):
    """real, fake: arrays (images, pixels), u: an array (images, 1) -> the penalty, a Tensor of one number."""
    # BEGIN SOLUTION
    x_hat = mg.Tensor(u * real + (1 - u) * fake, requires_grad=True)
    (slope,) = mg.grad(critic(x_hat).sum(), [x_hat], create_graph=True)
    length = mg.sqrt((slope**2).sum(axis=1))
    return ((length - 1) ** 2).mean()
    # END SOLUTION


# ---- tests

import numpy as np

from ..pieces import Wrong, test

REFUSED = ("minigen.losses.gradient_penalty", "minigen.ops.UnitNormPenalty")


def _critic():
    """A small critic of images of 5 pixels."""
    mg.seed(13)
    layers = [mg.Input(shape=(5,)), mg.Dense(7, activation="tanh"), mg.Dense(1)]
    return mg.Sequential(layers).astype("float64")


def _images(seed, n):
    """real, fake: (n, 5), u: (n, 1)."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 5)), rng.normal(size=(n, 5)) + 1, rng.random((n, 1))


@test(marks=2, public=True, sizes={"images": 3})
def of_a_line(student):
    """A critic that is linear has the same slope everywhere."""
    w = mg.Tensor(np.array([[3.0], [0.0], [4.0], [0.0], [0.0]]))
    return {"penalty": student.gradient_penalty(lambda x: x @ w, *_images(130, 3))}


@test(marks=3, sizes={"images": 7})
def values(student):
    """The penalty of a network."""
    return {"penalty": student.gradient_penalty(_critic(), *_images(131, 7))}


@test(marks=2)
def between(student):
    """Where the slope is measured: for x² it shows the points."""
    return {"penalty": student.gradient_penalty(lambda x: (x * x * 0.5).sum(axis=1), *_images(132, 1))}


@test(marks=3, sizes={"images": 7})
def gradient(student):
    """The gradient with respect to the critic's weights."""
    critic = _critic()
    student.gradient_penalty(critic, *_images(133, 7)).backward(wrt=critic.parameters()[:1])
    return {"gradient of the first weight": critic.parameters()[0].grad}


WRONG = (
    Wrong(
        "variance for deviation",
        "mg.sqrt((slope**2).sum(axis=1))",
        "(slope**2).sum(axis=1)",
        0,
        "a length is the root of the sum of the squares",
    ),
    Wrong("axis", "(slope**2).sum(axis=1)", "(slope**2).sum(axis=0)", 0, "each image has a slope of its own"),
    Wrong("axis", "(slope**2).sum(axis=1)", "(slope**2).sum()", 2, "each image has a slope of its own"),
    Wrong(
        "mean for sum",
        "(slope**2).sum(axis=1)",
        "(slope**2).mean(axis=1)",
        0,
        "a length is a sum over the pixels, not a mean",
    ),
    Wrong(
        "sum for mean",
        "((length - 1) ** 2).mean()",
        "((length - 1) ** 2).sum()",
        2,
        "the penalty is a mean over the images",
    ),
    Wrong(
        "mean for sum",
        "critic(x_hat).sum()",
        "critic(x_hat).mean()",
        2,
        "the gradient of a mean over the images is smaller than that of each image",
    ),
    Wrong(
        "wrong variable",
        "u * real + (1 - u) * fake",
        "real + 0 * fake",
        2,
        "the slope is measured at the real images only",
    ),
    Wrong(
        "wrong variable", "u * real + (1 - u) * fake", "u * fake + (1 - u) * real", 2, "for u = 1, is x̂ the real image?"
    ),
    Wrong(
        "no gradient", "create_graph=True", "create_graph=False", 7, "the penalty has no path to the critic's weights"
    ),
    Wrong("forgotten term", "(length - 1) ** 2", "length**2", 0, "slopes of 1 cost nothing, slopes of 0 do"),
)
