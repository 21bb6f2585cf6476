"""The chapter's networks."""

from . import latent
from .autoencoder import (
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
from .autoregressive import Autoregressive
from .bijection import BitInterleaving
from .char_rnn import CharRNN
from .classifier import detector, digit_classifier, logistic_regression
from .collapse import LinearOptimum, effective_variance, linear_vae_optimum
from .denoising import RidgeDenoiser, add_noise, median_filter
from .forensic import Archive, detection_auc, train_discriminator
from .gan import GAN, ConditionalGAN, WassersteinGAN
from .gan_monitor import GANMonitor, GANWarning
from .gan_networks import conditional_gan, dcgan, gan, wgan_gp
from .kgram import KGram
from .made import MADE
from .markov import ContextCounts, neighbours, past, window_network
from .multitask import Head
from .pca import PCA
from .pixelcnn import PixelCNN
from .probe import linear_probe
from .scorer import Scorer, trained_scorer
from .toy_gan import jensen_shannon, optimal_discriminator, toy_fakes, toy_gan, value_of_the_game
from .vae import VAE, CollapseWarning, ConditionalVAE, conditional_vae, conv_vae, linear_vae, vae, vae_heads
from .vae_gan import VAEGAN, vae_gan

__all__ = [
    "MADE",
    "CharRNN",
    "ContextCounts",
    "KGram",
    "neighbours",
    "past",
    "window_network",
    "Autoregressive",
    "PixelCNN",
    "Head",
    "linear_probe",
    "VAEGAN",
    "vae_gan",
    "Archive",
    "detection_auc",
    "train_discriminator",
    "toy_fakes",
    "jensen_shannon",
    "optimal_discriminator",
    "toy_gan",
    "value_of_the_game",
    "GAN",
    "ConditionalGAN",
    "GANMonitor",
    "GANWarning",
    "Scorer",
    "WassersteinGAN",
    "conditional_gan",
    "dcgan",
    "gan",
    "trained_scorer",
    "wgan_gp",
    "PCA",
    "VAE",
    "Autoencoder",
    "BitInterleaving",
    "CollapseWarning",
    "ConditionalVAE",
    "LinearOptimum",
    "RidgeDenoiser",
    "SparseAutoencoder",
    "add_noise",
    "conditional_vae",
    "conv_autoencoder",
    "conv_autoencoder_128",
    "conv_vae",
    "deep_fc_autoencoder",
    "detector",
    "digit_classifier",
    "effective_variance",
    "fc_autoencoder",
    "latent",
    "latent_autoencoder",
    "linear_autoencoder",
    "linear_vae",
    "linear_vae_optimum",
    "logistic_regression",
    "median_filter",
    "sparse_fc_autoencoder",
    "toy_autoencoder",
    "vae",
    "vae_heads",
]
