"""A training step of a GAN

The discriminator D gives a logit a for each image, of shape (images, 1): σ(a) is its probability that the image is
real. The generator G makes images of noise z. With real images x, both minimise a mean over their batch:

    loss of D     -log σ(a(x)) - log(1 - σ(a(G(z))))
    loss of G     -log σ(a(G(z)))

Two equations make this safe from overflow: -log σ(a) = softplus(-a) and -log(1 - σ(a)) = softplus(a). `mg.softplus`
takes Tensors.

`generator(z)` and `discriminator(x)` are called like functions, with arrays or Tensors, and return Tensors, which have
methods such as `.mean()`. The loss of D depends on the weights of G too, but D's step must not train G: in
`discriminator_loss` the generated images are constants, which `tensor.detach()` makes of them. The loss of G needs the
gradient that goes through D.

`gan_step` makes a step of D, and then, with the new D and the same z, a step of G. A step computes the loss, calls its
`backward()`, then `optimizer.step(weights)` with the weights of the network that learns: `network.parameters()` is
their list. `backward()` sets the gradients anew: nothing has to be zeroed before. Return both losses as floats,
`float(loss)`, each as it was before its own step; that of G is the loss with the new D.
"""

# ---- exercise

import minigen as mg


def discriminator_loss(generator, discriminator, x, z):
    """x: (images, pixels), z: (images, noise) -> the loss of D, a Tensor of one number, constant in G's weights."""
    # BEGIN SOLUTION
    fake = generator(z).detach()
    return (mg.softplus(-discriminator(x)) + mg.softplus(discriminator(fake))).mean()
    # END SOLUTION


def generator_loss(generator, discriminator, z):
    """z: (images, noise) -> the loss of G, a Tensor of one number."""
    # BEGIN SOLUTION
    return mg.softplus(-discriminator(generator(z))).mean()
    # END SOLUTION


def gan_step(generator, discriminator, g_optimizer, d_optimizer, x, z):
    """One step of D, then one of G -> {"d_loss": float, "g_loss": float}."""
    # BEGIN SOLUTION
    d_loss = discriminator_loss(generator, discriminator, x, z)
    d_loss.backward()
    d_optimizer.step(discriminator.parameters())
    g_loss = generator_loss(generator, discriminator, z)
    g_loss.backward()
    g_optimizer.step(generator.parameters())
    return {"d_loss": float(d_loss), "g_loss": float(g_loss)}
    # END SOLUTION


# ---- tests

import numpy as np

from ..pieces import Wrong, test

REFUSED = (
    "minigen.losses.discriminator_loss",
    "minigen.losses.generator_loss",
    "minigen.losses.saturating_generator_loss",
)


def _players():
    """A small generator and discriminator: 3 numbers of noise, 6 pixels."""
    mg.seed(12)
    generator = mg.Sequential([mg.Input(shape=(3,)), mg.Dense(5, activation="tanh"), mg.Dense(6)])
    discriminator = mg.Sequential([mg.Input(shape=(6,)), mg.Dense(5, activation="tanh"), mg.Dense(1)])
    return generator.astype("float64"), discriminator.astype("float64")


def _batch(seed, n):
    """x: (n, 6) and z: (n, 3)."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 6)) + 1, rng.normal(size=(n, 3))


@test(marks=2, public=True, sizes={"images": 5})
def losses(student):
    """The two losses."""
    generator, discriminator = _players()
    x, z = _batch(120, 5)
    d_loss = student.discriminator_loss(generator, discriminator, x, z)
    return {"loss of D": d_loss, "loss of G": student.generator_loss(generator, discriminator, z)}


@test(marks=2)
def gradient_of_d(student):
    """The gradient of D's loss reaches D, and not G."""
    generator, discriminator = _players()
    student.discriminator_loss(generator, discriminator, *_batch(121, 5)).backward()
    to_d, to_g = discriminator.parameters()[0].grad, generator.parameters()[0].grad
    return {"gradient of D's first weight": to_d, "gradient of G's first weight": to_g}


