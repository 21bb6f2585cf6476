"""The recipe of digits pixel by pixel: its film."""

import numpy as np

from minigen.models import PixelCNN
from minigen.recipes.autoregressive.pixels import film


def test_the_film_of_a_recipe_ends_with_the_last_pixel():
    """With a large bias every pixel that is drawn is white: half of them in the middle, all at the end."""
    model = PixelCNN((28, 28), filters=2, blocks=1)
    model.logits.last.bias.assign(np.array([50.0], "float32"))
    assert [picture.sum() for picture in film(model, 2, every=392)] == [2 * 392, 2 * 784]
