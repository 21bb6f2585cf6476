"""Classifiers, and what scores other models with them."""
