"""The trap museum: wrong programs, most of them published, what one sees of them and the checks that catch them."""

from . import gan, vae

__all__ = ["gan", "vae"]
