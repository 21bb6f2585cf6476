"""Autoencoders, and what they are compared with: PCA, a median filter, a ridge regression."""
