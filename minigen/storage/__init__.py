"""Files: atomic writes (files.py), arrays on disk (npz.py) and files of older versions (older_files.py)."""
