"""PixelCNN: what each pixel sees, and the crop that is enough for its probability."""

import numpy as np
import pytest
from helpers.autoregressive import awake, jacobian
from helpers.refusals import refused

from minigen.datasets import binarize
from minigen.models import PixelCNN


def test_what_a_pixel_of_a_pixelcnn_sees():
    """The first layer 3 pixels, each block one more to the left and upwards, and to the right in the rows above: in the
    row itself `reach` to the left, right above only 3 to the right, the blind spot."""
    model = awake(PixelCNN((7, 9), filters=4, blocks=1)).astype("float64")
    assert model.reach == 4
    seen = jacobian(model, np.random.default_rng(0).random((7, 9, 1)))[5 * 9 + 4].reshape(7, 9) != 0
    want = """
        .........
        #########
        #########
        #########
        ########.
        ####.....
        .........
    """.split()
    np.testing.assert_array_equal(seen, [[c == "#" for c in line] for line in want])


@pytest.mark.parametrize("shape", [(7, 9), (13, 5), (3, 14)])
def test_the_cropped_probability_is_that_of_the_whole_image(shape, xp):
    model = awake(PixelCNN(shape, filters=4, blocks=1))
    x = binarize(np.random.default_rng(0).random((3, *shape, 1)), "sample")
    whole = model.predict(x).reshape(3, -1)
    parts = np.stack([model.probability(x, i) for i in range(whole.shape[1])], axis=1)
    np.testing.assert_allclose(parts, whole, rtol=2e-4, atol=1e-6)


def test_the_shape_of_an_image_as_of_the_other_networks():
    """(rows, columns, 1) is that of data (n, rows, columns, 1); there is no other number of channels."""
    x = np.ones((2, 4, 3, 1), "float32")
    for shape in ((4, 3), [4, 3, 1], (4, 3, 1)):
        assert PixelCNN(shape, filters=2, blocks=1).predict(x).shape == x.shape
    for shape in ((4, 3, 3), (12,), 12, (4, 0), (4, 3, 1, 1), None, "43"):
        with refused(ValueError, "PixelCNN: image_shape", fix="PixelCNN((28, 28)"):
            PixelCNN(shape)
