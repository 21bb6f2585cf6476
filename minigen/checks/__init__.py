"""Checks that several parts of minigen share; what one part alone refuses stands in its own checks.py."""