@test(marks=1)
def gradient_of_g(student):
    """The gradient of G's loss reaches G."""
    generator, discriminator = _players()
    student.generator_loss(generator, discriminator, _batch(122, 5)[1]).backward()
    return {"gradient of G's first weight": generator.parameters()[0].grad}


@test(marks=1, public=True)
def losses_of_a_step(student):
    """The two losses that a step returns."""
    generator, discriminator = _players()
    found = student.gan_step(generator, discriminator, mg.SGD(0.2), mg.SGD(0.5), *_batch(125, 5))
    return {"d_loss": found["d_loss"], "g_loss": found["g_loss"]}


@test(marks=2)
def step_of_d(student):
    """How a step changes the weights of D."""
    generator, discriminator = _players()
    before = [w.numpy().copy() for w in discriminator.parameters()]
    student.gan_step(generator, discriminator, mg.SGD(0.2), mg.SGD(0.1), *_batch(123, 5))
    return {f"step of {w.name}": w.numpy() - old for w, old in zip(discriminator.parameters(), before, strict=True)}


@test(marks=2)
def step_of_g(student):
    """How a step changes the weights of G."""
    generator, discriminator = _players()
    before = [w.numpy().copy() for w in generator.parameters()]
    student.gan_step(generator, discriminator, mg.SGD(0.2), mg.SGD(0.1), *_batch(124, 5))
    return {f"step of {w.name}": w.numpy() - old for w, old in zip(generator.parameters(), before, strict=True)}


D_LOSS = "(mg.softplus(-discriminator(x)) + mg.softplus(discriminator(fake))).mean()"
G_LOSS = "mg.softplus(-discriminator(generator(z))).mean()"
WRONG = (
    Wrong("detach", "generator(z).detach()", "generator(z)", 8, "in the loss of D the generated images are constants"),
    Wrong(
        "no gradient",
        "-discriminator(generator(z))",
        "-discriminator(generator(z).detach())",
        4,
        "the loss of G has to reach G: only in D's loss are the images constants",
    ),
    Wrong(
        "sign",
        D_LOSS,
        "(mg.softplus(discriminator(x)) + mg.softplus(-discriminator(fake))).mean()",
        1,
        "does D learn to call the real images real?",
    ),
    Wrong(
        "sign",
        G_LOSS,
        "-mg.softplus(discriminator(generator(z))).mean()",
        4,
        "this is the minimax loss, log(1 - σ(a)): where D is certain it has no slope",
    ),
    Wrong(
        "sign",
        G_LOSS,
        "mg.softplus(discriminator(generator(z))).mean()",
        4,
        "what does G want D to say of its images?",
    ),
    Wrong(
        "sign",
        D_LOSS,
        "(mg.softplus(discriminator(x)) + mg.softplus(discriminator(fake))).mean()",
        1,
        "does D call the real images real, and the generated ones not?",
    ),
    Wrong("sum for mean", D_LOSS, D_LOSS.replace(".mean()", ".sum()"), 1, "the losses are means over the batch"),
    Wrong("factor", D_LOSS, "0.5 * " + D_LOSS, 1, "the two terms of D's loss are added"),
    Wrong("forgotten term", D_LOSS, "mg.softplus(discriminator(fake)).mean()", 1, "D has to see real images, too"),
    Wrong(
        "wrong variable",
        "d_optimizer.step(discriminator.parameters())",
        "d_optimizer.step(discriminator.parameters())\n    z = z[::-1] * 0.5",
        7,
        "G's step has the same z as D's",
    ),
    Wrong(
        "order",
        "g_optimizer.step(generator.parameters())",
        "d_optimizer.step(discriminator.parameters())\n    g_optimizer.step(generator.parameters())",
        8,
        "D makes one step, with the gradient of its own loss",
    ),
)
