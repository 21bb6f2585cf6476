"""The models of minigen_models in PyTorch: eager, on the CPU, as a user would write them."""

import torch

from . import dense, diffusions, gans, images, predict, sequences, transformers
from .training import CHANNELS_LAST

VERSION = f"PyTorch {torch.__version__}"
OF_IMAGES = [*images.MODELS, *gans.OF_IMAGES, *diffusions.MODELS, *predict.OF_IMAGES]
OTHERS = [*dense.MODELS, *gans.MODELS, *sequences.MODELS, *transformers.MODELS, *predict.MODELS]
MODELS = {f.__name__: f for f in (OF_IMAGES if CHANNELS_LAST else OTHERS + OF_IMAGES)}
