"""Small diffusion models, and exact ones of mixtures of Gaussians."""

import numpy as np

from minigen import Input, Model, models
from minigen.datasets import toys
from minigen.layers import Concatenate, Dense, Flatten, Reshape

SETTINGS = [("cosine", "noise"), ("linear", "data"), ("cosine", "velocity"), ("straight", "velocity")]
POINTS, LABELS = toys.THREE_CLUSTERS.draw(200, np.random.default_rng(0))


def small_diffusion(schedule="cosine", prediction="velocity", classes=None, **options):
    """Of points in the plane, with 8 units."""
    options.setdefault("data_range", None)
    return models.Diffusion(models.point_network(2, 8, 1, classes), schedule, prediction, **options)


def small_pictures(classes=None, **options):
    """Of images (3, 2, 1) in [0, 1]."""
    x, time = Input(shape=(3, 2, 1)), Input(shape=(1,))
    more = [] if classes is None else [Input(shape=(classes,))]
    h = Dense(8, "silu")(Concatenate()([Flatten()(x), time, *more]))
    return models.Diffusion(Model([x, time, *more], Reshape((3, 2, 1))(Dense(6)(h))), **options)


def exact_diffusion(mixture, schedule="cosine", prediction="velocity", conditional=False):
    """A diffusion model of the mixture that has learned all there is, in float64."""
    network = models.exact_network(mixture, schedule, prediction, conditional)
    return models.Diffusion(network, schedule, prediction, data_range=None).astype("float64")
