"""The trap museum: wrong programs that were published, each with what one sees of it and the test that catches it."""

from . import vae

__all__ = ["vae"]
