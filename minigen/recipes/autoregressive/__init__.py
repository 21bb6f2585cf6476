"""Section 9.3: pixel after pixel, character after character."""
