"""Beyond the chapter: the families of generative models that it names and leaves out."""
