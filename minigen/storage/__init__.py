"""Files that are never half written (files.py), and arrays in them (npz.py)."""
