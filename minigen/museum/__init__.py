"""The trap museum: incorrect programs, most of them published, their symptoms, and the checks that detect them."""

from . import diffusion, gan, vae

__all__ = ["diffusion", "gan", "vae"]
