"""Section 9.3: models of one pixel or one character after the other."""
