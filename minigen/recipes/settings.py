"""The flags of the command line, as one object."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Settings:
    """The flags that every command shares. None stands for the recipe's default."""

    epochs: int | None = None
    batch_size: int | None = None
    optimizer: str | None = None
    loss: str | None = None
    latent_dim: int | None = None
    preset: str | None = None
    text: str | None = None
    seed: int = 0
    out: str = "out"
    data: str | None = None  # "sample", "full", a name, a folder, or None: all of MNIST if available, else the sample
    size: tuple[int, int] | None = None  # to which pictures are resized
    color: str = "rgb"  # or "grey", of pictures
    quick: bool = False
    resume: bool = False
    watch: bool = False  # whether a page shows the training
    figures: tuple[str, ...] = ()  # "pdf", "svg": the formats of the figures beside PNG
    verbose: int = 1
