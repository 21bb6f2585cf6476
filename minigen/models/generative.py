"""What the generative models share: a range of pixels, parts with names, and a condition beside the image."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import numpy as np

from .. import backend, losses
from ..arrays import as_array
from ..checks.values import as_list
from ..layers.symbolic import Symbolic
from ..model import Model
from ..training.checks import checked_data_range
from ..types import Array, Data, TensorLike
from . import checks

DataRange: TypeAlias = tuple[float, float] | None  # (lowest, highest) pixel; None allows any


class GenerativeModel(Model):
    """A model of images that is made of networks: GAN, VAE, VAE-GAN, Diffusion.

    Its steps get the images alone or, in a conditional model, the labels after them: train_step(x, *given).
    """

    usage: ClassVar[str]  # what to write where the arguments are wrong
    own_step_uses_compile = True
    image_network: ClassVar[str]  # the attribute with the network that receives the images

    def __init__(self, name: str | None, data_range: DataRange, **networks: Model) -> None:
        super().__init__(name=name)
        self.data_range = checked_data_range(type(self).__name__, data_range)
        for attribute, network in networks.items():
            network.name = network.name or attribute
            setattr(self, attribute, network)
        self.all_parts()  # names the weights by their paths in the whole

    def with_condition(self, x: TensorLike, given: Any) -> Any:
        """What goes into a network: images, codes or noise; in a conditional model with the condition beside them."""
        checks.check_no_condition(self, given)
        return x

    def input_symbols(self) -> list[Symbolic]:
        return as_list(getattr(self, self.image_network).inputs)[:1]  # a label beside it is no image

    def check_targets(self, data: Data, where: str, needed: bool) -> None:
        super().check_targets(data, where, needed)
        self.with_condition(data[0], data[1:])


class Conditional:
    """Mixed into a generative model whose networks take the class y as well, as a one-hot row beside their input."""

    drawing: ClassVar[str]  # the attribute with the network that draws
    usage: ClassVar[str]

    @property
    def classes(self) -> int:
        """The number of classes."""
        n: int = getattr(self, self.drawing).inputs[1].shape[-1]
        return n

    def with_condition(self, x: TensorLike, given: Any) -> list[Any]:
        """[x, one-hot rows (n, classes) of the labels], for n images or codes x and given = (labels,).

        One label serves all n. Raises TypeError without labels or for labels that are no integers, ValueError for
        another number of them than x has rows and for a label out of range.
        """
        model: Any = self
        checks.check_condition(model, given)
        labels: Array = backend.to_numpy(as_array(given[0], f"{model.label}: labels", "y"))
        labels = np.full(len(x), labels) if labels.ndim == 0 else labels  # (n,)
        fix = f"labels from 0 to {self.classes - 1}; one-hot rows: y.argmax(axis=1)"
        labels = losses.labels_in_range(model.label, labels, (len(x), self.classes), fix)
        return [x, np.eye(self.classes, dtype=model.dtype)[labels]]  # (n, ...), (n, classes)
