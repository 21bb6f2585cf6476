"""Models that predict each pixel, or character, from those before it."""
