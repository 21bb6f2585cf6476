"""Autoencoders, and what they are compared with: PCA, a median filter and ridge regression.

autoencoder.py  the chapter's autoencoders, dense and convolutional
pca.py          the optimum of a linear autoencoder
bijection.py    a code without loss and without meaning
denoising.py    noise, and denoisers without a network
checks.py       input validation
"""
