"""Every loss of the chapter, one function for each equation.

targets.py and categorical.py compare predictions with targets, objects.py has the same as Keras' classes, and
adversarial.py the losses of two networks that play a game. Each loss declares with a decorator of arguments.py what it
takes, reduction.py makes one number of the losses of all elements, and checks.py refuses the rest.
"""

# fmt: off
# isort: off
from typing import TYPE_CHECKING, NoReturn

from .. import elsewhere
from .adversarial import (
    ADVERSARIAL, AdversarialLoss, discriminator_loss, generator_loss, get_adversarial, gradient_penalty,
    hinge_discriminator_loss, hinge_generator_loss, least_squares_discriminator_loss, least_squares_generator_loss,
    saturating_generator_loss, wasserstein_critic_loss, wasserstein_generator_loss,
)
from .arguments import check_targets, function_of, without_check
from .categorical import categorical_crossentropy, sparse_categorical_crossentropy
from .checks import check_no_column, check_probabilities, check_sample_weight, labels_in_range
from .names import LOSSES, PER_IMAGE, get, is_binary_of_logits
from .objects import (
    BinaryCrossentropy, CategoricalCrossentropy, Loss, MeanAbsoluteError, MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from .targets import (
    EPSILON, bce, binary_crossentropy, binary_crossentropy_per_image, half_squared_error, kl_standard_normal, mae,
    mean_absolute_error, mean_squared_error, mse,
)

__all__ = [
    "ADVERSARIAL", "AdversarialLoss", "BinaryCrossentropy", "CategoricalCrossentropy", "EPSILON", "LOSSES", "Loss",
    "MeanAbsoluteError", "MeanSquaredError", "PER_IMAGE", "SparseCategoricalCrossentropy", "bce", "binary_crossentropy",
    "binary_crossentropy_per_image", "categorical_crossentropy", "check_no_column", "check_probabilities",
    "check_sample_weight", "check_targets", "discriminator_loss", "function_of", "generator_loss", "get",
    "get_adversarial", "gradient_penalty", "half_squared_error", "hinge_discriminator_loss", "hinge_generator_loss",
    "is_binary_of_logits", "kl_standard_normal", "labels_in_range", "least_squares_discriminator_loss",
    "least_squares_generator_loss", "mae", "mean_absolute_error", "mean_squared_error", "mse",
    "saturating_generator_loss", "sparse_categorical_crossentropy", "wasserstein_critic_loss",
    "wasserstein_generator_loss", "without_check",
]
# fmt: on


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, __all__)
