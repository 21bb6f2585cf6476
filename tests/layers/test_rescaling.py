"""Rescaling: the range that it makes, and the numbers that it refuses."""

import numpy as np
from helpers.refusals import refused

from minigen import Rescaling


def test_rescaling_moves_0_1_to_minus_1_1(xp):
    y = Rescaling(2, offset=-1)(np.array([[0.0, 0.5, 1.0]], "float32"))
    np.testing.assert_array_equal(y.numpy(), [[-1.0, 0.0, 1.0]])
    assert Rescaling(1 / 255)(np.array([[255.0]], "float32")).item() == 1.0
    with refused(TypeError, where="Rescaling: integer data"):
        Rescaling(2, -1)(np.array([[0, 255]], "uint8"))
    for scale, offset in ((np.nan, 0), (1, np.inf), ("2", 0)):
        with refused(ValueError, where="Rescaling: ", expected="a finite number"):
            Rescaling(scale, offset)
