"""Sections 9.2.1 to 9.2.3: dense and convolutional autoencoders, denoising, and codes of a few numbers."""
