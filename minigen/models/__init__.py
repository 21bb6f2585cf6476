"""The chapter's networks."""

from typing import TYPE_CHECKING, NoReturn

from .. import elsewhere
from . import latent
from .autoencoders.autoencoder import (
    Autoencoder,
    SparseAutoencoder,
    conv_autoencoder,
    conv_autoencoder_128,
    deep_fc_autoencoder,
    fc_autoencoder,
    latent_autoencoder,
    linear_autoencoder,
    sparse_fc_autoencoder,
    toy_autoencoder,
)
from .autoencoders.bijection import BitInterleaving
from .autoencoders.denoising import RidgeDenoiser, add_noise, median_filter
from .autoencoders.pca import PCA
from .autoregressive.base import Autoregressive
from .autoregressive.char_rnn import CharRNN
from .autoregressive.gpt import GPT
from .autoregressive.image_gpt import ImageGPT
from .autoregressive.kgram import KGram
from .autoregressive.made import MADE
from .autoregressive.markov import ContextCounts, neighbours, past, window_network
from .autoregressive.pixelcnn import PixelCNN
from .diffusions.blocks import SpatialAttention, TimeResidualBlock
from .diffusions.bound import Bound
from .diffusions.diffusion import Diffusion
from .diffusions.exact import exact_network
from .diffusions.networks import diffusion, flow, point_network, toy_diffusion, unet
from .diffusions.schedule import CosineSchedule, LinearSchedule, Schedule, StraightSchedule
from .diffusions.time_embedding import TimeEmbedding
from .evaluation.classifier import detector, digit_classifier, logistic_regression
from .evaluation.probe import linear_probe
from .evaluation.scorer import Scorer, trained_scorer
from .gans.forensic import Archive, detection_auc, train_discriminator
from .gans.gan import GAN, ConditionalGAN, WassersteinGAN
from .gans.monitor import GANMonitor, GANWarning
from .gans.networks import conditional_gan, dcgan, gan, wgan_gp
from .gans.toy import jensen_shannon, optimal_discriminator, toy_fakes, toy_gan, value_of_the_game
from .multitask.head import Head
from .multitask.vae_gan import VAEGAN, vae_gan
from .vaes.collapse import LinearOptimum, effective_variance, linear_vae_optimum
from .vaes.vae import VAE, ConditionalVAE, conditional_vae, conv_vae, linear_vae, vae, vae_heads
from .vaes.watch import CollapseWarning

# fmt: off
__all__ = [
    "Archive", "Autoencoder", "Autoregressive", "BitInterleaving", "Bound", "CharRNN", "CollapseWarning",
    "ConditionalGAN", "ConditionalVAE", "ContextCounts", "CosineSchedule", "Diffusion", "GAN", "GANMonitor",
    "GANWarning", "GPT", "Head", "ImageGPT", "KGram", "LinearOptimum", "LinearSchedule", "MADE", "PCA", "PixelCNN",
    "RidgeDenoiser", "Schedule", "Scorer", "SparseAutoencoder", "SpatialAttention", "StraightSchedule",
    "TimeEmbedding", "TimeResidualBlock", "VAE", "VAEGAN", "WassersteinGAN", "add_noise", "conditional_gan",
    "conditional_vae", "conv_autoencoder", "conv_autoencoder_128", "conv_vae", "dcgan", "deep_fc_autoencoder",
    "detection_auc", "detector", "diffusion", "digit_classifier", "effective_variance", "exact_network",
    "fc_autoencoder", "flow", "gan", "jensen_shannon", "latent", "latent_autoencoder", "linear_autoencoder",
    "linear_probe", "linear_vae", "linear_vae_optimum", "logistic_regression", "median_filter", "neighbours",
    "optimal_discriminator", "past", "point_network", "sparse_fc_autoencoder", "toy_autoencoder", "toy_diffusion",
    "toy_fakes", "toy_gan", "train_discriminator", "trained_scorer", "unet", "vae", "vae_gan", "vae_heads",
    "value_of_the_game", "wgan_gp", "window_network",
]
# fmt: on


if not TYPE_CHECKING:  # mypy would take every name for an attribute

    def __getattr__(name: str) -> NoReturn:
        elsewhere.refuse_name(__name__, name, __all__)
