"""Multi-task training: heads that share an encoder, one for each task (section 9.2.5, Fig 9.14)."""

from __future__ import annotations

from typing import Any

from ...checks.values import as_list
from ...layers import Input, Layer
from ...model import Model, Sequential
from ...training.checks import checked_data_range
from ..generative import DataRange
from .checks import width_of_shared_code


class Head(Model):
    """x → encoder → μ → layer: one task on the code of an encoder that several tasks share.

    encoder     of a VAE, with outputs μ and log Σ, or of an autoencoder, with z as its only output
    layer       what the task puts on the code: Dense(10, "softmax"), or a Sequential
    name        of the task
    data_range  (lowest, highest) pixel: data outside raises ValueError; None allows any

    The head of a VAE takes μ, also during training: if it took z, its loss would drive Σ to 0, against Loss z. Its own
    `encoder` is the part that computes μ, with the weights of the other. compile(), fit() and predict() are those of
    any Model; training.alternate trains the tasks in turn. Raises
    TypeError for an encoder without a graph, ValueError for one whose outputs are not one code, or two of one width.
    """

    def __init__(
        self, encoder: Model, layer: Layer, name: str | None = None, data_range: DataRange = (0.0, 1.0)
    ) -> None:
        super().__init__(name=name)
        latent_dim = width_of_shared_code(encoder)
        self.data_range = checked_data_range("Head", data_range)
        self.encoder = Model(encoder.inputs, as_list(encoder.outputs)[0], name=encoder.name or "encoder")
        self.head = Sequential([Input(shape=(latent_dim,)), layer], name=name or "head")
        self.all_parts()  # names the weights by their paths in the whole

    def call(self, x: Any, training: bool = False) -> Any:
        """The output of the task for x."""
        return self.head(self.encoder(x, training=training), training=training)

    def input_symbols(self) -> list[Any]:
        return as_list(self.encoder.inputs)[:1]
