"""What the chapter names and leaves out."""

"""Beyond the chapter: the families of generative models that it names and leaves out."""
