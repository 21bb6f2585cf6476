"""The experiments of the chapter, one function each: what `minigen train` and `minigen chapter` run."""

# Recipes of one section are listed in the order in which they are imported.
# ruff: noqa: I001
from . import introduction
from .gans import gan, forensic, scale, toy, mistakes as gan_mistakes
from .autoencoders import dense, convolution, compression
from .vaes import vae, mistakes as vae_mistakes
from .multitask import multitask
from .autoregressive import pixels, contexts, writing
from . import take_away
from .beyond import points, diffusion, mistakes as diffusion_mistakes, gpt, image_gpt
from . import families
from .parallel import execute_all
from .recipe import Recipe, registry
from .run import Run
from .settings import Settings

# fmt: off
__all__ = [
    "Recipe", "Run", "Settings", "compression", "contexts", "convolution", "dense", "diffusion",
    "diffusion_mistakes", "execute_all", "families", "forensic", "gan", "gan_mistakes", "gpt", "image_gpt",
    "introduction", "multitask", "pixels", "points", "registry", "scale", "take_away", "toy", "vae", "vae_mistakes",
    "writing",
]
# fmt: on
