"""Scores of images and codes that several recipes report."""
