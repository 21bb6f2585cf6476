"""Diffusion models and flow matching: data from noise, in many small steps (beyond the chapter)."""
