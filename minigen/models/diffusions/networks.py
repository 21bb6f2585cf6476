"""Networks for diffusion models, and the models made of them."""

from __future__ import annotations

from ...arguments import checks_arguments
from ...checks.values import positive_integer
from ...layers import Concatenate, Dense, Input
from ...model import Model
from .diffusion import Diffusion
from .schedule import Schedule
from .time_embedding import TimeEmbedding

# ---- points


@checks_arguments
def point_network(features: int = 2, units: int = 128, layers: int = 3, classes: int | None = None) -> Model:
    """time → TimeEmbedding(units) → Dense silu, beside x_t → `layers` times Dense silu → as many numbers as features.

    With `classes` the one-hot row of the label is a third input. 66,562 parameters for points in the plane. Raises
    ValueError unless the sizes are positive integers, with an even number of units.
    """
    where, fix = "models.point_network: a size", "models.point_network(2, units=128, layers=3)"
    features, units, layers = (positive_integer(where, n, fix) for n in (features, units, layers))
    inputs = [Input(shape=(features,)), Input(shape=(1,))]
    parts = [inputs[0], Dense(units, "silu")(TimeEmbedding(units)(inputs[1]))]
    if classes is not None:
        inputs.append(Input(shape=(positive_integer("models.point_network: classes", classes, fix),)))
        parts.append(inputs[2])
    h = Concatenate()(parts)
    for _ in range(layers):
        h = Dense(units, "silu")(h)
    return Model(inputs, Dense(features)(h))


@checks_arguments
def toy_diffusion(
    classes: int | None = None,
    schedule: str | Schedule = "cosine",
    prediction: str = "velocity",
    features: int = 2,
    units: int = 128,
) -> Diffusion:
    """A diffusion model of points in the plane, such as those of toys.THREE_CLUSTERS: a point_network."""
    network = point_network(features, units, classes=classes)
    return Diffusion(network, schedule, prediction, data_range=None)
