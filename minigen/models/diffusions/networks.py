"""The networks that a diffusion model trains, [x_t, time] or [x_t, time, class] → what it predicts, and the models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...arguments import checks_arguments
from ...checks.values import named, positive_integer
from ...layers import Activation, Concatenate, Conv2D, Conv2DTranspose, Dense, Input, UpSampling2D
from ...model import Model
from ...types import Shape
from ..checks import image_shape_for, multiples
from .blocks import SpatialAttention, TimeResidualBlock, group_normalization
from .checks import filters_of
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


# ---- images


class Size(NamedTuple):
    """Of a U-Net: filters at each resolution, residual blocks at each, the stride of patches, the width of the time."""

    filters: tuple[int, ...]
    blocks: int
    patch: int
    units: int


SIZES = {
    "cpu": Size((48, 96), blocks=2, patch=2, units=128),
    "gpu": Size((128, 256, 256), blocks=2, patch=1, units=512),
}


@checks_arguments
def unet(
    image_shape: Shape = (28, 28, 1),
    classes: int | None = None,
    preset: str = "cpu",
    filters: Sequence[int] | None = None,
    blocks: int | None = None,
) -> Model:
    """[images, time, class] → one number for each pixel: down to a quarter of the rows, and up again.

    On the way down each resolution has residual blocks, and a convolution with stride 2 halves the image. The smallest
    one, 7 x 7, has two blocks with attention between them. On the way up the image is doubled, and what the same
    resolution had on the way down is put beside it: the way through the small images carries which digit it is, these
    skip connections carry where its edges are. All blocks know the time and the class. The last convolution is zero at
    the start, and so is the output.

    classes  None, or the number of classes: a third input is a one-hot row, or a row of zeros for no class
    preset   "cpu": 28 x 28 is cut into patches of 4 x 4, 2 pixels apart, and put together from such patches, with
             residual blocks at 14 x 14 and 7 x 7: 723,313 weights with 10 classes. "gpu": wider, with blocks at
             28 x 28, 14 x 14 and 7 x 7
    filters  at each resolution, in place of the preset's (48, 96) or (128, 256, 256)
    blocks   residual blocks at each resolution on the way down, and on the way up, in place of 2

    Raises ValueError unless rows and columns are multiples of 4, and for sizes that are no positive integers. Source:
    Ronneberger, Fischer and Brox 2015; Ho, Jain and Abbeel 2020.
    """
    size = named("preset", preset, SIZES)
    widths = filters_of("unet", preset, size.filters if filters is None else filters, len(size.filters))
    blocks = size.blocks if blocks is None else positive_integer("models.unet: blocks", blocks, "models.unet(blocks=2)")
    rows, columns, channels = image_shape_for("unet", image_shape, *multiples(4))
    x, time = Input(shape=(rows, columns, channels)), Input(shape=(1,))
    inputs, e = [x, time], _time(time, size.units)
    if classes is not None:
        classes = positive_integer("models.unet: classes", classes, "models.unet(classes=10)")
        inputs.append(Input(shape=(classes,)))
        e = e + Dense(size.units, use_bias=False)(inputs[2])

    h = Conv2D(widths[0], 2 + size.patch, strides=size.patch, padding="same")(x)
    skips = []
    for n, smaller in zip(widths[:-1], widths[1:], strict=True):
        h = _residual(h, e, n, blocks)
        skips.append(h)
        h = Conv2D(smaller, 3, strides=2, padding="same")(h)
    h = SpatialAttention()(_residual(h, e, widths[-1], 1))
    h = _residual(h, e, widths[-1], 1)
    for n, skip in zip(widths[-2::-1], skips[::-1], strict=True):
        h = Conv2D(n, 3, padding="same")(UpSampling2D()(h))
        h = _residual(Concatenate()([h, skip]), e, n, blocks)
    h = Activation("silu")(group_normalization(widths[0])(h))
    h = Conv2DTranspose(channels, 2 + size.patch, strides=size.patch, padding="same", kernel_initializer="zeros")(h)
    return Model(inputs, h, name="unet")


def _time(time: Any, units: int) -> Any:
    """The time as so many features: sines and cosines, and two dense layers."""
    return Dense(units)(Dense(units, activation="silu")(TimeEmbedding(units // 2)(time)))


def _residual(h: Any, e: Any, filters: int, blocks: int) -> Any:
    """Residual blocks in a row."""
    for _ in range(blocks):
        h = TimeResidualBlock(filters)(h, e)
    return h


@checks_arguments
def diffusion(
    classes: int | None = None,
    preset: str = "cpu",
    image_shape: Shape = (28, 28, 1),
    filters: Sequence[int] | None = None,
    blocks: int | None = None,
) -> Diffusion:
    """A U-Net that predicts the velocity a ε - s x₀ on the cosine schedule.

    It is what x_t hides: nearly the noise where there is little of it, at small t, and nearly -x₀ where there is little
    else than noise, at large t. x̂₀ = a x_t - s v̂ and ε̂ = s x_t + a v̂ have no larger errors than v̂ itself, at any t.

    The arguments and errors are those of unet(). Source: Salimans and Ho 2022.
    """
    shape = image_shape_for("diffusion", image_shape, *multiples(4))
    return Diffusion(unet(shape, classes, preset, filters, blocks), "cosine", "velocity")


@checks_arguments
def flow(
    classes: int | None = None,
    preset: str = "cpu",
    image_shape: Shape = (28, 28, 1),
    filters: Sequence[int] | None = None,
    blocks: int | None = None,
) -> Diffusion:
    """Flow matching: a U-Net that predicts the velocity ε - x₀ of straight paths from the image to the noise.

    The arguments and errors are those of unet(). Source: Lipman et al. 2023; Liu, Gong and Liu 2023.
    """
    shape = image_shape_for("flow", image_shape, *multiples(4))
    return Diffusion(unet(shape, classes, preset, filters, blocks), "straight", "velocity")
