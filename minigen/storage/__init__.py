"""Files: atomic writes (files.py) and arrays on disk (npz.py)."""
