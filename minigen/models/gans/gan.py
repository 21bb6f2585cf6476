"""Generative adversarial networks: a generator that draws, and a discriminator that is its loss (section 9.1)."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np

from ... import backend, losses, ops, parallel
from ...autograd import grad, no_grad, unwrap
from ...callbacks import Callback
from ...checks.values import number, positive_integer
from ...model import Model
from ...model.replay import repeats
from ...optimizers import Adam, get
from ...tensor import Tensor
from ...training.checks import check_data
from ...types import Data
from ..checks import check_different_optimizers, refuse_uncompiled
from ..generative import Conditional, DataRange, GenerativeModel
from . import checks
from .monitor import GANMonitor

EQUILIBRIUM = 0.68  # nats, for the rule of `margin`: a little below log 2, the cost where D cannot tell


class GAN(GenerativeModel):
    """noise z → generator G → fake;   discriminator D: image → a, the logit of "this is real" (Fig 9.1).

    D is trained to tell real images from fakes, and G to draw fakes that D classifies as real. G is never given a real
    image: its only training signal is the gradient of D with respect to the pixels of its fakes.

    generator      a model from noise (batch, noise_dim) to images
    discriminator  a model from images to one logit each: its last layer is Dense(1), without an activation
    data_range     (lowest, highest) pixel: data outside raises ValueError; None allows any. G should end in an
                   activation with that range, or D can recognise fakes by their range
    margin         None, or the balance rule of Larsen et al. (VAE-GAN, 2016), who use 0.4: D skips a step where one of
                   its two costs is below 0.68 - margin, G one where one is above 0.68 + margin. Only for the two
                   losses that are cross-entropies

    Raises ValueError or TypeError for networks that do not form a GAN: gans/checks.py has all the reasons.

    fit(x) logs, as means over the epoch:
        d_loss, g_loss   what the two minimise; by default 2 log 2 = 1.386 and log 2 = 0.693 where D = 1/2 everywhere
        d_real, d_fake   the two cross-entropies of D, -log D(x) and -log(1 - D(G(z))), for every loss
        d_accuracy       share of the images, real and fake, that D classifies correctly; 0.5 is chance
    and what its monitor measures at the end of the epoch; a GANWarning names a failure. evaluate(x) returns the first
    five for other real images, in this order.
    """

    generator: Model
    discriminator: Model
    inputs_per_network = 1
    image_network = "discriminator"
    usage = "gan.fit(x, epochs=10); models.conditional_gan() takes labels"

    def __init__(
        self,
        generator: Model,
        discriminator: Model,
        name: str | None = None,
        data_range: DataRange = (0.0, 1.0),
        margin: float | None = None,
    ) -> None:
        self.noise_dim = checks.width_of_noise(generator, discriminator, self.inputs_per_network)
        super().__init__(name, data_range, generator=generator, discriminator=discriminator)
        checks.check_draws_in(self.data_range, generator)
        fix = "GAN(generator, discriminator, margin=0.4)"
        self.margin = None if margin is None else number("GAN: margin", margin, "nats >= 0, or None", fix)
        self.monitor: Any = GANMonitor()
        self.d_optimizer: Any = None
        self.g_optimizer: Any = None

    # ---- the formulas of the game

    def noise(self, n: int) -> Tensor:
        """z ~ N(0, Id), (n, noise_dim)"""
        n = positive_integer(f"{self.label}.noise: n", n, "gan.noise(32)")
        return Tensor(backend.normal((n, self.noise_dim), self.dtype), name="noise")

    def discriminator_loss(self, real: Any, fake: Any) -> Any:
        """What D minimises, of its logits for real and for fake images: -log D(x) - log(1 - D(G(z))) by default"""
        self.check_compiled(f"{self.label}.discriminator_loss")
        return self.loss.discriminator(real, fake)

    def generator_loss(self, fake: Any) -> Any:
        """What G minimises, of D's logits for its fakes: -log D(G(z)) by default"""
        self.check_compiled(f"{self.label}.generator_loss")
        return self.loss.generator(fake)

    # ---- training

    def compile(self, d_optimizer: Any = None, g_optimizer: Any = None, loss: Any = "non_saturating") -> None:  # type: ignore[override]
        """Configure the training: an optimizer for each network, by default Adam(2e-4, beta_1=0.5), and the loss.

        loss: "non_saturating", "minimax", "least_squares", "hinge", or a losses.AdversarialLoss. Raises ValueError for
        an unknown name, for "wasserstein", which needs a WassersteinGAN, for a margin with a loss that is no
        cross-entropy, and for one optimizer object for both networks: each keeps its own count of steps.
        """
        found = self.checked_loss(loss)
        one, other = (self.default_optimizer() if o is None else get(o) for o in (d_optimizer, g_optimizer))
        fix = "compile(Adam(2e-4, beta_1=0.5), Adam(2e-4, beta_1=0.5))"
        check_different_optimizers(self.label, (one, other), fix)
        self.d_optimizer, self.g_optimizer, self.loss = one, other, found

    def checked_loss(self, loss: Any) -> losses.AdversarialLoss:
        """The adversarial loss of that name, if this GAN can be trained with it."""
        return checks.checked_game(self.label, loss, self.margin)

    def default_optimizer(self) -> Adam:
        """Adam with the settings of Radford et al. 2016: the usual beta_1 = 0.9 averages over too many steps, in which
        the other network has changed."""
        return Adam(2e-4, beta_1=0.5)

    @repeats
    def train_step(self, x: Any, *given: Any) -> dict[str, Any]:
        """One step of D on real and fake images, then one of G. Each step updates the weights of one network only.

        (The moving statistics of a BatchNormalization in D are updated by the fakes of G's step too.)
        """
        fake = self.generator(self.with_condition(self.noise(len(x)), given), training=True)
        on_real, on_fake = self.logits(x, given), self.logits(fake.detach(), given)
        d_loss = self.discriminator_loss(on_real, on_fake)
        logs = self.verdicts(on_real, on_fake)
        update_d, update_g = self.players_to_update(logs["d_real"], logs["d_fake"])
        if update_d:
            d_loss.backward(wrt=self.discriminator.parameters())
            self.d_optimizer.step(self.discriminator.parameters())
        g_loss = self.generator_loss(self.logits(fake, given))
        if update_g:
            g_loss.backward(wrt=self.generator.parameters())
            self.g_optimizer.step(self.generator.parameters())
        return {"d_loss": d_loss, "g_loss": g_loss, **logs}

    def test_step(self, x: Any, *given: Any) -> dict[str, Any]:
        """The same numbers without an update, with both networks in prediction mode."""
        fake = self.generator(self.with_condition(self.noise(len(x)), given))
        on_real, on_fake = self.logits(x, given, training=False), self.logits(fake, given, training=False)
        d_loss, g_loss = self.discriminator_loss(on_real, on_fake), self.generator_loss(on_fake)
        return {"d_loss": d_loss, "g_loss": g_loss, **self.verdicts(on_real, on_fake)}

    def verdicts(self, on_real: Any, on_fake: Any) -> dict[str, Any]:
        """d_real, d_fake and d_accuracy of D's logits, as numbers for the log."""
        real, fake, threshold = unwrap(on_real), unwrap(on_fake), self.loss.threshold
        return {
            "d_real": ops.softplus(-real).mean(),  # -log D(x)
            "d_fake": ops.softplus(fake).mean(),  # -log(1 - D(G(z)))
            "d_accuracy": ((real >= threshold).mean() + (fake < threshold).mean()) / 2,
        }

    def logits(self, x: Any, given: Any = (), training: bool = True) -> Any:
        """a = D's logit of each image, (n, 1)"""
        return self.discriminator(self.with_condition(x, given), training=training)

    def players_to_update(self, cost_real: Any, cost_fake: Any) -> tuple[bool, bool]:
        """(update D, update G): both, unless there is a margin and the costs of D leave it. At least one is updated."""
        if self.margin is None:
            return True, True
        costs = parallel.mean(float(cost_real)), parallel.mean(float(cost_fake))  # all ranks decide alike
        update_d, update_g = min(costs) >= EQUILIBRIUM - self.margin, max(costs) <= EQUILIBRIUM + self.margin
        return (update_d, update_g) if update_d or update_g else (True, True)

    @property
    def monitor(self) -> Any:
        """The Callback that measures fakes after each epoch, or None."""
        return self._monitor

    @monitor.setter
    def monitor(self, monitor: Any) -> None:
        checks.check_monitor(self.label, monitor)
        self._monitor = monitor

    def own_callbacks(self) -> list[Callback]:
        """The monitor. Its model is this GAN, also where the GAN is a part of another model."""
        if self.monitor is None:
            return []
        self.monitor.set_model(self)
        return [self.monitor]

    # ---- use

    def call(self, z: Any, training: bool = False) -> Any:
        """The images of noise z."""
        return self.generator(z, training=training)

    def predict(self, z: Any, batch_size: int = 256, verbose: int = 0) -> np.ndarray:
        """The images of noise z (n, noise_dim), for a conditional GAN of [z, one-hot rows]; generate() checks more."""
        return self.generator.predict(z, batch_size, verbose)

    def generate(self, z: Any, *given: Any) -> np.ndarray:
        """The images of noise z (n, noise_dim), a NumPy array. Raises ValueError for noise of another width."""
        z = checks.as_noise(self.label, z, self.noise_dim)
        return self.predict(self.with_condition(z.astype(self.dtype), given))

    def sample(self, n: int, *given: Any) -> np.ndarray:
        """n new images: z ~ N(0, Id), sent through the generator."""
        n = positive_integer(f"{self.label}.sample: n", n, "gan.sample(10)")
        return self.generate(self.noise(n).numpy(), *given)

    def discriminate(self, x: Any, *given: Any) -> np.ndarray:
        """D(x) = σ(a), (n,): for each image the probability that it is real, if the loss is a cross-entropy.

        With other losses it is a score that grows with a; metrics.auc takes either.
        """
        x = self.checked_inputs(x, f"{self.label}.discriminate")
        a = self.discriminator.predict(self.with_condition(x, given))
        return backend.to_numpy(ops.sigmoid(a)).reshape(len(a))

    def pixel_gradient(self, x: Any, *given: Any) -> np.ndarray:
        """dL_G/dx of each image: the gradient of G's loss with respect to each pixel, G's only training signal.

        Where it is negative, a brighter pixel would make D rate the image as more real. Images in, NumPy array of the
        same shape out.
        """
        (x,) = self.as_data(x, None, f"{self.label}.pixel_gradient")
        check_data((x,), f"{self.label}.pixel_gradient")
        x = Tensor(backend.asarray(x, self.dtype), requires_grad=True)
        loss = self.generator_loss(self.logits(x, given, training=False))
        return grad(loss, [x])[0].numpy() * len(x)  # the loss is a mean over the images

    def check_compiled(self, where: str) -> None:
        if self.loss is None:
            refuse_uncompiled(where, "two optimizers and a loss", "gan.compile()")

    def targets_of(self, data: Data) -> Any:
        return []


