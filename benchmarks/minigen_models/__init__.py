"""The models in minigen. Each function returns a step: a function without arguments that updates the weights once and
returns the loss, or predicts once and returns the mean of the outputs.

They are written as a user would write them. torch_models has the same names in the same files: add a model to both.
"""

import numpy as np

import minigen

from . import dense, gans, images, predict, sequences

VERSION = f"minigen {minigen.__version__}, NumPy {np.__version__}"
MODELS = {f.__name__: f for part in (dense, images, gans, sequences, predict) for f in part.MODELS}
