"""Sections 9.0 to 9.2.3: dense and convolutional autoencoders, denoising, and what a code can hold."""
