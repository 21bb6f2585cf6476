"""Section 9.2.4: variational autoencoders, the collapse of their code, and usual mistakes."""
