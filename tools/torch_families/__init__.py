"""The families of functions that tools/against_torch.py compares, one file each.

A family has draw(rng), which returns a random Case, and RULES, the (class, method) pairs of minigen that `--break`
makes wrong by 0.1 % to test that the family detects it.
"""