class ConditionalGAN(Conditional, GAN):
    """A GAN whose two networks both get the class y: G draws from P(X | Y), D judges whether x is a real y.

    Generator and discriminator take a list [z, y] and [x, y] with y one-hot (n, classes). Methods take integer labels:
    fit(x, labels), generate(z, labels), sample(n, labels), discriminate(x, labels), where one label serves all n.
    Source: Mirza and Osindero 2014; Example 9.2 of the chapter.
    """

    inputs_per_network = 2
    drawing = "generator"
    usage = "fit(x, labels), generate(z, labels), sample(10, 7)"


class WassersteinGAN(GAN):
    """WGAN-GP: the discriminator is a critic with slopes near 1, which takes several steps for each step of G.

        critic     mean a(G(z)) - mean a(x) + λ mean (‖∇a(x̂)‖ - 1)²,   x̂ on the line between x and G(z)
        generator  -mean a(G(z))

    generator, discriminator, name, data_range  as for a GAN; the discriminator is the critic
    penalty                                     λ
    critic_steps                                steps of the critic for one of G

    With slopes of at most 1, E a(x) - E a(G(z)) is a lower bound of the Wasserstein distance between fakes and data. It
    is logged as `distance`: once the critic has learned, it usually falls while the samples get better, which the
    losses of other GANs need not do. fit() logs d_loss = λ penalty - distance, g_loss, distance, penalty (without λ),
    and what its monitor measures; evaluate(x) returns distance and g_loss. Source: Gulrajani et al. 2017.

    Raises ValueError for batch normalisation in the critic, since the penalty takes the slope of each image by itself,
    for a negative penalty, and unless critic_steps is a positive integer; and what GAN raises.
    """

    def __init__(
        self,
        generator: Model,
        discriminator: Model,
        name: str | None = None,
        data_range: DataRange = (0.0, 1.0),
        penalty: float = 10.0,
        critic_steps: int = 5,
    ) -> None:
        super().__init__(generator, discriminator, name, data_range)
        checks.check_no_batch_normalization(discriminator)
        fix = "WassersteinGAN(generator, critic, penalty=10)"
        self.penalty = number("WassersteinGAN: penalty", penalty, "a number >= 0", fix)
        self.critic_steps = positive_integer("WassersteinGAN: critic_steps", critic_steps, "critic_steps=5")

    def compile(self, d_optimizer: Any = None, g_optimizer: Any = None) -> None:  # type: ignore[override]
        """An optimizer for each network, by default Adam(1e-4, beta_1=0, beta_2=0.9); the loss is fixed."""
        super().compile(d_optimizer, g_optimizer, losses.ADVERSARIAL["wasserstein"])

    def checked_loss(self, loss: losses.AdversarialLoss) -> losses.AdversarialLoss:
        """The loss itself: compile() passes the Wasserstein loss, which has no margin."""
        return loss

    def default_optimizer(self) -> Adam:
        """Adam with the settings of the paper."""
        return Adam(1e-4, beta_1=0.0, beta_2=0.9)

    def train_step(self, x: Any, *given: Any) -> dict[str, Any]:
        """One step of the critic, and after every critic_steps of them one of G."""
        update_g = (self.d_optimizer.iterations + 1) % self.critic_steps == 0
        with nullcontext() if update_g else no_grad():  # only a step of G needs the graph of the fakes
            fake = self.generator(self.with_condition(self.noise(len(x)), given), training=True)
        on_real, on_fake = self.logits(x, given), self.logits(fake.detach(), given)
        difference = self.discriminator_loss(on_real, on_fake)
        penalty = losses.gradient_penalty(lambda images: self.logits(images, given), x, fake)
        d_loss = difference + self.penalty * penalty
        d_loss.backward(wrt=self.discriminator.parameters())
        self.d_optimizer.step(self.discriminator.parameters())
        if update_g:
            g_loss = self.generator_loss(self.logits(fake, given))
            g_loss.backward(wrt=self.generator.parameters())
            self.g_optimizer.step(self.generator.parameters())
        else:
            g_loss = self.generator_loss(unwrap(on_fake))  # for the log
        return {"d_loss": d_loss, "g_loss": g_loss, "distance": -difference, "penalty": penalty}

    def test_step(self, x: Any, *given: Any) -> dict[str, Any]:
        fake = self.generator(self.with_condition(self.noise(len(x)), given))
        on_real, on_fake = self.logits(x, given, training=False), self.logits(fake, given, training=False)
        return {"distance": -self.discriminator_loss(on_real, on_fake), "g_loss": self.generator_loss(on_fake)}
