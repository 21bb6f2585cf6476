"""The models of minigen_models in PyTorch: eager, on the CPU, as a user would write them."""

import torch

from . import dense, gans, images, predict, sequences
from .training import CHANNELS_LAST

VERSION = f"PyTorch {torch.__version__}"
OF_IMAGES = [*images.MODELS, *gans.OF_IMAGES, *predict.OF_IMAGES]
OTHERS = [*dense.MODELS, *gans.MODELS, *sequences.MODELS, *predict.MODELS]
MODELS = {f.__name__: f for f in (OF_IMAGES if CHANNELS_LAST else OTHERS + OF_IMAGES)}
