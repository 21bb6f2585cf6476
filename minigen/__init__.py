"""minigen: generative models from scratch on NumPy/CuPy."""

__version__ = "0.1.0"
