"""Section 9.2.4: variational autoencoders, posterior collapse, and common mistakes."""
