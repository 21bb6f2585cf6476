"""Every loss of the chapter, one function for each equation.

targets.py compares predictions with targets; adversarial.py has the losses of two networks that play a game. Each loss
declares with a decorator of arguments.py what it takes, and checks.py refuses the rest.
"""

# fmt: off
# isort: off
from typing import TYPE_CHECKING, NoReturn

from .. import elsewhere
from ..types import Loss
from .adversarial import (
    ADVERSARIAL, AdversarialLoss, discriminator_loss, generator_loss, get_adversarial, gradient_penalty,
    hinge_discriminator_loss, hinge_generator_loss, least_squares_discriminator_loss, least_squares_generator_loss,
    saturating_generator_loss, wasserstein_critic_loss, wasserstein_generator_loss,
)
from .arguments import check_targets, without_check
from .checks import check_probabilities, labels_in_range
from .targets import (
    EPSILON, LOSSES, PER_IMAGE, bce, binary_crossentropy, binary_crossentropy_per_image, categorical_crossentropy, get,
    half_squared_error, is_binary_of_logits, kl_standard_normal, mae, mean_absolute_error, mean_squared_error, mse,
    sparse_categorical_crossentropy,
)

__all__ = [
    "ADVERSARIAL", "AdversarialLoss", "EPSILON", "LOSSES", "Loss", "PER_IMAGE", "bce", "binary_crossentropy",
    "binary_crossentropy_per_image", "categorical_crossentropy", "check_probabilities", "check_targets",
    "discriminator_loss", "generator_loss", "get", "get_adversarial", "gradient_penalty", "half_squared_error",
    "hinge_discriminator_loss", "hinge_generator_loss", "is_binary_of_logits", "kl_standard_normal", "labels_in_range",
    "least_squares_discriminator_loss", "least_squares_generator_loss", "mae", "mean_absolute_error",
    "mean_squared_error", "mse", "saturating_generator_loss", "sparse_categorical_crossentropy",
    "wasserstein_critic_loss", "wasserstein_generator_loss", "without_check",
]
# fmt: on


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, __all__)
