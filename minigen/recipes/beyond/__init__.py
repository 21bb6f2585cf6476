"""What the chapter names and leaves out."""
