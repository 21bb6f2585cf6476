"""Section 9.1: generative adversarial networks."""
