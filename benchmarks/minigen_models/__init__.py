"""The models in minigen. Each function returns a step: a function without arguments that updates the weights once and
returns the loss, or predicts once and returns the mean of the outputs.

They are written as a user would write them. torch_models has the same names in the same files: add a model to both.
"""

import numpy as np

import minigen

from . import dense, diffusions, gans, images, predict, sequences, transformers

VERSION = f"minigen {minigen.__version__}, NumPy {np.__version__}"
PARTS = (dense, images, gans, sequences, diffusions, transformers, predict)
MODELS = {f.__name__: f for part in PARTS for f in part.MODELS}
