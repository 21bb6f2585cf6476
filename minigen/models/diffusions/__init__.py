"""Diffusion models and flow matching: data out of noise, in many small steps.

schedule.py        how much of the data and how much noise there is at each step
denoiser.py        noise, data or velocity: what a network can predict, and how each gives the others
process.py         x_t and what a network says about it, and one step back
sampling.py        the paths between noise and data: ancestral sampling, DDIM, in-painting
diffusion.py       the model: its networks and its training step
bound.py           the variational bound in nats, split into its terms
time_embedding.py  the time as sinusoids
blocks.py          the two layers of the U-Net: a residual block that knows the time, and attention over the pixels
networks.py        networks and the models made of them
exact.py           the best network for a known mixture of Gaussians
checks.py          input validation
"""
