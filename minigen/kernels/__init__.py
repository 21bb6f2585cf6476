"""Computations on arrays where speed needs more than the formula; tests/ compares each with the plain formula."""
